import { Decimal } from '@prisma/client/runtime/client'
import { type BytesCodec, msgpackCodec, superjsonCodec } from '@tidemark/redis'
import fc from 'fast-check'
import { Packr } from 'msgpackr/pack'
import { afterEach, assert, beforeEach, describe, expect, it } from 'vitest'
import { anyValue, decimalType } from './values.ts'

const context = { valueTypes: [decimalType], maxBytes: 1_000_000 }
const codecs = [msgpackCodec, superjsonCodec]

const guarded = [
  Object,
  Array,
  Date,
  Map,
  Set,
  Decimal,
  Buffer,
  Uint8Array,
  Function,
  String,
].flatMap((type) => [type, type.prototype as object])
function stateOfPrototypes(): unknown[] {
  return guarded.flatMap((object) =>
    Reflect.ownKeys(object).flatMap((key) => {
      return [key, ...(Object.values(Object.getOwnPropertyDescriptor(object, key)!) as unknown[])]
    }),
  )
}
let before: unknown[]
beforeEach(() => {
  before = stateOfPrototypes()
})
// In every test here: no prototype has changed.
afterEach(() => {
  const after = stateOfPrototypes()
  assert(after.length === before.length, 'something was added to a prototype')
  assert(after.every((part, index) => Object.is(part, before[index])))
})

/** How deep it goes, whatever holds it. */
function depthOf(value: unknown): number {
  let depth = 0
  let level = [value]
  for (; level.length > 0; depth += 1) {
    if (depth > 200) return Infinity
    level = level.flatMap((one) =>
      typeof one !== 'object' || one === null || ArrayBuffer.isView(one) || Decimal.isDecimal(one)
        ? []
        : one instanceof Map || one instanceof Set
          ? [...one].flat(1)
          : Object.values(one),
    )
  }
  return depth
}

function survives(codec: BytesCodec, bytes: Uint8Array): 'decoded' | 'corrupt' {
  const decoding = codec.decode(bytes, context)
  if (decoding.state === 'decoded') expect(depthOf(decoding.value)).toBeLessThan(100)
  return decoding.state
}

type Edit = readonly [kind: 'set' | 'cut' | 'insert' | 'swap', at: number, byte: number]
const edits = fc.array(
  fc.tuple(
    fc.constantFrom('set', 'cut', 'insert', 'swap'),
    fc.nat(),
    fc.integer({ min: 0, max: 255 }),
  ),
  { minLength: 1, maxLength: 4 },
) as fc.Arbitrary<Edit[]>

function edited(bytes: Uint8Array, list: readonly Edit[]): Uint8Array {
  let result = [...bytes]
  for (const [kind, where, byte] of list) {
    const at = where % (result.length + 1)
    if (kind === 'set') result[at] = byte
    if (kind === 'cut') result.splice(at, (byte % 8) + 1)
    if (kind === 'insert') result.splice(at, 0, byte)
    if (kind === 'swap') result = [...result.slice(at), ...result.slice(0, at)]
  }
  return Uint8Array.from(result)
}

