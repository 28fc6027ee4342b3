import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PrismaBetterSqlite3 } from '@prisma/adapter-better-sqlite3'
import Database from 'better-sqlite3'
import { Kysely, type SqliteDatabase, SqliteDialect } from 'kysely'
import { logAdapter } from './logged-adapter.ts'
import { readMigrations } from './migrations.ts'
import { StatementLog } from './statement-log.ts'
import type { TestDatabase } from './databases.ts'
import type { Tables } from '../../prisma/tables.ts'

/**
 * Opens a SQLite file of its own, in a temporary folder: Kysely, Prisma and `sql` each have a connection to it, and an
 * in-memory database has one only.
 */
export async function openSqlite(): Promise<TestDatabase> {
  const folder = await mkdtemp(join(tmpdir(), 'tidemark-sqlite-'))
  const file = join(folder, 'test.db')
  const direct = connect(file)
  // Readers are not kept waiting by a writer. The mode is the file's, and holds for all connections.
  direct.pragma('journal_mode = wal')
  for (const migration of await readMigrations('sqlite')) direct.exec(migration)
  const statements = new StatementLog()
  const kysely = new Kysely<Tables>({
    dialect: new SqliteDialect({ database: logStatements(connect(file), statements) }),
  })
  const sql: TestDatabase['sql'] = async (text, parameters = []) => {
    const statement = direct.prepare(text.replaceAll(/\$\d+/g, '?'))
    if (statement.reader) return statement.all(...parameters) as never
    statement.run(...parameters)
    return []
  }
  const { PrismaClient } = await import('../../prisma/derived/sqlite/client/client.ts')
  return {
    name: 'sqlite',
    kysely,
    statements,
    PrismaClient: PrismaClient as never,
    prismaAdapter: () =>
      logAdapter(new PrismaBetterSqlite3({ url: `file:${file}`, ...lockTimeout }), statements),
    sql,
    emptyTables: async () => empty(direct),
    close: async () => {
      await kysely.destroy()
      direct.close()
      await rm(folder, { recursive: true })
    },
  }
}

/** The driver waits for a lock by stopping the whole process, whoever else in it might let go of the lock. */
const lockTimeout = { timeout: 0 }

function connect(file: string): Database.Database {
  const database = new Database(file, lockTimeout)
  // The data need not survive the machine.
  database.pragma('synchronous = off')
  return database
}

function logStatements(database: Database.Database, log: StatementLog): SqliteDatabase {
  return {
    close: () => void database.close(),
    prepare: (text) => {
      log.add(text)
      return database.prepare(text) as never
    },
  }
}

function empty(database: Database.Database): void {
  const tables = database
    .prepare(`select name from sqlite_master where type = 'table' and name not like 'sqlite_%'`)
    .pluck()
    .all() as string[]
  // Deferred, constraints look at what is left at the end.
  database.pragma('foreign_keys = off')
  database.exec(`begin; ${tables.map((table) => `delete from "${table}";`).join(' ')} commit`)
  database.pragma('foreign_keys = on')
}
