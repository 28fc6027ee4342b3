import { createTidemark, type Tidemark } from '@tidemark/core'
import { type CachedClient, withCache } from '@tidemark/prisma'
import { Gate } from '@tidemark/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Prisma, PrismaClient } from '../../../prisma/generated/client.ts'
import { type DatabaseName, describeEachDatabase } from '../../support/databases.ts'
import { eventually } from '../../support/eventually.ts'
import { type Interposition, interpose } from './interposed-adapter.ts'
import { fillLibrary } from './library.ts'

const levels: Readonly<Record<DatabaseName, readonly Prisma.TransactionIsolationLevel[]>> = {
  // Its Prisma adapter passes none on.
  pglite: [],
  postgres: ['ReadUncommitted', 'ReadCommitted', 'RepeatableRead', 'Serializable'],
  mariadb: ['ReadUncommitted', 'ReadCommitted', 'RepeatableRead', 'Serializable'],
  sqlite: ['Serializable'],
}
const all = [...new Set(Object.values(levels).flat())]
/** One more transaction than these cannot begin. */
const connections: Readonly<Record<DatabaseName, number>> = {
  ...{ pglite: 1, postgres: 10, mariadb: 5, sqlite: 1 },
}

describeEachDatabase('Options of Prisma transactions', (database) => {
  let cache: Tidemark
  let base: PrismaClient
  /** Has an engine of its own, so that no cache hears of it. */
  let twin: PrismaClient
  let prisma: CachedClient<PrismaClient>
  let between: Interposition

  beforeEach(async () => {
    between = {}
    cache = createTidemark()
    base = new database.PrismaClient({ adapter: interpose(database.prismaAdapter(), between) })
    twin = new database.PrismaClient({ adapter: database.prismaAdapter() })
    prisma = withCache(base, cache)
    await fillLibrary(twin)
  })
  afterEach(() => Promise.all([base.$disconnect(), twin.$disconnect(), cache.close()]))

  const names = async () =>
    (await prisma.genre.findMany({ orderBy: { id: 'asc' }, cache: {} })).map(({ name }) => name)
  const rename = (name: string) => ({ where: { id: 1 }, data: { name } })
  const costOfRead = async () => {
    const sent = database.statements.mark()
    await names()
    return sent().length
  }

  describe('the isolation level', () => {
    it.for(all)('%s of an interactive transaction', async (isolationLevel, { skip }) => {
      skip(!levels[database.name].includes(isolationLevel), 'it is not known there')
      await names()
      await prisma.$transaction(
        async (tx) => {
          await tx.genre.update(rename('Tragedy'))
          const [first] = await tx.genre.findMany({ orderBy: { id: 'asc' }, cache: {} })
          expect(first?.name).toBe('Tragedy')
          // SQLite has one connection for all, so there this could be read.
          if (database.name !== 'sqlite') expect(await names()).toEqual(['Drama', 'Comedy'])
        },
        { isolationLevel },
      )
      expect(await names()).toEqual(['Tragedy', 'Comedy'])
      expect(await costOfRead()).toBe(0)
    })

    it.for(all)('%s of a batch', async (isolationLevel, { skip }) => {
      skip(!levels[database.name].includes(isolationLevel), 'it is not known there')
      await names()
      const [, count] = await prisma.$transaction(
        [prisma.genre.update(rename('Tragedy')), prisma.genre.count({ cache: {} })],
        { isolationLevel },
      )
      expect(count).toBe(2)
      expect(await names()).toEqual(['Tragedy', 'Comedy'])
    })

    it('of the client holds for all', async ({ skip }) => {
      skip(levels[database.name].length === 0, 'its Prisma adapter passes none on')
      const strict = new database.PrismaClient({
        adapter: database.prismaAdapter(),
        transactionOptions: { isolationLevel: 'Serializable', timeout: 10_000 },
      })
      const cached = withCache(strict, createTidemark(), { cacheByDefault: true })
      await cached.genre.count()
      await cached.$transaction((tx) => tx.genre.create({ data: { name: 'Noir' } }))
      expect(await cached.genre.count()).toBe(3)
      await strict.$disconnect()
    })

    it('that is not known is the error that it is without a cache', async () => {
      const run = (client: unknown) =>
        (client as PrismaClient)
          .$transaction((tx) => tx.genre.update(rename('Never')), {
            isolationLevel: 'Chaos' as never,
          })
          .catch((error: unknown) => error as Error)
      const [got, expected] = [await run(prisma), await run(twin)]
      if (database.name === 'pglite') return
      expect(expected).toBeInstanceOf(Error)
      expect(got).toMatchObject({ name: (expected as Error).name })
      expect(await names()).toEqual(['Drama', 'Comedy'])
    })

    it('two that cannot both be serialised: the one that failed leaves nothing', async ({
      skip,
    }) => {
      skip(database.name !== 'postgres', 'others lock instead')
      await names()
      const gate = new Gate()
      const loser = prisma.$transaction(
        async (tx) => {
          const count = await tx.genre.count()
          await gate.pass(() => undefined)
          await tx.genre.update(rename(`of ${count}`))
        },
        { isolationLevel: 'Serializable' },
      )
      await gate.reached
      await twin.$transaction((tx) => tx.genre.update(rename('Winner')), {
        isolationLevel: 'Serializable',
      })
      await cache.invalidate({ tables: ['genres'] })
      gate.open()
      await expect(loser).rejects.toMatchObject({ code: 'P2034' })
      expect(await names()).toEqual(['Winner', 'Comedy'])
      expect(await costOfRead()).toBe(0)
    })
  })

  it('a transaction that waited too long to begin wrote nothing, and holds nothing', async () => {
    await names()
    const gate = new Gate()
    const held = Array.from({ length: connections[database.name] }, () => {
      const begun = new Gate()
      const done = prisma.$transaction(
        async (tx) => {
          await tx.director.count()
          await begun.pass(() => undefined)
          await gate.pass(() => undefined)
        },
        { timeout: 20_000, maxWait: 20_000 },
      )
      return { begun, done }
    })
    for (const { begun } of held) {
      await begun.reached
      begun.open()
    }
    const late = prisma.$transaction((tx) => tx.genre.update(rename('Never')), { maxWait: 50 })
    await expect(late).rejects.toMatchObject({ code: 'P2028' })
    gate.open()
    await Promise.all(held.map(({ done }) => done))
    expect(await names()).toEqual(['Drama', 'Comedy'])
    expect(await costOfRead()).toBe(0)
  })

  describe('hazard 17: a connection that is killed at the COMMIT', () => {
    beforeEach(({ skip }) => {
      skip(!['postgres', 'mariadb'].includes(database.name), 'it has no server')
    })

    /** Ends the connections of this database that have a transaction open. */
    async function kill(): Promise<void> {
      if (database.name === 'postgres') {
        await database.sql(`select pg_terminate_backend(pid) from pg_stat_activity
          where datname = current_database() and pid <> pg_backend_pid() and xact_start is not null`)
        return
      }
      const ofTransactions = `select p.id as id from information_schema.innodb_trx t
        join information_schema.processlist p on p.id = t.trx_mysql_thread_id
        where p.db = database()`
      let open: readonly { id: number }[] = []
      await eventually(
        'the transaction is listed',
        async () => {
          open = await database.sql<{ id: number }>(ofTransactions)
          return open.length > 0
        },
        // The list is made anew only for who comes a tenth of a second after the last who read it.
        { everyMs: 200 },
      )
      for (const { id } of open) await database.sql(`kill ${id}`)
      await eventually('its connection is gone', async () => {
        const rows = await database.sql<{ id: number }>(
          'select id from information_schema.processlist',
        )
        return !rows.some(({ id }) => open.some((killed) => killed.id === id))
      })
    }

    const kinds: Readonly<Record<string, () => Promise<unknown>>> = {
      'an interactive transaction': () =>
        prisma.$transaction((tx) => tx.genre.update(rename('Lost'))),
      'a batch': () =>
        prisma.$transaction([prisma.genre.update(rename('Lost')), prisma.genre.count()]),
      'a nested write': () =>
        prisma.genre.update({
          where: { id: 1 },
          data: { name: 'Lost', films: { create: { title: 'Lost' } } },
        }),
    }

    it.each(Object.entries(kinds))('before it arrives, of %s', async (_name, write) => {
      await names()
      between.statement = async (sql, send) => {
        if (/^commit$/i.test(sql)) await kill()
        return send()
      }
      await expect(write()).rejects.toThrow(/clos|terminat|kill|abort|connection|gone/i)
      delete between.statement
      const actual = await database.sql<{ name: string }>('select name from genres order by id')
      expect(actual.map(({ name }) => name)).toEqual(['Drama', 'Comedy'])
      // The driver may hand out the dead connection before it notices.
      expect(await names().catch(names).catch(names)).toEqual(['Drama', 'Comedy'])
    })

    it.each(Object.entries(kinds))('before its answer arrives, of %s', async (_name, write) => {
      await names()
      between.statement = async (sql, send) => {
        const answer = await send()
        if (!/^commit$/i.test(sql)) return answer
        throw new Error('Connection terminated unexpectedly')
      }
      await expect(write()).rejects.toThrow('Connection terminated')
      delete between.statement
      expect(await names()).toEqual(['Lost', 'Comedy'])
      expect(cache.metrics().unknownOutcomes).toBeGreaterThan(0)
    })
  })
})
