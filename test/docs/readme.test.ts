import { expect, it } from 'vitest'
import { describeEachDatabase } from '../support/databases.ts'
import { run as runKysely } from './snippets/readme-kysely.ts'
import { run as runPrisma } from './snippets/readme-prisma.ts'
import { bind, useMethods } from './snippets/readme.ts'

describeEachDatabase('the code that the README shows', (database) => {
  it('runs with Kysely, and the write makes the read new', async () => {
    await database.kysely.insertInto('films').values({ title: 'Old title' }).execute()
    const { cache, film } = await runKysely(database.kysely)
    expect(film?.title).toBe('Old title')
    const { queries } = cache.metrics()
    expect(queries.find(({ fingerprint }) => fingerprint.includes('films'))).toMatchObject({
      misses: { absent: 1 },
    })
    await cache.close()
  })

  it('runs with Prisma, and the nested write makes the read new', async () => {
    await database.kysely.insertInto('directors').values({ id: 7, name: 'Someone' }).execute()
    await database.kysely
      .insertInto('films')
      .values({ title: 'Old title', director_id: 7 })
      .execute()
    const { cache, prisma, film } = await runPrisma(database.prismaAdapter(), database.PrismaClient)
    expect(film?.title).toBe('Old title')
    const again = await prisma.film.findUnique({
      where: { id: 1 },
      include: { director: true, reviews: true },
      cache: { ttl: '1m' },
    })
    expect(again?.title).toBe('Dune')
    await cache.close()
    await prisma.$disconnect()
  })

  it('runs with both on one cache, by which a write through one is seen by the other', async () => {
    const { cache, db, prisma } = bind(
      database.kysely,
      database.prismaAdapter(),
      database.PrismaClient,
    )
    const count = () => prisma.film.count({ cache: {} })
    expect(await count()).toBe(0)
    await db.insertInto('films').values({ title: 'Alien' }).execute()
    expect(await count()).toBe(1)
    await useMethods(cache, db.selectFrom('films').selectAll())
    expect(await count()).toBe(1)
    expect((await cache.health()).warnings.join()).toContain('the cache is closed')
    await prisma.$disconnect()
  })
})
