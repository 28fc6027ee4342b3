import { skip } from '@prisma/client/runtime/client'
import { createTidemark, type Tidemark } from '@tidemark/core'
import { cacheExtension, withCache } from '@tidemark/prisma'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Prisma, type PrismaClient } from '../../../prisma/generated/client.ts'
import { describeEachDatabase } from '../../support/databases.ts'
import { ada, bob, fillLibrary } from './library.ts'

describeEachDatabase('The cache among Prisma extensions', (database) => {
  let cache: Tidemark
  let base: PrismaClient

  beforeEach(async () => {
    cache = createTidemark()
    base = new database.PrismaClient({ adapter: database.prismaAdapter() })
    await fillLibrary(base)
  })
  afterEach(() => Promise.all([base.$disconnect(), cache.close()]))

  const shouting = Prisma.defineExtension({
    result: {
      film: {
        shout: { needs: { title: true }, compute: ({ title }) => `${title.toUpperCase()}!` },
      },
    },
  })

  /** Adds the tenant to every filter, as multi-tenant applications do. */
  const only = (viewerId: string) =>
    Prisma.defineExtension({
      query: {
        review: {
          findMany: ({ args, query }) => query({ ...args, where: { ...args.where, viewerId } }),
        },
      },
    })

  it.each([
    ['before', () => base.$extends(shouting).$extends(cacheExtension(cache))],
    ['after', () => base.$extends(cacheExtension(cache)).$extends(shouting)],
  ])('computed fields that come %s it are computed on hits', async (_name, make) => {
    const prisma = make()
    for (let round = 0; round < 3; round += 1) {
      const films = await prisma.film.findMany({ where: { id: 1 }, cache: {} })
      expect(films.map(({ shout, title }) => [shout, title])).toEqual([['ALIEN!', 'Alien']])
    }
    expect(cache.metrics().queries[0]?.hits).toEqual({ memory: 2 })
  })

  it('computed fields of one name that need other columns do not share results', async () => {
    const counting = base.$extends(cacheExtension(cache, { database: 'a' })).$extends({
      result: {
        film: { shout: { needs: { budget: true }, compute: ({ budget }) => `${budget}` } },
      },
    })
    const loud = base.$extends(cacheExtension(cache, { database: 'a' })).$extends(shouting)
    const args = { where: { id: 3 }, select: { shout: true }, cache: {} } as const
    for (let round = 0; round < 2; round += 1) {
      expect((await loud.film.findFirst(args))?.shout).toBe('VAGABOND!')
      expect((await counting.film.findFirst(args))?.shout).toBe('1000000000000000')
    }
  })

  it.each(['before', 'after'])(
    'a tenant’s filter that comes %s it keeps tenants apart',
    async (place) => {
      const make = (viewerId: string) =>
        place === 'before'
          ? base.$extends(only(viewerId)).$extends(cacheExtension(cache))
          : base.$extends(cacheExtension(cache)).$extends(only(viewerId))
      const [hers, his] = [make(ada), make(bob)]
      for (let round = 0; round < 2; round += 1) {
        for (const [prisma, viewerId] of [
          [hers, ada],
          [his, bob],
        ] as const) {
          const reviews = await prisma.review.findMany({ cache: {} })
          expect(reviews.map((review) => review.viewerId)).toEqual([viewerId])
        }
      }
      expect(cache.metrics().queries[0]?.hits).toEqual({ memory: 2 })
    },
  )

  it('a write through `$parent` of an extension makes reads new', async () => {
    const prisma = base
      .$extends({
        model: {
          genre: {
            rename: (name: string) => base.genre.update({ where: { id: 1 }, data: { name } }),
          },
        },
        client: {
          async renameBelow(name: string) {
            const parent = Prisma.getExtensionContext(this).$parent as PrismaClient
            await parent.genre.update({ where: { id: 1 }, data: { name } })
          },
        },
      })
      .$extends(cacheExtension(cache))
    const read = async () => (await prisma.genre.findUnique({ where: { id: 1 }, cache: {} }))?.name
    expect(await read()).toBe('Drama')
    await prisma.genre.rename('Tragedy')
    expect(await read()).toBe('Tragedy')
    await prisma.renameBelow('Farce')
    expect(await read()).toBe('Farce')
  })

  it.each(['before', 'after'])(
    'a method that comes %s it and calls by `$parent` what it overrides runs once, and is cached',
    async (place) => {
      let calls = 0
      const first = Prisma.defineExtension({
        model: {
          film: {
            findMany(): Promise<{ title: string }[]> {
              calls += 1
              const { $parent } = Prisma.getExtensionContext(this) as unknown as {
                $parent: PrismaClient
              }
              return $parent.film.findMany({ take: 1 })
            },
          },
        },
      })
      const caching = cacheExtension(cache, { cacheByDefault: true })
      const prisma =
        place === 'before'
          ? base.$extends(first).$extends(caching)
          : base.$extends(caching).$extends(first)
      for (let round = 1; round <= 2; round += 1) {
        expect(await prisma.film.findMany()).toMatchObject([{ title: 'Alien' }])
        expect(calls).toBe(round)
      }
      expect(cache.metrics().queries[0]?.hits).toEqual({ memory: 1 })
      await (prisma as unknown as PrismaClient).$transaction((tx) => tx.film.findMany())
      expect(calls).toBe(3)
    },
  )

  it('methods of other extensions stay', async () => {
    const prisma = base
      .$extends(cacheExtension(cache))
      .$extends({ client: { $hello: () => 'hello' }, model: { film: { one: () => 1 } } })
    expect([prisma.$hello(), prisma.film.one()]).toEqual(['hello', 1])
    expect(await prisma.film.count({ cache: {} })).toBe(3)
  })

  it('a second cache on one client is refused', () => {
    const prisma = base.$extends(cacheExtension(cache))
    const again = () => prisma.$extends(cacheExtension(createTidemark()))
    expect(again).toThrow(/expected a Prisma Client without a cache, got one that was extended/)
    const hidden = () => prisma.$extends((client) => client.$extends(cacheExtension(cache)))
    expect(hidden).toThrow(/expected a Prisma Client without a cache/)
  })

  it('the client of a transaction is refused', async () => {
    const wrapped = base.$transaction(async (tx) => withCache(tx, cache))
    await expect(wrapped).rejects.toThrow('got the client of a transaction; extend the one that')
  })

  it('two caches beside each other both learn of a write', async () => {
    const other = createTidemark()
    const [one, two] = [withCache(base, cache), withCache(base, other)]
    await Promise.all([one.film.count({ cache: {} }), two.film.count({ cache: {} })])
    await one.film.create({ data: { title: 'Brazil' } })
    await two.$transaction((tx) => tx.film.create({ data: { title: 'Ran' } }))
    expect(await one.film.count({ cache: {} })).toBe(5)
    expect(await two.film.count({ cache: {} })).toBe(5)
    await other.close()
  })

  describe('hints and policies', () => {
    it('a read without either asks the database', async () => {
      const prisma = withCache(base, cache)
      await prisma.film.count()
      await prisma.film.count()
      expect(cache.metrics().queries[0]?.bypasses).toEqual({ 'no-policy': 2 })
    })

    it('a policy of a model holds for reads of its table', async () => {
      const prisma = withCache(base, cache, { models: { Genre: { ttl: '1h' }, Film: false } })
      for (let round = 0; round < 2; round += 1) {
        await prisma.genre.findMany()
        await prisma.genre.findMany({ include: { films: true } })
      }
      const [first, second] = cache.metrics().queries
      expect([first?.hits, second?.bypasses]).toEqual([{ memory: 1 }, { 'policy-off': 2 }])
    })

    it('policies of two models hold for the join table between them', async () => {
      const prisma = withCache(base, cache, { models: { Film: {}, Viewer: {} } })
      const read = () => prisma.film.findMany({ include: { likedBy: true } })
      await read()
      await read()
      expect(cache.metrics().queries[0]?.hits).toEqual({ memory: 1 })
    })

    it('a tag makes old what was read under it', async () => {
      const prisma = withCache(base, cache)
      const read = () => prisma.film.count({ cache: { tags: ['front'] } })
      await read()
      await database.sql(`insert into films (title) values ('unseen')`)
      expect(await read()).toBe(3)
      await cache.invalidate({ tags: ['front'] })
      expect(await read()).toBe(4)
    })

    it('a physical table name makes old what any client read of it', async () => {
      const prisma = withCache(base, cache)
      const read = () => prisma.viewer.findMany({ select: { favourites: true }, cache: {} })
      await read()
      for (const table of ['viewers', 'films', '_Favourites']) {
        const sent = database.statements.mark()
        await cache.invalidate({ tables: [table] })
        await read()
        expect(sent(), table).not.toEqual([])
      }
    })

    it('partitions share nothing', async () => {
      let tenant = 'a'
      const prisma = withCache(base, cache, { partition: () => tenant })
      await prisma.film.count({ cache: {} })
      tenant = 'b'
      await prisma.film.count({ cache: {} })
      expect(cache.metrics().queries[0]?.misses).toEqual({ absent: 2 })
      tenant = null as unknown as string
      await expect(prisma.film.count({ cache: {} })).rejects.toThrow(
        'partition(): expected a string that is not empty, or undefined, got null',
      )
    })

    it('a hint on a write is refused', async () => {
      const prisma = withCache(base, cache)
      const write = prisma.film.create({ data: { title: 'x' }, cache: {} } as never)
      await expect(write).rejects.toThrow(
        /^cache: expected on reads only .* got it on Film.create$/,
      )
      expect(await base.film.count()).toBe(3)
    })

    it('Prisma.skip in the place of a hint is none', async () => {
      const prisma = withCache(base, cache)
      const args = { cache: skip as never }
      expect(await prisma.film.count({ cache: {} })).toBe(3)
      expect(await prisma.film.count(args)).toBe(3)
      expect(cache.metrics().queries[0]?.bypasses).toEqual({ 'no-policy': 1 })
    })

    it.each([
      [{ tll: 1 }, 'cache: unknown option "tll", expected one of ttl, staleWhile'],
      [{ ttl: -1 }, 'cache.ttl: expected a duration above 0'],
      [{ ttl: 1n }, 'cache.ttl: expected a duration above 0'],
      [true, 'cache: expected an object, or false, got true'],
    ])('a malformed hint is refused: %o', async (hint, message) => {
      const prisma = withCache(base, cache)
      const read = () => prisma.film.count({ cache: hint as never })
      await expect(read()).rejects.toThrow(message)
      await expect(read()).rejects.toThrow(message)
    })
  })

  it('a second client needs a name', async () => {
    const other = new database.PrismaClient({ adapter: database.prismaAdapter() })
    withCache(base, cache)
    expect(() => withCache(other, cache)).toThrow(/expected a name, got none for a second prisma/)
    await other.$disconnect()
  })

  it('a client that was disconnected goes on', async () => {
    const prisma = withCache(base, cache)
    await prisma.film.count({ cache: {} })
    await prisma.$disconnect()
    expect(await prisma.film.count({ cache: {} })).toBe(3)
    await prisma.film.create({ data: { title: 'Brazil' } })
    expect(await prisma.film.count({ cache: {} })).toBe(4)
  })

  it('a cache that was closed leaves the client at work', async () => {
    const prisma = withCache(base, cache)
    await cache.close()
    await prisma.$transaction((tx) => tx.film.create({ data: { title: 'Brazil' } }))
    expect(await prisma.film.count({ cache: {} })).toBe(4)
  })
})
