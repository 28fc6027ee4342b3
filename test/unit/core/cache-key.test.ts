import { cacheKey, type KeyMaterial, type ValueType } from '@tidemark/core'
import fc from 'fast-check'
import { inspect, isDeepStrictEqual } from 'node:util'
import { describe, expect, it } from 'vitest'

const material: KeyMaterial = {
  adapter: 'test',
  database: 'default',
  partition: '',
  operation: 'select ?',
  parameters: [],
}
const keyOf = (parameters: unknown, valueTypes: ValueType[] = []) =>
  cacheKey({ ...material, parameters }, '', valueTypes)

const parameter = fc.letrec((tie) => ({
  any: fc.oneof(
    { maxDepth: 3 },
    fc.string(),
    fc.constantFrom('', '1', 'null', 's1:a', '[1:', 'n', 'u', '\0'),
    fc.integer({ min: -3, max: 3 }),
    fc.constantFrom(-0, NaN, Infinity),
    fc.bigInt({ min: -3n, max: 3n }),
    fc.boolean(),
    fc.constantFrom(null, undefined),
    fc.integer({ min: -2, max: 2 }).map((ms) => new Date(ms)),
    fc.uint8Array({ maxLength: 2 }),
    fc.array(tie('any'), { maxLength: 3 }),
    fc.dictionary(fc.string({ maxLength: 2 }), tie('any'), { maxKeys: 3, noNullPrototype: true }),
  ),
})).any

describe('a cache key', () => {
  it('is the same for the same parameters, and another for any others', () => {
    fc.assert(
      fc.property(fc.array(parameter), fc.array(parameter), (a, b) => {
        expect(keyOf(a)).toBe(keyOf(structuredClone(a)))
        // Of two records that differ in the order of their keys only, either answer is right.
        if (!isDeepStrictEqual(a, b)) expect(keyOf(a)).not.toBe(keyOf(b))
      }),
      { numRuns: 5000 },
    )
  })

  it.each(
    [
      [[1], ['1']],
      [[1], [1n]],
      [[null], ['null']],
      [[null], [undefined]],
      [[undefined], []],
      [[0], [-0]],
      [[NaN], [null]],
      [[new Date(0)], ['1970-01-01T00:00:00.000Z']],
      [[new Date(0)], [0]],
      [[new Date(NaN)], [NaN]],
      [[Buffer.from([1, 2])], [new Uint8Array([1, 2])]],
      [
        ['a', 'b;sc'],
        ['a;sb', 'c'],
      ],
      [['s1:a'], ['s', '1:a']],
      [[Buffer.from('a')], ['a']],
      [[Buffer.from('a')], [[97]]],
      [[Buffer.from([1, 2])], [new Uint16Array([0x0201])]],
      [[[1, 2]], [1, 2]],
      [[[1], [2]], [[1, 2]]],
      [[{ a: undefined }], [{}]],
      [[{ a: 1 }], [['a', 1]]],
      [
        ['ab', 'c'],
        ['a', 'bc'],
      ],
      [['a\0b'], ['a', 'b']],
    ].map(([a, b]) => ({ a, b, title: `${inspect(a)} from ${inspect(b)}` })),
  )('hazard 29: tells $title', ({ a, b }) => {
    expect(keyOf(a)).not.toBe(keyOf(b))
  })

  it('hazard 30: holds all that was asked, and no hash of it', () => {
    const texts = ['select 1', 'x'.repeat(30_000), 'y'.repeat(30_000)]
    const [operation = '', ...parameters] = texts
    const key = cacheKey({ ...material, operation, parameters }, 'custom:vip')
    for (const text of [...texts, material.adapter, material.database, 'custom:vip']) {
      expect(key).toContain(text)
    }
  })

  it('hazard 28: tells adapters, databases, partitions, operations and dependencies apart', () => {
    const keys = [
      cacheKey(material),
      cacheKey({ ...material, adapter: 'other' }),
      cacheKey({ ...material, database: 'other' }),
      cacheKey({ ...material, partition: 'tenant 1' }),
      cacheKey({ ...material, operation: 'select' }),
      cacheKey(material, 'custom:vip'),
      cacheKey({ ...material, database: 'default0:', operation: 'select ?' }),
      cacheKey({ ...material, adapter: 'testd', database: 'efault' }),
    ]
    expect(new Set(keys).size).toBe(keys.length)
  })

  it.each([
    ['a function', () => 1],
    ['a symbol', Symbol('s')],
    ['an unknown class', new URL('http://localhost/')],
    ['an object that a driver may convert', { toJSON: (): number => 1 }],
    ['a Map', new Map()],
    ['a class that extends Date', new (class Zoned extends Date {})(0)],
    ['a class that extends Array', new (class Rows extends Array<number> {})(2)],
    ['an array that a driver may convert', Object.assign([1], { toPostgres: () => '' })],
    ['a Date that a driver may convert', Object.assign(new Date(0), { toPostgres: () => '' })],
    ['a record with a symbol', { [Symbol('s')]: 1 }],
    [
      'a record with a hidden method',
      Object.defineProperty({}, 'toSqlString', { value: () => '' }),
    ],
    ['an array with a hole', Array<number>(1)],
    ['what is longer than a key may be', 'x'.repeat(70_000)],
    ['bytes that are longer than a key may be', Buffer.alloc(10_000_000)],
  ])('refuses %s', (_what, unkeyable) => {
    expect(() => keyOf([unkeyable])).toThrow(expect.objectContaining({ name: 'UnencodableValue' }))
  })

  it('refuses a cycle', () => {
    const cycle: unknown[] = []
    cycle.push(cycle)
    expect(() => keyOf(cycle)).toThrow('nested too deeply')
  })

  it('knows a class that was declared', () => {
    const url: ValueType<URL> = {
      name: 'URL',
      matches: (candidate) => candidate instanceof URL,
      copy: (original) => new URL(original),
      encode: (original) => original.href,
    }
    const one = keyOf([new URL('http://localhost/1')], [url])
    expect(one).not.toBe(keyOf([new URL('http://localhost/2')], [url]))
    expect(one).not.toBe(keyOf(['http://localhost/1'], [url]))
    expect(one).not.toBe(keyOf([new URL('http://localhost/1')], [{ ...url, name: 'Other' }]))
  })
})
