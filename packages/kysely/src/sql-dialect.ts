import {
  type DialectAdapter,
  MssqlAdapter,
  MysqlAdapter,
  PostgresAdapter,
  SqliteAdapter,
} from 'kysely'

/** The SQL that a database speaks. `'other'`: nothing is taken for granted. */
export type SqlDialect = 'postgres' | 'mysql' | 'sqlite' | 'mssql' | 'other'

/** Drivers by third parties extend these adapters, or are taken for `'other'`. */
export function dialectOf(adapter: DialectAdapter): SqlDialect {
  if (adapter instanceof PostgresAdapter) return 'postgres'
  if (adapter instanceof MysqlAdapter) return 'mysql'
  if (adapter instanceof SqliteAdapter) return 'sqlite'
  if (adapter instanceof MssqlAdapter) return 'mssql'
  return 'other'
}

/**
 * The schema that an unqualified table is in, where that is certain. On MySQL it is the database's own name, which we
 * do not know; on SQLite `person` may be that of a database that is attached, or a temporary one.
 */
export function defaultSchemaOf(dialect: SqlDialect): string | undefined {
  switch (dialect) {
    case 'postgres':
      return 'public'
    case 'mssql':
      return 'dbo'
    default:
      return undefined
  }
}
