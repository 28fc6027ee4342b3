import { createTidemark, type InvalidationReceipt, type Tidemark } from '@tidemark/core'
import { cached, uncached, withCache } from '@tidemark/kysely'
import { cached as cachedRaw, cacheExtension, withCache as withPrismaCache } from '@tidemark/prisma'
import { Kysely, sql } from 'kysely'
import { describe, expectTypeOf, it } from 'vitest'
import { Prisma, PrismaClient } from '../../prisma/generated/client.ts'
import type { Tables } from '../../prisma/tables.ts'

// Each line below an expected error compiles but for the one thing that is wrong with it.
declare const db: Kysely<Tables>
declare const cache: Tidemark
declare const prisma: PrismaClient
const extended = prisma.$extends(cacheExtension(cache))
const wrapped = withPrismaCache(prisma, cache)
const query = db.selectFrom('films').selectAll()

describe('createTidemark does not compile with', () => {
  it('an option that there is not', () => {
    // @ts-expect-error
    createTidemark({ tll: '5m' })
    // @ts-expect-error
    createTidemark({ memory: { maxByte: '64mb' } })
    // @ts-expect-error
    createTidemark('5m')
    expectTypeOf(createTidemark).parameter(0).not.toBeAny()
  })

  it('an option of another type', () => {
    // @ts-expect-error
    createTidemark({ ttl: '5 minutes' })
    // @ts-expect-error
    createTidemark({ ttl: '5' })
    // @ts-expect-error
    createTidemark({ ttl: 5n })
    // @ts-expect-error
    createTidemark({ ttl: null })
    // @ts-expect-error
    createTidemark({ ttlJitter: '10%' })
    // @ts-expect-error
    createTidemark({ lease: '1w' })
    // @ts-expect-error
    createTidemark({ memory: true })
    // @ts-expect-error
    createTidemark({ memory: { ttlShare: '25%' } })
    // @ts-expect-error
    createTidemark({ shared: 'redis://localhost' })
    // @ts-expect-error
    createTidemark({ namespace: 5 })
    // @ts-expect-error
    createTidemark({ consistency: 'eventual' })
    // @ts-expect-error
    createTidemark({ maxStaleness: 'soon' })
    // @ts-expect-error
    createTidemark({ maxShapes: '10' })
    // @ts-expect-error
    createTidemark({ memory: '64mb' })
    // @ts-expect-error
    createTidemark({ memory: { maxEntries: '10' } })
    // @ts-expect-error
    createTidemark({ memory: { maxBytes: '64 MB' } })
    // @ts-expect-error
    createTidemark({ memory: { maxEntryBytes: true } })
    // @ts-expect-error
    createTidemark({ clock: Date.now })
    // @ts-expect-error
    createTidemark({ random: Math })
    expectTypeOf(createTidemark({ ttl: 5, memory: { maxBytes: '1.5gb' } })).toEqualTypeOf(cache)
  })
})

describe('the methods of a cache do not compile with', () => {
  it('anything but names', () => {
    // @ts-expect-error
    void cache.invalidate()
    // @ts-expect-error
    void cache.invalidate('films')
    // @ts-expect-error
    void cache.invalidate({ table: ['films'] })
    // @ts-expect-error
    void cache.invalidate({ tables: 'films' })
    // @ts-expect-error
    void cache.invalidate({ tags: [1] })
    // @ts-expect-error
    void cache.clear('films')
    expectTypeOf(
      cache.invalidate({ tables: ['films'] }),
    ).resolves.toEqualTypeOf<InvalidationReceipt>()
  })
})

