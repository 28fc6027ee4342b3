import type { ValueType } from './value-type.ts'

/**
 * An injective text for query parameters: two lists of parameters have one text only if the database
 * would see the same parameters. `JSON.stringify` is not that: it makes `null`, `undefined` and `NaN`
 * one, a Date and its ISO string one, `0` and `-0` one, and throws on a bigint.
 *
 * Every value starts with a letter for its type; what has no fixed length carries it in front, so no
 * content can imitate structure. Object keys stay in their own order: a `json` column can tell
 * `{"a":1,"b":2}` from `{"b":2,"a":1}`, and a needless miss is cheaper than a wrong row.
 */
export function canonicalEncoding(value: unknown, valueTypes: readonly ValueType[] = []): string {
  return encode(value, valueTypes, 0)
}

/** Thrown for a value without a canonical text: the query is then not cached. */
export class UnencodableValue extends Error {
  override readonly name = 'UnencodableValue'
}

/** Deeper than any parameter a database takes, and shallow enough to end a cycle early. */
const MAX_DEPTH = 64

function encode(value: unknown, valueTypes: readonly ValueType[], depth: number): string {
  switch (typeof value) {
    case 'string':
      return `s${value.length}:${value}`
    case 'number':
      return Object.is(value, -0) ? 'd-0;' : `d${value};`
    case 'bigint':
      return `i${value};`
    case 'boolean':
      return value ? 't' : 'f'
    case 'undefined':
      return 'u'
    case 'object':
      return value === null ? 'n' : encodeObject(value, valueTypes, depth)
    default:
      throw new UnencodableValue(`a ${typeof value} has no canonical encoding`)
  }
}

function encodeObject(value: object, valueTypes: readonly ValueType[], depth: number): string {
  if (depth >= MAX_DEPTH) throw new UnencodableValue('nested too deeply, or in a cycle')
  if (Array.isArray(value)) return encodeArray(value, valueTypes, depth)
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype === Object.prototype || prototype === null) {
    return encodeRecord(value as Record<string, unknown>, valueTypes, depth)
  }
  if (value instanceof Date) return `D${value.getTime()};`
  if (ArrayBuffer.isView(value)) return encodeBytes(value)
  const type = valueTypes.find((candidate) => candidate.matches(value))
  if (type) return encodeValueType(type, value)
  // An unknown class may mean anything to a driver (`toPostgres`, `toJSON`, a private field).
  throw new UnencodableValue(`an instance of ${className(value)} has no canonical encoding`)
}

function encodeArray(
  values: readonly unknown[],
  valueTypes: readonly ValueType[],
  depth: number,
): string {
  let text = `[${values.length}:`
  // By index: a hole reads as undefined, which is what a driver makes of it.
  for (let index = 0; index < values.length; index += 1) {
    text += encode(values[index], valueTypes, depth + 1)
  }
  return text
}

function encodeRecord(
  record: Record<string, unknown>,
  valueTypes: readonly ValueType[],
  depth: number,
): string {
  const keys = Object.keys(record)
  let text = `{${keys.length}:`
  for (const key of keys) {
    text += `${key.length}:${key}${encode(record[key], valueTypes, depth + 1)}`
  }
  return text
}

function encodeValueType(type: ValueType, value: object): string {
  const text = type.encode(value)
  return `x${type.name.length}:${type.name}${text.length}:${text}`
}

/** All views on bytes of one class and content are one parameter; a Buffer is the Uint8Array it extends. */
function encodeBytes(view: ArrayBufferView): string {
  const kind = view instanceof Uint8Array ? 'Uint8Array' : className(view)
  const bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength)
  let hex = ''
  for (const byte of bytes) hex += byte.toString(16).padStart(2, '0')
  return `B${kind}:${view.byteLength}:${hex}`
}

function className(value: object): string {
  const name: unknown = value.constructor?.name
  return typeof name === 'string' ? name : 'an unnamed class'
}
