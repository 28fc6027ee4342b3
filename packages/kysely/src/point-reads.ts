import { LRUCache } from 'lru-cache'
import {
  type KeyMaterial,
  namesItsRow,
  type ReadPlan,
  type ResolvedHint,
  WriteThrough,
  type WrittenAnswer,
} from '@tidemark/core'
import { type Catalogue, hasTimeWord } from '@tidemark/sql'
import type { QueryResult } from 'kysely'
import type { Binding } from './binding.ts'
import type { PointRead } from './point-nodes.ts'
import type { PlannedQuery } from './query-planner.ts'

/** A read that was seen, and that the row of a write may answer the next time. */
interface Shape {
  readonly sql: string
  readonly plan: ReadPlan
  readonly hint: ResolvedHint | undefined
  readonly read: PointRead
  /** What the driver's answer to it is made of, but for its row. */
  readonly answer: QueryResult<unknown>
}

/** Those of one table: applications have a few. */
const MAX_SHAPES = 16
const MAX_TABLES = 1000
/** Whoever writes many rows does not read each of them next. */
const MAX_ROWS = 16

/**
 * The reads by primary key that an instance has sent lately, so that a write which gives back a row knows what the next ones
 * will look like: their SQL text is their key.
 *
 * A read is known from when the driver has answered it with a row for the first time: the next answer is made in the same form,
 * of a row that came from the same driver.
 */
export class PointReads {
  readonly #binding: Binding
  #catalogue: Catalogue | undefined
  readonly #tables = new LRUCache<string, LRUCache<string, Shape>>({ max: MAX_TABLES })

  constructor(binding: Binding) {
    this.#binding = binding
  }

  /** To be called with what the driver has answered. */
  learn(
    sql: string,
    { point, plan, catalogue }: PlannedQuery,
    hint: ResolvedHint | undefined,
    result: QueryResult<unknown>,
  ): void {
    if (!point || plan.kind !== 'read' || !isSettled(plan, hint)) return
    const { rows, ...others } = result
    // What else a driver says of one row (PGlite: that it has changed none) it says of any.
    const isOfOneRow =
      rows?.length === 1 && Object.values(others).every((part) => Object(part) !== part)
    const key = catalogue?.primaryKeyOfPlain(point.table)
    if (!isOfOneRow || !key || !areSame(key, point.where)) return
    const shapes = this.#shapesUnder(catalogue, point.table) ?? new LRUCache({ max: MAX_SHAPES })
    shapes.set(sql, { sql, plan, hint, read: point, answer: { ...result, rows: [] } })
    this.#tables.set(point.table, shapes)
  }

  /** For a write that is about to be sent, if it may leave something behind. */
  through({ rowWrite, plan, catalogue }: PlannedQuery): WriteThrough | undefined {
    if (!rowWrite || plan.kind !== 'write') return undefined
    const { table, sets } = rowWrite
    const shapes = this.#shapesUnder(catalogue, table)
    const key = catalogue?.primaryKeyOfPlain(table)
    if (!shapes || !key || sets.some((column) => isNamedBy(key, column))) return undefined
    // What follows from it by itself may change the row as well.
    if (plan.tables === 'unknown' || plan.tables.length !== 1) return undefined
    const tags = [...shapes.values()].flatMap((shape) => plannedTags(shape))
    return new WriteThrough(this.#binding.engine, [...new Set(tags)])
  }

  /** What the rows that a write has given back answer. */
  answers(
    { rowWrite, catalogue }: PlannedQuery,
    parameters: readonly unknown[],
    { rows }: QueryResult<unknown>,
    partition: string | undefined,
  ): readonly WrittenAnswer[] {
    const { table, where } = rowWrite!
    const shapes = this.#shapesUnder(catalogue, table)
    if (!shapes || rows.length > MAX_ROWS) return []
    const asked = parameters.slice(parameters.length - where.length)
    return [...shapes.values()].flatMap((shape) => {
      const keyOf = (row: Record<string, unknown>) => shape.read.where.map((column) => row[column])
      const keys = (rows as Record<string, unknown>[]).map(keyOf)
      // SQLite lets an upsert change a row twice, and gives it back twice, in no order that it promises.
      if (new Set(keys.map((key) => JSON.stringify(key.map(String)))).size < keys.length) return []
      return (rows as Record<string, unknown>[]).flatMap((row, at) => {
        const found = selected(shape.read, row)
        if (!found) return []
        // As whoever wrote it names it, and as the database does.
        const byRow = keys[at]!
        const byWrite = shape.read.where.map((column) => asked[where.indexOf(column)])
        const isByWrite =
          rows.length === 1 &&
          areSame(where, shape.read.where) &&
          byWrite.every((value, index) => names(value, byRow[index]))
        return [
          ...(isByWrite ? [byWrite] : []),
          ...(byRow.every(namesItsRow) ? [byRow] : []),
        ].flatMap((parameters) => this.#answer(shape, parameters, found, partition))
      })
    })
  }

  #answer(
    { sql, plan, hint, answer }: Shape,
    parameters: readonly unknown[],
    row: object,
    partition: string | undefined,
  ): readonly WrittenAnswer[] {
    if (hasTimeWord(parameters)) return []
    const key = (): KeyMaterial | undefined => {
      const material = this.#binding.key(sql, parameters)
      return material?.partition === partition ? material : undefined
    }
    const value = { ...answer, rows: [row] }
    return [{ call: { plan, hint, key, isEmpty: () => false }, value }]
  }

  /** What was seen under another catalogue was of another schema. */
  #shapesUnder(
    catalogue: Catalogue | undefined,
    table: string,
  ): LRUCache<string, Shape> | undefined {
    if (catalogue !== this.#catalogue) {
      this.#tables.clear()
      this.#catalogue = catalogue
    }
    return this.#tables.get(table)
  }
}

/** Whether the next read of this shape, whatever row it is of, will be planned in the same way. */
function isSettled(plan: ReadPlan, hint: ResolvedHint | undefined): boolean {
  if (hint && (!hint.cached || hint.mode !== 'default' || hint.freshAfter)) return false
  if (!hint && !plan.decision.cached) return false
  if (!plan.policy(hint).writeThrough) return false
  const { id, obstacle } = plan.dependencies(hint)
  return id === '' && obstacle === undefined && plan.obstacle === undefined
}

function plannedTags({ plan, hint }: Shape) {
  return plan.dependencies(hint?.cached ? hint : undefined).tags
}

function areSame(columns: readonly string[], others: readonly string[]): boolean {
  return (
    columns.length > 0 &&
    columns.length === others.length &&
    new Set(others).size === others.length &&
    columns.every((column) => others.includes(column))
  )
}

/** Whether a column is one of the key, by any name that a database takes for it: SQLite has several for a whole number. */
function isNamedBy(key: readonly string[], column: string): boolean {
  const folded = column.toLowerCase()
  return ROW_IDS.has(folded) || key.some((name) => name.toLowerCase() === folded)
}

const ROW_IDS: ReadonlySet<string> = new Set(['rowid', '_rowid_', 'oid'])

/** Whether a parameter stands for what the row has in its place. Of one that can be changed meanwhile nobody knows. */
function names(parameter: unknown, value: unknown): boolean {
  return Object(parameter) !== parameter && String(parameter) === String(value)
}

function selected({ columns }: PointRead, row: Record<string, unknown>): object | undefined {
  if (columns === 'all') return row
  if (!columns.every((column) => Object.hasOwn(row, column))) return undefined
  return Object.fromEntries(columns.map((column) => [column, row[column]]))
}
