/** Makes a copy of a value of the kind that it was found for. */
export type Copier = (value: unknown) => unknown

/** A record with the columns of a query, or any other plain object. */
export type Row = Record<string, unknown>

export function isPlainRecord(value: unknown): value is Row {
  return (
    typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype
  )
}

// Those that need nothing of the entry are shared by all entries.
export const same: Copier = (value) => value
export const copyFlatArray: Copier = (array) => (array as unknown[]).slice()
export const copyDate: Copier = (value) => new Date((value as Date).getTime())

/** A column that holds an object in some record. */
export interface Column {
  readonly name: string
  readonly copier: Copier
}

/**
 * For records all of which have the same names, `__proto__` not among them: then it does not matter that `Object.assign` assigns,
 * and every column is its record's own.
 *
 * What is here runs for each row of each hit, with the shapes of all queries of an application. A spread is fast for four shapes,
 * and for more takes three times as long as `Object.assign`, which takes the same time for all; and to go through the columns with
 * `for … of` takes as long as to copy two dates.
 */
export function copyUniform(columns: readonly Column[]): (record: unknown) => Row {
  if (columns.length === 0) return copyFlat
  return (record) => {
    const copy = Object.assign({}, record) as Row
    for (let at = 0; at < columns.length; at += 1) {
      const { name, copier } = columns[at]!
      const value = copy[name]
      if (typeof value === 'object' && value !== null) copy[name] = copier(value)
    }
    return copy
  }
}

const copyFlat = (record: unknown): Row => Object.assign({}, record) as Row

/** For records of which that is not known. */
export function copyMixed(columns: readonly Column[]): (record: unknown) => Row {
  return (record) => {
    const copy = { ...(record as Row) }
    for (const { name, copier } of columns) {
      // Not every record has the column; `__proto__` is then inherited.
      if (!Object.hasOwn(copy, name)) continue
      const value = copy[name]
      if (typeof value === 'object' && value !== null) setOwn(copy, name, copier(value))
    }
    return copy
  }
}

export function copyList(copyRecord: (record: unknown) => Row): Copier {
  return copyRecord === copyFlat ? copyFlatList : listCopier(copyRecord)
}

function listCopier(copyRecord: (record: unknown) => Row): Copier {
  return (records) => {
    const copies: Row[] = []
    for (let at = 0; at < (records as Row[]).length; at += 1) {
      copies.push(copyRecord((records as Row[])[at]))
    }
    return copies
  }
}

/** One for all entries of such rows, which most are. */
const copyFlatList = listCopier(copyFlat)

/** Views on bytes whose class is the platform's; a Buffer is Node's. */
export function isBuiltInView(view: ArrayBufferView): boolean {
  const { name } = view.constructor
  return (
    !(view instanceof DataView) && (BUILT_IN_VIEWS.has(view.constructor) || isBuffer(view, name))
  )
}

const BUILT_IN_VIEWS: ReadonlySet<unknown> = new Set([
  ...[Uint8Array, Int8Array, Uint8ClampedArray, Uint16Array, Int16Array, Uint32Array, Int32Array],
  ...[Float32Array, Float64Array, BigInt64Array, BigUint64Array],
])

function isBuffer(view: ArrayBufferView, className: string): boolean {
  return view instanceof Uint8Array && (className === 'Buffer' || className === 'FastBuffer')
}

/**
 * Copies what the view shows, and no more of the memory behind it. `slice` of the typed arrays does; a
 * Buffer's own `slice` would share its memory.
 */
export function copyView(value: unknown): unknown {
  return Uint8Array.prototype.slice.call(value)
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

/** Of a value that holds nothing but records, lists and primitives: nobody can change anything in it afterwards. */
export function deepFreeze(value: unknown): void {
  if (typeof value !== 'object' || value === null) return
  Object.freeze(value)
  for (const part of Object.values(value)) deepFreeze(part)
}