describe('withCache of Kysely does not compile with', () => {
  it('arguments in another order, or of another kind', () => {
    // @ts-expect-error
    withCache(cache, db)
    // @ts-expect-error
    withCache(db)
    // @ts-expect-error
    withCache(Kysely, cache)
    // @ts-expect-error
    withCache(db.connection(), cache)
    // @ts-expect-error
    withCache(prisma, cache)
    // @ts-expect-error
    withCache(db, { ttl: '5m' })
    expectTypeOf(withCache(db, cache)).toEqualTypeOf(db)
  })

  it('wrong options', () => {
    // @ts-expect-error
    withCache(db, cache, { ttl: '5m' })
    // @ts-expect-error
    withCache(db, cache, { models: {} })
    // @ts-expect-error
    withCache(db, cache, { cacheByDefault: 'yes' })
    // @ts-expect-error
    withCache(db, cache, { tables: ['films'] })
    // @ts-expect-error
    withCache(db, cache, { tables: { films: true } })
    // @ts-expect-error
    withCache(db, cache, { tables: { films: { tll: '1m' } } })
    // @ts-expect-error
    withCache(db, cache, { tables: { films: { ttl: 'soon' } } })
    // @ts-expect-error
    withCache(db, cache, { database: 1 })
    // @ts-expect-error
    withCache(db, cache, { defaultSchema: null })
    // @ts-expect-error
    withCache(db, cache, { partition: 1 })
    // @ts-expect-error
    withCache(db, cache, { partition: () => 1 })
    // @ts-expect-error
    withCache(db, cache, { stableFunctions: 'f' })
    // @ts-expect-error
    withCache(db, cache, { logHits: true })
    // @ts-expect-error
    withCache(db, cache, { parser: async () => undefined })
    // @ts-expect-error
    withCache(db, cache, { volatileFunctions: [1] })
    expectTypeOf(withCache).parameter(2).not.toBeAny()
  })

  it('wrong hints', () => {
    // @ts-expect-error
    cached('1m')
    // @ts-expect-error
    cached(false)
    // @ts-expect-error
    cached({ tll: '1m' })
    // @ts-expect-error
    cached({ ttl: '1 fortnight' })
    // @ts-expect-error
    cached({ tags: 'vip' })
    // @ts-expect-error
    cached({ tables: 'films' })
    // @ts-expect-error
    cached({ consistency: 'stale' })
    // @ts-expect-error
    cached({ coalesce: 'cluster' })
    // @ts-expect-error
    cached({ mode: 'reload' })
    // @ts-expect-error
    cached({ isolation: 'shared' })
    // @ts-expect-error
    cached({ refreshAhead: '0.8' })
    // @ts-expect-error
    cached({ staleWhileRevalidate: true })
    // @ts-expect-error
    cached({ freshAfter: 5 })
    // @ts-expect-error
    uncached({ ttl: '1m' })
    // @ts-expect-error
    cached(query)
    // @ts-expect-error
    void query.$call(cached).execute()
    // @ts-expect-error
    void query.$call(uncached).execute()
    // @ts-expect-error
    cached()(query.execute())
    // @ts-expect-error
    cached()(db.mergeInto('films'))
    // @ts-expect-error
    void query.execute(cached())
    expectTypeOf(cached({ tables: ['films'] })(sql<number>`1`)).toEqualTypeOf(sql<number>`1`)
  })
})

