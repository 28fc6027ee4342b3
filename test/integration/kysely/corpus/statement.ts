import type { BypassReason } from '@tidemark/core'
import { type Kysely, MysqlAdapter, SqliteAdapter } from 'kysely'
import * as mysql from 'kysely/helpers/mysql'
import * as postgres from 'kysely/helpers/postgres'
import * as sqlite from 'kysely/helpers/sqlite'
import type { Tables } from '../../../../prisma/tables.ts'
import type { DatabaseName } from '../../../support/databases.ts'

export type Db = Kysely<Tables>

/** A builder, or what executing something by another way gives. */
export type Run = (db: Db) => { execute(): Promise<unknown> } | Promise<unknown>

/** One statement of the corpus: it is run with a cache and without, on every database. */
export interface Statement {
  readonly name: string
  readonly run: Run
  /** The databases that take it. On all others it must fail, with a cache as without. */
  readonly on: readonly DatabaseName[]
  /** Why it must not be cached, if it must not. */
  readonly bypass: BypassReason | undefined
}

interface Bypassed {
  readonly run: Run
  readonly bypass: BypassReason
}

export const POSTGRES = ['pglite', 'postgres'] as const
export const MYSQL = ['mariadb'] as const
export const SQLITE = ['sqlite'] as const
export const ALL = [...POSTGRES, ...MYSQL, ...SQLITE] as const
export const RETURNING = [...POSTGRES, ...SQLITE] as const

export function statements(
  on: readonly DatabaseName[],
  cases: Readonly<Record<string, Run | Bypassed>>,
): readonly Statement[] {
  return Object.entries(cases).map(([name, given]) =>
    typeof given === 'function'
      ? { name, on, run: given, bypass: undefined }
      : { name, on, ...given },
  )
}

/** A read that must ask the database each time. */
export function neverCached(bypass: BypassReason, run: Run): Bypassed {
  return { bypass, run }
}

/** A read whose tables are in raw text: where they are not understood, it asks the database each time. */
export function rawText(run: Run): Bypassed {
  return { bypass: 'opaque-sql', run }
}

/** Kysely's JSON helpers for the database of an instance; their types are those for Postgres. */
export function json(db: Db): typeof postgres {
  const { adapter } = db.getExecutor()
  if (adapter instanceof MysqlAdapter) return mysql as unknown as typeof postgres
  return adapter instanceof SqliteAdapter ? (sqlite as unknown as typeof postgres) : postgres
}
