import { createTidemark, type Tidemark } from '@tidemark/core'
import { type CachedClient, type CacheExtensionOptions, withCache } from '@tidemark/prisma'
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { describeEachDatabase } from '../../support/databases.ts'
import {
  addFeatures,
  type FeaturesClient,
  type FeaturesClientClass,
} from '../../support/features.ts'
import { hasLists } from './library.ts'

describeEachDatabase('Schemas and views of Prisma', (database) => {
  let Client: FeaturesClientClass
  let cache: Tidemark
  let base: FeaturesClient

  beforeAll(async () => {
    Client = await addFeatures(database)
  })
  beforeEach(async () => {
    cache = createTidemark()
    base = new Client({ adapter: database.prismaAdapter() })
    await base.author.createMany({ data: [{ name: 'Ada' }, { name: 'Bob' }] })
    await base.post.create({ data: { title: 'One', authorId: 1, published: true } })
  })
  afterEach(() => Promise.all([base.$disconnect(), cache.close()]))

  const client = (options?: CacheExtensionOptions) => withCache(base, cache, options)

  async function cost(run: () => Promise<unknown>): Promise<number> {
    const sent = database.statements.mark()
    await run()
    return sent().length
  }

  describe('hazard 25: a view', () => {
    const active = (prisma: CachedClient<FeaturesClient>) =>
      prisma.activeAuthor.findMany({ orderBy: { id: 'asc' }, cache: {} })

    it('is cached until one of the tables is written that the catalogue names', async () => {
      const prisma = client()
      await active(prisma)
      expect(await cost(() => active(prisma))).toBe(0)
      await prisma.tag.create({ data: { name: 'x' } })
      expect(await cost(() => active(prisma))).toBe(0)
      await prisma.author.update({ where: { id: 1 }, data: { name: 'Ada L.' } })
      expect(await active(prisma)).toEqual([{ id: 1, name: 'Ada L.', posts: 1n }])
      await prisma.post.updateMany({ data: { published: false } })
      expect(await active(prisma)).toEqual([])
    })

    it('is not cached while nobody has said what is behind it', async () => {
      const prisma = client({ cacheByDefault: true, catalogue: false })
      expect(await active(prisma)).toEqual([{ id: 1, name: 'Ada', posts: 1n }])
      await database.sql(`update posts set published = false`)
      expect(await active(prisma)).toEqual([])
      const shape = cache.metrics().queries.find(({ kind }) => kind === 'read')
      expect(shape?.bypasses).toEqual({ 'opaque-sql': 2 })
    })

    it('is cached until one of the tables is written that the options name', async () => {
      const prisma = client({ views: { ActiveAuthor: ['authors', 'posts'] } })
      await active(prisma)
      expect(await cost(() => active(prisma))).toBe(0)
      await prisma.tag.create({ data: { name: 'x' } })
      expect(await cost(() => active(prisma))).toBe(0)
      await prisma.author.update({ where: { id: 1 }, data: { name: 'Ada L.' } })
      expect(await active(prisma)).toEqual([{ id: 1, name: 'Ada L.', posts: 1n }])
      await prisma.post.create({ data: { title: 'Two', authorId: 2, published: true } })
      expect(await active(prisma)).toHaveLength(2)
      await prisma.author.delete({ where: { id: 1 } })
      expect(await active(prisma)).toEqual([{ id: 2, name: 'Bob', posts: 1n }])
    })

    it('is cached until one of the tables is written that the hint names', async () => {
      const prisma = client()
      const read = () =>
        prisma.activeAuthor.count({ cache: { tables: ['active_authors', 'authors', 'posts'] } })
      expect(await read()).toBe(1)
      expect(await cost(read)).toBe(0)
      await prisma.post.deleteMany()
      expect(await read()).toBe(0)
    })

    it('of PostgreSQL may be named with its schema, as tables may', async ({ skip }) => {
      skip(!hasLists(database), 'schemas are PostgreSQL’s')
      const prisma = client({ views: { ActiveAuthor: ['public.authors', 'public.posts'] } })
      await active(prisma)
      await prisma.post.deleteMany()
      expect(await active(prisma)).toEqual([])
    })
  })

  describe('two tables of one name in two schemas', () => {
    beforeEach(async ({ skip }) => {
      skip(!hasLists(database), 'Prisma has several schemas on PostgreSQL only')
      await base.archivedPost.create({ data: { id: 7, title: 'Old', authorId: 1 } })
    })

    it('have rows and marks of their own', async () => {
      const prisma = client()
      const archived = () => prisma.archivedPost.findMany({ cache: {} })
      const posts = () => prisma.post.findMany({ select: { title: true }, cache: {} })
      expect(await archived()).toEqual([{ id: 7, title: 'Old', authorId: 1 }])
      expect(await posts()).toEqual([{ title: 'One' }])
      await prisma.post.updateMany({ data: { title: 'New' } })
      expect(await cost(archived)).toBe(0)
      expect(await posts()).toEqual([{ title: 'New' }])
      await prisma.archivedPost.updateMany({ data: { title: 'Older' } })
      expect(await cost(posts)).toBe(0)
      expect(await archived()).toMatchObject([{ title: 'Older' }])
    })

    it('are both reached by relations and cascades across schemas', async () => {
      const prisma = client()
      const author = () =>
        prisma.author.findFirst({ select: { posts: true, archived: true }, cache: {} })
      expect(await author()).toMatchObject({ posts: [{}], archived: [{ id: 7 }] })
      await prisma.author.update({
        where: { id: 1 },
        data: { archived: { update: { where: { id: 7 }, data: { title: 'Older' } } } },
      })
      expect(await author()).toMatchObject({ archived: [{ title: 'Older' }] })
      const counts = () =>
        Promise.all([prisma.post.count({ cache: {} }), prisma.archivedPost.count({ cache: {} })])
      expect(await counts()).toEqual([1, 1])
      await prisma.author.deleteMany()
      expect(await counts()).toEqual([0, 0])
    })

    it('are named with their schema in hints, policies and `invalidate`', async () => {
      const prisma = client({ tables: { 'archive.posts': { ttl: '1h' } } })
      const archived = () => prisma.archivedPost.count()
      await archived()
      expect(await cost(archived)).toBe(0)
      await cache.invalidate({ tables: ['archive.posts'] })
      expect(await cost(archived)).toBe(1)
      const posts = () => prisma.post.count()
      await posts()
      expect(await cost(posts)).toBe(1)
    })
  })
})
