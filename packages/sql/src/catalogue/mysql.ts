import { CatalogueBuilder, type RelationId } from './builder.ts'
import { fold } from './fold.ts'
import { type CatalogueRow, type CatalogueSource, text } from './catalogue-source.ts'
import { readMysqlRows, relationOf } from './mysql-rows.ts'
import type { Change, KeyAction } from './relation.ts'

/** Engines whose tables show rows that are kept elsewhere. */
const FOREIGN = new Set(['MRG_MYISAM', 'FEDERATED', 'CONNECT', 'SPIDER', 'S3', 'CSV', 'OQGRAPH'])

export const mysqlCatalogue: CatalogueSource = {
  async rows(query, [previous = []]) {
    const rows = await readMysqlRows(query, previous)
    // Nothing is in an order of its own, and the same is to look the same the next time.
    return [rows.toSorted((one, other) => compare(JSON.stringify(one), JSON.stringify(other)))]
  },

  build([rows = []], settings) {
    const builder = new CatalogueBuilder(settings)
    const of = (kind: string) => rows.filter((row) => row['kind'] === kind)
    const grants = of('grant')
    // As replicas are set, and a primary only while it is in trouble.
    const isReplica = of('server').some(
      (row) => !['0', 'OFF'].includes(text(row, 'a').toUpperCase()),
    )
    // A sequence moves on by itself, and is none that can be cached.
    const relations = of('table').filter((row) => row['c'] !== 'SEQUENCE')
    for (const row of relations) {
      const isForeign = FOREIGN.has((row['d'] ?? '').toUpperCase())
      builder.addRelation(
        relationOf(row),
        isReplica ? 'replica' : isForeign ? 'foreign-table' : undefined,
      )
    }
    for (const row of relations) {
      if (grants.some((grant) => covers(grant, row))) continue
      builder.addTrigger(relationOf(row), { on: ['any'], writes: 'unknown' })
    }
    // Its text is empty for whoever may not see it.
    for (const row of of('view'))
      builder.addView(relationOf(row), row['c'] == null ? '' : text(row, 'c'), true)
    addPrimaryKeys(builder, relations, of('key'), of('column'))
    addKeys(builder, relations, of('key'), of('rule'), of('column'))
    for (const row of of('trigger')) {
      const isBefore = row['d'] === 'BEFORE'
      builder.addTriggerText(relationOf(row), eventsOf(text(row, 'c')), bodyOf(row), isBefore)
    }
    return builder.build()
  },
}

function compare(one: string, other: string): number {
  return one < other ? -1 : Number(one > other)
}

/**
 * Types whose values find their own row, and no other, in whatever form a driver has them: of a text the key has one spelling, and
 * a whole number is compared with as such.
 */
const NAMING_ROWS = new Set([
  ...['tinyint', 'smallint', 'mediumint', 'int', 'bigint', 'char', 'varchar'],
])

function addPrimaryKeys(
  builder: CatalogueBuilder,
  tables: readonly CatalogueRow[],
  keyColumns: readonly CatalogueRow[],
  columns: readonly CatalogueRow[],
): void {
  const typeOf = new Map(columns.map((row) => [constraintOf(row), text(row, 'd').toLowerCase()]))
  const primary = keyColumns.filter((row) => row['c'] === 'PRIMARY')
  const byTable = Map.groupBy(primary, (row) => JSON.stringify(relationOf(row)))
  for (const table of tables) {
    const names = byTable.get(JSON.stringify(relationOf(table)))?.map((row) => text(row, 'd'))
    const isPlain = names?.every((name) => {
      const type = typeOf.get(JSON.stringify([table['a'], table['b'], name]))
      return type !== undefined && NAMING_ROWS.has(type)
    })
    if (names && isPlain && table['c'] === 'BASE TABLE')
      builder.addPrimaryKey(relationOf(table), names)
  }
}

function addKeys(
  builder: CatalogueBuilder,
  tables: readonly CatalogueRow[],
  keyColumns: readonly CatalogueRow[],
  rules: readonly CatalogueRow[],
  columns: readonly CatalogueRow[],
): void {
  // InnoDB has names in lower case, where letter case is of no concern to the folder.
  const byName = Map.groupBy(tables.map(relationOf), (table) => folded(table))
  const ruleOf = new Map(rules.map((row) => [constraintOf(row), row]))
  const generated = new Set(
    columns.filter((row) => /GENERATED/i.test(row['e'] ?? '')).map(constraintOf),
  )
  for (const [constraint, unsorted] of Map.groupBy(keyColumns, constraintOf)) {
    const sorted = unsorted.toSorted((one, other) => Number(one['e']) - Number(other['e']))
    const [row] = sorted
    const [schema, name] = [row?.['f'], row?.['g']]
    const rule = ruleOf.get(constraint)
    // A primary key, or one that refers to a table that the user may not see, or one that was dropped just then.
    if (!row || schema == null || name == null || !rule) continue
    const references = sorted.map((column) => text(column, 'h'))
    const [onDelete, onUpdate] = [text(rule, 'd'), text(rule, 'e')]
    for (const referenced of byName.get(folded({ schema, name })) ?? []) {
      const isComputed = references.some((column) =>
        generated.has(JSON.stringify([referenced.schema, referenced.name, column])),
      )
      builder.addKey(
        referenced,
        {
          onDelete: onDelete === 'CASCADE' ? 'delete' : actionOf(onDelete),
          onUpdate: actionOf(onUpdate),
          rules: { onDelete: onDelete.toLowerCase(), onUpdate: onUpdate.toLowerCase() },
          columns: sorted.map((column) => text(column, 'd')),
          references: isComputed ? undefined : references,
        },
        relationOf(row),
      )
    }
  }
}

/** Or column, or whatever else is named beside its table. */
function constraintOf(row: CatalogueRow): string {
  return JSON.stringify([row['a'], row['b'], row['c']])
}

function folded({ schema, name }: RelationId): string {
  return JSON.stringify([fold(schema), fold(name)])
}

function actionOf(rule: string): KeyAction {
  return ['CASCADE', 'SET NULL', 'SET DEFAULT'].includes(rule) ? 'update' : 'nothing'
}

/** Where a trigger was defined under ANSI_QUOTES, a name stands in what is otherwise the quotes of a string. */
function bodyOf(row: CatalogueRow): string {
  const body = text(row, 'e')
  return /ANSI/i.test(row['f'] ?? '') ? body.replaceAll('"', '`') : body
}

/** MariaDB has triggers on several events: `INSERT,UPDATE`. */
function eventsOf(manipulation: string): readonly Change[] {
  const events = (['insert', 'update', 'delete'] as const).filter((event) =>
    manipulation.toLowerCase().includes(event),
  )
  return events.length > 0 ? events : ['any']
}

/** The name of a database in a grant may be a pattern, as of LIKE. */
function covers(grant: CatalogueRow, row: CatalogueRow): boolean {
  return isLike(text(row, 'a'), text(grant, 'a')) && (grant['b'] === '%' || grant['b'] === row['b'])
}

function isLike(name: string, pattern: string): boolean {
  const expression = pattern.replaceAll(/\\([%_\\])|[%_]|[.*+?^${}()|[\]\\]/g, (match, escaped) =>
    typeof escaped === 'string' ? `[${escaped === '\\' ? '\\\\' : escaped}]` : wildcard(match),
  )
  return new RegExp(`^${expression}$`, 'is').test(name)
}

function wildcard(character: string): string {
  if (character === '%') return '.*'
  return character === '_' ? '.' : `\\${character}`
}
