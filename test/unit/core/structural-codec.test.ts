import { structuralCodec, type ValueType } from '@tidemark/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

const codec = structuralCodec()
const limits = { maxBytes: 1_000_000 }

function roundTrip(value: unknown): unknown {
  const encoding = codec.encode(value, limits)
  if (encoding.state === 'refused') throw new Error(encoding.reason)
  return codec.decode(encoding.stored)
}

const leaf = fc.oneof(
  fc.string(),
  fc.integer(),
  fc.double(),
  fc.bigInt(),
  fc.boolean(),
  fc.constant(null),
  fc.constant(undefined),
  fc.date({ noInvalidDate: false }),
  fc.uint8Array(),
  fc.uint8Array().map((bytes) => Buffer.from(bytes)),
  fc.float64Array(),
)
const value = fc.letrec((tie) => ({
  any: fc.oneof({ maxDepth: 4 }, leaf, tie('array'), tie('record'), tie('rows'), tie('mixed')),
  array: fc.array(tie('any'), { maxLength: 4 }),
  record: fc.dictionary(fc.oneof(fc.string(), fc.constant('__proto__')), tie('any'), {
    maxKeys: 5,
    noNullPrototype: false,
  }),
  rows: fc.array(fc.record({ id: fc.integer(), at: tie('any'), more: tie('any') }), {
    maxLength: 6,
  }),
  // Rows of as many columns, and not the same ones.
  mixed: fc.array(
    fc.dictionary(fc.constantFrom('id', 'at', '__proto__'), tie('any'), { noNullPrototype: true }),
    { maxLength: 4 },
  ),
})).any

/** Every object that can be reached from a value. */
function objectsIn(root: unknown, found = new Set<object>()): Set<object> {
  if (typeof root !== 'object' || root === null || found.has(root)) return found
  found.add(root)
  if (root instanceof ArrayBuffer || root instanceof Date) return found
  if (ArrayBuffer.isView(root)) return found.add(root.buffer)
  for (const key of Reflect.ownKeys(root)) objectsIn(Reflect.get(root, key), found)
  return found
}

