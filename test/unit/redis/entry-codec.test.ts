import { deflateRawSync } from 'node:zlib'
import {
  type BytesCodec,
  Encryption,
  EntryCodec,
  type EntryCodecOptions,
  type EntryFacts,
  msgpackCodec,
  type Opened,
  superjsonCodec,
} from '@tidemark/redis'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { exactly } from '../../support/exactly.ts'
import { anyValue, decimalType } from './values.ts'

const facts: EntryFacts = {
  tokens: ['epoch-1.token-1', 'token-2'],
  createdAt: 1_700_000_000_000.5,
  ttlMs: 300_000,
  keepMs: 900_000,
  loadMs: 12.75,
  tags: ['*', 'table:person', 'custom:vip'],
}
const key = 'kysely:select secret from films where owner = alice'
const name = 'shop:entry:abc'
const rows = Array.from({ length: 50 }, (_, id) => ({ id, title: 'Nosferatu', at: new Date(id) }))

const secret = (byte: number) => new Uint8Array(32).fill(byte)
const keys = (...bytes: number[]) =>
  new Encryption({ keys: bytes.map((byte) => ({ id: `key-${byte}`, key: secret(byte) })) })

function entryCodec(options: Partial<EntryCodecOptions> = {}): EntryCodec {
  return new EntryCodec({
    codec: msgpackCodec,
    valueTypes: [decimalType],
    maxBytes: 1_000_000,
    compressAbove: 1000,
    ...options,
  })
}

function seal(codec: EntryCodec, value: unknown = rows, of = key): Buffer {
  const sealed = codec.seal(name, of, facts, value)
  if (sealed.state === 'refused') throw new Error(sealed.reason)
  return sealed.bytes
}

function stateOf(opened: Opened): string {
  if (opened.state === 'unreadable') return opened.reason
  return opened.value().state
}

const variants: [string, Partial<EntryCodecOptions>][] = [
  ['plain', { compressAbove: Infinity }],
  ['compressed', {}],
  ['encrypted', { encryption: keys(1), compressAbove: Infinity }],
  ['compressed and encrypted', { encryption: keys(1) }],
  ['as superjson', { codec: superjsonCodec }],
]

it.each([NaN, -1, Infinity])('an entry whose load took %d ms is corrupt', (loadMs) => {
  const codec = entryCodec()
  const sealed = codec.seal(name, key, { ...facts, loadMs }, rows)
  if (sealed.state === 'refused') throw new Error(sealed.reason)
  expect(stateOf(codec.open(name, key, sealed.bytes))).toBe('corrupt')
})

describe.each(variants)('an entry, %s,', (_variant, options) => {
  const codec = entryCodec(options)

  it('comes back as it was', () => {
    fc.assert(
      fc.property(
        anyValue,
        fc.string({ unit: 'binary' }),
        fc.array(fc.stringMatching(/^[\w.~-]{0,60}$/), { maxLength: 5 }),
        fc.array(fc.string({ unit: 'binary' }), { maxLength: 5 }),
        (value, key, tokens, tags) => {
          const sealed = codec.seal(name, key, { ...facts, tokens, tags }, value)
          if (sealed.state === 'refused') return
          const opened = codec.open(name, key, sealed.bytes)
          if (opened.state === 'unreadable') throw new Error(opened.detail)
          expect({ ...opened.facts, tags: opened.tags() }).toEqual({ ...facts, tokens, tags })
          const decoding = opened.value()
          expect(decoding.state).toBe('decoded')
          expect(exactly((decoding as { value: unknown }).value)).toBe(exactly(value))
        },
      ),
    )
  })

  it('hazard 30: is a miss for every other query', () => {
    const bytes = seal(codec)
    for (const other of ['', key.slice(1), `${key} `, key.toUpperCase()]) {
      expect(stateOf(codec.open(name, other, bytes))).toBe('other-query')
    }
    // Both are one to UTF-8.
    expect(stateOf(codec.open(name, '\ud800', seal(codec, rows, '\ud801')))).toBe('other-query')
    expect(stateOf(codec.open(name, '\ufffd', seal(codec, rows, '\ud801')))).toBe('other-query')
    expect(stateOf(codec.open(name, '\ud801', seal(codec, rows, '\ud801')))).toBe('decoded')
  })

  it('hazard 37: is a miss wherever it is cut, and throws nothing', () => {
    const bytes = seal(codec)
    for (let length = 0; length < bytes.length; length += 1) {
      expect(stateOf(codec.open(name, key, bytes.subarray(0, length))), `${length}`).not.toBe(
        'decoded',
      )
    }
  })

  it('hazard 37: throws nothing whatever is changed in it', () => {
    const bytes = seal(codec)
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(bytes.length - 1), fc.nat(255)), { minLength: 1 }),
        (changes) => {
          const changed = Buffer.from(bytes)
          for (const [at, byte] of changes) changed[at] = byte
          const state = stateOf(codec.open(name, key, changed))
          if (options.encryption && !changed.equals(bytes)) expect(state).not.toBe('decoded')
        },
      ),
      { numRuns: 1000 },
    )
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (random) => {
        expect(stateOf(codec.open(name, key, Buffer.from(random)))).toBe('corrupt')
        const headed = Buffer.concat([bytes.subarray(0, 8 + 7), random])
        expect(stateOf(codec.open(name, key, headed))).not.toBe('decoded')
      }),
    )
  })

  it('is a miss for another codec, another version of it, and another format', () => {
    const bytes = seal(codec)
    const other = { ...(options.codec ?? msgpackCodec), version: 99 }
    expect(stateOf(entryCodec({ ...options, codec: other }).open(name, key, bytes))).toBe(
      'unknown-format',
    )
    const named = { ...(options.codec ?? msgpackCodec), name: 'mine' }
    expect(stateOf(entryCodec({ ...options, codec: named }).open(name, key, bytes))).toBe(
      'unknown-format',
    )
    for (const [at, byte] of [
      [4, 1],
      [4, 2],
      [4, 4],
      [5, 0b1000_0000 | bytes[5]!],
      [5, 0b11 | bytes[5]!],
    ] as const) {
      const newer = Buffer.from(bytes)
      newer[at] = byte
      expect(stateOf(codec.open(name, key, newer))).toBe('unknown-format')
    }
  })
})