describe('cacheExtension and withCache of Prisma do not compile with', () => {
  it('arguments in another order, or of another kind', () => {
    // @ts-expect-error
    cacheExtension()
    // @ts-expect-error
    cacheExtension({ ttl: '5m' })
    // @ts-expect-error
    cacheExtension(prisma)
    // @ts-expect-error
    prisma.$extends(cacheExtension)
    // @ts-expect-error
    prisma.$extends(cache)
    // @ts-expect-error
    withPrismaCache(cache, prisma)
    // @ts-expect-error
    withPrismaCache(prisma)
    expectTypeOf(withPrismaCache(prisma, cache)).toEqualTypeOf(wrapped)
  })

  it('what is no client', () => {
    expectTypeOf(withPrismaCache(PrismaClient, cache)).toBeNever()
    expectTypeOf(withPrismaCache({}, cache)).toBeNever()
  })

  it('wrong options', () => {
    // @ts-expect-error
    cacheExtension(cache, { ttl: '5m' })
    // @ts-expect-error
    cacheExtension(cache, { stableFunctions: [] })
    // @ts-expect-error
    cacheExtension(cache, { cacheByDefault: 1 })
    // @ts-expect-error
    cacheExtension(cache, { tables: { films: true } })
    // @ts-expect-error
    cacheExtension(cache, { models: ['Film'] })
    // @ts-expect-error
    cacheExtension(cache, { models: { Film: { ttl: 'soon' } } })
    // @ts-expect-error
    cacheExtension(cache, { database: 1 })
    // @ts-expect-error
    cacheExtension(cache, { views: { Totals: 'films' } })
    // @ts-expect-error
    cachedRaw('select 1', { tables: ['films'] })
    // @ts-expect-error
    cachedRaw(Prisma.sql`select 1`)
    // @ts-expect-error
    cachedRaw(Prisma.sql`select 1`, { table: ['films'] })
    // @ts-expect-error
    cacheExtension(cache, { defaultSchema: 1 })
    // @ts-expect-error
    cacheExtension(cache, { partition: async () => 'tenant' })
    // @ts-expect-error
    withPrismaCache(prisma, cache, { table: {} })
    expectTypeOf(cacheExtension).parameter(1).toEqualTypeOf<Parameters<typeof withPrismaCache>[2]>()
  })

  it('wrong hints, as an extension', () => {
    // @ts-expect-error
    void extended.film.findMany({ cache: true })
    // @ts-expect-error
    void extended.film.findMany({ cache: '1m' })
    // @ts-expect-error
    void extended.film.findMany({ cache: { consistency: 'stale' } })
    // @ts-expect-error
    void extended.film.findMany({ cache: { coalesce: 'cluster' } })
    // @ts-expect-error
    void extended.film.findMany({ cache: { mode: 'reload' } })
    // @ts-expect-error
    void extended.film.findMany({ cache: { earlyRefresh: true } })
    // @ts-expect-error
    void extended.film.findFirst({ cache: { tll: '1m' } })
    // @ts-expect-error
    void extended.film.findUnique({ where: { id: 1 }, cache: { ttl: '1 fortnight' } })
    // @ts-expect-error
    void extended.film.count({ cache: { tags: 'vip' } })
    // @ts-expect-error
    void extended.film.aggregate({ _count: true, cache: { tables: 'films' } })
    // @ts-expect-error
    void extended.film.groupBy({ by: ['genreId'], cache: null })
    // @ts-expect-error
    void extended.film.findMany({ include: { reviews: { cache: {} } } })
    // @ts-expect-error
    void extended.film.create({ data: { title: 'x' }, cache: {} })
    // @ts-expect-error
    void extended.film.createMany({ data: { title: 'x' }, cache: {} })
    // @ts-expect-error
    void extended.film.update({ where: { id: 1 }, data: {}, cache: {} })
    // @ts-expect-error
    void extended.film.updateMany({ data: {}, cache: false })
    // @ts-expect-error
    void extended.film.upsert({ where: { id: 1 }, create: { title: 'x' }, update: {}, cache: {} })
    // @ts-expect-error
    void extended.film.delete({ where: { id: 1 }, cache: {} })
    // @ts-expect-error
    void extended.film.deleteMany({ cache: {} })
    expectTypeOf(extended.film.findMany({ cache: false })).resolves.toEqualTypeOf<
      Awaited<ReturnType<typeof prisma.film.findMany>>
    >()
  })

  it('wrong hints, as a wrapper', () => {
    // @ts-expect-error
    void wrapped.film.findMany({ cache: true })
    // @ts-expect-error
    void wrapped.film.findMany({ cache: '1m' })
    // @ts-expect-error
    void wrapped.film.findMany({ cache: { consistency: 'stale' } })
    // @ts-expect-error
    void wrapped.film.findMany({ cache: { coalesce: 'cluster' } })
    // @ts-expect-error
    void wrapped.film.findMany({ cache: { mode: 'reload' } })
    // @ts-expect-error
    void wrapped.film.findMany({ cache: { hardTimeout: '2 seconds' } })
    // @ts-expect-error
    void wrapped.film.findFirst({ cache: { tll: '1m' } })
    // @ts-expect-error
    void wrapped.film.findUnique({ where: { id: 1 }, cache: { ttl: '1 fortnight' } })
    // @ts-expect-error
    void wrapped.film.count({ cache: { tags: 'vip' } })
    // @ts-expect-error
    void wrapped.film.aggregate({ _count: true, cache: { tables: 'films' } })
    // @ts-expect-error
    void wrapped.film.groupBy({ by: ['genreId'], cache: null })
    // @ts-expect-error
    void wrapped.film.findMany({ include: { reviews: { cache: {} } } })
    // @ts-expect-error
    void wrapped.film.create({ data: { title: 'x' }, cache: {} })
    // @ts-expect-error
    void wrapped.film.createMany({ data: { title: 'x' }, cache: {} })
    // @ts-expect-error
    void wrapped.film.update({ where: { id: 1 }, data: {}, cache: {} })
    // @ts-expect-error
    void wrapped.film.updateMany({ data: {}, cache: false })
    // @ts-expect-error
    void wrapped.film.upsert({ where: { id: 1 }, create: { title: 'x' }, update: {}, cache: {} })
    // @ts-expect-error
    void wrapped.film.delete({ where: { id: 1 }, cache: {} })
    // @ts-expect-error
    void wrapped.film.deleteMany({ cache: {} })
    expectTypeOf(wrapped.film.findMany({ cache: false })).resolves.toEqualTypeOf<
      Awaited<ReturnType<typeof prisma.film.findMany>>
    >()
  })
})
