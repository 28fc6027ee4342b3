import { PrismaMariaDb } from '@prisma/adapter-mariadb'
import { Kysely, MysqlDialect } from 'kysely'
import { createPool, type Pool, type PoolConnection } from 'mysql2'
import mysql from 'mysql2/promise'
import { inject } from 'vitest'
import { logAdapter } from './logged-adapter.ts'
import { readMigrations } from './migrations.ts'
import { StatementLog } from './statement-log.ts'
import type { TestDatabase } from './databases.ts'
import type { Tables } from '../../prisma/tables.ts'

/** Opens a database of its own on the shared server. */
export async function openMariadb(): Promise<TestDatabase> {
  const url = new URL(inject('mariadbUrl'))
  url.pathname = `/test_${crypto.randomUUID().replaceAll('-', '')}`
  await createDatabase(url)
  const statements = new StatementLog()
  const pool = loggingPool(url.href, statements)
  const kysely = new Kysely<Tables>({ dialect: new MysqlDialect({ pool }) })
  const direct = mysql.createPool({ ...connectionOf(url.href), connectionLimit: 2 })
  // So that one text is SQL on every database.
  direct.pool.on('connection', (connection) =>
    connection.query(`set session sql_mode = concat(@@sql_mode, ',ANSI_QUOTES')`),
  )
  const sql: TestDatabase['sql'] = async (text, parameters = []) => {
    const [rows] = await direct.query(text.replaceAll(/\$\d+/g, '?'), [...parameters])
    return rows as never
  }
  const { PrismaClient } = await import('../../prisma/derived/mysql/client/client.ts')
  return {
    name: 'mariadb',
    kysely,
    statements,
    PrismaClient: PrismaClient as never,
    prismaAdapter: () => logAdapter(prismaAdapter(url), statements),
    sql,
    emptyTables: () => truncate(sql),
    close: async () => {
      await kysely.destroy()
      await sql(`drop database ${url.pathname.slice(1)}`)
      await direct.end()
    },
  }
}

async function createDatabase(url: URL): Promise<void> {
  const name = url.pathname.slice(1)
  const connection = await mysql.createConnection({
    uri: inject('mariadbUrl'),
    multipleStatements: true,
  })
  try {
    await connection.query(`create database ${name}; use ${name}`)
    for (const migration of await readMigrations('mysql')) await connection.query(migration)
  } finally {
    await connection.end()
  }
}

/** A moment is the same moment for everybody who reads it. */
function connectionOf(uri: string): mysql.PoolOptions {
  return { uri, timezone: 'Z' }
}

/** A pool whose connections write every statement they send into the log. */
function loggingPool(uri: string, log: StatementLog): Pool {
  const pool = createPool({ ...connectionOf(uri), connectionLimit: 10 })
  pool.on('connection', (connection: PoolConnection) => {
    const query = connection.query.bind(connection) as (...args: unknown[]) => unknown
    connection.query = (...args: unknown[]): never => {
      log.add(typeof args[0] === 'string' ? args[0] : (args[0] as { sql: string }).sql)
      return query(...args) as never
    }
  })
  return pool
}

function prismaAdapter({ hostname, port, username, password, pathname }: URL): PrismaMariaDb {
  return new PrismaMariaDb({
    host: hostname,
    port: Number(port),
    user: username,
    password,
    database: pathname.slice(1),
    connectionLimit: 5,
    timezone: 'Z',
  })
}

/** Only tables that were used: InnoDB makes a new file for each. */
async function truncate(sql: TestDatabase['sql']): Promise<void> {
  const tables = await sql<{ name: string; used: number }>(
    `select table_name as name, auto_increment > 1 as used from information_schema.tables
     where table_schema = database() and table_type = 'BASE TABLE'`,
  )
  const probes = tables.map(
    ({ name, used }) =>
      `select '${name}' as name from dual where ${used ?? 0} or exists (select * from "${name}")`,
  )
  const used = probes.length === 0 ? [] : await sql<{ name: string }>(probes.join(' union all '))
  const statements = used.map(({ name }) => `truncate "${name}"`)
  if (statements.length === 0) return
  await sql(
    `begin not atomic set foreign_key_checks = 0; ${statements.join('; ')}; set foreign_key_checks = 1; end`,
  )
}
