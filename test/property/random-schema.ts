import { type ColumnType, type Dialect, keyTypes, sketchOf, typesOf } from './column-types.ts'
import type { Genes } from './genes.ts'

export interface Column {
  /** In the database. */
  readonly name: string
  /** In Prisma. */
  readonly field: string
  readonly type: ColumnType
  readonly isNullable: boolean
}

export type ReferentialAction = 'Cascade' | 'SetNull' | 'Restrict' | 'NoAction'

/** A foreign key, and the relation that Prisma makes of it. */
export interface Reference {
  /** Of the constraint and of the relation. */
  readonly name: string
  readonly field: string
  /** The field at the other end. */
  readonly back: string
  readonly columns: readonly string[]
  readonly target: string
  readonly targetColumns: readonly string[]
  readonly isNullable: boolean
  /** At most one row refers to another. */
  readonly isUnique: boolean
  readonly onDelete: ReferentialAction
  readonly onUpdate: ReferentialAction
}

export interface Table {
  readonly name: string
  readonly model: string
  readonly columns: readonly Column[]
  readonly primaryKey: readonly string[]
  readonly uniques: readonly (readonly string[])[]
  readonly references: readonly Reference[]
  /** PostgreSQL keeps its rows in two parts, by a hash of the first column of its key. */
  readonly isPartitioned: boolean
}

/** A many-to-many relation that Prisma keeps in a table of its own. */
export interface JoinTable {
  readonly relation: string
  readonly a: string
  readonly b: string
  /** The field of `a` that leads to `b`. */
  readonly fieldOfA: string
  readonly fieldOfB: string
}

/** A view on one table: all of it, or a column beside the number of rows of another one. */
export interface View {
  readonly name: string
  readonly table: string
  readonly shows: 'all' | { readonly column: string; readonly counted: string }
}

/** What a write to a table does to another. */
export interface Trigger {
  readonly name: string
  readonly table: string
  readonly event: 'insert' | 'update' | 'delete'
  /** `touch` makes rows of its column null, `clear` deletes them. */
  readonly target: string
  readonly column: string
  readonly effect: 'touch' | 'clear'
}

/** Plain data, so that a find can print it. Tables refer to earlier ones and to themselves. */
export interface Schema {
  readonly dialect: Dialect
  readonly tables: readonly Table[]
  readonly joinTables: readonly JoinTable[]
  readonly views: readonly View[]
  readonly triggers: readonly Trigger[]
}

/** What a schema may have that a query of Kysely does not show. */
export interface SchemaFeatures {
  /** Foreign keys that change or delete the rows that refer. */
  readonly cascades: boolean
  readonly views: boolean
  readonly triggers: boolean
  readonly partitions: boolean
}

/** Names that CamelCasePlugin leaves as they are, or finds again. */
const plainTableNames = ['items', 'order', 'films', 'a_b', 'from', 'x', 'people', 'tags']
const plainColumnNames = ['id', 'name', 'user', 'snake_case', 'from', 'size', 'a_b_c', 'group']
const tableNames = ['items', 'order', 'Mixed', 'two words', 'grüße', 'a_b', 'from', 'x']
const columnNames = ['id', 'name', 'user', 'Camel', 'snake_case', 'two words', 'from', 'größe']
/** Many of them are words of Prisma's arguments. None is the name of a column: Prisma takes it for that one then. */
const fieldNames = [
  ...['data', 'set', 'is', 'some', 'where', 'create', 'update', 'connect', 'every'],
  ...['select', 'delete', 'include', 'value'],
]

export function makeSchema(genes: Genes, dialect: Dialect, features: SchemaFeatures): Schema {
  const isPlain = genes.oneIn(2)
  const names = shuffled(genes, isPlain ? plainTableNames : tableNames)
  const tables: Table[] = []
  const count = 2 + genes.below(5)
  for (let index = 0; index < count; index += 1) {
    tables.push(makeTable(genes, dialect, features, isPlain, names[index]!, tables))
  }
  return {
    dialect,
    tables,
    joinTables: features.cascades ? makeJoinTables(genes, tables) : [],
    views: features.views ? makeViews(genes, tables) : [],
    triggers: features.triggers ? makeTriggers(genes, tables) : [],
  }
}

