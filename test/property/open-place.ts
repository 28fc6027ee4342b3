import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PGlite } from '@electric-sql/pglite'
import { PrismaBetterSqlite3 } from '@prisma/adapter-better-sqlite3'
import { PrismaMariaDb } from '@prisma/adapter-mariadb'
import { PrismaPg } from '@prisma/adapter-pg'
import type { SqlDriverAdapterFactory } from '@prisma/client/runtime/client'
import Database from 'better-sqlite3'
import { Kysely, MysqlDialect, PGliteDialect, PostgresDialect, SqliteDialect } from 'kysely'
import { createPool } from 'mysql2'
import mysql from 'mysql2/promise'
import pg from 'pg'
import { PrismaPGlite } from 'pglite-prisma-adapter'
import { interpose } from '../integration/prisma/interposed-adapter.ts'
import type { DatabaseName } from '../support/databases.ts'
import type { Dialect } from './column-types.ts'
import { Lag, lagging } from './lag.ts'

/** Whatever the tables of a random schema are. */
export type Rows = Record<string, Record<string, unknown>>

/** An empty database of its own, and the ways to it. */
export interface Place {
  readonly database: DatabaseName
  readonly dialect: Dialect
  /** On the ways of what is to be cached. */
  readonly lag: Lag
  /** To be cached. */
  readonly kysely: Kysely<Rows>
  /** Never cached, on connections of its own where there are several. */
  readonly twin: Kysely<Rows>
  /** What `withSchema` may name. */
  readonly schema: string
  prismaAdapter(): SqlDriverAdapterFactory
  /** Statements past everything. Names stand in double quotes. */
  run(statements: readonly string[]): Promise<void>
  /** Drops whatever is there. */
  empty(): Promise<void>
  close(): Promise<void>
}

/** Where the servers are; a database without one runs in the process. */
export interface Servers {
  readonly postgres?: string
  readonly mariadb?: string
}

export const dialects: Readonly<Record<DatabaseName, Dialect>> = {
  pglite: 'postgres',
  postgres: 'postgres',
  mariadb: 'mysql',
  sqlite: 'sqlite',
}

export function openPlace(database: DatabaseName, servers: Servers): Promise<Place> {
  switch (database) {
    case 'pglite':
      return openPglite()
    case 'postgres':
      return openPostgres(servers.postgres!)
    case 'mariadb':
      return openMariadb(servers.mariadb!)
    case 'sqlite':
      return openSqlite()
  }
}

type Run = Place['run']

function lagged(factory: SqlDriverAdapterFactory, lag: Lag): SqlDriverAdapterFactory {
  return interpose(factory, { statement: (_sql, send) => lag.around(send) })
}

// Schemas must not be left without the collation that column-types.ts names.
const collations = [
  `create collation nocase (provider = icu, locale = 'und-u-ks-level2', deterministic = false)`,
  // A PostgreSQL without ICU; text is then equal to itself only.
  `create collation nocase (provider = libc, locale = 'C')`,
]

async function emptyPostgres(run: Run): Promise<void> {
  await run(['drop schema public cascade', 'create schema public'])
  await run([collations[0]!]).catch(() => run([collations[1]!]))
}

let pgliteTemplate: Promise<Blob> | undefined

async function makePgliteTemplate(): Promise<Blob> {
  const pglite = await PGlite.create()
  const dump = await pglite.dumpDataDir('none')
  await pglite.close()
  return dump
}

async function openPglite(): Promise<Place> {
  pgliteTemplate ??= makePgliteTemplate()
  const pglite = await PGlite.create({ loadDataDir: await pgliteTemplate })
  const lag = new Lag()
  const run: Run = async (statements) => {
    for (const statement of statements) await pglite.exec(statement)
  }
  return {
    database: 'pglite',
    dialect: 'postgres',
    lag,
    kysely: new Kysely<Rows>({ dialect: lagging(new PGliteDialect({ pglite }), lag) }),
    twin: new Kysely<Rows>({ dialect: new PGliteDialect({ pglite }) }),
    schema: 'public',
    prismaAdapter: () => lagged(new PrismaPGlite(pglite), lag),
    run,
    empty: () => emptyPostgres(run),
    close: () => pglite.close(),
  }
}

function freshName(): string {
  return `random_${crypto.randomUUID().replaceAll('-', '')}`
}

