import { makeTypedQueryFactory, type TypedSql } from '@prisma/client/runtime/client'
import { createTidemark, type Tidemark } from '@tidemark/core'
import { cached, type CachedClient, withCache } from '@tidemark/prisma'
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { Prisma } from '../../../prisma/generated/client.ts'
import { describeEachDatabase } from '../../support/databases.ts'
import {
  addFeatures,
  type FeaturesClient,
  type FeaturesClientClass,
} from '../../support/features.ts'

describeEachDatabase('Raw queries of Prisma', (database) => {
  let Client: FeaturesClientClass
  let cache: Tidemark
  let base: FeaturesClient
  let prisma: CachedClient<FeaturesClient>

  beforeAll(async () => {
    Client = await addFeatures(database)
  })
  beforeEach(async () => {
    cache = createTidemark()
    base = new Client({ adapter: database.prismaAdapter() })
    prisma = withCache(base, cache)
    await base.author.createMany({ data: [{ name: 'Ada' }, { name: 'Bob' }] })
    await base.post.createMany({
      data: [
        { title: 'One', authorId: 1, reads: 9007199254740993n, price: '1.50', published: true },
        { title: 'Two', authorId: 1, cover: Uint8Array.of(0, 255), writtenAt: new Date(0) },
        { title: 'Three', authorId: 2 },
      ],
    })
  })
  afterEach(() => Promise.all([base.$disconnect(), cache.close()]))

  const placeholder = (index: number) =>
    ['mariadb', 'sqlite'].includes(database.name) ? '?' : `$${index}`
  /** As `prisma generate --sql` writes it: that needs an engine which closed networks cannot download. */
  const postsOf = (...values: [author: number, title: string]) =>
    makeTypedQueryFactory(
      `SELECT id, title FROM posts WHERE author_id = ${placeholder(1)} AND title <> ${placeholder(2)} ORDER BY id`,
    )(...values) as unknown as TypedSql<[number, string], { id: number; title: string }>
  const otherPostsOf = (...values: [author: number, title: string]) =>
    makeTypedQueryFactory(
      `SELECT id, title FROM posts WHERE author_id <> ${placeholder(1)} AND title <> ${placeholder(2)} ORDER BY id`,
    )(...values) as unknown as TypedSql<[number, string], { id: number; title: string }>

  /** How many statements a call costs. */
  async function cost(run: () => Promise<unknown>): Promise<number> {
    const sent = database.statements.mark()
    await run()
    return sent().length
  }

  describe('typed queries', () => {
    it('hazard 43: have answers of their own, by SQL and by parameters', async () => {
      const queries = [
        postsOf(1, 'One'),
        postsOf(1, 'Two'),
        postsOf(2, 'One'),
        otherPostsOf(1, 'One'),
      ]
      for (let round = 0; round < 2; round += 1) {
        for (const query of queries) {
          const got = await prisma.$queryRawTyped(cached(query, { tables: ['posts'] }))
          expect(got).toStrictEqual(await base.$queryRawTyped(query))
        }
      }
      expect(cache.metrics().memory.entries).toBe(4)
    })

    it('are hits while their tables are not written, and new afterwards', async () => {
      const read = () => prisma.$queryRawTyped(cached(postsOf(1, ''), { tables: ['posts'] }))
      await read()
      expect(await cost(read)).toBe(0)
      await prisma.tag.create({ data: { name: 'x' } })
      expect(await cost(read)).toBe(0)
      await prisma.post.update({ where: { id: 1 }, data: { title: 'Uno' } })
      expect((await read())[0]).toMatchObject({ title: 'Uno' })
      await prisma.author.delete({ where: { id: 1 } })
      expect(await read()).toEqual([])
    })

    it('are not cached without a hint, whatever the policy', async () => {
      const eager = withCache(base, createTidemark(), { cacheByDefault: true })
      expect(await cost(() => eager.$queryRawTyped(postsOf(1, '')))).toBe(1)
      expect(await cost(() => eager.$queryRawTyped(postsOf(1, '')))).toBe(1)
    })
  })

  describe('a raw read with a hint', () => {
    const posts = () =>
      prisma.$queryRaw(
        cached(Prisma.sql`SELECT * FROM posts WHERE author_id = ${1} ORDER BY id`, {
          tables: ['posts'],
        }),
      )

    it('comes back as the database gave it, types included', async () => {
      const expected = await base.$queryRaw`SELECT * FROM posts WHERE author_id = ${1} ORDER BY id`
      for (let round = 0; round < 3; round += 1) expect(await posts()).toStrictEqual(expected)
      expect(cache.metrics().queries[0]).toMatchObject({ hits: { memory: 2 } })
    })

    it('is shown by its SQL, without literals', async () => {
      await prisma.$queryRaw(
        cached(Prisma.sql`SELECT title FROM posts WHERE title = 'secret'`, { tables: ['posts'] }),
      )
      const shapes = cache.metrics().queries.map(({ fingerprint }) => fingerprint)
      expect(shapes).toContain('$queryRaw select title from posts where title = ?')
    })

    it('is new after a raw write, of a client that is not cached too', async () => {
      await posts()
      await base.$executeRaw`UPDATE posts SET title = 'Uno' WHERE id = 1`
      expect(await posts()).toMatchObject([{ title: 'Uno' }, {}])
    })

    it('takes part in no transaction', async () => {
      await posts()
      const [inBatch] = await prisma.$transaction([posts() as never, prisma.post.count()])
      expect(inBatch).toHaveLength(2)
      await prisma.$transaction(async (tx) => {
        await tx.post.deleteMany()
        const query = Prisma.sql`SELECT * FROM posts WHERE author_id = ${1} ORDER BY id`
        expect(await tx.$queryRaw(cached(query, { tables: ['posts'] }))).toEqual([])
      })
      expect(await posts()).toEqual([])
    })

    it('is not cached where it locks, or answers differently each time', async () => {
      const volatile = Prisma.sql`SELECT id, CURRENT_TIMESTAMP AS at FROM posts`
      const read = () => prisma.$queryRaw(cached(volatile, { tables: ['posts'] }))
      await read()
      expect(await cost(read)).toBe(1)
      expect(cache.metrics().queries[0]?.bypasses).toEqual({ 'volatile-function': 2 })
    })

    it('is not cached unless the hint names its tables', async () => {
      const read = () => prisma.$queryRaw(cached(Prisma.sql`SELECT 1 AS one`, { ttl: '1h' }))
      await read()
      expect(await cost(read)).toBe(1)
      expect(cache.metrics().queries[0]?.bypasses).toEqual({ 'opaque-sql': 2 })
    })

    it('leaves the query that was hinted as it was', async () => {
      const query = Prisma.sql`SELECT id FROM posts`
      cached(query, { tables: ['posts'] })
      await prisma.$queryRaw(query)
      expect(await cost(() => prisma.$queryRaw(query))).toBe(1)
    })
  })

  it('a function that nobody knows is vouched for by naming the tables', async ({ skip }) => {
    skip(database.name === 'sqlite', 'it has no functions of its own making')
    const onMysql = database.name === 'mariadb'
    await database.sql(
      onMysql
        ? 'create function shout(x text) returns text deterministic return upper(x)'
        : 'create function shout(x text) returns text language sql as $$ select upper(x) $$',
    )
    const query = Prisma.sql`SELECT shout(title) AS title FROM posts ORDER BY id`
    await prisma.author.count({ cache: {} })
    const countIsHit = async () => (await cost(() => prisma.author.count({ cache: {} }))) === 0
    await prisma.$queryRaw(query)
    expect(await countIsHit()).toBe(false)
    const read = () => prisma.$queryRaw(cached(query, { tables: ['posts'] }))
    await read()
    expect(await countIsHit()).toBe(true)
    expect(await cost(read)).toBe(0)
    await database.sql(onMysql ? 'drop function shout' : 'drop function shout(text)')
  })

  describe('a raw write', () => {
    const authors = () => prisma.author.count({ cache: {} })
    const posts = () => prisma.post.count({ cache: {} })

    it('makes everything old without a hint, and what the hint names with one', async () => {
      await Promise.all([authors(), posts()])
      await prisma.$executeRaw`UPDATE posts SET title = 'a'`
      expect([await cost(authors), await cost(posts)]).toEqual([1, 1])
      await prisma.$executeRaw(
        cached(Prisma.sql`UPDATE posts SET title = ${'b'}`, { tables: ['posts'] }),
      )
      expect([await cost(authors), await cost(posts)]).toEqual([0, 1])
      await prisma.$transaction(async (tx) => {
        await tx.$executeRaw(cached(Prisma.sql`DELETE FROM posts`, { tables: ['posts'] }))
      })
      expect([await cost(authors), await posts()]).toEqual([0, 0])
    })

    it('with tags or a key is refused, and not sent', async () => {
      const write = () =>
        prisma.$executeRaw(
          cached(Prisma.sql`DELETE FROM posts`, { tables: ['posts'], tags: ['x'] }),
        )
      await expect(write()).rejects.toThrow('hint.tags: expected on a raw query that reads')
      const named = () =>
        prisma.$executeRaw(cached(Prisma.sql`DELETE FROM posts`, { tables: ['posts'], key: 'x' }))
      await expect(named()).rejects.toThrow('hint.key: expected on a raw query that reads')
      expect(await base.post.count()).toBe(3)
    })
  })

  it('a value that its class turns into JSON arrives as it does without a cache', async () => {
    const title = { toJSON: () => 'One' }
    const sql = Prisma.sql`SELECT id FROM posts WHERE title = ${title}`
    const expected = await base.$queryRaw(sql)
    expect(expected).toHaveLength(1)
    expect(await prisma.$queryRaw(sql)).toStrictEqual(expected)
    expect(await prisma.$queryRaw(cached(sql, { tables: ['posts'] }))).toStrictEqual(expected)
  })

  it.each([null, 'SELECT 1', {}, [1]])('only a query can have a hint, not %o', (query) => {
    expect(() => cached(query as never, { tables: ['posts'] })).toThrow(
      /^query: expected what Prisma.sql or a typed query returns, got /,
    )
  })
})
