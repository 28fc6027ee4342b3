import { Decimal } from '@prisma/client/runtime/client'
import type { ValueType } from '@tidemark/core'
import fc from 'fast-check'

/** As the Prisma adapter declares it. */
export const decimalType: ValueType<Decimal> = {
  name: 'Prisma.Decimal',
  matches: (value): value is Decimal => Decimal.isDecimal(value),
  copy: (value) => new Decimal(value),
  encode: (value) => value.valueOf(),
  decode: (text) => new Decimal(text),
}

/** Text that has been misread before, by one format or another. */
const trickyText = fc.constantFrom(
  ...[
    '',
    '__proto__',
    'constructor',
    'prototype',
    '__keys__',
    'toJSON',
    'hasOwnProperty',
    'length',
  ],
  ...[
    '0',
    '1',
    '-0',
    '"',
    '\n',
    'a.b',
    'a\\.b',
    '\\',
    '.',
    'then',
    'valueOf',
    'toString',
    '\u2028',
    '\0',
  ],
  ...[
    '\ud800',
    'a\udfff',
    '\ufeff',
    `\ufeff${'x'.repeat(70)}`,
    '\ud800\ud800',
    '😀',
    'é'.repeat(40),
  ],
  ...['x'.repeat(31), 'x'.repeat(32), 'x'.repeat(255), 'x'.repeat(256), 'é'.repeat(65_536)],
)
const text = fc.oneof(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'binary' }), trickyText)
const key = fc.oneof({ weight: 3, arbitrary: fc.string({ maxLength: 4 }) }, trickyText)

const views = [
  ...[Uint8Array, Int8Array, Uint8ClampedArray, Uint16Array, Int16Array, Uint32Array, Int32Array],
  ...[Float32Array, Float64Array, BigInt64Array, BigUint64Array],
]
const bytes = fc.uint8Array({ minLength: 0, maxLength: 24 })
const view = fc.tuple(fc.constantFrom(...views), bytes).map(([View, bytes]) => {
  const whole = bytes.slice(0, bytes.length - (bytes.length % View.BYTES_PER_ELEMENT))
  return new View(whole.buffer)
})

const leaf = fc.oneof(
  text,
  fc.integer(),
  fc.double(),
  fc.constantFrom(-0, NaN, Infinity, -Infinity, 2 ** 31, -(2 ** 31), 2 ** 32, 2 ** 53, 5e-324),
  fc.bigInt(),
  fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n }),
  fc.constantFrom(2n ** 63n, -(2n ** 63n), 2n ** 64n, -(2n ** 64n) - 1n, 2n ** 64n - 1n),
  fc.boolean(),
  fc.constant(null),
  fc.constant(undefined),
  fc.date({ noInvalidDate: false }),
  fc
    .constantFrom(8.64e15, -8.64e15, 2 ** 32 * 1000, -1, 2 ** 34 * 1000 + 1)
    .map((ms) => new Date(ms)),
  view,
  bytes.map((bytes) => Buffer.from(bytes)),
  // A view on a part of something larger.
  bytes.map((bytes) => Buffer.from([1, 2, ...bytes, 3]).subarray(2, -1)),
  fc.double().map((number) => new Decimal(number)),
  fc.tuple(fc.bigInt(), fc.integer({ min: -2000, max: 2000 })).map(([digits, exponent]) => {
    return new Decimal(`${digits}e${exponent}`)
  }),
)

class Odd {
  readonly state = 1
}

/** What the structural codec accepts, and now and then what it refuses. */
export const anyValue = fc.letrec((tie) => ({
  any: fc.oneof(
    { maxDepth: 5 },
    { weight: 4, arbitrary: leaf },
    tie('list'),
    tie('record'),
    tie('rows'),
    tie('map'),
    tie('set'),
    tie('refused'),
  ),
  list: fc.array(tie('any'), { maxLength: 4 }),
  record: fc.dictionary(key, tie('any'), { maxKeys: 5 }),
  rows: fc
    .tuple(
      fc.uniqueArray(key, { maxLength: 4 }),
      fc.array(fc.array(tie('any'), { minLength: 4, maxLength: 4 }), { maxLength: 6 }),
    )
    .map(([keys, rows]) =>
      rows.map((row) => {
        const record = {}
        for (const [index, key] of keys.entries()) {
          Object.defineProperty(record, key, {
            value: row[index],
            configurable: true,
            enumerable: true,
            writable: true,
          })
        }
        return record
      }),
    ),
  map: fc.array(fc.tuple(tie('any'), tie('any')), { maxLength: 3 }).map((pairs) => new Map(pairs)),
  set: fc.array(tie('any'), { maxLength: 3 }).map((members) => new Set(members)),
  refused: fc.constantFrom(
    ...[Symbol('s'), () => 1, /x/, new Odd(), new URL('http://a/'), new Error('e')],
    ...[
      Object.assign([1], { extra: 1 }),
      Array(2),
      { [Symbol('s')]: 1 },
      new DataView(new ArrayBuffer(1)),
    ],
  ),
})).any
