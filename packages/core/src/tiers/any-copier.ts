import { type Copier, copyDate, copyView, isPlainRecord, type Row } from './copiers.ts'
import { areSame } from '../same-texts.ts'
import type { ValueType } from '../keys/value-type.ts'

/** Copies a value of any kind that can be stored, of which no more is known. */
export function anyCopier(valueTypes: readonly ValueType[]): Copier {
  return copierWith(valueTypes, copyEach, (record, copy) => {
    if (Object.hasOwn(record, '__proto__')) return rebuilt(record, copy)
    const copied: Row = Object.assign({}, record)
    for (const name of Object.keys(copied)) {
      const value = copied[name]
      if (typeof value === 'object' && value !== null) copied[name] = copy(value)
    }
    return copied
  })
}

/**
 * The same for what is about to be stored, of which copies will be made again and again.
 *
 * However a driver has made its records, the engine knows these as if their names had been set one by one on `{}`. Only of such
 * does `Object.assign` make copies fast: of a record that a driver had filled by name it is a hundred times as slow.
 */
export function detacher(valueTypes: readonly ValueType[]): Copier {
  return copierWith(valueTypes, copyAlike, rebuilt)
}

/** The same function for all values of a class, so that a column of them has one copier. */
export function copierOfType(type: ValueType): Copier {
  let copier = copiersOfTypes.get(type)
  if (!copier) {
    copier = (value) => type.copy(value as object)
    copiersOfTypes.set(type, copier)
  }
  return copier
}

const copiersOfTypes = new WeakMap<ValueType, Copier>()

export function typeOf(value: object, valueTypes: readonly ValueType[]): ValueType | undefined {
  return valueTypes.find((type) => type.matches(value))
}

type CopyList = (values: readonly unknown[], copy: Copier) => unknown[]
type CopyRecord = (record: Row, copy: Copier) => Row

function copierWith(
  valueTypes: readonly ValueType[],
  copyList: CopyList,
  copyRecord: CopyRecord,
): Copier {
  const copyInstance = (value: object): unknown => {
    const type = typeOf(value, valueTypes)
    if (!type) throw new TypeError(`no value type for an instance of ${value.constructor.name}`)
    return type.copy(value)
  }
  const copy: Copier = (value) => {
    if (typeof value !== 'object' || value === null) return value
    switch (Object.getPrototypeOf(value)) {
      case Array.prototype:
        return copyList(value as unknown[], copy)
      case Object.prototype:
        return copyRecord(value as Row, copy)
      case null:
        return Object.setPrototypeOf(rebuilt(value as Row, copy), null)
      case Date.prototype:
        return copyDate(value)
      case Map.prototype:
        return new Map(
          copyList([...(value as Map<unknown, unknown>)], copy) as [unknown, unknown][],
        )
      case Set.prototype:
        return new Set(copyList([...(value as Set<unknown>)], copy))
      default:
        return ArrayBuffer.isView(value) ? copyView(value) : copyInstance(value)
    }
  }
  return copy
}

const copyEach: CopyList = (values, copy) => values.map(copy)

/** A record after one with the same names is made of a copy of that: it takes a quarter of the time. */
const copyAlike: CopyList = (values, copy) => {
  let names: readonly string[] = []
  let former: Row | undefined
  return values.map((value) => {
    if (!isPlainRecord(value)) return copy(value)
    const own = Object.keys(value)
    if (!former || !areSame(own, names)) {
      names = own
      const first = rebuilt(value, copy)
      former = names.includes('__proto__') ? undefined : first
      return first
    }
    const copied: Row = Object.assign({}, former)
    for (const name of names) copied[name] = copy(value[name])
    return copied
  })
}

/** Has an own `__proto__` as well, which a JSON column may contain. */
function rebuilt(record: Row, copy: Copier): Row {
  return Object.fromEntries(Object.keys(record).map((name) => [name, copy(record[name])]))
}
