import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { addFilm, Tenants } from '../integration/partition/tenants.ts'
import { describeDatabase } from '../support/databases.ts'
import { run as runKysely } from './snippets/partition-kysely.ts'
import { run as runPrisma } from './snippets/partition-prisma.ts'

describeDatabase('postgres', 'the code that the page on partitions shows', (database) => {
  let tenants: Tenants

  beforeAll(async () => {
    tenants = await Tenants.create(database)
  })
  afterAll(() => tenants[Symbol.asyncDispose]())

  beforeEach(async () => {
    await addFilm(database, 1, 'acme', 'Alien')
    await addFilm(database, 2, 'orion', 'Brazil')
  })

  it('keeps tenants apart with Kysely, and caches for each', async () => {
    const { cache, db, films, kysely, tenants: storage } = await runKysely(tenants.pool())
    expect(films).toEqual([{ title: 'Alien' }])
    const read = () => db.selectFrom('films').select('title').execute()
    for (let round = 0; round < 2; round += 1) {
      expect(await storage.run('acme', read)).toEqual([{ title: 'Alien' }])
      expect(await storage.run('orion', read)).toEqual([{ title: 'Brazil' }])
      expect(await read()).toEqual([])
    }
    const [shape] = cache.metrics().queries
    expect(shape).toMatchObject({
      hits: { memory: 3 },
      misses: { absent: 2 },
      bypasses: { 'no-partition': 2 },
    })
    await kysely.destroy()
    await cache.close()
  })

  it('keeps tenants apart with Prisma, and caches for each', async () => {
    const { acme, cache, films, openFor } = await runPrisma(tenants.connection)
    const orion = openFor('orion')
    expect(films).toEqual([{ title: 'Alien' }])
    for (let round = 0; round < 2; round += 1) {
      expect(await acme.film.findMany({ select: { title: true } })).toEqual([{ title: 'Alien' }])
      expect(await orion.film.findMany({ select: { title: true } })).toEqual([{ title: 'Brazil' }])
    }
    const [shape] = cache.metrics().queries
    expect(shape).toMatchObject({ hits: { memory: 3 }, misses: { absent: 2 } })
    await acme.$disconnect()
    await orion.$disconnect()
    await cache.close()
  })
})
