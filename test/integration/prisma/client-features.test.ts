import { createTidemark, type Tidemark } from '@tidemark/core'
import { cacheExtension, withCache } from '@tidemark/prisma'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Prisma, type PrismaClient } from '../../../prisma/generated/client.ts'
import { describeEachDatabase } from '../../support/databases.ts'
import { fillLibrary } from './library.ts'

describeEachDatabase('What else a Prisma Client has', (database) => {
  let cache: Tidemark

  beforeEach(async () => {
    cache = createTidemark()
    const filler = new database.PrismaClient({ adapter: database.prismaAdapter() })
    await fillLibrary(filler)
    await filler.$disconnect()
  })
  afterEach(() => cache.close())

  async function cost(run: () => Promise<unknown>): Promise<number> {
    const sent = database.statements.mark()
    await run()
    return sent().length
  }

  /** One of each kind, that touch the same reads. */
  const everyKind = (calls: string[]) =>
    Prisma.defineExtension({
      name: 'every kind',
      result: {
        film: {
          shout: { needs: { title: true }, compute: ({ title }) => title.toUpperCase() },
          rename: {
            needs: { id: true },
            compute:
              ({ id }) =>
              () =>
                id,
          },
        },
      },
      model: {
        $allModels: { kind: () => 'any' },
        film: {
          async titles(): Promise<string[]> {
            const context = Prisma.getExtensionContext(this) as unknown as PrismaClient['film']
            return (await context.findMany({ orderBy: { id: 'asc' } })).map(({ title }) => title)
          },
        },
      },
      client: { $hello: (name: string) => `hello ${name}` },
      query: {
        film: {
          async findMany({ args, query }) {
            calls.push('findMany')
            return query({
              ...args,
              where: { AND: [args.where ?? {}, { title: { not: 'Aliens' } }] },
            })
          },
        },
        async $queryRaw({ args, query }) {
          calls.push('$queryRaw')
          return query(args)
        },
        async $allOperations({ args, query }) {
          calls.push('$allOperations')
          return query(args)
        },
      },
    })

  describe.each(['before', 'after'])('extensions of every kind that come %s the cache', (place) => {
    it('work as without it, on a hit too', async () => {
      const base = new database.PrismaClient({ adapter: database.prismaAdapter() })
      const twin = new database.PrismaClient({ adapter: database.prismaAdapter() })
      const calls: string[] = []
      const caching = cacheExtension(cache, { cacheByDefault: true })
      const extension = everyKind(calls)
      const expected = twin.$extends(everyKind([]))
      const client = (place === 'before'
        ? base.$extends(extension).$extends(caching)
        : base.$extends(caching).$extends(extension)) as unknown as typeof expected

      expect([client.$hello('you'), client.film.kind()]).toEqual(['hello you', 'any'])
      for (let round = 0; round < 2; round += 1) {
        const [got, plain] = await Promise.all(
          [client, expected].map((each) =>
            each.film.findMany({ orderBy: { id: 'asc' }, include: { reviews: true } }),
          ),
        )
        // Prisma shows such records by a function of its own, under a symbol.
        const simple = (films: typeof got) =>
          films!.map(({ rename, ...rest }) => [...Object.entries(rest), rename()])
        expect(simple(got)).toStrictEqual(simple(plain))
        expect(await client.film.titles()).toEqual(await expected.film.titles())
        expect(await client.$queryRaw`SELECT title FROM films ORDER BY id`).toStrictEqual(
          await expected.$queryRaw`SELECT title FROM films ORDER BY id`,
        )
      }
      expect(calls).toContain('findMany')
      expect(calls).toContain('$queryRaw')
      expect(await cost(() => client.film.titles())).toBe(0)
      await client.film.update({ where: { id: 1 }, data: { title: 'Alien 1' } })
      expect(await client.film.titles()).toEqual(['Alien 1', 'Vagabond'])
      await Promise.all([base.$disconnect(), twin.$disconnect()])
    })
  })

  it('events tell of each statement, and of none on a hit', async () => {
    const base = new database.PrismaClient({
      adapter: database.prismaAdapter(),
      log: ['query', 'error', 'info', 'warn'].map((level) => ({ emit: 'event', level })) as never,
    })
    const events: string[] = []
    const on = base.$on.bind(base) as unknown as (
      level: string,
      hear: (event: { readonly query?: string }) => void,
    ) => void
    const catalogue: string[] = []
    for (const level of ['query', 'error']) {
      on(level, ({ query }) =>
        (query?.startsWith('/* tidemark: catalogue */') ? catalogue : events).push(level),
      )
    }
    const prisma = withCache(base, cache)
    const read = () => prisma.genre.findMany({ cache: {} })
    await read()
    expect(events).toEqual(['query'])
    await read()
    expect(events).toEqual(['query'])
    await prisma.genre.findUniqueOrThrow({ where: { id: 99 }, cache: {} }).catch(() => 0)
    expect(events).toContain('error')
    // They are known by their first words.
    expect(catalogue.length).toBeGreaterThan(0)
    await base.$disconnect()
  })

  it('a client that is extended for each request shares hits and plans with the others', async () => {
    const base = new database.PrismaClient({ adapter: database.prismaAdapter() })
    const prisma = withCache(base, cache, { cacheByDefault: true })
    const forRequest = () =>
      prisma.$extends({ query: { genre: { findMany: ({ args, query }) => query(args) } } })
    await forRequest().genre.findMany()
    expect(await cost(() => forRequest().genre.findMany())).toBe(0)
    await forRequest().genre.create({ data: { name: 'Noir' } })
    expect(await forRequest().genre.findMany()).toHaveLength(3)
    await base.$disconnect()
  })
})
