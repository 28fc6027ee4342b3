import type { SqlDriverAdapterFactory } from '@prisma/client/runtime/client'
import { setTimeout } from 'node:timers/promises'
import type { Kysely } from 'kysely'
import { afterAll, beforeAll, beforeEach, describe } from 'vitest'
import { openPglite } from './pglite.ts'
import { openPostgres } from './postgres.ts'
import type { StatementLog } from './statement-log.ts'
import type { Tables } from '../../prisma/tables.ts'

/** An open database with the tables of prisma/schema.prisma. */
export interface TestDatabase {
  readonly name: DatabaseName
  /** Not cached: a test wraps it. */
  readonly kysely: Kysely<Tables>
  /** What `kysely` and Prisma sent, `sql` and the emptying of tables excluded. */
  readonly statements: StatementLog
  /** A driver adapter for a Prisma Client on the same database. */
  prismaAdapter(): SqlDriverAdapterFactory
  /** Goes past everything, like a writer that Tidemark does not see. */
  sql<Row = Record<string, unknown>>(
    text: string,
    parameters?: readonly unknown[],
  ): Promise<readonly Row[]>
  close(): Promise<void>
}

const open = {
  pglite: openPglite,
  postgres: openPostgres,
}

export type DatabaseName = keyof typeof open

/**
 * Runs the same tests on every database, each time on one of its own. Its tables are emptied before each test.
 *
 * ```ts
 * describeEachDatabase('a hit', (database) => {
 *   it('sends nothing', async () => {
 *     const db = withCache(database.kysely, cache)
 *   })
 * })
 * ```
 *
 * The database is open inside tests and hooks only, so do not take it apart outside of them. Opening costs about a
 * second: one call a file is best.
 *
 * @param except where the tests cannot run, and why. They are reported as skipped, with the reason in their name.
 */
export function describeEachDatabase(
  title: string,
  tests: (database: TestDatabase) => void,
  { except = {} }: { readonly except?: Readonly<Partial<Record<DatabaseName, string>>> } = {},
): void {
  for (const name of Object.keys(open) as DatabaseName[]) {
    const reason = except[name]
    const database = {} as TestDatabase
    const where = reason === undefined ? name : `not on ${name}: ${reason}`
    describe.skipIf(reason !== undefined)(`${title} (${where})`, () => {
      const openFresh = async () => void Object.assign(database, await open[name]())
      beforeAll(openFresh)
      beforeEach(async () => {
        if (await settles(emptyTables(database))) return
        // A test left a transaction open, and with it locks or PGlite's only connection. That test has failed; the ones
        // after it need not wait for what it holds.
        database.close().catch(() => {})
        await openFresh()
      })
      afterAll(async () => {
        await settles(database.close())
      })
      tests(database)
    })
  }
}

/** Whether something ends in good time. It is not waited for any longer. */
async function settles(work: Promise<void>): Promise<boolean> {
  const patienceMs = 5_000
  const done = new AbortController()
  const timeout = setTimeout(patienceMs, false, { signal: done.signal })
  try {
    return await Promise.race([work.then(() => true), timeout])
  } finally {
    done.abort()
  }
}

async function emptyTables(database: TestDatabase): Promise<void> {
  const tables = await database.sql<{ name: string }>(
    `select format('%I.%I', schemaname, tablename) as name from pg_tables
     where schemaname not in ('pg_catalog', 'information_schema')`,
  )
  if (tables.length === 0) return
  const names = tables.map(({ name }) => name).join(', ')
  await database.sql(`truncate ${names} restart identity cascade`)
}