describe.each(codecs)(
  'hazard 37: the codec $name, given what somebody put into Redis,',
  (codec) => {
    it('answers to random bytes', () => {
      fc.assert(
        fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
          survives(codec, bytes)
        }),
        { numRuns: 3000 },
      )
    })

    it('answers to entries that were changed', () => {
      let corrupt = 0
      fc.assert(
        fc.property(anyValue, edits, (value, list) => {
          const encoding = codec.encode(value, context)
          if (encoding.state === 'refused') return
          if (survives(codec, edited(encoding.bytes, list)) === 'corrupt') corrupt += 1
        }),
        { numRuns: 3000 },
      )
      expect(corrupt).toBeGreaterThan(100)
    })

    it('takes no entry that was cut short', () => {
      fc.assert(
        fc.property(anyValue, fc.nat(), (value, where) => {
          const encoding = codec.encode(value, context)
          if (encoding.state === 'refused') return
          const cut = encoding.bytes.subarray(0, where % encoding.bytes.length)
          expect(codec.decode(cut, context).state).toBe('corrupt')
        }),
      )
    })

    it('makes nothing of paths that lead to prototypes, or into what it has made', () => {
      const steps = fc.constantFrom<(string | number)[]>(
        ...([
          '__proto__',
          'constructor',
          'prototype',
          'd',
          'toString',
          'polluted',
          'a',
          0,
          1,
          2,
          -1,
          'length',
        ] as never[]),
      )
      const path = fc.oneof(
        fc.array(steps, { maxLength: 5 }),
        fc.array(steps, { maxLength: 5 }).map((path) => [0, ...path]),
        fc.nat(2),
      )
      const kind = fc.constantFrom(
        '-0',
        'text',
        'Map',
        'Set',
        'record',
        'bare',
        ':Prisma.Decimal',
        'Buffer',
        'odd',
      )
      const forged = fc.tuple(
        fc.constantFrom<unknown>(
          [{ a: '1.5', d: { a: '2' } }],
          { a: '1.5', constructor: { prototype: { a: '"x"' } } },
          JSON.parse('{"__proto__": {"a": "1"}, "a": [["b", 1]]}'),
          [['a', 'b']],
        ),
        fc.array(fc.tuple(kind, steps, fc.array(path, { maxLength: 3 })), { maxLength: 4 }),
        fc.array(fc.tuple(kind, path), { maxLength: 3 }),
      )
      let decoded = 0
      fc.assert(
        fc.property(forged, (portable) => {
          if (survives(codec, forge(codec, portable)) === 'decoded') decoded += 1
        }),
        { numRuns: 3000 },
      )
      expect(decoded).toBeGreaterThan(50)
    })

    it.each<[string, unknown]>([
      [
        'the class of a Decimal',
        [
          { a: '1.5' },
          [
            [':Prisma.Decimal', 'a', [[0]]],
            ['-0', 'toString', [[0, 'a', 'constructor', 'prototype']]],
          ],
          [],
        ],
      ],
      [
        'the digits of a Decimal',
        [
          { a: '1.5' },
          [
            [':Prisma.Decimal', 'a', [[0]]],
            ['-0', 0, [[0, 'a', 'd']]],
          ],
          [],
        ],
      ],
      ['an inherited method', [{}, [['-0', 'toString', [[0]]]], []]],
      ['the prototype', [{}, [['-0', 'polluted', [[0, '__proto__']]]], []]],
      ['what describes the value', [0, [['-0', 0, [[1]]]], []]],
      ['the length of a list', [[1], [['-0', 'length', [[0]]]], []]],
      ['bytes of an odd length', [['AAA='], [['Float64Array', 0, [[0]]]], []]],
      ['an unknown class', [['1'], [[':Odd', 0, [[0]]]], []]],
      ['a kind that every object has', [['1'], [['toString', 0, [[0]]]], []]],
    ])('refuses notes on %s', (_what, portable) => {
      expect(codec.decode(forge(codec, portable), context).state).toBe('corrupt')
    })
  },
)

/** Bytes that have a portable value in them which no encoder of ours makes. */
function forge(codec: BytesCodec, portable: unknown): Uint8Array {
  if (codec === superjsonCodec) return Buffer.from(JSON.stringify({ json: portable }))
  return new Packr({ useRecords: true }).pack(portable)
}

describe('hazard 37: crafted MessagePack', () => {
  const wrap = (...bytes: number[]) => Uint8Array.from([0x91, ...bytes])
  const huge = [0xff, 0xff, 0xff, 0xff]
  it.each<[string, Uint8Array]>([
    ['a list of four billion', wrap(0xdd, ...huge)],
    [
      'many lists of many',
      Uint8Array.from([0xdc, 0x40, 0, ...Array(0x4000).fill(0xdc)] as number[]),
    ],
    ['a map', wrap(0x80)],
    ['a map of four billion', wrap(0xdf, ...huge)],
    ['a text of four gigabytes', wrap(0xdb, ...huge)],
    ['bytes of four gigabytes', wrap(0xc6, ...huge)],
    ['an extension of four gigabytes', wrap(0xc9, ...huge, 0x42)],
    ['a record of four billion fields', wrap(0xd4, 0x72, 0x40, 0xdd, ...huge)],
    ['a record of numbers', wrap(0xd4, 0x72, 0x40, 0x91, 0x01, 0x01)],
    ['a record that is used and not defined', wrap(0x40)],
    ['a record with a number of two bytes', wrap(0xd5, 0x72, 0x40, 0x00, 0x90)],
    ['a record that names itself in its fields', wrap(0xd4, 0x72, 0x40, 0x91, 0x40, 0x01)],
    ['a regular expression', wrap(0xd4, 0x78, 0, 0x92, 0xa1, 0x61, 0xa0)],
    ['an error', wrap(0xd4, 0x65, 0, 0x93, 0xa1, 0x61, 0xa1, 0x61, 0xc0)],
    ['a set', wrap(0xd4, 0x73, 0, 0x91, 0x01)],
    ['a typed array', wrap(0xc7, 2, 0x74, 1, 1)],
    ['a reference', wrap(0xd6, 0x70, 0, 0, 0, 1)],
    ['a cycle', wrap(0xd6, 0x69, 0, 0, 0, 1, 0x91, 0xd6, 0x70, 0, 0, 0, 1)],
    ['strings in a bundle', wrap(0xd6, 0x62, 0, 0, 0, 4, 0xc1, 1, 0xa1, 0x61, 0xa0)],
    ['a byte that is not used', wrap(0xc1)],
    ['a float of four bytes', wrap(0xca, 0, 0, 0, 0)],
    ['a Date of nine bytes', wrap(0xc7, 9, 0xff, 0, 0, 0, 0, 0, 0, 0, 0, 0)],
    ['two values', Uint8Array.from([0x91, 0x01, 0x01])],
    ['nothing', new Uint8Array()],
    ['lists in lists', new Uint8Array(100_000).fill(0x91)],
  ])('%s is corrupt', (_what, bytes) => {
    expect(msgpackCodec.decode(bytes, context).state).toBe('corrupt')
  })

  it.each([
    ['decoded', 75],
    ['corrupt', 85],
  ])('lists in lists are %s when they are %i', (state, depth) => {
    const lists = new Uint8Array(depth + 1).fill(0x91)
    lists[depth] = 0x01
    expect(msgpackCodec.decode(lists, context).state).toBe(state)
  })

  it('does not take `__proto__` as a field for more than a name', () => {
    const field = [...Buffer.from('__proto__')]
    const bytes = wrap(
      0xd4,
      0x72,
      0x40,
      0x91,
      0xa9,
      ...field,
      0xd4,
      0x72,
      0x41,
      0x91,
      0xa1,
      0x78,
      0x01,
    )
    const decoding = msgpackCodec.decode(bytes, context)
    expect(decoding.state).toBe('decoded')
    const { value } = decoding as { value: { x?: number } }
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype)
    expect(value.x).toBeUndefined()
  })
})

