import type { ValueType } from '@tidemark/core'
import type { CodecContext } from './bytes-codec.ts'
import { Refused } from './refused.ts'
import { isHarmlessKey, isPlainText, kindOfType, standInForText, VIEWS } from './special-values.ts'

/** Where a value is: the keys and indices that lead to it, from the list that holds it. */
export type Path = readonly (string | number)[]

/**
 * A value as every format can write it, in a list, and what is special about it:
 *
 * - its plain part: lists, records with harmless keys, text, numbers, booleans, bigints, valid Dates,
 *   `null` and `undefined`;
 * - in the place of any other value something plain that stands for it;
 * - where those are. Leaves are grouped by kind and column, `[kind, key, parents]`, where a parent that is
 *   row `n` of the result is just `n`. Containers come after all that they contain.
 *
 * The last two are there only where there is anything special.
 */
export type Portable = [value: unknown, leaves?: LeafGroup[], containers?: [kind: string, Path][]]

export type LeafGroup = [kind: string, key: string | number, parents: (number | Path)[]]

/** How a format writes bytes: as they are, or as text. */
export type BytesForm = (bytes: Uint8Array) => unknown

/** As deep as core's structural codec goes. */
export const MAX_DEPTH = 64

/**
 * @throws Refused for what core's structural codec refuses, and for instances of classes that cannot be made
 *   from text
 */
export function toPortable(value: unknown, form: BytesForm, context: CodecContext): Portable {
  return new Survey(form, context).run(value)
}

/** Walks a value once and copies only what leads to something special. */
class Survey {
  readonly #form: BytesForm
  readonly #valueTypes: readonly ValueType[]
  readonly #maxBytes: number
  readonly #path: (string | number)[] = [0]
  readonly #leaves = new Map<string, LeafGroup>()
  readonly #containers: [kind: string, Path][] = []
  #bytes = 0
  /** Keys that were looked at: most rows have the same. */
  readonly #harmlessKeys = new Set<string>()

  constructor(form: BytesForm, { valueTypes, maxBytes }: CodecContext) {
    this.#form = form
    this.#valueTypes = valueTypes
    this.#maxBytes = maxBytes
  }

  run(value: unknown): Portable {
    const plain = this.#plain(value, 0)
    if (this.#leaves.size + this.#containers.length === 0) return [plain]
    return [plain, [...this.#leaves.values()], this.#containers]
  }

  #plain(value: unknown, depth: number): unknown {
    switch (typeof value) {
      case 'string':
        this.#count(value.length)
        if (isPlainText(value)) return value
        return this.#leaf('text', standInForText(value))
      case 'number':
        this.#count(1)
        return Object.is(value, -0) ? this.#leaf('-0', 0) : value
      case 'object':
        if (value === null) return value
        if (depth >= MAX_DEPTH) throw new Refused('unstorable-value')
        this.#count(1)
        return this.#plainObject(value, depth)
      case 'bigint':
        this.#count(8)
        return value
      case 'boolean':
      case 'undefined':
        return value
      default:
        throw new Refused('unstorable-value')
    }
  }

  /** Of each class only its own instances: a subclass may have a state that nobody sees from outside. */
  #plainObject(value: object, depth: number): unknown {
    switch (Object.getPrototypeOf(value)) {
      case Array.prototype:
        return this.#plainList(value as unknown[], depth)
      case Object.prototype:
        return this.#plainRecord(value as Record<string, unknown>, depth, 'record')
      case null:
        return this.#plainRecord(value as Record<string, unknown>, depth, 'bare record')
      case Date.prototype:
        return Number.isNaN((value as Date).getTime()) ? this.#leaf('invalid Date', null) : value
      case Map.prototype:
        return this.#container('Map', [...(value as Map<unknown, unknown>)].flat(1), depth + 1)
      case Set.prototype:
        return this.#container('Set', [...(value as Set<unknown>)], depth + 1)
      default:
        return this.#instance(value)
    }
  }

  #plainList(values: readonly unknown[], depth: number): readonly unknown[] {
    // A hole, or a property beside the elements.
    if (Reflect.ownKeys(values).length !== values.length + 1) throw new Refused('unstorable-value')
    let copy: unknown[] | undefined
    for (let index = 0; index < values.length; index += 1) {
      const value = values[index]
      this.#path.push(index)
      const plain = this.#plain(value, depth + 1)
      this.#path.pop()
      if (Object.is(plain, value)) continue
      copy ??= values.slice()
      copy[index] = plain
    }
    return copy ?? values
  }

