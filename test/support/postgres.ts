import { PrismaPg } from '@prisma/adapter-pg'
import { Kysely, PostgresDialect } from 'kysely'
import pg from 'pg'
import { inject } from 'vitest'
import { readMigrations } from './migrations.ts'
import { StatementLog } from './statement-log.ts'
import { truncatePostgres } from './truncate-postgres.ts'
import type { TestDatabase } from './databases.ts'
import { PrismaClient } from '../../prisma/generated/client.ts'
import type { Tables } from '../../prisma/tables.ts'

const template = 'tidemark_template'

/** Makes the database that `createDatabase` copies: migrations run once, not once a test file. */
export async function makeTemplate(maintenanceUrl: string): Promise<void> {
  await run(maintenanceUrl, [`create database ${template}`])
  await run(urlOf(maintenanceUrl, template), await readMigrations())
}

/** Makes an empty database with all tables, and answers with its url. */
async function createDatabase(maintenanceUrl: string): Promise<string> {
  const name = `test_${crypto.randomUUID().replaceAll('-', '')}`
  await run(maintenanceUrl, [`create database ${name} template ${template}`])
  return urlOf(maintenanceUrl, name)
}

/** Opens a database of its own on the shared server. */
export async function openPostgres(): Promise<TestDatabase> {
  const url = await createDatabase(inject('postgresUrl'))
  const statements = new StatementLog()
  const pool = loggingPool(url, statements)
  const kysely = new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) })
  const direct = new pg.Pool({ connectionString: url, max: 2 })
  const sql: TestDatabase['sql'] = async (text, parameters = []) =>
    (await direct.query(text, [...parameters])).rows
  return {
    name: 'postgres',
    kysely,
    statements,
    PrismaClient,
    prismaAdapter: () => new PrismaPg(pool),
    sql,
    emptyTables: () => truncatePostgres(sql),
    close: async () => {
      // Ends the pool, which Prisma shares.
      await kysely.destroy()
      await direct.end()
    },
  }
}

/** A pool whose connections write every statement they send into the log. */
function loggingPool(url: string, log: StatementLog): pg.Pool {
  class LoggingClient extends pg.Client {
    override query(...args: unknown[]): never {
      log.add(textOf(args[0]))
      // pg tells the many forms apart by what it is given; TypeScript cannot pass them all on.
      return (super.query as (...args: unknown[]) => never).apply(this, args)
    }
  }
  return new pg.Pool({ connectionString: url, max: 10, Client: LoggingClient })
}

/** A statement comes as text, as a config, or as a cursor that holds its text. */
function textOf(query: unknown): string {
  if (typeof query === 'string') return query
  const { text, cursor } = query as { text?: string; cursor?: { text: string } }
  return text ?? cursor?.text ?? String(query)
}

function urlOf(maintenanceUrl: string, database: string): string {
  const url = new URL(maintenanceUrl)
  url.pathname = `/${database}`
  return url.href
}

async function run(url: string, statements: readonly string[]): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    for (const statement of statements) await client.query(statement)
  } finally {
    await client.end()
  }
}
