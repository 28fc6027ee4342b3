import type { RelationId } from './builder.ts'
import { type CatalogueRow, text } from './catalogue-source.ts'

type Query = (sql: string) => Promise<readonly CatalogueRow[]>

/** Which tables are asked about, given the names of the columns that say which one a row is of. */
type Where = (schema: string, table: string) => string

// The schemas of MySQL are its databases: all that the user may see, since a query may name any of them.
const everywhere: Where = (schema) =>
  `${schema} not in ('information_schema', 'performance_schema', 'mysql', 'sys')`

/** Constants, which make the server open this table, whatever its folder seems to have. */
const only =
  ({ schema, name }: RelationId): Where =>
  (schemaColumn, tableColumn) =>
    `${schemaColumn} = ${literal(schema)} and ${tableColumn} = ${literal(name)}`

const server = select('server', ['@@global.read_only', 'version()', 'unix_timestamp()'])

const tables = (where: Where) =>
  `${select('table', ['table_schema', 'table_name', 'table_type', 'engine', 'unix_timestamp(create_time)'])}
from information_schema.tables where ${where('table_schema', 'table_name')}`

const factsOf = (where: Where) => [
  tables(where),

  `${select('view', ['table_schema', 'table_name', 'view_definition'])}
from information_schema.views where ${where('table_schema', 'table_name')}`,

  `${select('column', ['table_schema', 'table_name', 'column_name', 'data_type', 'extra'])}
from information_schema.columns where ${where('table_schema', 'table_name')}
  and (column_key = 'PRI' or extra like '%GENERATED%')`,

  // Joined with the next by whoever reads them: these are no tables with an index.
  `${select('key', [
    ...['table_schema', 'table_name', 'constraint_name', 'column_name', 'ordinal_position'],
    ...['referenced_table_schema', 'referenced_table_name', 'referenced_column_name'],
  ])}
from information_schema.key_column_usage where ${where('table_schema', 'table_name')}
  and (constraint_name = 'PRIMARY' or referenced_column_name is not null)`,

  `${select('rule', ['constraint_schema', 'table_name', 'constraint_name', 'delete_rule', 'update_rule'])}
from information_schema.referential_constraints where ${where('constraint_schema', 'table_name')}`,

  `${select('trigger', [
    ...['event_object_schema', 'event_object_table', 'event_manipulation', 'action_timing'],
    ...['action_statement', 'sql_mode'],
  ])}
from information_schema.triggers where ${where('event_object_schema', 'event_object_table')}`,
]

// Whoever may not define triggers is not shown them either.
const grants = [
  `${select('grant', ["'%'", "'%'"])} from information_schema.user_privileges`,
  `${select('grant', ['table_schema', "'%'"])} from information_schema.schema_privileges`,
  `${select('grant', ['table_schema', 'table_name'])} from information_schema.table_privileges`,
].map((statement) => `${statement} where privilege_type = 'TRIGGER'`)

/** All but the grants and the server: what is said of one table. */
const KINDS_OF_TABLES = new Set(['table', 'view', 'column', 'key', 'rule', 'trigger'])

/** So many tables are asked about by one statement. */
const AT_ONCE = 40

/**
 * Everything that `mysqlCatalogue` needs, in no order.
 *
 * MySQL from 8 on answers one statement as of one moment. MariaDB, and MySQL before, list the files of a folder, and open what
 * they have found; a table that somebody is putting into the place of another (`ALTER TABLE` by copying, `RENAME TABLE`) is left
 * out of such a list without a word, and so are its foreign keys and triggers, which have been there all the time. But such a
 * table has just been created, or is not there for a moment. So what may be such a table is asked for by its name: then the
 * server waits until it is in its place.
 *
 * @param previous what was answered the last time
 * @see docs/decisions/0025-mariadb-lists-files.md
 */
