import { createTidemark, type Tidemark } from '@tidemark/core'
import { withCache } from '@tidemark/kysely'
import { withCache as withPrismaCache } from '@tidemark/prisma'
import { ManualClock, SeededRandom, SharedStore } from '@tidemark/testing'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { describeDatabase } from '../support/databases.ts'

describeDatabase(
  'pglite',
  'hazard 48: versions of an application that share a tier',
  (database) => {
    let caches: Tidemark[]
    let join: (schemaVersion?: string) => Tidemark

    beforeEach(async () => {
      caches = []
      const clock = new ManualClock()
      const random = new SeededRandom(1)
      const store = new SharedStore({ clock, random, leaseMs: 10_000 })
      join = (schemaVersion) => {
        const shared = store.connect()
        const versioned = schemaVersion === undefined ? {} : { schemaVersion }
        const cache = createTidemark({ clock, random, shared, maxStaleness: 0, ...versioned })
        caches.push(cache)
        return cache
      }
      await database.sql(`insert into genres (name) values ('Drama')`)
    })

    afterEach(async () => {
      for (const cache of caches) await cache.close()
      await database.sql('alter table genres drop column if exists mood')
    })

    const readerOf = (cache: Tidemark) => {
      const db = withCache(database.kysely, cache, { cacheByDefault: true })
      return () => db.selectFrom('genres').selectAll().execute()
    }

    it('selectAll() of Kysely gives rows of another shape by the same text, and only a version tells', async () => {
      const old = [{ id: 1, name: 'Drama' }]
      expect(await readerOf(join())()).toEqual(old)
      expect(await readerOf(join('1'))()).toEqual(old)
      // A migration by somebody else.
      await database.sql(`alter table genres add column mood text default 'sad'`)
      expect(await readerOf(join())()).toEqual(old)
      expect(await readerOf(join('1'))()).toEqual(old)
      expect(await readerOf(join('2'))()).toEqual([{ ...old[0], mood: 'sad' }])
    })

    it('make old what the others have, through whichever adapter', async () => {
      const client = new database.PrismaClient({ adapter: database.prismaAdapter() })
      const [one, two, ofPrisma] = [join('1'), join('2'), join()]
      // Its version is a hash of its schema.
      const prisma = withPrismaCache(client, ofPrisma, { cacheByDefault: true })
      const db = withCache(database.kysely, two, { cacheByDefault: true })
      const readers = [
        readerOf(one),
        readerOf(two),
        readerOf(ofPrisma),
        () => prisma.genre.findMany(),
      ]
      const names = async () => {
        const all: string[][] = []
        for (const read of readers) all.push((await read()).map(({ name }) => name))
        return all
      }
      const sent = database.statements.mark()
      expect(await names()).toEqual([['Drama'], ['Drama'], ['Drama'], ['Drama']])
      const loads = sent().length
      await names()
      expect(sent()).toHaveLength(loads)
      await prisma.genre.updateMany({ data: { name: 'Noir' } })
      expect(await names()).toEqual([['Noir'], ['Noir'], ['Noir'], ['Noir']])
      await db.updateTable('genres').set({ name: 'Western' }).execute()
      expect(await names()).toEqual([['Western'], ['Western'], ['Western'], ['Western']])
      await client.$disconnect()
    })
  },
)
