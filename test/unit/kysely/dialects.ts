import {
  type CompiledQuery,
  type Compilable,
  type Dialect,
  DummyDriver,
  Kysely,
  MssqlAdapter,
  MssqlQueryCompiler,
  MysqlAdapter,
  MysqlQueryCompiler,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  SqliteAdapter,
  SqliteQueryCompiler,
} from 'kysely'
import { type Analysis, analyseQuery } from '../../../packages/kysely/src/analyse-query.ts'
import { KnownFunctions } from '../../../packages/sql/src/known-functions.ts'
import { dialectOf } from '../../../packages/kysely/src/sql-dialect.ts'
import { defaultSchemaOf } from '../../../packages/sql/src/sql-dialect.ts'
import type { SqlParser } from '../../../packages/sql/src/sql-parser.ts'
import { postgresParser } from '../../../packages/sql/src/libpg-query.ts'
import { findingsOfText, isUncertain } from '../../../packages/kysely/src/parsed-query.ts'
import {
  type QueryFindings,
  type QuerySettings,
  tablesOfQuery,
} from '../../../packages/kysely/src/tables-of-query.ts'
import { expect } from 'vitest'
import type { Tables } from '../../../prisma/tables.ts'

const parts = {
  postgres: [PostgresAdapter, PostgresQueryCompiler],
  mysql: [MysqlAdapter, MysqlQueryCompiler],
  sqlite: [SqliteAdapter, SqliteQueryCompiler],
  mssql: [MssqlAdapter, MssqlQueryCompiler],
} as const

export type DialectName = keyof typeof parts

/** Instances that compile for each dialect and have no database. */
export function compilerFor(name: DialectName): Kysely<Tables> {
  const [Adapter, Compiler] = parts[name]
  const dialect: Dialect = {
    createAdapter: () => new Adapter(),
    createDriver: () => new DummyDriver(),
    createIntrospector: (db) => new PostgresIntrospector(db),
    createQueryCompiler: () => new Compiler(),
  }
  return new Kysely<Tables>({ dialect })
}

const own = { stable: ['similar_film'], volatile: ['roll_dice'] }

/** PostgreSQL's own. */
export const parser: SqlParser = await postgresParser()

/**
 * Wherever nodes leave nothing open, PostgreSQL's own parser must find the same tables in the text. A name that a common
 * table expression takes later than the nodes say is one table too many there, and no row is served too long.
 */
function compareWithParser(query: CompiledQuery, settings: QuerySettings): void {
  const walked = tablesOfQuery(query.query, settings)
  const parsed = findingsOfText(query.sql, { ...settings, parser })
  // Nodes that say EXPLAIN and a text that does not: only a test has both.
  const isExplained = 'explain' in query.query && !query.sql.startsWith('explain')
  if (!parsed || isExplained || isUncertain(walked)) return
  expect({ sql: query.sql, ...tablesOf(parsed) }).toEqual({ sql: query.sql, ...tablesOf(walked) })
}

function tablesOf({ reads, writes, obstacle }: QueryFindings) {
  return { reads: [...reads].sort(), writes: [...writes].sort(), obstacle }
}

/** What is said of a query on this dialect. */
export function analyse(
  name: DialectName,
  query: CompiledQuery | Compilable,
  options: { readonly parser?: SqlParser } = {},
): Analysis {
  const compiled = 'compile' in query ? query.compile() : query
  const adapter = new parts[name][0]()
  const dialect = dialectOf(adapter)
  const functions = new KnownFunctions(dialect, own)
  // MySQL and SQLite have none by themselves: there the option is set.
  const settings = {
    dialect,
    defaultSchema: defaultSchemaOf(dialect) ?? 'main',
    functions,
    ...options,
  }
  if (dialect === 'postgres') compareWithParser(compiled, settings)
  return analyseQuery(compiled, settings, {
    supportsTransactionalDdl: adapter.supportsTransactionalDdl,
    hasOneConnection: !adapter.supportsMultipleConnections,
  })
}

/** An analysis in one line: `read films genres`, `write films`, `read films, volatile-function`, `write ?`. */
export function summaryOf({ description }: Analysis): string {
  const { kind, tables } = description
  const names = tables === 'unknown' ? '?' : [...tables].sort().join(' ')
  const obstacle = description.kind === 'read' && description.obstacle
  return `${kind} ${names}`.trim() + (obstacle ? `, ${obstacle}` : '')
}
