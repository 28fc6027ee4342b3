import { cacheKey } from '@tidemark/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { keyParts } from '../../../packages/core/src/keys/key-parts.ts'

const material = { adapter: 'kysely', database: 'a:b', partition: '', operation: 'select 1 -- 5:x' }

describe('what a key says', () => {
  it('is what it was made of', { timeout: 60_000 }, () => {
    const parameter = fc.letrec((tie) => ({
      value: fc.oneof(
        // A tree that grows without bound now and then takes all the time there is.
        { maxDepth: 4 },
        fc.string({ unit: 'binary' }),
        fc.double({ noDefaultInfinity: false }),
        fc.bigInt(),
        fc.boolean(),
        fc.constantFrom(null, undefined, -0, new Date(0), new Date(NaN)),
        fc.array(tie('value'), { maxLength: 2 }),
        fc.dictionary(fc.string(), tie('value'), { maxKeys: 2 }),
      ),
    })).value
    fc.assert(
      fc.property(
        fc.array(parameter, { maxLength: 3 }),
        fc.string(),
        (parameters, dependencies) => {
          const key = cacheKey({ ...material, parameters }, dependencies)
          const parts = keyParts(key)
          expect(parts).toMatchObject(material)
          // Whatever prototype records had: they are shown.
          expect(parts?.parameters).toEqual(parameters)
        },
      ),
    )
  })

  it('shows what is of a class, and bytes, as text', () => {
    const parameters = [new Uint8Array([1, 255]), Buffer.from([2])]
    const key = cacheKey({ ...material, parameters })
    expect(keyParts(key)?.parameters).toEqual(['Uint8Array(01ff)', 'Buffer(02)'])
  })

  it('is nothing for text that is no key, and throws nothing', () => {
    const key = cacheKey({ ...material, parameters: [1, 'two', { three: [3n] }] })
    for (let at = 0; at < key.length; at += 1) expect(keyParts(key.slice(0, at))).toBeUndefined()
    fc.assert(
      fc.property(fc.nat(key.length - 1), fc.string(), (at, text) => {
        keyParts(key.slice(0, at) + text + key.slice(at + 1))
        keyParts(text)
      }),
    )
    expect(keyParts(`${key} `)).toBeUndefined()
    expect(keyParts(key.slice(0, key.indexOf('[')) + '['.repeat(1_000_000))).toBeUndefined()
    expect(keyParts(`${key.slice(0, key.indexOf('['))}[99999999999:`)).toBeUndefined()
    // Each of them says that it is long. Room for all that they say would be more than there is.
    for (const opening of ['[900000:', '{900000:1:a']) {
      const deep = `${key.slice(0, key.indexOf('['))}${opening.repeat(140_000)}`
      expect(keyParts(deep)).toBeUndefined()
    }
  })
})
