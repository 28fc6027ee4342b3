import { randomBytes } from 'node:crypto'
import { makeTypedQueryFactory, type TypedSql } from '@prisma/client/runtime/client'
import { createTidemark, type Tidemark } from '@tidemark/core'
import { withCache } from '@tidemark/prisma'
import { cached } from '@tidemark/kysely'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { describeDatabase, describeEachDatabase } from '../support/databases.ts'
import { addFeatures, type FeaturesClientClass } from '../support/features.ts'
import { RedisServer } from '../support/redis-server.ts'
import { Harness } from '../unit/core/harness.ts'
import { make } from './snippets/package-core.ts'
import { withParser } from './snippets/package-kysely-parser.ts'
import { read as readWithKysely } from './snippets/package-kysely.ts'
import { read as readWithPrisma } from './snippets/package-prisma.ts'
import { encrypted, share } from './snippets/package-redis.ts'
import { readRaw, withViews } from './snippets/prisma-raw.ts'

/** That pages show these snippets as they stand is for test/unit/docs to say. */
function hitsOf(cache: Tidemark): number {
  const { queries } = cache.metrics()
  return queries.reduce((sum, { hits }) => sum + (hits.memory ?? 0), 0)
}

it('the code of the README of core runs', async () => {
  const cache = make()
  const harness = new Harness({ cache })
  await harness.read(() => 1)
  expect(await harness.read(() => 2)).toBe(1)
  await cache.close()
})

describeEachDatabase('the code of READMEs and of docs/prisma.md', (database) => {
  let Client: FeaturesClientClass

  beforeAll(async () => {
    Client = await addFeatures(database)
  })

  it('reads with Kysely, and caches by hint and by policy', async () => {
    await database.kysely.insertInto('films').values({ title: 'Alien' }).execute()
    const { cache, db, films } = await readWithKysely(database.kysely)
    expect(films).toMatchObject([{ title: 'Alien' }])
    for (let time = 0; time < 2; time += 1) await db.selectFrom('genres').selectAll().execute()
    expect(hitsOf(cache)).toBe(1)
    await cache.close()
  })

  it('reads with Prisma, and caches', async () => {
    const { cache, prisma, films } = await readWithPrisma(
      database.prismaAdapter(),
      database.PrismaClient,
    )
    expect(films).toEqual([])
    await prisma.film.findMany({ where: { genreId: 3 }, cache: { ttl: '1m' } })
    expect(hitsOf(cache)).toBe(1)
    await cache.close()
    await prisma.$disconnect()
  })

  it('reads and writes raw SQL by hints', async () => {
    const base = new Client({ adapter: database.prismaAdapter() })
    const cache = createTidemark()
    const prisma = withCache(base, cache)
    const author = await prisma.author.create({ data: { name: 'Ada' } })
    await prisma.post.create({ data: { title: 'One', authorId: author.id } })
    const topPosts = (count: number) =>
      makeTypedQueryFactory(`SELECT title FROM posts LIMIT ${count}`)() as unknown as TypedSql<
        [number],
        { title: string }
      >
    const read = () => readRaw(prisma, topPosts, 1)
    expect(await read()).toEqual({ post: { title: 'One' }, top: [{ title: 'One' }] })
    expect(await read()).toEqual({ post: { title: 'Two' }, top: [{ title: 'Two' }] })
    await cache.close()
    await base.$disconnect()
  })

  it('caches reads of views whose tables it names', async () => {
    const base = new Client({ adapter: database.prismaAdapter() })
    const cache = createTidemark()
    const prisma = withViews(base, cache)
    for (let time = 0; time < 2; time += 1) {
      expect(await prisma.activeAuthor.findMany({ cache: {} })).toEqual([])
    }
    expect(hitsOf(cache)).toBe(1)
    await cache.close()
    await base.$disconnect()
  })
})

describeDatabase('postgres', 'the code about the parser', (database) => {
  it('finds tables in the text of raw SQL', async () => {
    const cache = createTidemark()
    const db = await withParser(database.kysely, cache)
    const read = () => sql<{ title: string }>`select title from films`.execute(cached()(db))
    await read()
    await read()
    expect(hitsOf(cache)).toBe(1)
    await cache.close()
  })
})

describe('the code of the README of redis', () => {
  let server: RedisServer
  beforeAll(async () => {
    server = await RedisServer.start({ password: 'plain' })
  })
  afterAll(() => server.stop())
  const secret = () => randomBytes(32).toString('base64')
  const env = { CACHE_NAMES: secret(), CACHE_KEY: secret(), OLD_CACHE_KEY: secret() }

  it.each([
    ['shares', (url: string) => share(url)],
    ['shares what is encrypted', (url: string) => encrypted(url, env)],
  ])('%s', async (_, open) => {
    const url = `redis://:plain@127.0.0.1:${server.port}`
    const caches = [open(url), open(url)]
    const [one, other] = caches.map((cache) => new Harness({ cache })) as [Harness, Harness]
    const join = async () => {
      await one.read(() => 1)
      await other.read(() => 1)
      expect(other.counts()).toMatchObject({ hits: { shared: 1 } })
    }
    await vi.waitFor(join, { timeout: 5000 })
    await Promise.all(caches.map((cache) => cache.close()))
  })
})
