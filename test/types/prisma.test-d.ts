import type { TypedSql } from '@prisma/client/runtime/client'
import { createTidemark } from '@tidemark/core'
import {
  cached,
  type CachedClient,
  type CachedTransactionClient,
  cacheExtension,
  withCache,
} from '@tidemark/prisma'
import { describe, expectTypeOf, it } from 'vitest'
import { Prisma, PrismaClient } from '../../prisma/generated/client.ts'

declare const adapter: Prisma.PrismaClientOptions['adapter'] & object
const cache = createTidemark()
const base = new PrismaClient({ adapter })
const plain = base.$extends({})
const extended = base.$extends(cacheExtension(cache, { models: { Film: { ttl: '1h' } } }))
const wrapped = withCache(base, cache)

const shouting = Prisma.defineExtension({
  result: { film: { shout: { needs: { title: true }, compute: ({ title }) => `${title}!` } } },
})

describe('results are those of a client without a cache', () => {
  it('of findMany', () => {
    const args = { where: { title: 'x' }, orderBy: { id: 'asc' }, take: 3 } as const
    const expected = plain.film.findMany(args)
    expectTypeOf(extended.film.findMany({ ...args, cache: { ttl: '1m' } })).toEqualTypeOf(expected)
    expectTypeOf(wrapped.film.findMany({ ...args, cache: { ttl: '1m' } })).toEqualTypeOf(expected)
    expectTypeOf(extended.film.findMany()).toEqualTypeOf(plain.film.findMany())
  })

  it('of a select and an include', async () => {
    const select = { title: true, genre: { select: { name: true } } } as const
    const film = await extended.film.findUnique({ where: { id: 1 }, select, cache: {} })
    expectTypeOf(film).toEqualTypeOf<{ title: string; genre: { name: string } | null } | null>()
    const found = await wrapped.film.findFirstOrThrow({ include: { reviews: true }, cache: false })
    expectTypeOf(found).toEqualTypeOf(
      await plain.film.findFirstOrThrow({ include: { reviews: true } }),
    )
  })

  it('of fluent calls', async () => {
    const where = { id: 1 }
    const director = await extended.film.findUnique({ where, cache: {} }).director()
    expectTypeOf(director).toEqualTypeOf(await plain.film.findUnique({ where }).director())
    const films = await wrapped.film.findUnique({ where, cache: {} }).genre().films({ take: 1 })
    expectTypeOf(films).toEqualTypeOf(
      await plain.film.findUnique({ where }).genre().films({ take: 1 }),
    )
    // @ts-expect-error no such relation
    extended.film.findUnique({ where }).nothing()
  })

  it('of count, aggregate and groupBy', async () => {
    expectTypeOf(await extended.film.count({ cache: {} })).toEqualTypeOf<number>()
    const sums = await extended.film.aggregate({ _sum: { budget: true }, _count: true, cache: {} })
    expectTypeOf(sums).toEqualTypeOf(
      await plain.film.aggregate({ _sum: { budget: true }, _count: true }),
    )
    const _avg = { imdbRating: true } as const
    const grouped = await wrapped.film.groupBy({ by: ['genreId'], _avg, cache: {} })
    expectTypeOf(grouped).toEqualTypeOf(await plain.film.groupBy({ by: ['genreId'], _avg }))
  })

  it('of an interactive transaction', async () => {
    const count = await extended.$transaction((tx) => tx.film.count({ cache: {} }))
    expectTypeOf(count).toEqualTypeOf<number>()
    const pair = await wrapped.$transaction([
      wrapped.film.count({ cache: {} }),
      wrapped.genre.findFirst({ select: { name: true }, cache: {} }),
    ])
    expectTypeOf(pair).toEqualTypeOf<[number, { name: string } | null]>()
  })

  it('with computed fields of extensions, before and after', async () => {
    for (const client of [
      base.$extends(shouting).$extends(cacheExtension(cache)),
      base.$extends(cacheExtension(cache)).$extends(shouting),
      withCache(base.$extends(shouting), cache),
      withCache(base, cache).$extends(shouting),
    ] as const) {
      const films = await client.film.findMany({ select: { shout: true }, cache: {} })
      expectTypeOf(films).toEqualTypeOf<{ shout: string }[]>()
    }
  })

  it('with a global omit, through withCache', async () => {
    const discreet = new PrismaClient({ adapter, omit: { film: { poster: true } } })
    const cached = withCache(discreet, cache)
    const genre = await cached.genre.findFirst({ include: { films: true }, cache: {} })
    expectTypeOf(genre).toEqualTypeOf(
      await discreet.$extends({}).genre.findFirst({ include: { films: true } }),
    )
    // @ts-expect-error omitted
    expectTypeOf(genre?.films[0]?.poster).toBeAny()
  })

  it('of a client that has a name', () => {
    expectTypeOf(wrapped).toEqualTypeOf<CachedClient<typeof base>>()
  })
})

