import type { Codec, EncodeLimits, EncodingRefusal } from './codec.ts'
import type { ValueType } from './value-type.ts'

/**
 * The memory tier's codec: the stored form is a detached copy, together with the copier that makes
 * the next one.
 *
 * This is the one clever file of the hit path. A result set is many records of one shape in which most
 * columns are primitives, so `encode` looks at every value once and compiles what it found into a
 * copier: a spread per record, and a visit only to those columns that hold objects in any of them.
 * `structuredClone` of the same rows takes an order of magnitude longer, and refuses a Decimal.
 */
export function structuralCodec(valueTypes: readonly ValueType[] = []): Codec {
  return {
    name: 'structural',
    encode(value, limits) {
      const survey = new Survey(valueTypes, limits)
      try {
        const copier = survey.copierOf(value, 0)
        const stored: Snapshot = { value: copier(value), copier }
        return { state: 'encoded', stored, bytes: survey.bytes }
      } catch (error) {
        if (error instanceof Refused) return { state: 'refused', reason: error.reason }
        throw error
      }
    },
    decode(stored) {
      const { value, copier } = stored as Snapshot
      return copier(value)
    },
  }
}

interface Snapshot {
  readonly value: unknown
  readonly copier: Copier
}

type Copier = (value: unknown) => unknown
type Row = Record<string, unknown>

class Refused extends Error {
  readonly reason: EncodingRefusal

  constructor(reason: EncodingRefusal) {
    super(reason)
    this.reason = reason
  }
}

/** No result is nested deeper; a cycle ends here instead of in a stack overflow. */
const MAX_DEPTH = 64

/** Sizes in V8, in bytes, rounded up: `maxBytes` is a bound, so the estimate errs on the large side. */
const SIZE = { slot: 8, number: 16, string: 24, object: 32, instance: 96 }

const same: Copier = (value) => value
const copyDate: Copier = (value) => new Date((value as Date).getTime())

/** Walks a value once: measures it, refuses what cannot be copied, and finds its copier. */
class Survey {
  bytes = 0
  readonly #valueTypes: readonly ValueType[]
  readonly #maxBytes: number

  constructor(valueTypes: readonly ValueType[], { maxBytes }: EncodeLimits) {
    this.#valueTypes = valueTypes
    this.#maxBytes = maxBytes
  }

  copierOf(value: unknown, depth: number): Copier {
    switch (typeof value) {
      case 'string':
        this.#count(SIZE.string + value.length * 2)
        return same
      case 'object':
        if (value === null) return same
        if (depth >= MAX_DEPTH) throw new Refused('unstorable-value')
        this.#count(SIZE.object)
        return this.#copierOfObject(value, depth)
      case 'function':
      case 'symbol':
        throw new Refused('unstorable-value')
      default:
        this.#count(SIZE.number)
        return same
    }
  }

  #copierOfObject(value: object, depth: number): Copier {
    if (Array.isArray(value)) return this.#copierOfArray(value, depth)
    if (isPlainRecord(value)) return this.#copierOfRecords([value], depth)
    if (isExactly(Date, value)) {
      this.#count(SIZE.instance)
      return copyDate
    }
    if (value instanceof Map) this.copierOf([...value].flat(1), depth + 1)
    else if (value instanceof Set) this.copierOf([...value], depth + 1)
    else if (Object.getPrototypeOf(value) === null) this.#copierOfRecords([value as Row], depth)
    else if (value instanceof ArrayBuffer || ArrayBuffer.isView(value))
      this.#count(value.byteLength)
    else if (this.#typeOf(value)) this.#count(SIZE.instance)
    else throw new Refused('unstorable-value')
    return this.#copyAny
  }

  #copierOfArray(values: readonly unknown[], depth: number): Copier {
    this.#count(values.length * SIZE.slot)
    if (values.length > 0 && values.every(isPlainRecord)) {
      this.#count(values.length * SIZE.object)
      const copyRow = this.#copierOfRecords(values, depth + 1)
      return (rows) => (rows as Row[]).map(copyRow)
    }
    const copiers = values.map((value) => this.copierOf(value, depth + 1))
    return copiers.every((copier) => copier === same)
      ? (array) => (array as unknown[]).slice()
      : this.#copyAny
  }

  /** One copier for all of these records: it visits the columns that hold an object in any of them. */
  #copierOfRecords(records: readonly Row[], depth: number): (record: unknown) => Row {
    const deep = new Map<string, Copier>()
    for (const record of records) {
      if (Object.getOwnPropertySymbols(record).length > 0) throw new Refused('unstorable-value')
      for (const key of Object.keys(record)) {
        this.#count(SIZE.slot)
        const copier = this.copierOf(record[key], depth + 1)
        if (copier === same) continue
        deep.set(key, deep.has(key) && deep.get(key) !== copier ? this.#copyAny : copier)
      }
    }
    const columns = [...deep]
    return (record) => {
      const copy = { ...(record as Row) }
      for (const [key, copier] of columns) {
        const value = copy[key]
        if (typeof value === 'object' && value !== null) setOwn(copy, key, copier(value))
      }
      return copy
    }
  }

  /** Copies a value of any kind that the survey has let pass. */
  readonly #copyAny = (value: unknown): unknown => {
    if (typeof value !== 'object' || value === null) return value
    if (Array.isArray(value)) return value.map(this.#copyAny)
    if (isPlainRecord(value)) return this.#copyRecord(value, {})
    if (value instanceof Date) return copyDate(value)
    // `slice` of the typed array's own class copies; a Buffer's own `slice` would share its memory.
    if (value instanceof Uint8Array) return Uint8Array.prototype.slice.call(value)
    if (value instanceof Map) return new Map(this.#copyAny([...value]) as [unknown, unknown][])
    if (value instanceof Set) return new Set(this.#copyAny([...value]) as unknown[])
    if (value instanceof ArrayBuffer || ArrayBuffer.isView(value)) return structuredClone(value)
    const type = this.#typeOf(value)
    return type ? type.copy(value) : this.#copyRecord(value as Row, Object.create(null) as Row)
  }

  #copyRecord(record: Row, copy: Row): Row {
    for (const key of Object.keys(record)) setOwn(copy, key, this.#copyAny(record[key]))
    return copy
  }

  #typeOf(value: object): ValueType | undefined {
    return this.#valueTypes.find((type) => type.matches(value))
  }

  #count(bytes: number): void {
    this.bytes += bytes
    if (this.bytes > this.#maxBytes) throw new Refused('too-large')
  }
}

function isPlainRecord(value: unknown): value is Row {
  return (
    typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype
  )
}

function isExactly<T>(type: { readonly prototype: T }, value: object): value is T & object {
  return Object.getPrototypeOf(value) === type.prototype
}

/** Assigns an own property even where the key is `__proto__`, which a JSON column may well contain. */
function setOwn(record: Row, key: string, value: unknown): void {
  if (key === '__proto__') {
    Object.defineProperty(record, key, {
      value,
      configurable: true,
      enumerable: true,
      writable: true,
    })
  } else {
    record[key] = value
  }
}
