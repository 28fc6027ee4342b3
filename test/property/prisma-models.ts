import { enumValues, sketchOf } from './column-types.ts'
import type { Genes } from './genes.ts'
import { type Column, columnOf, type Schema, type Table } from './random-schema.ts'

/** A table as Prisma Client shows it. */
export interface Model {
  /** Of the delegate. */
  readonly name: string
  /** In the database. */
  readonly table: string
  readonly columns: readonly Column[]
  /** Those that are not part of a foreign key or of the id. */
  readonly plain: readonly Column[]
  readonly id: readonly Column[]
  /** Whatever names one row, the id first. */
  readonly keys: readonly (readonly Column[])[]
  readonly relations: readonly Relation[]
}

export interface Relation {
  readonly field: string
  /** The field at the other end. */
  readonly back: string
  readonly target: string
  readonly isList: boolean
  /** There is no row without it. */
  readonly isRequired: boolean
  readonly isOwner: boolean
}

export type Args = Readonly<Record<string, unknown>>

/** An operation of Prisma as plain data. */
export interface Operation {
  readonly model: string
  readonly action: string
  readonly args: Args
  /** A relation that is followed from the record by a fluent call. */
  readonly follow?: string
}

/** Stands for `Prisma.DbNull` or `Prisma.JsonNull`, which cannot be printed. */
export interface PrismaNull {
  readonly prismaNull: 'DbNull' | 'JsonNull'
}

export type Models = ReadonlyMap<string, Model>

const delegateOf = (table: Table) => `m${table.model.slice(1)}`

export function modelsOf(schema: Schema): Models {
  const models = schema.tables.map((table): Model => {
    const foreign = new Set(table.references.flatMap(({ columns }) => columns))
    const id = table.primaryKey.map((name) => columnOf(table, name))
    const unique = table.references.filter(({ isUnique }) => isUnique)
    const keys = [table.primaryKey, ...table.uniques, ...unique.map(({ columns }) => columns)]
    return {
      name: delegateOf(table),
      table: table.name,
      columns: table.columns,
      plain: table.columns.filter(
        ({ name }) => !foreign.has(name) && !table.primaryKey.includes(name),
      ),
      id,
      // A key with a null in it names no row.
      keys: keys
        .map((key) => key.map((name) => columnOf(table, name)))
        .filter((key) => key.every(({ isNullable }) => !isNullable)),
      relations: relationsOf(schema, table),
    }
  })
  return new Map(models.map((model) => [model.name, model]))
}

function relationsOf({ tables, joinTables }: Schema, table: Table): Relation[] {
  const delegate = (name: string) => delegateOf(tables.find((other) => other.name === name)!)
  const list = { isList: true, isRequired: false, isOwner: false }
  const own = table.references.map(({ field, back, target, isNullable }) => ({
    ...{ field, back, target: delegate(target) },
    ...{ isList: false, isRequired: !isNullable, isOwner: true },
  }))
  const backs = tables.flatMap((other) =>
    other.references
      .filter(({ target }) => target === table.name)
      .map(({ field, back, isUnique }) => ({
        ...{ field: back, back: field, target: delegateOf(other) },
        ...{ isList: !isUnique, isRequired: false, isOwner: false },
      })),
  )
  const joins = joinTables.flatMap(({ a, b, fieldOfA, fieldOfB }) => [
    ...(a === table.name
      ? [{ ...list, field: fieldOfA, back: fieldOfB, target: delegate(b) }]
      : []),
    ...(b === table.name
      ? [{ ...list, field: fieldOfB, back: fieldOfA, target: delegate(a) }]
      : []),
  ])
  return [...own, ...backs, ...joins]
}

/** Rows can be sorted by it, and compared with it. */
export function isSortable({ type }: Column): boolean {
  return sketchOf(type).isOrdered && type !== 'float'
}

const enumNames = Object.keys(enumValues)

/** A value for data or, where it is no null, for a filter. */
export function prismaValue(genes: Genes, { type, isNullable }: Column, mayBeNull = true): unknown {
  const isNull = mayBeNull && isNullable && genes.oneIn(4)
  if (type === 'json' && mayBeNull && genes.oneIn(4)) {
    return { prismaNull: isNullable ? genes.pick(['DbNull', 'JsonNull']) : 'JsonNull' }
  }
  if (isNull) return type === 'json' ? { prismaNull: 'DbNull' } : null
  if (type === 'enum') return genes.pick(enumNames)
  return genes.pick(sketchOf(type).values)
}

/** Names one row. */
export function uniqueWhere(genes: Genes, model: Model): Args {
  const key = genes.pick(model.keys)
  const values = Object.fromEntries(
    key.map((column) => [column.field, prismaValue(genes, column, false)]),
  )
  return key.length === 1 ? values : { [key.map(({ field }) => field).join('_')]: values }
}