describe('functions that take a client', () => {
  const takesClient = (db: CachedClient<PrismaClient>) => db.film.count({ cache: {} })
  const takesEither = (db: CachedTransactionClient<PrismaClient>) => db.film.count({ cache: {} })

  it('take one that was made in either way, and that of a transaction', async () => {
    expectTypeOf(takesClient).toBeCallableWith(wrapped)
    expectTypeOf(takesClient).toBeCallableWith(extended)
    expectTypeOf(takesEither).toBeCallableWith(wrapped)
    expectTypeOf(takesEither).toBeCallableWith(extended)
    await wrapped.$transaction((tx) => takesEither(tx))
    await extended.$transaction((tx) => takesEither(tx))
    await wrapped.$transaction(async (tx) => {
      // @ts-expect-error it has no $transaction of a client's own
      await takesClient(tx)
    })
  })

  it('of Prisma’s own types take no extended client, with a cache or without', () => {
    const takesTransaction = (tx: Prisma.TransactionClient) => tx
    expectTypeOf(takesTransaction).toBeCallableWith(base)
    // @ts-expect-error Prisma's own
    void takesTransaction(plain)
    // @ts-expect-error and ours
    void takesTransaction(wrapped)
  })
})

describe('raw queries', () => {
  it('keep their types under a hint', () => {
    const sql = Prisma.sql`SELECT 1`
    expectTypeOf(cached(sql, { tables: ['films'] })).toEqualTypeOf(sql)
    const typed = {} as TypedSql<[number], { id: number }>
    expectTypeOf(cached(typed, { tables: ['films'] })).toEqualTypeOf(typed)
    // @ts-expect-error text has no place for a hint
    void (() => cached('SELECT 1', { tables: ['films'] }))
    // @ts-expect-error no such part
    void (() => cached(sql, { table: 'films' }))
  })
})

describe('arguments are refused', () => {
  it('that Prisma refuses', () => {
    expectTypeOf(extended.film.findUnique).toBeCallableWith({ where: { id: 1 } })
    // @ts-expect-error no such argument
    void extended.film.findMany({ wher: {} })
    // @ts-expect-error no such column
    void wrapped.film.findMany({ where: { nothing: 1 } })
    // @ts-expect-error where is needed
    void extended.film.findUnique({ cache: {} })
  })

  it('where a hint is malformed', () => {
    expectTypeOf(extended.film.count).toBeFunction()
    // @ts-expect-error no such part
    void extended.film.findMany({ cache: { tll: '1m' } })
    // @ts-expect-error only false turns it off
    void extended.film.count({ cache: true })
    // @ts-expect-error a list
    void wrapped.film.count({ cache: { tags: 'vip' } })
  })

  it('where a write has a hint', () => {
    expectTypeOf(extended.film.create({ data: { title: 'x' } })).not.toBeAny()
    // @ts-expect-error on reads only
    void extended.film.create({ data: { title: 'x' }, cache: {} })
    // @ts-expect-error on reads only
    void wrapped.film.updateMany({ data: { title: 'x' }, cache: {} })
    // @ts-expect-error on reads only
    void extended.film.delete({ where: { id: 1 }, cache: {} })
  })

  it('where options are unknown', () => {
    expectTypeOf(cacheExtension).parameter(1).not.toBeAny()
    // @ts-expect-error no such option
    cacheExtension(cache, { tll: 1 })
    // @ts-expect-error no such option
    withCache(base, cache, { table: {} })
  })
})
