import type { ValueType } from '@tidemark/core'
import { Corrupt } from './corrupt.ts'

/** Views on bytes, by their prototypes: the classes that core's structural codec copies. */
export const VIEWS: ReadonlyMap<unknown, string> = new Map<unknown, string>([
  [Buffer.prototype, 'Buffer'],
  ...[Uint8Array, Int8Array, Uint8ClampedArray, Uint16Array, Int16Array, Uint32Array].map(named),
  ...[Int32Array, Float32Array, Float64Array, BigInt64Array, BigUint64Array].map(named),
])

function named(type: { readonly prototype: object; readonly name: string }): [object, string] {
  return [type.prototype, type.name]
}

/** Keys that one format or another treats as more than a name, or cannot keep apart from a prototype. */
const UNSAFE_KEYS: ReadonlySet<string> = new Set([
  '__proto__',
  'constructor',
  'prototype',
  // msgpackr's own, in the tree where it finds records of one shape.
  '__keys__',
])

// oxlint-disable-next-line no-control-regex -- those are what it is about
const NEEDS_ESCAPE = /["\\\u0000-\u001f]/

/**
 * Whether every format gives this key back as it was. Not where JSON writes it with a backslash: V8's parser takes such a
 * key for another that records of the same shape had (nodejs/node#63785).
 */
export function isHarmlessKey(key: string): boolean {
  return !UNSAFE_KEYS.has(key) && !NEEDS_ESCAPE.test(key) && isPlainText(key)
}

/** Whether no format makes anything of this text: half a surrogate pair, or what decoders take for a byte order mark. */
export function isPlainText(text: string): boolean {
  return text.isWellFormed() && text.charCodeAt(0) !== 0xfeff
}

/** How a value of a class that an adapter declared is marked. */
export function kindOfType(type: ValueType): string {
  return `:${type.name}`
}

/**
 * Makes a special value of what stands for it.
 *
 * @throws Corrupt, or whatever the value's class throws
 */
export function revive(kind: string, data: unknown, valueTypes: readonly ValueType[]): unknown {
  switch (kind) {
    case '-0':
      return -0
    case 'text':
      return reviveText(data)
    case 'invalid Date':
      return new Date(NaN)
    case 'Map':
      return new Map(pairs(data))
    case 'Set':
      return new Set(list(data))
    case 'record':
      return withEntries({}, pairs(data))
    case 'bare record':
      return withEntries(Object.create(null) as object, pairs(data))
    case 'bare':
      return withEntries(Object.create(null) as object, Object.entries(plainRecord(data)))
    default:
      return kind.startsWith(':')
        ? reviveInstance(kind.slice(1), data, valueTypes)
        : reviveView(kind, data)
  }
}

/** Text that is not well-formed, or that starts with what decoders take for a byte order mark. */
export function standInForText(text: string): string {
  return JSON.stringify(text)
}

function reviveText(data: unknown): string {
  const text: unknown = typeof data === 'string' ? JSON.parse(data) : undefined
  if (typeof text !== 'string') throw new Corrupt('text that is none')
  return text
}

function reviveInstance(name: string, data: unknown, valueTypes: readonly ValueType[]): unknown {
  // Of another adapter or version: this process would not have put it there.
  const type = valueTypes.find((type) => type.name === name)
  if (!type?.decode || typeof data !== 'string') throw new Corrupt('a value of an unknown class')
  return type.decode(data)
}

const VIEW_CLASSES: ReadonlyMap<string, (bytes: Uint8Array<ArrayBuffer>) => unknown> = new Map(
  [...VIEWS].map(([prototype, name]) => {
    const Class = (prototype as { constructor: unknown }).constructor as new (
      buffer: ArrayBuffer,
    ) => unknown
    if (name === 'Uint8Array') return [name, (bytes) => bytes]
    if (name === 'Buffer') return [name, (bytes) => Buffer.from(bytes.buffer)]
    return [name, (bytes) => new Class(bytes.buffer)]
  }),
)

function reviveView(kind: string, data: unknown): unknown {
  const make = VIEW_CLASSES.get(kind)
  if (!make) throw new Corrupt('a value of an unknown kind')
  if (typeof data === 'string') return make(new Uint8Array(Buffer.from(data, 'base64')))
  // Whose memory is its own, as decoders make it.
  if (Object.getPrototypeOf(data) !== Uint8Array.prototype) throw new Corrupt('bytes that are none')
  return make(data as Uint8Array<ArrayBuffer>)
}

function list(data: unknown): readonly unknown[] {
  if (!Array.isArray(data)) throw new Corrupt('a list that is none')
  return data
}

function pairs(data: unknown): (readonly [never, unknown])[] {
  const flat = list(data)
  if (flat.length % 2 !== 0) throw new Corrupt('a key without a value')
  return Array.from({ length: flat.length / 2 }, (_, index) => [
    flat[index * 2] as never,
    flat[index * 2 + 1],
  ])
}

function plainRecord(data: unknown): object {
  if (!isPlainRecord(data)) throw new Corrupt('a record that is none')
  return data
}

export function isPlainRecord(value: unknown): value is Record<string, unknown> {
  return (
    typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype
  )
}

/** `__proto__` becomes a key like any other, and changes no prototype. */
function withEntries(record: object, entries: Iterable<readonly [unknown, unknown]>): object {
  for (const [key, value] of entries) {
    if (typeof key !== 'string') throw new Corrupt('a key that is no text')
    Object.defineProperty(record, key, {
      value,
      configurable: true,
      enumerable: true,
      writable: true,
    })
  }
  return record
}