describe('compression', () => {
  it('makes a large entry smaller, and leaves a small one and one that would not gain', () => {
    const never = entryCodec({ compressAbove: Infinity })
    expect(seal(entryCodec()).length).toBeLessThan(seal(never).length / 2)
    expect(seal(entryCodec(), [1])).toEqual(seal(never, [1]))
    const noise = crypto.getRandomValues(new Uint8Array(5000))
    expect(seal(entryCodec(), noise)).toEqual(seal(never, noise))
  })

  it('hazard 37: is not undone beyond the size that the entry declares, nor beyond what is allowed', () => {
    const codec = entryCodec({ compressAbove: 10 })
    const bytes = seal(codec, 'x'.repeat(1000), 'k')
    const at = bytes.indexOf('token-2') + 'token-2'.length
    const declared = bytes.indexOf('k\0\0\0') - 8
    expect(bytes.readUInt32BE(declared)).toBe(1004)
    const bomb = Buffer.concat([bytes.subarray(0, at), deflateRawSync(Buffer.alloc(50_000_000))])
    bomb[5] = 1
    expect(bomb.length).toBeLessThan(60_000)
    const expectCorrupt = (entry: Buffer, size: number, detail: string) => {
      entry.writeUInt32BE(size, declared)
      const opened = codec.open(name, 'k', entry)
      expect(opened.state === 'opened' && opened.value()).toEqual({ state: 'corrupt', detail })
    }
    // Ended by zlib when it has made so much.
    expectCorrupt(bomb, 1004, 'RangeError')
    expectCorrupt(bomb, 1_000_000, 'RangeError')
    for (const size of [50_000_000, 0xffff_ffff]) {
      expectCorrupt(bomb, size, 'larger than this process takes')
    }
    expectCorrupt(bytes, 1005, 'a payload of another length')
  })

  it('reads deflate, which processes without zstd write', () => {
    const codec = entryCodec({ compressAbove: Infinity })
    const bytes = seal(codec)
    const at = bytes.indexOf('token-2') + 'token-2'.length
    const deflated = Buffer.concat([bytes.subarray(0, at), deflateRawSync(bytes.subarray(at))])
    deflated[5] = 1
    expect(stateOf(codec.open(name, key, deflated))).toBe('decoded')
  })
})

describe('an entry that is larger than this process takes', () => {
  it('is neither written nor read', () => {
    const small = entryCodec({ maxBytes: 500 })
    expect(small.seal(name, key, facts, rows)).toEqual({ state: 'refused', reason: 'too-large' })
    expect(stateOf(small.open(name, key, seal(entryCodec())))).toBe('corrupt')
  })
})