export async function readMysqlRows(
  query: Query,
  previous: readonly CatalogueRow[],
): Promise<readonly CatalogueRow[]> {
  const scanned = await query(union([server, ...factsOf(everywhere), ...grants]))
  const host = scanned.find(({ kind }) => kind === 'server')
  if (!host || !listsFiles(text(host, 'b'))) return scanned.map(withoutTimes)
  const listed = await query(tables(everywhere))
  const doubtful = tablesInDoubt(scanned, listed, previous)
  const exact: CatalogueRow[] = []
  for (let at = 0; at < doubtful.length; at += AT_ONCE) {
    const statements = doubtful.slice(at, at + AT_ONCE).flatMap((table) => factsOf(only(table)))
    exact.push(...(await query(union(statements))))
  }
  const isInDoubt = new Set(doubtful.map(idOf))
  const settled = scanned.filter(
    (row) => !KINDS_OF_TABLES.has(text(row, 'kind')) || !isInDoubt.has(idOf(relationOf(row))),
  )
  return [...settled, ...exact].map(withoutTimes)
}

/**
 * Those of which it is not certain that all listings of `scanned` had them: they are not the same ever since, or nobody knows.
 *
 * @param listed the tables as they were listed once more afterwards
 */
export function tablesInDoubt(
  scanned: readonly CatalogueRow[],
  listed: readonly CatalogueRow[],
  previous: readonly CatalogueRow[],
): readonly RelationId[] {
  const started = Number(scanned.find(({ kind }) => kind === 'server')?.['c'])
  const found = new Set(scanned.map(facet))
  const settled = new Set(
    listed.filter((row) => wasThere(row, started, found)).map((row) => idOf(relationOf(row))),
  )
  const known = new Map<string, RelationId>()
  for (const row of [...scanned, ...listed, ...previous]) {
    if (!KINDS_OF_TABLES.has(text(row, 'kind'))) continue
    known.set(idOf(relationOf(row)), relationOf(row))
    const [schema, name] = [row['f'], row['g']]
    if (row['kind'] === 'key' && schema != null && name != null) {
      known.set(idOf({ schema, name }), { schema, name })
    }
  }
  return [...known].filter(([id]) => !settled.has(id)).map(([, table]) => table)
}

/** Times of creation are in seconds, and those of files may lag behind the clock by a tick. */
const TICK_SECONDS = 2

function wasThere(row: CatalogueRow, started: number, found: ReadonlySet<string>): boolean {
  if (!found.has(facet(row))) return false
  // A view is exchanged at one stroke.
  if (row['c'] === 'VIEW') return found.has(facet({ ...row, kind: 'view' }))
  const created = row['e']
  return created != null && Number(created) < started - TICK_SECONDS
}

function facet(row: CatalogueRow): string {
  return JSON.stringify([row['kind'], row['a'], row['b']])
}

/** The table that a row is about. */
export function relationOf(row: CatalogueRow): RelationId {
  return { schema: text(row, 'a'), name: text(row, 'b') }
}

function idOf({ schema, name }: RelationId): string {
  return JSON.stringify([schema, name])
}

/** What is the same the next time, if nothing else has changed. */
function withoutTimes(row: CatalogueRow): CatalogueRow {
  if (row['kind'] === 'server') return { ...row, c: null }
  return row['kind'] === 'table' ? { ...row, e: null } : row
}

function listsFiles(version: string): boolean {
  return /mariadb/i.test(version) || Number.parseInt(version, 10) < 8
}

function union(statements: readonly string[]): string {
  return statements.join('\nunion all ')
}

/**
 * The columns of all kinds have the names a, b, c and so on, and one collation: else MySQL would not unite them. It compares nothing
 * here; and of one that ends in `_bin` the driver of Prisma 7.0 takes every text for bytes.
 */
function select(kind: string, columns: readonly string[]): string {
  const values = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'].map((name, at) => {
    const column = columns[at]
    return column === undefined
      ? `null as ${name}`
      : `convert(${column} using utf8mb4) collate utf8mb4_general_ci as ${name}`
  })
  return `select '${kind}' as kind, ${values.join(', ')}`
}

/** Whatever quotes and backslashes mean to the session. */
function literal(name: string): string {
  return `_utf8mb4 x'${Array.from(new TextEncoder().encode(name), (byte) => byte.toString(16).padStart(2, '0')).join('')}'`
}