  #plainRecord(
    record: Record<string, unknown>,
    depth: number,
    kind: 'record' | 'bare record',
  ): unknown {
    const keys = Object.keys(record)
    if (hasHiddenProperties(record, keys)) throw new Refused('unstorable-value')
    if (!this.#harmless(keys)) {
      return this.#container(
        kind,
        keys.flatMap((key) => [key, record[key]]),
        depth,
      )
    }
    let copy: Record<string, unknown> | undefined
    for (const key of keys) {
      const value = record[key]
      this.#path.push(key)
      const plain = this.#plain(value, depth + 1)
      this.#path.pop()
      if (Object.is(plain, value)) continue
      copy ??= copyOf(record, keys)
      copy[key] = plain
    }
    if (kind === 'record') return copy ?? record
    this.#containers.push(['bare', this.#path.slice()])
    return copy ?? copyOf(record, keys)
  }

  /** Whether no format makes anything of these names. */
  #harmless(keys: readonly string[]): boolean {
    for (const key of keys) {
      if (this.#harmlessKeys.has(key)) continue
      this.#count(key.length)
      if (!isHarmlessKey(key)) return false
      this.#harmlessKeys.add(key)
    }
    return true
  }

  /** A list stands for the container; it is what the container is made of again. */
  #container(kind: string, content: readonly unknown[], depth: number): unknown {
    const plain = this.#plainList(content, depth)
    this.#containers.push([kind, this.#path.slice()])
    return plain
  }

  #instance(value: object): unknown {
    const view = VIEWS.get(Object.getPrototypeOf(value))
    if (view !== undefined) {
      const { buffer, byteOffset, byteLength } = value as Uint8Array
      this.#count(byteLength)
      return this.#leaf(view, this.#form(new Uint8Array(buffer, byteOffset, byteLength)))
    }
    const type = this.#valueTypes.find((type) => type.matches(value))
    if (!type?.decode) throw new Refused('unstorable-value')
    const text = type.encode(value)
    this.#count(text.length)
    if (!text.isWellFormed() || !comesBack(type, text, value)) throw new Refused('unstorable-value')
    return this.#leaf(kindOfType(type), text)
  }

  #leaf(kind: string, standIn: unknown): unknown {
    const key = this.#path.at(-1)!
    const group = `${kind} ${typeof key} ${key}`
    const parents = this.#leaves.get(group)?.[2] ?? []
    if (parents.length === 0) this.#leaves.set(group, [kind, key, parents])
    const [, row] = this.#path
    parents.push(this.#path.length === 3 && typeof row === 'number' ? row : this.#path.slice(0, -1))
    return standIn
  }

  #count(bytes: number): void {
    this.#bytes += bytes
    if (this.#bytes > this.#maxBytes) throw new Refused('too-large')
  }
}

/** Symbols, or properties that are not enumerated. Asked for apart, since all of them together take much longer. */
function hasHiddenProperties(record: object, keys: readonly string[]): boolean {
  return (
    Object.getOwnPropertyNames(record).length !== keys.length ||
    Object.getOwnPropertySymbols(record).length > 0
  )
}

/** A spread of the same takes many times as long where a client has made the record key by key. */
function copyOf(
  record: Readonly<Record<string, unknown>>,
  keys: readonly string[],
): Record<string, unknown> {
  const copy: Record<string, unknown> = {}
  for (const key of keys) copy[key] = record[key]
  return copy
}

const prototypes = new WeakMap<ValueType, WeakMap<object, boolean>>()

/** Whether text of this type comes back as an instance of the same class: the application may have two copies of it. */
function comesBack(type: ValueType, text: string, value: object): boolean {
  const prototype = Object.getPrototypeOf(value) as object
  let known = prototypes.get(type)
  if (!known) prototypes.set(type, (known = new WeakMap()))
  let same = known.get(prototype)
  if (same === undefined) {
    same = Object.getPrototypeOf(type.decode!(text)) === prototype
    known.set(prototype, same)
  }
  return same
}
