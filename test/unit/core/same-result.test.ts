import { Decimal } from '@prisma/client/runtime/client'
import { structuralCodec, type ValueType } from '@tidemark/core'
import { EntryCodec, msgpackCodec } from '@tidemark/redis'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compareResults as compare } from '../../../packages/core/src/insight/same-result.ts'
import { anyValue, decimalType } from '../redis/values.ts'

class Money {
  readonly #cents: number
  constructor(cents: number) {
    this.#cents = cents
  }
  get cents(): number {
    return this.#cents
  }
}

const moneyType: ValueType<Money> = {
  name: 'Money',
  matches: (value): value is Money => value instanceof Money,
  copy: ({ cents }) => new Money(cents),
  encode: ({ cents }) => String(cents),
  decode: (text) => new Money(Number(text)),
}

const compareResults = (one: unknown, other: unknown) =>
  compare(one, other, [decimalType, moneyType] as ValueType[])

const bytes = (last: number) => Buffer.concat([Buffer.alloc(99), Buffer.from([last])])
const withoutPrototype = (row: object) => Object.assign(Object.create(null) as object, row)

describe('two results', () => {
  it.each<[string, unknown]>([
    ['dates', new Date(5)],
    ['dates that are none', new Date(NaN)],
    ['numbers that are none', NaN],
    ['decimals', new Decimal('1.10')],
    ['a class that keeps its state to itself', new Money(5)],
    ['bytes', bytes(1)],
    ['fields in another order', { a: 1, b: [{ c: 2n, d: null }] }],
  ])('are the same: %s', (_, value) => {
    const again = copyOf(value)
    expect(compareResults([{ value }], [{ value: again }])).toBe('same')
    expect(compareResults([{ value }], [withoutPrototype({ value: again })])).toBe('same')
  })

  it.each<[string, unknown, unknown]>([
    ['the last of many bytes', bytes(1), bytes(2)],
    ['bytes of another class', new Uint8Array(2), Buffer.alloc(2)],
    ['a sign of zero', -0, 0],
    ['a number and a bigint', 1, 1n],
    ['a number and its text', 1, '1'],
    ['null and undefined', null, undefined],
    ['a date, and one that is none', new Date(0), new Date(NaN)],
    ['decimals', new Decimal('0.1'), new Decimal('0.10000000000000000000000000000000001')],
    ['a class that keeps its state to itself', new Money(5), new Money(6)],
    ['long texts', `${'x'.repeat(20_000)}a`, `${'x'.repeat(20_000)}b`],
    ['a list, and one that is longer', [1], [1, 1]],
    ['lists that would be one text', ['a,b'], ['a', 'b']],
  ])('are different: %s', (_, one, other) => {
    expect(compareResults([{ value: one }], [{ value: other }])).toBe('different')
    expect(compareResults([{ value: other }], [{ value: one }])).toBe('different')
  })

  it('are the same where one has been in Redis and the other in the memory of this process', () => {
    const context = { valueTypes: [decimalType] as ValueType[], maxBytes: 10_000_000 }
    const redis = new EntryCodec({ codec: msgpackCodec, compressAbove: 1000, ...context })
    const memory = structuralCodec(context.valueTypes)
    const facts = { tokens: [], createdAt: 0, ttlMs: 1, keepMs: 1, loadMs: 0, tags: [] }
    fc.assert(
      fc.property(anyValue, (value) => {
        const kept = memory.encode(value, context)
        const sealed = redis.seal('name', 'key', facts, value)
        fc.pre(kept.state === 'encoded' && sealed.state === 'sealed')
        const opened = redis.open('name', 'key', sealed.bytes)
        const decoded = opened.state === 'opened' ? opened.value() : opened
        if (decoded.state !== 'decoded') throw new Error(decoded.state)
        expect(compareResults(decoded.value, memory.decode(kept.stored))).toBe('same')
      }),
    )
  })

  it('are the same rows in another order, at any depth', () => {
    const rows = [
      { id: 1, tags: [bytes(1), bytes(2)] },
      { id: 2, tags: [] },
    ]
    const others = [
      { tags: [], id: 2 },
      { id: 1, tags: [bytes(2), bytes(1)] },
    ]
    expect(compareResults(rows, others)).toBe('order')
    expect(compareResults([rows[0], rows[0]], [rows[0], rows[1]])).toBe('different')
  })
})

/** Another of the same value, whose fields are in the order of their reverse. */
function copyOf(value: unknown): unknown {
  if (value instanceof Money) return new Money(value.cents)
  if (value instanceof Decimal) return new Decimal(value)
  if (Buffer.isBuffer(value)) return Buffer.from(value)
  if (Array.isArray(value)) return value.map(copyOf)
  if (typeof value !== 'object' || value === null || value instanceof Date) {
    return structuredClone(value)
  }
  const fields = Object.entries(value).map(([name, field]) => [name, copyOf(field)])
  return Object.fromEntries(fields.toReversed())
}