function makeTable(
  genes: Genes,
  dialect: Dialect,
  features: SchemaFeatures,
  isPlain: boolean,
  name: string,
  earlier: readonly Table[],
): Table {
  const columns: Column[] = []
  const fields = shuffled(genes, fieldNames)
  const names = shuffled(genes, isPlain ? plainColumnNames : columnNames)
  const model = `Model${earlier.length + 1}`
  const addColumn = (type: ColumnType, isNullable: boolean, suggested?: string): string => {
    const column = {
      name: suggested ?? names.pop() ?? `column_${columns.length}`,
      field: suggested ?? fields.pop() ?? `field${columns.length}`,
      ...{ type, isNullable },
    }
    columns.push(column)
    return column.name
  }

  const references: Reference[] = []
  const addReference = (target: Table, isNullable: boolean): Reference => {
    const number = `${earlier.length + 1}_${references.length + 1}`
    const keys = [target.primaryKey, ...target.uniques.filter((key) => isSolid(target, key))]
    const targetColumns = genes.pick(keys)
    const own = targetColumns.map((key) =>
      addColumn(
        target.columns.find((column) => column.name === key)!.type,
        isNullable,
        `fk${number}_${columns.length}`,
      ),
    )
    const actions: readonly ReferentialAction[] = !features.cascades
      ? ['Restrict', 'NoAction']
      : isNullable
        ? ['Cascade', 'SetNull', 'Restrict', 'NoAction']
        : ['Cascade', 'Restrict', 'NoAction']
    const reference: Reference = {
      name: `r${number}`,
      field: `to${number}`,
      back: `of${number}`,
      columns: own,
      target: target.name,
      ...{ targetColumns, isNullable },
      isUnique: genes.oneIn(5),
      onDelete: genes.pick(actions),
      onUpdate: genes.pick(actions),
    }
    references.push(reference)
    return reference
  }

  const isPart = earlier.length > 0 && genes.oneIn(3)
  const primaryKey = isPart
    ? [...addReference(genes.pick(earlier), false).columns]
    : [addColumn(genes.pick(keyTypes), false)]
  if (isPart || genes.oneIn(4)) primaryKey.push(addColumn(genes.pick(keyTypes), false))
  const scalars = genes.list(1, 4, () =>
    addColumn(genes.pick(typesOf(dialect)), genes.below(3) > 0),
  )
  const uniques: string[][] = []
  const uniqueable = scalars.filter((column) =>
    ['int', 'text', 'bigint', 'uuid', 'nocase', 'timestamp'].includes(
      columns.find(({ name }) => name === column)!.type,
    ),
  )
  if (uniqueable.length > 0 && genes.oneIn(3)) uniques.push(genes.some(uniqueable, 2, 1))

  const itself = { name, model, columns, primaryKey, uniques, references, isPartitioned: false }
  for (let left = genes.below(3); left > 0; left -= 1) {
    const isNullable = genes.below(3) > 0
    // A row that must refer to a row of its own table could never be the first.
    const targets = isNullable ? [...earlier, itself] : earlier
    if (targets.length > 0) addReference(genes.pick(targets), isNullable)
  }
  // A unique key would have to hold the column that the parts go by.
  const isPartitionable = uniques.length === 0 && !references.some(({ isUnique }) => isUnique)
  return {
    ...itself,
    isPartitioned: isPartitionable && features.partitions && genes.oneIn(3),
    uniques: uniques.filter((key) => key.length > 0),
    columns: columns.map((column) =>
      sketchOf(column.type).prisma.endsWith('[]') ? { ...column, isNullable: false } : column,
    ),
  }
}

