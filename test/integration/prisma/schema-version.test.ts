import { createTidemark, type Tidemark } from '@tidemark/core'
import { withCache } from '@tidemark/prisma'
import { expect, it } from 'vitest'
import { describeDatabase } from '../../support/databases.ts'

describeDatabase('pglite', 'hazard 48: the version of a Prisma schema', (database) => {
  async function versionsIn(cache: Tidemark) {
    const client = new database.PrismaClient({ adapter: database.prismaAdapter() })
    const prisma = withCache(client, cache)
    await prisma.film.findMany({ cache: { ttl: '1m' } })
    await prisma.genre.findMany({ cache: { ttl: '1m', tags: ['genres'] } })
    const { keys } = await cache.keysByTag({ table: 'films' })
    const ofGenres = (await cache.keysByTag('genres')).keys
    await client.$disconnect()
    return [...keys, ...ofGenres].map(({ schemaVersion, database }) => ({
      schemaVersion,
      database,
    }))
  }

  it('is part of every key by itself', async () => {
    await using cache = createTidemark()
    const versions = await versionsIn(cache)
    expect(versions.length).toBe(2)
    for (const { schemaVersion, database } of versions) {
      expect(schemaVersion).toMatch(/^[\w-]{12}$/)
      expect(database).toBe('')
    }
    await using again = createTidemark()
    expect(await versionsIn(again)).toEqual(versions)
  })

  it('is what it is said to be', async () => {
    await using cache = createTidemark({ schemaVersion: '42' })
    const own = { schemaVersion: '42', database: '' }
    expect(await versionsIn(cache)).toEqual([own, own])
  })
})
