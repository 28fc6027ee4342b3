import type { ValueType } from './value-type.ts'

/**
 * An injective text for query parameters: two lists of parameters have one text only if the database
 * would see the same parameters. `JSON.stringify` is not that: it makes `null`, `undefined` and `NaN`
 * one, a Date and its ISO string one, `0` and `-0` one, and throws on a bigint.
 *
 * Every value starts with a letter for its type; what has no fixed length carries it in front, so no
 * content can imitate structure. Object keys stay in their own order: a `json` column can tell
 * `{"a":1,"b":2}` from `{"b":2,"a":1}`, and a needless miss is cheaper than a wrong row.
 *
 * @param areCopies see `KeyMaterial`
 * @throws UnencodableValue for a value that has no such text, or a text of more than `MAX_LENGTH`
 */
export function canonicalEncoding(
  value: unknown,
  valueTypes: readonly ValueType[] = [],
  areCopies = false,
): string {
  const encoder = new Encoder(valueTypes, areCopies)
  encoder.add(value, 0)
  return encoder.text
}

/** Thrown for a value without a canonical text: the query is then not cached. */
class UnencodableValue extends Error {
  override readonly name = 'UnencodableValue'
}

/** In characters. A key is compared in full and kept with its entry: what is longer is not worth it. */
const MAX_LENGTH = 64 * 1024

/** Deeper than any parameter a database takes, and shallow enough to end a cycle early. */
const MAX_DEPTH = 64

class Encoder {
  text = ''
  readonly #valueTypes: readonly ValueType[]

  readonly #areCopies: boolean

  constructor(valueTypes: readonly ValueType[], areCopies: boolean) {
    this.#valueTypes = valueTypes
    this.#areCopies = areCopies
  }

  add(value: unknown, depth: number): void {
    switch (typeof value) {
      case 'string':
        return this.#addSized('s', value)
      case 'number':
        return this.#append(Object.is(value, -0) ? 'd-0;' : `d${value};`)
      case 'bigint':
        return this.#append(`i${value};`)
      case 'boolean':
        return this.#append(value ? 't' : 'f')
      case 'undefined':
        return this.#append('u')
      case 'object':
        return value === null ? this.#append('n') : this.#addObject(value, depth)
      default:
        throw new UnencodableValue(`a ${typeof value} has no canonical encoding`)
    }
  }

  #append(text: string): void {
    this.text += text
    if (this.text.length > MAX_LENGTH) throw new UnencodableValue('longer than a key may be')
  }

  #addSized(letter: string, text: string): void {
    this.#append(`${letter}${text.length}:${text}`)
  }

  #addObject(value: object, depth: number): void {
    if (depth >= MAX_DEPTH) throw new UnencodableValue('nested too deeply, or in a cycle')
    // Of each class only its own instances, with nothing added: a driver may treat any other in its own
    // way, by `toPostgres`, `toSqlString`, `toJSON` or a method that a subclass overrides.
    switch (Object.getPrototypeOf(value)) {
      case Array.prototype:
        return this.#addArray(value as unknown[], depth)
      case Object.prototype:
      case null:
        return this.#addRecord(value as Record<string, unknown>, depth)
      case Date.prototype:
        assertNothingAdded(value, 0)
        return this.#append(`D${(value as Date).getTime()};`)
      default:
        return this.#addInstance(value)
    }
  }

  #addArray(values: readonly unknown[], depth: number): void {
    // The outermost array is the adapter's own.
    if (depth > 0 && !this.#areCopies) assertNothingAdded(values, values.length + 1)
    this.#append(`[${values.length}:`)
    for (const value of values) this.add(value, depth + 1)
  }

  #addRecord(record: Record<string, unknown>, depth: number): void {
    const keys = Object.keys(record)
    if (!this.#areCopies) assertNothingAdded(record, keys.length)
    this.#append(`{${keys.length}:`)
    for (const key of keys) {
      this.#addSized('', key)
      this.add(record[key], depth + 1)
    }
  }

  #addInstance(value: object): void {
    if (ArrayBuffer.isView(value)) return this.#addBytes(value)
    const type = this.#valueTypes.find((candidate) => candidate.matches(value))
    if (!type) {
      throw new UnencodableValue(`an instance of ${className(value)} has no canonical encoding`)
    }
    this.#addSized('x', type.name)
    this.#addSized('', type.encode(value))
  }

  /** A Buffer is told from a Uint8Array: as JSON they differ. */
  #addBytes(view: ArrayBufferView): void {
    if (view.byteLength * 2 > MAX_LENGTH) throw new UnencodableValue('longer than a key may be')
    const bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength)
    let hex = ''
    for (const byte of bytes) hex += byte.toString(16).padStart(2, '0')
    this.#addSized('B', className(view))
    this.#addSized('', hex)
  }
}

/** @param expected how many own properties an instance has to which nothing was added */
function assertNothingAdded(value: object, expected: number): void {
  if (Reflect.ownKeys(value).length !== expected) {
    throw new UnencodableValue(`${className(value)} with properties of its own, or with holes`)
  }
}

function className(value: object): string {
  const name: unknown = value.constructor?.name
  return typeof name === 'string' ? name : 'an unnamed class'
}
