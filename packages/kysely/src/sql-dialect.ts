import {
  type DialectAdapter,
  MssqlAdapter,
  MysqlAdapter,
  PostgresAdapter,
  SqliteAdapter,
} from 'kysely'
import type { SqlDialect } from '@tidemark/sql'

/** Drivers by third parties extend these adapters, or are taken for `'other'`. */
export function dialectOf(adapter: DialectAdapter): SqlDialect {
  if (adapter instanceof PostgresAdapter) return 'postgres'
  if (adapter instanceof MysqlAdapter) return 'mysql'
  if (adapter instanceof SqliteAdapter) return 'sqlite'
  if (adapter instanceof MssqlAdapter) return 'mssql'
  return 'other'
}