async function openPostgres(maintenanceUrl: string): Promise<Place> {
  const name = freshName()
  const maintenance = new pg.Client({ connectionString: maintenanceUrl })
  await maintenance.connect()
  await maintenance.query(`create database ${name}`)
  const url = new URL(maintenanceUrl)
  url.pathname = `/${name}`
  const pool = (max: number) => {
    const made = new pg.Pool({ connectionString: url.href, max })
    // Of idle connections, when the database is dropped.
    return made.on('error', () => undefined)
  }
  const [direct, first, second] = [pool(1), pool(5), pool(2)]
  const lag = new Lag()
  const run: Run = async (statements) => {
    for (const statement of statements) await direct.query(statement)
  }
  return {
    database: 'postgres',
    dialect: 'postgres',
    lag,
    kysely: new Kysely<Rows>({ dialect: lagging(new PostgresDialect({ pool: first }), lag) }),
    twin: new Kysely<Rows>({ dialect: new PostgresDialect({ pool: second }) }),
    schema: 'public',
    prismaAdapter: () => lagged(new PrismaPg(first), lag),
    run,
    empty: () => emptyPostgres(run),
    close: async () => {
      await Promise.all([direct.end(), first.end(), second.end()])
      await maintenance.query(`drop database ${name} with (force)`)
      await maintenance.end()
    },
  }
}

async function openMariadb(serverUrl: string): Promise<Place> {
  const name = freshName()
  const maintenance = await mysql.createConnection({ uri: serverUrl })
  await maintenance.query(`create database ${name}`)
  const url = new URL(serverUrl)
  url.pathname = `/${name}`
  const options = { uri: url.href, timezone: 'Z' }
  const direct = await mysql.createConnection(options)
  await direct.query(`set session sql_mode = concat(@@sql_mode, ',ANSI_QUOTES')`)
  const run: Run = async (statements) => {
    for (const statement of statements) await direct.query(statement)
  }
  const pooled = (connectionLimit: number) =>
    new MysqlDialect({ pool: createPool({ ...options, connectionLimit }) })
  const lag = new Lag()
  const first = new Kysely<Rows>({ dialect: lagging(pooled(5), lag) })
  const second = new Kysely<Rows>({ dialect: pooled(2) })
  return {
    database: 'mariadb',
    dialect: 'mysql',
    lag,
    kysely: first,
    twin: second,
    schema: name,
    prismaAdapter: () => {
      const adapter = new PrismaMariaDb({
        ...{ host: url.hostname, port: Number(url.port), user: url.username },
        ...{ password: url.password, database: name, connectionLimit: 4, timezone: 'Z' },
      })
      return lagged(adapter, lag)
    },
    run,
    empty: async () => {
      const [tables] = await direct.query<mysql.RowDataPacket[]>(
        `select table_name as name, table_type as type from information_schema.tables where table_schema = database()`,
      )
      await run([
        'set foreign_key_checks = 0',
        ...tables.map((t) => `drop ${t.type === 'VIEW' ? 'view' : 'table'} "${t.name}"`),
        'set foreign_key_checks = 1',
      ])
    },
    close: async () => {
      await Promise.all([first.destroy(), second.destroy()])
      await direct.end()
      await maintenance.query(`drop database ${name}`)
      await maintenance.end()
    },
  }
}

async function openSqlite(): Promise<Place> {
  const folder = await mkdtemp(join(tmpdir(), 'tidemark-random-'))
  const file = join(folder, 'random.db')
  // The driver waits for a lock by stopping the whole process, whoever else in it might let go of the lock.
  const connect = () => {
    const database = new Database(file, { timeout: 0 })
    database.pragma('synchronous = off')
    database.pragma('foreign_keys = on')
    return database
  }
  const direct = connect()
  direct.pragma('journal_mode = wal')
  const run: Run = async (statements) => {
    for (const statement of statements) direct.exec(statement)
  }
  const own = () => new SqliteDialect({ database: connect() })
  const lag = new Lag()
  const first = new Kysely<Rows>({ dialect: lagging(own(), lag) })
  const second = new Kysely<Rows>({ dialect: own() })
  return {
    database: 'sqlite',
    dialect: 'sqlite',
    lag,
    kysely: first,
    twin: second,
    schema: 'main',
    prismaAdapter: () => lagged(new PrismaBetterSqlite3({ url: `file:${file}`, timeout: 0 }), lag),
    run,
    empty: async () => {
      const all = direct
        .prepare(
          `select type, name from sqlite_master where type in ('table', 'view') and name not like 'sqlite_%'`,
        )
        .all() as { type: string; name: string }[]
      direct.pragma('foreign_keys = off')
      for (const { type, name } of all) direct.exec(`drop ${type} "${name}"`)
      direct.pragma('foreign_keys = on')
    },
    close: async () => {
      await Promise.all([first.destroy(), second.destroy()])
      direct.close()
      await rm(folder, { recursive: true })
    },
  }
}