/** Whether a foreign key may refer to it: without nulls, and of types that are equal to themselves only. */
function isSolid(table: Table, key: readonly string[]): boolean {
  return key.every((name) => {
    const column = table.columns.find((candidate) => candidate.name === name)!
    return !column.isNullable && column.type !== 'nocase' && column.type !== 'timestamp'
  })
}

function makeJoinTables(genes: Genes, tables: readonly Table[]): JoinTable[] {
  const joinable = tables.filter(({ primaryKey }) => primaryKey.length === 1)
  if (joinable.length === 0) return []
  return genes.list(0, 2, (index) => {
    const pair = [genes.pick(joinable), genes.pick(joinable)]
    // The first in the alphabet is A.
    const [a, b] = pair.sort((one, other) => (one.model < other.model ? -1 : 1))
    return {
      relation: `Join${index}`,
      ...{ a: a!.name, b: b!.name },
      ...{ fieldOfA: `joined${index}`, fieldOfB: `joining${index}` },
    }
  })
}

function makeViews(genes: Genes, tables: readonly Table[]): View[] {
  return genes.list(0, 2, (index) => {
    const table = genes.pick(tables)
    const counted = { column: genes.pick(table.columns).name, counted: genes.pick(tables).name }
    return { name: `view_${index}`, table: table.name, shows: genes.pick(['all', counted]) }
  })
}

function makeTriggers(genes: Genes, tables: readonly Table[]): Trigger[] {
  const triggers = genes.list(0, 2, (index): Trigger | undefined => {
    const table = genes.pick(tables)
    const later = tables.slice(tables.indexOf(table) + 1)
    const target = later.length > 0 ? genes.pick(later) : undefined
    const keys = new Set(target?.references.flatMap(({ columns }) => columns))
    const nullable = target?.columns.filter(({ isNullable, name }) => isNullable && !keys.has(name))
    if (!target || !nullable || nullable.length === 0) return undefined
    return {
      name: `trigger_${index}`,
      table: table.name,
      event: genes.pick(['update', 'insert', 'delete'] as const),
      target: target.name,
      column: genes.pick(nullable).name,
      effect: genes.pick(['touch', 'clear'] as const),
    }
  })
  return triggers.filter((trigger) => trigger !== undefined)
}

function shuffled<T>(genes: Genes, list: readonly T[]): T[] {
  const rest = [...list]
  return list.map(() => rest.splice(genes.below(rest.length), 1)[0]!)
}

export function tableOf({ tables }: Schema, name: string): Table {
  return tables.find((table) => table.name === name)!
}

export function columnOf(table: Table, name: string): Column {
  return table.columns.find((column) => column.name === name)!
}

/** With everything that Kysely can name beside the tables: join tables, views that show all, and parts. */
export function asKyselySees(schema: Schema): Schema {
  const { tables, joinTables, views } = schema
  const none = { model: '', uniques: [], references: [], isPartitioned: false }
  const joins = joinTables.map(({ relation, a, b }): Table => {
    const column = (name: string, table: Table): Column => {
      const { type } = columnOf(table, table.primaryKey[0]!)
      return { name, field: name, type, isNullable: false }
    }
    const columns = [column('A', tableOf(schema, a)), column('B', tableOf(schema, b))]
    return { ...none, name: `_${relation}`, columns, primaryKey: ['A', 'B'] }
  })
  const like = (name: string, { columns, primaryKey }: Table): Table => {
    return { ...none, name, columns, primaryKey }
  }
  const shown = views
    .filter(({ shows }) => shows === 'all')
    .map(({ name, table }) => like(name, tableOf(schema, table)))
  const parts = tables
    .filter(({ isPartitioned }) => isPartitioned)
    .flatMap((table) => PARTS.map((part) => like(partOf(table.name, part), table)))
  return { ...schema, tables: [...tables, ...joins, ...shown, ...parts] }
}

export const PARTS = [0, 1] as const

export function partOf(table: string, part: number): string {
  return `${table} part ${part}`
}
