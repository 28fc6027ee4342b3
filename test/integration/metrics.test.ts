import { createTidemark, type QueryMetrics, type ReadEvent, type WriteEvent } from '@tidemark/core'
import { cached, withCache } from '@tidemark/kysely'
import { withCache as withPrismaCache } from '@tidemark/prisma'
import { sql } from 'kysely'
import { expect, it } from 'vitest'
import { describeEachDatabase } from '../support/databases.ts'

const sum = (counts: Readonly<Partial<Record<string, number>>>) =>
  Object.values(counts).reduce<number>((total, count) => total + (count ?? 0), 0)

describeEachDatabase('metrics', (database) => {
  it('add up for both adapters, whatever comes of what is asked at the same time', async () => {
    const cache = createTidemark({ staleWhileRevalidate: '1m', memory: { maxEntryBytes: '2kb' } })
    const db = withCache(database.kysely, cache, { cacheByDefault: true })
    const client = new database.PrismaClient({ adapter: database.prismaAdapter() })
    const prisma = withPrismaCache(client, cache, { cacheByDefault: true })
    await database.sql(`insert into films (title) values ('Alien'), ('Brazil')`)
    const told: ReadEvent[] = []
    const writes: WriteEvent[] = []
    cache.on('read', (event) => told.push(event))
    cache.on('write', (event) => writes.push(event))

    const films = () => db.selectFrom('films').select('title').orderBy('id')
    const film = (id: number) => prisma.film.findUnique({ where: { id } })
    const rename = (title: string) => db.updateTable('films').set({ title })
    /** What is asked, and how many reads and writes of the application it is. */
    const asked: readonly (readonly [
      () => PromiseLike<unknown>,
      reads: number,
      writes?: number,
    ])[] = [
      [() => films().execute(), 1],
      [() => films().execute(), 1],
      [
        () =>
          films()
            .$call(cached({ mode: 'refresh' }))
            .execute(),
        1,
      ],
      [
        () =>
          films()
            .$call(cached({ mode: 'only-if-cached' }))
            .limit(7)
            .execute(),
        1,
      ],
      [() => films().execute({ signal: new AbortController().signal }), 1],
      [() => sql`select title from films`.execute(db), 1],
      [
        () =>
          db
            .selectFrom('films')
            .select('nothing' as 'title')
            .execute(),
        1,
      ],
      [
        () =>
          db
            .selectFrom('films')
            .select(sql.lit('x'.repeat(3000)).as('x'))
            .execute(),
        1,
      ],
      // As one statement.
      [() => Promise.all([film(1), film(2), film(1), film(9)]), 4],
      [() => prisma.film.findUniqueOrThrow({ where: { id: 9 } }), 1],
      [() => prisma.film.count(), 1],
      [() => prisma.$queryRawUnsafe('select title from films'), 1],
      [() => prisma.$transaction([prisma.film.count(), prisma.film.findMany()]), 2],
      [() => rename('Aliens').where('id', '=', 1).execute(), 0, 1],
      [() => prisma.film.update({ where: { id: 2 }, data: { title: 'Brazil!' } }), 0, 1],
      [() => prisma.film.update({ where: { id: 9 }, data: { title: 'None' } }), 0, 1],
      [() => cache.getOrLoad('rates:EUR', () => 1), 1],
      [() => cache.get('rates:USD'), 1],
      [() => cache.explain(films()), 0],
      [() => cache.explain(film(1)), 0],
      [() => cache.invalidate({ tables: ['films'] }), 0],
    ]
    const all = [...asked, ...asked, ...asked]
    await Promise.all(all.map(([ask]) => Promise.resolve(ask()).catch(() => undefined)))
    await db.transaction().execute(async (trx) => {
      await trx.selectFrom('films').selectAll().execute()
      await trx.updateTable('films').set({ title: 'Trx' }).execute()
    })
    await cache.close()
    await films().execute()
    await client.$disconnect()

    const { queries, totals } = cache.metrics()
    for (const each of queries.filter(({ kind }) => kind === 'read')) {
      expect([each.fingerprint, partsOf(each)]).toEqual([each.fingerprint, each.calls])
      expect(each.hit.count).toBe(sum(each.hits))
    }
    const count = (of: 1 | 2) => all.reduce((total, each) => total + (each[of] ?? 0), 0)
    const { calls, hits, misses, bypasses } = totals.reads
    expect([calls, hits + misses + bypasses, told.length]).toEqual([
      ...[count(1) + 2, count(1) + 2, count(1) + 2],
    ])
    // On the one connection of SQLite's driver a rollback may undo what others have written.
    const rollbacks = queries.find(({ fingerprint }) => fingerprint.startsWith('$transaction'))
    const written = count(2) + 1 + (rollbacks?.calls ?? 0)
    expect([totals.writes.calls, writes.length]).toEqual([written, written])
    expect(totals.load.count).toBeGreaterThanOrEqual(totals.writes.calls)
  })

  it('say of a write why it made everything old when it did, and else nothing', async () => {
    await using cache = createTidemark()
    const db = withCache(database.kysely, cache)
    const client = new database.PrismaClient({ adapter: database.prismaAdapter() })
    const prisma = withPrismaCache(client, cache)
    const reasons = () =>
      cache.metrics().queries.flatMap(({ opaqueBecause }) => opaqueBecause ?? [])
    // When they are planned first the catalogue is not known yet; when they run it is.
    await db.updateTable('films').set({ title: 'Aliens' }).execute()
    await prisma.genre.create({ data: { name: 'Drama' } })
    expect(reasons()).toEqual([])
    const raw = sql`update films set title = 'Alien'`
    await raw.execute(cached({ tables: ['films'] })(db))
    expect(reasons()).toEqual([])
    await raw.execute(db)
    expect(reasons()).toEqual([expect.stringMatching(/its text/)])
    await client.$disconnect()
  })
})

function partsOf({ hits, misses, bypasses }: QueryMetrics): number {
  return sum(hits) + sum(misses) + sum(bypasses)
}
