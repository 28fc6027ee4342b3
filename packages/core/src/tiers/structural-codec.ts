import type { Codec, EncodeLimits, EncodingRefusal } from './codec.ts'
import { anyCopier, copierOfType, detacher, typeOf } from './any-copier.ts'
import {
  type Copier,
  copyDate,
  copyFlatArray,
  copyList,
  copyMixed,
  copyUniform,
  copyView,
  deepFreeze,
  isBuiltInView,
  isPlainRecord,
  type Row,
  same,
} from './copiers.ts'
import { areSame } from '../same-texts.ts'
import type { ValueType } from '../keys/value-type.ts'

/**
 * The memory tier's codec: the stored form is a detached copy, together with the copier that makes
 * the next one.
 *
 * This is the one clever file of the hit path. A result set is many records of one shape in which most
 * columns are primitives, so `encode` looks at every value once and compiles what it found into a
 * copier: one `Object.assign` per record, and a visit only to those columns that hold objects in any of them.
 * `structuredClone` of the same rows takes an order of magnitude longer, and refuses a Decimal.
 */
export function structuralCodec(valueTypes: readonly ValueType[] = []): Codec {
  const copyAny = anyCopier(valueTypes)
  const detach = detacher(valueTypes)
  return {
    name: 'structural',
    encode(value, limits) {
      const survey = new Survey(valueTypes, copyAny, limits)
      try {
        const copier = survey.copierOf(value, 0)
        const { isFreezable } = survey
        const stored: Snapshot = { value: detach(value), copier, isFreezable, isFrozen: false }
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
    frozen(stored) {
      const snapshot = stored as Snapshot
      if (!snapshot.isFreezable) return snapshot.copier(snapshot.value)
      if (!snapshot.isFrozen) {
        deepFreeze(snapshot.value)
        snapshot.isFrozen = true
      }
      return snapshot.value
    },
  }
}

interface Snapshot {
  readonly value: unknown
  readonly copier: Copier
  /** Whether freezing it keeps everyone from changing anything. */
  readonly isFreezable: boolean
  /** It is when the first asks for it so: copies of what is frozen are not. */
  isFrozen: boolean
}

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

/** Walks a value once: measures it, refuses what cannot be copied, and finds its copier. */
class Survey {
  bytes = 0
  /** A Date can be set, bytes written and a Map changed whether or not they are frozen; of other classes nobody knows. */
  isFreezable = true
  readonly #valueTypes: readonly ValueType[]
  readonly #copyAny: Copier
  readonly #maxBytes: number

  /** @param copyAny copies a value of any kind that the survey has let pass */
  constructor(valueTypes: readonly ValueType[], copyAny: Copier, { maxBytes }: EncodeLimits) {
    this.#valueTypes = valueTypes
    this.#copyAny = copyAny
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
      case 'bigint':
        this.#count(SIZE.number + bytesOf(value))
        return same
      case 'function':
      case 'symbol':
        throw new Refused('unstorable-value')
      default:
        this.#count(SIZE.number)
        return same
    }
  }

  /** Of each class only its own instances: a subclass may have a state that nobody sees from outside. */
  #copierOfObject(value: object, depth: number): Copier {
    switch (Object.getPrototypeOf(value)) {
      case Array.prototype:
        return this.#copierOfArray(value as unknown[], depth)
      case Object.prototype:
        return this.#copierOfRecords([value as Row], depth)
      case null:
        this.#copierOfRecords([value as Row], depth)
        return this.#copyAny
    }
    this.isFreezable = false
    switch (Object.getPrototypeOf(value)) {
      case Date.prototype:
        this.#count(SIZE.instance)
        return copyDate
      case Map.prototype:
        this.copierOf([...(value as Map<unknown, unknown>)].flat(1), depth + 1)
        return this.#copyAny
      case Set.prototype:
        this.copierOf([...(value as Set<unknown>)], depth + 1)
        return this.#copyAny
      default:
        return this.#copierOfInstance(value)
    }
  }

  #copierOfInstance(value: object): Copier {
    if (ArrayBuffer.isView(value) && isBuiltInView(value)) {
      this.#count(SIZE.instance + value.byteLength)
      return copyView
    }
    const type = typeOf(value, this.#valueTypes)
    if (!type) throw new Refused('unstorable-value')
    this.#count(SIZE.instance + type.encode(value).length * 2)
    return copierOfType(type)
  }

  #copierOfArray(values: readonly unknown[], depth: number): Copier {
    // A hole, or a property beside the elements: no driver means either, and a copy would lose it.
    if (Reflect.ownKeys(values).length !== values.length + 1) throw new Refused('unstorable-value')
    this.#count(values.length * SIZE.slot)
    if (values.length > 0 && values.every(isPlainRecord)) {
      this.#count(values.length * SIZE.object)
      return copyList(this.#copierOfRecords(values, depth + 1))
    }
    const copiers = values.map((value) => this.copierOf(value, depth + 1))
    return copiers.every((copier) => copier === same) ? copyFlatArray : this.#copyAny
  }

  /** One copier for all of these records: it visits the columns that hold an object in any of them. */
  #copierOfRecords(records: readonly Row[], depth: number): (record: unknown) => Row {
    const deep = new Map<string, Copier>()
    const names = new Set<string>()
    let fewest = Infinity
    let former: readonly string[] = []
    for (const record of records) {
      const keys = Object.keys(record)
      fewest = Math.min(fewest, keys.length)
      // Records of one shape share their names; others bring their own.
      if (!areSame(keys, former)) this.#countNames(keys, names)
      former = keys
      // A symbol, or a property that is not enumerated.
      if (Reflect.ownKeys(record).length !== keys.length) throw new Refused('unstorable-value')
      for (const key of keys) {
        this.#count(SIZE.slot)
        const value = record[key]
        const copier = this.copierOf(value, depth + 1)
        if (copier === same) continue
        // What a getter gives here it need not give to the copier.
        if (isAccessor(record, key)) throw new Refused('unstorable-value')
        deep.set(key, deep.has(key) && deep.get(key) !== copier ? this.#copyAny : copier)
      }
    }
    const columns = [...deep].map(([name, copier]) => ({ name, copier }))
    const isUniform = fewest === names.size && !names.has('__proto__')
    return isUniform ? copyUniform(columns) : copyMixed(columns)
  }

  #countNames(keys: readonly string[], names: Set<string>): void {
    for (const key of keys) {
      if (names.has(key)) continue
      names.add(key)
      this.#count(SIZE.string + SIZE.slot * 3 + key.length * 2)
    }
  }

  #count(bytes: number): void {
    this.bytes += bytes
    if (this.bytes > this.#maxBytes) throw new Refused('too-large')
  }
}

function bytesOf(value: bigint): number {
  return value < 2n ** 64n && value > -(2n ** 64n) ? 8 : value.toString(16).length
}

function isAccessor(record: Row, key: string): boolean {
  return Object.getOwnPropertyDescriptor(record, key)?.get !== undefined
}
