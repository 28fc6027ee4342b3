import { structuralCodec, type ValueType } from '@tidemark/core'
import { type BytesCodec, msgpackCodec, superjsonCodec } from '@tidemark/redis'
import fc from 'fast-check'
import * as msgpackr from 'msgpackr/unpack'
import { describe, expect, it } from 'vitest'
import { exactly, objectsIn } from '../../support/exactly.ts'
import { anyValue, decimalType } from './values.ts'

const valueTypes = [decimalType]
const context = { valueTypes, maxBytes: 10_000_000 }
const structural = structuralCodec(valueTypes)

function bytesOf(codec: BytesCodec, value: unknown): Uint8Array {
  const encoding = codec.encode(value, context)
  if (encoding.state === 'refused') throw new Error(encoding.reason)
  return encoding.bytes
}

function decoded(codec: BytesCodec, bytes: Uint8Array): unknown {
  const decoding = codec.decode(bytes, context)
  if (decoding.state === 'corrupt') throw new Error(decoding.detail)
  return decoding.value
}

function roundTrip(codec: BytesCodec, value: unknown): unknown {
  return decoded(codec, bytesOf(codec, value))
}

describe.each([msgpackCodec, superjsonCodec])('the codec $name', (codec) => {
  it('accepts what the structural codec accepts, and gives back what that gives back', () => {
    let accepted = 0
    fc.assert(
      fc.property(anyValue, (value) => {
        const copy = structural.encode(value, context)
        const encoding = codec.encode(value, context)
        expect(encoding.state).toBe(copy.state)
        if (copy.state === 'refused' || encoding.state === 'refused') return
        accepted += 1
        const text = exactly(decoded(codec, encoding.bytes))
        expect(text).toBe(exactly(structural.decode(copy.stored)))
        expect(text).toBe(exactly(value))
      }),
      { numRuns: 2000 },
    )
    expect(accepted).toBeGreaterThan(500)
  })

  it('shares no object between two that it decodes, nor with the bytes', () => {
    fc.assert(
      fc.property(anyValue, (value) => {
        const encoding = codec.encode([value, value], context)
        if (encoding.state === 'refused') return
        const before = Buffer.from(encoding.bytes)
        const [a, b] = [1, 2].map(() => decoded(codec, encoding.bytes) as [unknown, unknown])
        const text = exactly(a)
        const all = [a![0], a![1], b].map((root) => objectsIn(root))
        const together = new Set(all.flatMap((objects) => [...objects]))
        expect(together.size).toBe(all.reduce((sum, objects) => sum + objects.size, 0))
        encoding.bytes.fill(0)
        expect(exactly(a)).toBe(text)
        encoding.bytes.set(before)
      }),
    )
  })

  it('keeps keys apart that mean something to one format or another', () => {
    const rows = [
      { a: 1 },
      { a: 1, __keys__: 2, length: 3 },
      { a: 1, __keys__: { length: 1 } },
      JSON.parse('{"__proto__": {"polluted": 1}, "a.b": null, "a\\\\.b": [1]}') as unknown,
      { constructor: { prototype: 1 }, toJSON: 1, hasOwnProperty: 2, valueOf: 3 },
      { a: { constructor: 'x', b: -0 }, prototype: undefined, '0': 1, '-1': 2 },
    ]
    for (const value of [rows, ...rows])
      expect(exactly(roundTrip(codec, value))).toBe(exactly(value))
  })

  it('keeps a key apart from one that V8 takes it for', () => {
    const pairs = [
      ...[
        ['\\', '\n'],
        ['\\', '"'],
        ['\\n', '\nb'],
        ['\\u', '\0a'],
      ],
    ] as const
    for (const [index, [other, key]] of pairs.entries()) {
      // Alive, and the only record of the parser that goes on after this first key.
      const first = `${codec.name} ${index}`
      const parsed: unknown = JSON.parse(JSON.stringify({ [first]: 1, [other]: 2 }))
      // Without a prototype, since with one it would be the second.
      const bare = Object.create(null) as Record<string, number>
      bare[first] = 1
      bare[key] = 2
      expect(exactly(roundTrip(codec, bare))).toBe(exactly(bare))
      expect(exactly(roundTrip(codec, parsed))).toBe(exactly(parsed))
    }
  })

  it('keeps hundreds of shapes apart', () => {
    const rows = Array.from({ length: 500 }, (_, row) =>
      Object.fromEntries(
        Array.from({ length: (row % 7) + 1 }, (_, column) => [
          `c${(row * 31 + column) % 200}`,
          row,
        ]),
      ),
    )
    const value = [rows, rows.toReversed(), { rows }]
    expect(exactly(roundTrip(codec, value))).toBe(exactly(value))
  })

  it('refuses what is larger than an entry may be, without walking all of it', () => {
    const small = { valueTypes, maxBytes: 1000 }
    const refusal = { state: 'refused', reason: 'too-large' }
    let looked = 0
    const row = {
      get text() {
        looked += 1
        return 'x'.repeat(100)
      },
    }
    expect(
      codec.encode(
        Array.from({ length: 1000 }, () => row),
        small,
      ),
    ).toEqual(refusal)
    expect(looked).toBeLessThan(20)
    // It is the bytes that count, and these take three each.
    expect(codec.encode('€'.repeat(900), small)).toEqual(refusal)
    expect(codec.encode(Buffer.alloc(900), small).state).toBe(
      codec === msgpackCodec ? 'encoded' : 'refused',
    )
  })

  it('refuses a cycle, and what is nested deeper than the structural codec goes', () => {
    const cycle: unknown[] = []
    cycle.push(cycle)
    expect(codec.encode(cycle, context)).toEqual({ state: 'refused', reason: 'unstorable-value' })
    for (const depth of [63, 64, 65]) {
      for (const around of [
        (inner: unknown) => [inner],
        (inner: unknown) => ({ inner }),
        (inner: unknown) => new Map([[inner, inner]]),
      ]) {
        let value: unknown = 1
        for (
          let level = 0;
          level < (around(1) instanceof Map ? Math.min(depth / 2, 12) : depth);
          level += 1
        )
          value = around(value)
        const copy = structural.encode(value, context)
        expect(codec.encode(value, context).state).toBe(copy.state)
        if (copy.state === 'encoded') expect(exactly(roundTrip(codec, value))).toBe(exactly(value))
      }
    }
  })

  it('refuses an instance that would come back as one of another class', () => {
    class Other {
      readonly state = 1
    }
    const foreign: ValueType = {
      name: 'Other',
      matches: (value) => value instanceof Other,
      copy: () => new Other(),
      encode: () => '1',
      decode: (text) => decimalType.decode!(text),
    }
    const refusal = { state: 'refused', reason: 'unstorable-value' }
    const declared = { ...context, valueTypes: [foreign] }
    expect(codec.encode({ other: new Other() }, declared)).toEqual(refusal)
    const mute: ValueType = { ...decimalType, decode: undefined as never }
    const decimal = decimalType.decode!('1.5')
    expect(codec.encode({ decimal }, { ...context, valueTypes: [mute] })).toEqual(refusal)
  })

  it('finds a value corrupt whose class nobody has declared here', () => {
    const bytes = bytesOf(codec, [{ price: decimalType.decode!('1.5') }])
    expect(codec.decode(bytes, { ...context, valueTypes: [] }).state).toBe('corrupt')
  })
})

it('works without the native addon of msgpackr', () => {
  expect(msgpackr).toMatchObject({ isNativeAccelerationEnabled: false })
})