describe('the structural codec', () => {
  it('gives back what went in, types included', () => {
    fc.assert(
      fc.property(value, (original) => {
        expect(roundTrip(original)).toStrictEqual(original)
      }),
    )
  })

  it('shares no object with what went in, nor between two copies', () => {
    fc.assert(
      fc.property(value, (original) => {
        const encoding = codec.encode(original, limits)
        if (encoding.state === 'refused') throw new Error(encoding.reason)
        const [a, b] = [codec.decode(encoding.stored), codec.decode(encoding.stored)]
        const all = [original, a, b].map((root) => objectsIn(root))
        const together = new Set(all.flatMap((objects) => [...objects]))
        expect(together.size).toBe(all.reduce((sum, objects) => sum + objects.size, 0))
      }),
    )
  })

  it('keeps a Buffer a Buffer, over memory of its own', () => {
    const original = Buffer.from('poster')
    const copy = roundTrip(original) as Buffer
    expect(Buffer.isBuffer(copy)).toBe(true)
    original[0] = 0
    expect(copy.toString()).toBe('poster')
  })

  it('copies maps and sets with what is in them', () => {
    const original = { map: new Map([[{ id: 1 }, new Date(1)]]), set: new Set([[1], 'a']) }
    const copy = roundTrip(original) as typeof original
    expect(copy).toStrictEqual(original)
    expect([...copy.map.keys()][0]).not.toBe([...original.map.keys()][0])
  })

  it('keeps a column named __proto__ a column', () => {
    const original = JSON.parse('[{"__proto__": {"admin": true}}]') as object[]
    const [copy] = roundTrip(original) as object[]
    expect(Object.getPrototypeOf(copy)).toBe(Object.prototype)
    expect(JSON.stringify(copy)).toBe('{"__proto__":{"admin":true}}')
  })

  it.each([
    ['a function', { load: () => 1 }],
    ['a symbol', [Symbol('s')]],
    ['an unknown class', { at: new URL('http://localhost/') }],
    ['a class that extends Date', [new (class Moment extends Date {})(0)]],
    ['a record with symbol keys', { [Symbol('s')]: 1 }],
    ['a promise', Promise.resolve()],
    ['a class that extends Array', new (class Rows extends Array<number> {})(2)],
    ['an array with properties of its own', Object.assign([{ id: 1 }], { count: 1 })],
    ['an array with a hole', Array<number>(3)],
    ['a class that extends Map', new (class Index extends Map {})()],
    ['a class that extends Uint8Array', new (class Bytes extends Uint8Array {})(2)],
    [
      'a getter that gives an object',
      {
        get at() {
          return new Date(0)
        },
      },
    ],
    ['a property that is not enumerated', Object.defineProperty({}, 'hidden', { value: 1 })],
  ])('refuses %s', (_what, unstorable) => {
    expect(codec.encode(unstorable, limits)).toEqual({
      state: 'refused',
      reason: 'unstorable-value',
    })
  })

  it('leaves a column named __proto__ out of rows that have none', () => {
    const original = JSON.parse('[{"__proto__": {"a": 1}}, {"id": 1}]') as object[]
    expect(JSON.stringify(roundTrip(original))).toBe(JSON.stringify(original))
  })

  it('leaves what somebody has put on the prototype of all records out of rows that do not have it', () => {
    const original = [{ id: 1 }, { id: 2, extra: { a: 1 } }]
    const everywhere = Object.prototype as { extra?: object }
    everywhere.extra = { a: 2 }
    try {
      expect((roundTrip(original) as object[]).map((row) => Object.keys(row))).toEqual([
        ['id'],
        ['id', 'extra'],
      ])
    } finally {
      delete everywhere.extra
    }
  })

  it('keeps it one where the row before had as many columns, and another in its place', () => {
    const text = '[{"a":1,"b":{}},{"a":1,"__proto__":{"x":1}},{"a":2,"__proto__":5}]'
    const copies = roundTrip(JSON.parse(text)) as object[]
    expect(JSON.stringify(copies)).toBe(text)
    for (const copy of copies) expect(Object.getPrototypeOf(copy)).toBe(Object.prototype)
  })

  it('keeps a column named __proto__ a column of each row', () => {
    const text = '[{"__proto__":{"a":1},"b":1},{"__proto__":{"a":2},"b":2}]'
    expect(JSON.stringify(roundTrip(JSON.parse(text)))).toBe(text)
  })

  it('copies what a view shows, not the memory behind it, shared memory included', () => {
    const shared = new Uint8Array(new SharedArrayBuffer(1000), 8, 4)
    shared[0] = 7
    const copy = roundTrip({ shared }) as { shared: Uint8Array }
    shared[0] = 0
    expect(copy.shared[0]).toBe(7)
    expect(copy.shared.buffer.byteLength).toBe(4)
    const vector = new Float32Array(new ArrayBuffer(1000), 0, 2)
    expect((roundTrip(vector) as Float32Array).buffer.byteLength).toBe(8)
  })

  it('refuses a cycle', () => {
    const cycle: { self?: unknown } = {}
    cycle.self = cycle
    expect(codec.encode(cycle, limits).state).toBe('refused')
  })

  it('refuses what is over its size, without measuring the rest', () => {
    let measured = 0
    const rows = Array.from({ length: 1000 }, () => ({
      get text() {
        measured += 1
        return 'x'.repeat(1000)
      },
    }))
    expect(codec.encode(rows, { maxBytes: 100_000 })).toEqual({
      state: 'refused',
      reason: 'too-large',
    })
    expect(measured).toBeLessThan(100)
  })

  it('estimates more bytes for more data', () => {
    const bytesOf = (data: unknown) => {
      const encoding = codec.encode(data, limits)
      return encoding.state === 'encoded' ? encoding.bytes : NaN
    }
    expect(bytesOf([{ id: 1 }, { id: 2 }])).toBeGreaterThan(bytesOf([{ id: 1 }]))
    expect(bytesOf('x'.repeat(1000))).toBeGreaterThanOrEqual(1000)
    expect(bytesOf(new Uint8Array(1000))).toBeGreaterThanOrEqual(1000)
    expect(bytesOf(10n ** 4000n)).toBeGreaterThan(1600)
    expect(bytesOf({ ['k'.repeat(1000)]: 1 })).toBeGreaterThanOrEqual(1000)
  })

  it('copies a class that was declared by its own rule', () => {
    class Money {
      cents: number
      constructor(cents: number) {
        this.cents = cents
      }
    }
    const money: ValueType<Money> = {
      name: 'Money',
      matches: (candidate) => candidate instanceof Money,
      copy: ({ cents }) => new Money(cents),
      encode: ({ cents }) => String(cents),
    }
    const withMoney = structuralCodec([money])
    const price = new Money(5)
    const encoding = withMoney.encode([{ price }], limits)
    if (encoding.state === 'refused') throw new Error(encoding.reason)
    const [row] = withMoney.decode(encoding.stored) as [{ price: Money }]
    expect(row.price).toBeInstanceOf(Money)
    expect(row.price).toEqual(price)
    expect(row.price).not.toBe(price)
  })
})
