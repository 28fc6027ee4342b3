import type { SqlDriverAdapterFactory } from '@prisma/client/runtime/client'
import { setTimeout } from 'node:timers/promises'
import type { Kysely } from 'kysely'
import { afterAll, beforeAll, beforeEach, describe, inject } from 'vitest'
import { openMariadb } from './mariadb.ts'
import { openPglite } from './pglite.ts'
import { openPostgres } from './postgres.ts'
import { openSqlite } from './sqlite.ts'
import type { StatementLog } from './statement-log.ts'
import type { PrismaClient } from '../../prisma/generated/client.ts'
import type { Tables } from '../../prisma/tables.ts'

/** An open database with the tables of prisma/schema.prisma. */
export interface TestDatabase {
  readonly name: DatabaseName
  /** Not cached: a test wraps it. */
  readonly kysely: Kysely<Tables>
  /** What `kysely` and Prisma sent, `sql` and the emptying of tables excluded. */
  readonly statements: StatementLog
  /**
   * The client that is generated for this database. All have the type of PostgreSQL's: what another database lacks
   * (lists of scalars; on MySQL also `createManyAndReturn` and the like) fails there when it runs.
   */
  readonly PrismaClient: typeof PrismaClient
  /** A driver adapter for a Prisma Client on the same database. */
  prismaAdapter(): SqlDriverAdapterFactory
  /**
   * Goes past everything, like a writer that Tidemark does not see. Parameters are `$1`, `$2`, in this order, and names
   * stand in double quotes, on every database.
   */
  sql<Row = Record<string, unknown>>(
    text: string,
    parameters?: readonly unknown[],
  ): Promise<readonly Row[]>
  /** Leaves no row in any table, and lets ids count from one. */
  emptyTables(): Promise<void>
  close(): Promise<void>
}

const open = {
  pglite: openPglite,
  postgres: openPostgres,
  mariadb: openMariadb,
  sqlite: openSqlite,
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
    describeOn(name, title, tests, except[name])
  }
}

/** Runs tests on one database, for what only it has. */
export function describeDatabase(
  name: DatabaseName,
  title: string,
  tests: (database: TestDatabase) => void,
): void {
  describeOn(name, title, tests, undefined)
}

/**
 * On which databases the oldest Kysely is tested: what differs between its versions is in Kysely, and these need no
 * server. Each has a driver of Kysely's own.
 */
const WITH_OLDEST_KYSELY: ReadonlySet<DatabaseName> = new Set(['pglite', 'sqlite'])

function describeOn(
  name: DatabaseName,
  title: string,
  tests: (database: TestDatabase) => void,
  reason: string | undefined,
): void {
  if (inject('kysely') === 'oldest' && !WITH_OLDEST_KYSELY.has(name)) return
  const database = {} as TestDatabase
  const where = reason === undefined ? name : `not on ${name}: ${reason}`
  describe.skipIf(reason !== undefined)(`${title} (${where})`, () => {
    const openFresh = async () => void Object.assign(database, await open[name]())
    beforeAll(openFresh)
    beforeEach(async () => {
      if (await settles(database.emptyTables())) return
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

/** Whether something ends well, and in good time. It is not waited for any longer; SQLite says at once that it is locked. */
async function settles(work: Promise<void>): Promise<boolean> {
  const patienceMs = 5_000
  const done = new AbortController()
  const timeout = setTimeout(patienceMs, false, { signal: done.signal })
  try {
    return await Promise.race([
      work.then(
        () => true,
        () => false,
      ),
      timeout,
    ])
  } finally {
    done.abort()
  }
}