describe('hazard 37: crafted superjson', () => {
  const values = (json: unknown, values: object) => ({ json, notes: Object.entries(values) })

  it.each([
    ['a path to a prototype', values([{}], { '0.__proto__.polluted': ['undefined'] })],
    ['a path to a class', values([{}], { '0.constructor.prototype.polluted': ['undefined'] })],
    ['an array of a billion', values([1e9], { 0: [['typed-array', 'Float64Array']] })],
    ['a class', values([{}], { 0: [['class', 'Object']] })],
    ['a symbol', values(['a'], { 0: [['symbol', 'a']] })],
    ['a transformer', values(['a'], { 0: [['custom', 'a']] })],
    ['a regular expression', values(['/(a+)+$/'], { 0: ['regexp'] })],
    ['an error', values([{}], { 0: ['Error'] })],
    ['a URL', values(['http://a/'], { 0: ['URL'] })],
    ['a map', values([[]], { 0: ['map'] })],
    ['a set', values([[]], { 0: ['set'] })],
    ['a bigint that is none', values(['x'], { 0: ['bigint'] })],
    ['an annotation of the whole', { json: [1], notes: ['undefined'] }],
    ['notes that are none', { json: [1], notes: { 0: ['undefined'] } }],
    ['a note with more in it', { json: ['1'], notes: [['0', ['bigint'], 1]] }],
    ['a path that is none', { json: ['1'], notes: [[0, ['bigint']]] }],
    ['an annotation with others in it', values([[1]], { 0: ['set', { 0: ['bigint'] }] })],
    ['an annotation that every object has', values([1], { 0: ['toString'] })],
    [
      'one object in two places',
      { json: [{ a: {} }], meta: { referentialEqualities: { '0.a': ['0'] }, v: 1 } },
    ],
    ['notes of an older version', { json: ['1'], meta: { values: { 0: ['bigint'] }, v: 1 } }],
    ['a path without end', values([1], { [Array(10_000).fill('0').join('.')]: ['undefined'] })],
    ['no value', {}],
    ['no record', [1]],
    ['null', null],
  ])('%s is corrupt', (_what, payload) => {
    const bytes = Buffer.from(JSON.stringify(payload))
    expect(superjsonCodec.decode(bytes, context).state).toBe('corrupt')
  })

  it('lists in lists are corrupt', () => {
    const text = `{"json":${'['.repeat(100_000)}${']'.repeat(100_000)}}`
    expect(superjsonCodec.decode(Buffer.from(text), context).state).toBe('corrupt')
  })

  it('`__proto__` is a key like any other', () => {
    const decoding = superjsonCodec.decode(Buffer.from('{"json":[{"__proto__":{"x":1}}]}'), context)
    const { value } = decoding as { value: { x?: number } }
    expect(value.x).toBeUndefined()
    expect(Object.keys(value)).toEqual(['__proto__'])
  })
})
