import { setImmediate as nextTurn } from 'node:timers/promises'
import { createTidemark, type Tidemark } from '@tidemark/core'
import { type CachedClient, withCache } from '@tidemark/prisma'
import { Gate } from '@tidemark/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { PrismaClient } from '../../../prisma/generated/client.ts'
import { describeEachDatabase } from '../../support/databases.ts'
import { type Interposition, interpose } from './interposed-adapter.ts'
import { costOfRollback, fillLibrary, hasLists, nestsTransactions } from './library.ts'

describeEachDatabase('Prisma transactions', (database) => {
  let cache: Tidemark
  let base: PrismaClient
  let prisma: CachedClient<PrismaClient>
  let between: Interposition

  beforeEach(async () => {
    between = {}
    cache = createTidemark()
    base = new database.PrismaClient({ adapter: interpose(database.prismaAdapter(), between) })
    prisma = withCache(base, cache)
    await fillLibrary(base)
  })
  afterEach(() => Promise.all([base.$disconnect(), cache.close()]))

  const genres = () => prisma.genre.findMany({ orderBy: { id: 'asc' }, cache: {} })
  const names = async () => (await genres()).map(({ name }) => name)
  const rename = { where: { id: 1 }, data: { name: 'Tragedy' } }

  /** The number of statements that a read of the genres costs: none where it is a hit. */
  async function costOfRead(): Promise<number> {
    const sent = database.statements.mark()
    await genres()
    return sent().length
  }

  describe('interactive', () => {
    it('make nothing old before the commit', async () => {
      await genres()
      await prisma.$transaction(async (tx) => {
        await tx.genre.update(rename)
        expect(await costOfRead()).toBe(0)
      })
      expect(await names()).toEqual(['Tragedy', 'Comedy'])
    })

    it('make everything new that was written in them, raw statements included', async () => {
      await genres()
      await prisma.$transaction(async (tx) => {
        await tx.$executeRaw`UPDATE genres SET name = 'Raw' WHERE id = 2`
      })
      expect(await names()).toEqual(['Drama', 'Raw'])
    })

    it('that only read move nothing', async () => {
      await genres()
      await prisma.$transaction((tx) => tx.genre.findMany({ cache: {} }))
      expect(await costOfRead()).toBe(0)
    })

    it('that are rolled back move nothing, whatever was written', async () => {
      await genres()
      const write = prisma.$transaction(async (tx) => {
        await tx.$executeRaw`DELETE FROM films`
        await tx.genre.deleteMany()
        throw new Error('abandon')
      })
      await expect(write).rejects.toThrow('abandon')
      expect(await costOfRead()).toBe(costOfRollback(database))
    })

    it('of a client that is not cached count as well', async () => {
      await genres()
      await base.$transaction((tx) => tx.genre.update(rename))
      expect(await names()).toEqual(['Tragedy', 'Comedy'])
    })

    it('send what is called in one tick in that order, raw queries too', async () => {
      const seen = await prisma.$transaction(async (tx) => {
        const count = () => tx.genre.count({ where: { name: 'Tragedy' } })
        const raw = (name: string) => tx.$executeRaw`UPDATE genres SET name = ${name} WHERE id = 1`
        const [before, , between, , after] = await Promise.all([
          ...[
            count(),
            raw('Tragedy'),
            count(),
            tx.genre.update({ ...rename, data: { name: 'Drama' } }),
          ],
          count(),
        ])
        return [before, between, after]
      })
      expect(seen).toEqual([0, 1, 0])
    })

    it('whose writes run at once count as well', async () => {
      await genres()
      await prisma.$transaction((tx) =>
        Promise.all([tx.genre.update(rename), tx.genre.create({ data: { name: 'Noir' } })]),
      )
      expect(await names()).toEqual(['Tragedy', 'Comedy', 'Noir'])
    })

    it('hold the marks from before the commit until its answer', async ({ skip }) => {
      skip(database.name === 'pglite', 'its one connection is held by the transaction')
      await genres()
      const gate = new Gate()
      between.statement = async (sql, send) => {
        const answer = await send()
        return /^commit$/i.test(sql) ? gate.pass(() => answer) : answer
      }
      const write = prisma.$transaction((tx) => tx.genre.update(rename))
      await gate.reached
      expect(await names()).toEqual(['Tragedy', 'Comedy'])
      expect(await costOfRead()).toBe(1)
      gate.open()
      await write
      expect(await names()).toEqual(['Tragedy', 'Comedy'])
      expect(await costOfRead()).toBe(0)
    })

    it('make new what a write that nobody waited for still changed', async () => {
      await genres()
      const late: Promise<unknown>[] = []
      const write = prisma.$transaction(async (tx) => {
        await tx.director.update({ where: { id: 1 }, data: { name: 'Agnès' } })
        late.push(Promise.allSettled([tx.genre.update(rename)]))
      })
      await Promise.all([write, ...late])
      await Promise.all(late)
      expect(await genres()).toEqual(await base.genre.findMany({ orderBy: { id: 'asc' } }))
    })

    it('that have ended refuse what comes later, and lock nothing for it', async () => {
      let kept: Pick<PrismaClient, 'genre'> | undefined
      await prisma.$transaction(async (tx) => {
        await tx.director.count()
        kept = tx as never
      })
      await genres()
      await expect(kept!.genre.update(rename)).rejects.toMatchObject({ code: 'P2028' })
      expect(await costOfRead()).toBe(0)
    })

    it('that ran out of time are settled: nothing was written', async () => {
      await genres()
      const write = prisma.$transaction(
        async (tx) => {
          await tx.genre.update(rename)
          // Until Prisma has rolled it back, a query goes through; then it is refused.
          for (;;) {
            await tx.director.count()
            // PGlite leaves no turn to timers.
            await nextTurn()
          }
        },
        { timeout: 50 },
      )
      await expect(write).rejects.toMatchObject({ code: 'P2028' })
      expect(await names()).toEqual(['Drama', 'Comedy'])
      expect(await costOfRead()).toBe(0)
    })

    it('that fail at the commit are settled where the database said no', async ({ skip }) => {
      skip(database.name === 'pglite', 'its Prisma adapter reports a failed commit as done')
      skip(database.name !== 'postgres', 'no constraint can be made to wait for the commit')
      await database.sql(
        'alter table films alter constraint films_genre_id_fkey deferrable initially deferred',
      )
      await genres()
      const write = prisma.$transaction(
        (tx) => tx.$executeRaw`UPDATE films SET genre_id = 99 WHERE id = 1`,
      )
      await expect(write).rejects.toThrow('ForeignKeyConstraintViolation')
      await genres()
      expect(await costOfRead()).toBe(0)
      await database.sql('alter table films alter constraint films_genre_id_fkey not deferrable')
    })
  })

  describe('nested', () => {
    beforeEach(({ skip }) => {
      skip(database.name === 'pglite', 'its Prisma adapter has no savepoints')
      skip(!nestsTransactions, 'Prisma has them since 7.5')
    })

    it('make everything new at the outermost commit, and nothing before', async () => {
      await genres()
      await prisma.$transaction(async (tx) => {
        await tx.$transaction(async (inner) => {
          await inner.genre.update(rename)
        })
        expect(await costOfRead()).toBe(0)
        await tx.director.update({ where: { id: 1 }, data: { name: 'Agnès' } })
      })
      expect(await names()).toEqual(['Tragedy', 'Comedy'])
    })

    it('read past the cache at every depth', async () => {
      await genres()
      await prisma.$transaction(async (tx) => {
        await tx.genre.update(rename)
        await tx.$transaction(async (inner) => {
          const [first] = await inner.genre.findMany({ orderBy: { id: 'asc' }, cache: {} })
          expect(first?.name).toBe('Tragedy')
        })
      })
    })

    it('that are rolled back to their savepoint leave the outer one to commit', async () => {
      await genres()
      await prisma.$transaction(async (tx) => {
        const inner = tx.$transaction(async (inner) => {
          await inner.genre.deleteMany()
          throw new Error('abandon')
        })
        await expect(inner).rejects.toThrow('abandon')
        await tx.genre.update(rename)
      })
      expect(await names()).toEqual(['Tragedy', 'Comedy'])
    })

    it('are forgotten with the outer one', async () => {
      await genres()
      const write = prisma.$transaction(async (tx) => {
        await tx.$transaction((inner) => inner.genre.deleteMany())
        throw new Error('abandon')
      })
      await expect(write).rejects.toThrow('abandon')
      expect(await costOfRead()).toBe(costOfRollback(database))
    })
  })

  describe('batches', () => {
    it('make everything new that was written in them', async () => {
      await genres()
      await prisma.director.findMany({ cache: {} })
      await prisma.$transaction([
        prisma.genre.update(rename),
        prisma.director.deleteMany(),
        prisma.$executeRaw`INSERT INTO genres (name) VALUES ('Raw')`,
      ])
      expect(await names()).toEqual(['Tragedy', 'Comedy', 'Raw'])
      expect(await prisma.director.findMany({ cache: {} })).toEqual([])
    })

    it('of one are a batch too', async () => {
      await genres()
      await prisma.$transaction([prisma.genre.update(rename)])
      expect(await names()).toEqual(['Tragedy', 'Comedy'])
    })

    it('answer with what they would without a cache', async () => {
      const run = async (client: PrismaClient) =>
        client.$transaction([
          client.genre.findMany({ orderBy: { id: 'asc' } }),
          client.film.findUnique({ where: { id: 1 } }),
          client.film.count(),
          client.film.groupBy({ by: ['genreId'], orderBy: { genreId: 'asc' }, _count: true }),
        ])
      expect(await run(prisma as unknown as PrismaClient)).toEqual(await run(base))
    })

    it('hold the marks of all members from before the first until the commit', async ({ skip }) => {
      skip(database.name === 'pglite', 'its one connection is held by the transaction')
      await genres()
      const gate = new Gate()
      between.statement = async (sql, send) => {
        const answer = await send()
        return /^commit$/i.test(sql) ? gate.pass(() => answer) : answer
      }
      const write = prisma.$transaction([prisma.genre.update(rename), prisma.genre.count()])
      await gate.reached
      expect(await names()).toEqual(['Tragedy', 'Comedy'])
      expect(await costOfRead()).toBe(1)
      gate.open()
      await write
      await genres()
      expect(await costOfRead()).toBe(0)
    })

    it('that an extension made of a read, for row-level security, are answered by the database', async ({
      skip,
    }) => {
      skip(!hasLists(database), 'row-level security is PostgreSQL’s')
      const secured = withCache(
        base.$extends({
          query: {
            $allModels: {
              async $allOperations({ args, query }) {
                const [, result] = await base.$transaction([
                  base.$executeRaw`SELECT set_config('app.tenant', 'a', true)`,
                  query(args),
                ])
                return result
              },
            },
          },
        }),
        cache,
      )
      for (let round = 0; round < 2; round += 1) {
        const sent = database.statements.mark()
        expect(await secured.genre.findMany({ cache: {} })).toHaveLength(2)
        expect(sent().some((sql) => sql.includes('set_config'))).toBe(true)
      }
      await genres()
      await secured.genre.update(rename)
      expect(await names()).toEqual(['Tragedy', 'Comedy'])
    })
  })

  describe('of several callers in one tick', () => {
    const ticketOf = async (work: () => PromiseLike<unknown>) =>
      (await cache.withTicket(work)).ticket

    it('give each a ticket for its own writes, though Prisma sends all for the first of them', async () => {
      const [expected, none] = await Promise.all([
        ticketOf(() => cache.invalidate({ tables: ['genres'] })),
        ticketOf(genres),
      ])
      const write = () => base.$transaction([base.genre.update(rename), base.genre.count()])
      const read = () => prisma.$transaction([prisma.director.count(), prisma.director.findMany()])
      expect(await Promise.all([ticketOf(read), ticketOf(write)])).toEqual([none, expected])
      const [, ticket] = await Promise.all([
        base.genre.findUnique({ where: { id: 1 } }),
        ticketOf(write),
      ])
      expect(ticket).toBe(expected)
      expect(await Promise.all([ticketOf(write), write()])).toMatchObject([
        expected,
        [rename.data, 2],
      ])
    })
  })
})
