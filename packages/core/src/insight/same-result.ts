import { inspect } from 'node:util'
import type { ValueType } from '../keys/value-type.ts'

/** How two answers to one question compare. `'order'`: the same rows, in another order. */
export type Comparison = 'same' | 'order' | 'different'

/**
 * Compares what was served with what the database answers. Without an ORDER BY a database may give the same rows in any
 * order, so that is told apart from other rows: in lists at any depth, as relations are.
 */
export function compareResults(
  one: unknown,
  other: unknown,
  valueTypes: readonly ValueType[],
): Comparison {
  const areEqual = (arrange: Arrange) => {
    const writer = new Writer(valueTypes, arrange)
    return writer.textOf(one) === writer.textOf(other)
  }
  if (areEqual((texts) => texts)) return 'same'
  return areEqual((texts) => texts.toSorted()) ? 'order' : 'different'
}

type Arrange = (texts: readonly string[]) => readonly string[]

/** Writes a text that is equal for equal values, and for no others. */
class Writer {
  readonly #valueTypes: readonly ValueType[]
  readonly #arrange: Arrange

  constructor(valueTypes: readonly ValueType[], arrange: Arrange) {
    this.#valueTypes = valueTypes
    this.#arrange = arrange
  }

  textOf(value: unknown): string {
    if (Array.isArray(value)) {
      return `[${this.#arrange(value.map((item) => this.textOf(item))).join()}]`
    }
    if (isPlain(value)) {
      const fields = Object.entries(value).map(
        ([name, field]) => `${JSON.stringify(name)}:${this.textOf(field)}`,
      )
      return `{${fields.sort().join()}}`
    }
    if (typeof value !== 'object' || value === null) return inspect(value, WHOLE)
    // What its class keeps to itself is seen by its type alone.
    const type = this.#valueTypes.find((known) => known.matches(value))
    if (type) return `${type.name} ${JSON.stringify(type.encode(value))}`
    return ArrayBuffer.isView(value) ? textOfBytes(value) : inspect(value, WHOLE)
  }
}

/** Of a Buffer `inspect` shows the first 50 bytes, whatever it is told. */
function textOfBytes({ buffer, byteOffset, byteLength, constructor }: ArrayBufferView): string {
  return `${constructor.name} ${Buffer.from(buffer, byteOffset, byteLength).toString('hex')}`
}

function isPlain(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

const WHOLE = {
  depth: Infinity,
  maxArrayLength: Infinity,
  maxStringLength: Infinity,
  breakLength: Infinity,
} as const
