import { createTidemark, type Tidemark } from '@tidemark/core'
import { type CachedClient, withCache } from '@tidemark/prisma'
import { Gate } from '@tidemark/testing'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { Prisma, type PrismaClient } from '../../../prisma/generated/client.ts'
import { describeEachDatabase } from '../../support/databases.ts'
import { interpose, type Interposition } from './interposed-adapter.ts'

describeEachDatabase(
  'A write by Prisma that gives back its row',
  (database) => {
    let cache: Tidemark
    let base: PrismaClient
    let prisma: CachedClient<PrismaClient>
    let between: Interposition

    beforeEach(async () => {
      between = {}
      cache = createTidemark()
      base = new database.PrismaClient({ adapter: interpose(database.prismaAdapter(), between) })
      prisma = withCache(base, cache, { tables: { films: { writeThrough: true } } })
      const details = { imdbRating: new Prisma.Decimal('7.5'), poster: Buffer.from([1, 2]) }
      await base.film.create({ data: { title: 'Alien', budget: 2n ** 40n, ...details } })
      await base.film.create({ data: { title: 'Heat', releasedOn: new Date('1995-12-15') } })
      await read()
    })
    afterEach(() => Promise.all([base.$disconnect(), cache.close()]))

    const read = (id = 1) => prisma.film.findUnique({ where: { id } })

    /** Reads without asking the database, and says whether that was possible and right. */
    async function hit(id = 1) {
      const sent = database.statements.mark()
      const found = await read(id)
      const wasAsked = sent().length > 0
      const orThrow = await prisma.film.findUniqueOrThrow({ where: { id } })
      const uncached = new database.PrismaClient({ adapter: database.prismaAdapter() })
      const truth = await uncached.film.findUnique({ where: { id } })
      await uncached.$disconnect()
      expect(found).toStrictEqual(truth)
      expect(orThrow).toStrictEqual(truth)
      return !wasAsked
    }

    it('makes the next read of the row a hit', async () => {
      const written = await prisma.film.update({ where: { id: 1 }, data: { title: 'Aliens' } })
      expect(await hit()).toBe(true)
      expect(await read()).toStrictEqual(written)
      await prisma.film.update({ where: { id: 2 }, data: { imdbVotes: { increment: 1 } } })
      expect(await hit(2)).toBe(true)
      expect(await hit()).toBe(false)
    })

    it('also where it creates it', async () => {
      const { id } = await prisma.film.create({ data: { title: 'New' } })
      expect(await hit(id)).toBe(true)
      await prisma.film.upsert({
        where: { id },
        create: { title: 'No' },
        update: { title: 'Newer' },
      })
      expect(await hit(id)).toBe(true)
      const other = await prisma.film.upsert({
        ...{ where: { id: 99 }, create: { title: 'Created' }, update: { title: 'No' } },
      })
      expect(await hit(other.id)).toBe(true)
    })

    it('leaves nothing of a part of the row, of relations, of another key, or of a transaction', async () => {
      const where = { id: 1 }
      for (const write of [
        () =>
          prisma.film.update({ where, data: { title: 'A' }, select: { id: true, title: true } }),
        () => prisma.film.update({ where, data: { title: 'B' }, include: { director: true } }),
        () => prisma.film.update({ where, data: { title: 'C' }, omit: { poster: true } }),
        () => prisma.film.update({ where, data: { director: { create: { name: 'Scott' } } } }),
        () => prisma.$transaction([prisma.film.update({ where, data: { title: 'D' } })]),
        () => prisma.$transaction((tx) => tx.film.update({ where, data: { title: 'E' } })),
        () => prisma.film.updateMany({ where, data: { title: 'F' } }),
      ]) {
        await read()
        await write()
        expect(await hit(), String(write)).toBe(false)
      }
      await prisma.film.update({ where, data: { id: 50 } })
      expect(await hit(50)).toBe(false)
    })

    it('leaves nothing where it was not asked for, and where the client computes fields', async () => {
      const plain = withCache(base, cache, { cacheByDefault: true })
      await plain.film.update({ where: { id: 1 }, data: { title: 'A' } })
      expect(await hit()).toBe(false)
      const computing = prisma.$extends({
        result: { film: { loud: { needs: { title: true }, compute: ({ title }) => `${title}!` } } },
      })
      await computing.film.update({ where: { id: 1 }, data: { title: 'B' } })
      expect((await computing.film.findUnique({ where: { id: 1 } }))?.loud).toBe('B!')
      expect((await computing.film.findUnique({ where: { id: 1 } }))?.loud).toBe('B!')
    })

    it('leaves nothing where another writer of the table was at work meanwhile', async () => {
      const gate = new Gate()
      let isHeld = false
      between.statement = async (text, send) => {
        const answer = await send()
        if (isHeld || !/^\s*update/i.test(text)) return answer
        isHeld = true
        return gate.pass(() => answer)
      }
      // It begins when somebody waits for it.
      const write = Promise.resolve(
        prisma.film.update({ where: { id: 1 }, data: { title: 'Aliens' } }),
      )
      await gate.reached
      await cache.invalidate({ tables: ['films'] })
      gate.open()
      await write
      expect(await hit()).toBe(false)
    })
  },
  { except: { mariadb: 'primary keys are not read from its catalogue' } },
)