describe('encryption', () => {
  it('shows neither value, nor query, nor marks', () => {
    const plain = seal(entryCodec({ compressAbove: Infinity }))
    const encrypted = seal(entryCodec({ compressAbove: Infinity, encryption: keys(1) }))
    for (const word of ['Nosferatu', 'alice', 'films', 'token-1']) {
      expect(plain.includes(word)).toBe(true)
      expect(encrypted.includes(word)).toBe(false)
    }
  })

  it('makes another entry each time', () => {
    const codec = entryCodec({ encryption: keys(1) })
    const all = Array.from({ length: 1000 }, () => seal(codec, 1).toString('hex'))
    expect(new Set(all).size).toBe(1000)
  })

  it('hazard 37: does not let an entry be moved to another name', () => {
    const codec = entryCodec({ encryption: keys(1) })
    const bytes = seal(codec)
    expect(stateOf(codec.open(name, key, bytes))).toBe('decoded')
    expect(stateOf(codec.open('shop:entry:abd', key, bytes))).toBe('corrupt')
    // What moves from the header to the name does not go unnoticed either.
    expect(stateOf(codec.open(name.slice(1), key, bytes))).toBe('corrupt')
  })

  it('hazard 37: does not let the readable part of an entry be changed', () => {
    // One key under two ids: but for its header the entry would be good.
    const two = ['one', 'two'].map((id) => ({ id, key: secret(1) }))
    const codec = entryCodec({ encryption: new Encryption({ keys: two }) })
    const bytes = seal(codec)
    expect(stateOf(codec.open(name, key, bytes))).toBe('decoded')
    bytes.write('two', bytes.indexOf('one'))
    expect(stateOf(codec.open(name, key, bytes))).toBe('corrupt')
  })

  it('does not believe an entry that is not encrypted, and cannot read one without the key', () => {
    expect(stateOf(entryCodec({ encryption: keys(1) }).open(name, key, seal(entryCodec())))).toBe(
      'unknown-key',
    )
    expect(stateOf(entryCodec().open(name, key, seal(entryCodec({ encryption: keys(1) }))))).toBe(
      'unknown-key',
    )
  })

  it('changes keys without a miss: the first encrypts, all decrypt', () => {
    const [old, both, swapped, next] = [keys(1), keys(1, 2), keys(2, 1), keys(2)].map(
      (encryption) => entryCodec({ encryption }),
    )
    expect(stateOf(both!.open(name, key, seal(old!)))).toBe('decoded')
    expect(stateOf(both!.open(name, key, seal(swapped!)))).toBe('decoded')
    expect(stateOf(swapped!.open(name, key, seal(both!)))).toBe('decoded')
    expect(stateOf(next!.open(name, key, seal(swapped!)))).toBe('decoded')
    expect(stateOf(next!.open(name, key, seal(old!)))).toBe('unknown-key')
  })

  it('finds an entry corrupt that was made with another key of the same id', () => {
    const other = new Encryption({ keys: [{ id: 'key-1', key: secret(9) }] })
    expect(
      stateOf(
        entryCodec({ encryption: other }).open(
          name,
          key,
          seal(entryCodec({ encryption: keys(1) })),
        ),
      ),
    ).toBe('corrupt')
  })
})

describe('a codec of an application', () => {
  const json: BytesCodec = {
    name: 'json',
    version: 1,
    encode: (value) => ({ state: 'encoded', bytes: Buffer.from(JSON.stringify(value)) }),
    decode: (bytes) => ({
      state: 'decoded',
      value: JSON.parse(Buffer.from(bytes).toString()) as unknown,
    }),
  }

  it('takes the place of ours', () => {
    const codec = entryCodec({ codec: json })
    const opened = codec.open(name, key, seal(codec, [1, 'a']))
    expect(opened.state === 'opened' && opened.value()).toEqual({
      state: 'decoded',
      value: [1, 'a'],
    })
  })

  it('hazard 37: may throw, which makes the entry corrupt', () => {
    const broken = entryCodec({
      codec: { ...json, encode: () => ({ state: 'encoded', bytes: Buffer.from('{') }) },
    })
    expect(stateOf(broken.open(name, key, seal(broken)))).toBe('corrupt')
  })

  it.each([
    [{ name: '' }, 'codec.name: expected a string that is not empty, got ""'],
    [{ name: 'é' }, 'codec.name: expected up to 32 characters of ASCII, got "é"'],
    [
      { name: 'x'.repeat(33) },
      `codec.name: expected up to 32 characters of ASCII, got "${'x'.repeat(33)}"`,
    ],
    [{ version: 256 }, 'codec.version: expected a whole number from 0 to 255, got 256'],
    [{ version: 1.5 }, 'codec.version: expected a whole number from 0 to 255, got 1.5'],
  ])('must have a name and a version that fit into an entry: %j', (wrong, message) => {
    expect(() => entryCodec({ codec: { ...json, ...wrong } })).toThrow(message)
  })
})
