import { createTidemark, type Tidemark } from '@tidemark/core'
import { cacheExtension, withCache } from '@tidemark/prisma'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Prisma, type PrismaClient } from '../../../prisma/generated/client.ts'
import { type DatabaseName, describeEachDatabase } from '../../support/databases.ts'
import { ada, bob, cyd, fillLibrary } from './library.ts'

/** One client, as the tests use it; the cached one takes the same calls. */
type Client = Prisma.TransactionClient

/** Queries that touch every table, in every way that a query can. */
const probes: Record<string, (prisma: Client) => Promise<unknown>> = {
  films: (prisma) => prisma.film.findMany({ orderBy: { id: 'asc' } }),
  genres: (prisma) => prisma.genre.findMany({ orderBy: { id: 'asc' } }),
  distributors: (prisma) => prisma.distributor.findMany({ orderBy: { id: 'asc' } }),
  directors: (prisma) => prisma.director.findMany({ orderBy: { id: 'asc' } }),
  profiles: (prisma) => prisma.directorProfile.findMany({ orderBy: { directorId: 'asc' } }),
  viewers: (prisma) => prisma.viewer.findMany({ orderBy: { id: 'asc' } }),
  reviews: (prisma) => prisma.review.findMany({ orderBy: { id: 'asc' } }),
  votes: (prisma) => prisma.reviewVote.findMany({ orderBy: { reviewId: 'asc' } }),
  airports: (prisma) => prisma.airport.findMany({ orderBy: { iata: 'asc' } }),
  routes: (prisma) => prisma.route.findMany({ orderBy: { originIata: 'asc' } }),
  'included relation': (prisma) =>
    prisma.film.findMany({ orderBy: { id: 'asc' }, include: { genre: true, director: true } }),
  'selected relation': (prisma) =>
    prisma.genre.findMany({
      orderBy: { id: 'asc' },
      select: { name: true, films: { orderBy: { id: 'asc' }, select: { title: true } } },
    }),
  'many-to-many': (prisma) =>
    prisma.film.findMany({
      orderBy: { id: 'asc' },
      select: { title: true, likedBy: { orderBy: { id: 'asc' }, select: { name: true } } },
    }),
  'many-to-many of a model with itself': (prisma) =>
    prisma.viewer.findMany({
      orderBy: { id: 'asc' },
      select: { name: true, followers: true, following: true },
    }),
  'relation of a model with itself': (prisma) =>
    prisma.film.findMany({ orderBy: { id: 'asc' }, select: { sequels: true, sequelOf: true } }),
  'three levels deep': (prisma) =>
    prisma.director.findMany({
      orderBy: { id: 'asc' },
      select: {
        profile: true,
        films: {
          orderBy: { id: 'asc' },
          select: { reviews: { orderBy: { id: 'asc' }, include: { votes: true } } },
        },
      },
    }),
  'filter by some': (prisma) =>
    prisma.film.findMany({ where: { reviews: { some: { stars: { gte: 3 } } } } }),
  'filter by none, through a join table': (prisma) =>
    prisma.film.findMany({ where: { likedBy: { none: { name: 'Ada' } } }, orderBy: { id: 'asc' } }),
  'filter by is': (prisma) => prisma.film.findMany({ where: { genre: { is: { name: 'Drama' } } } }),
  'filter by a relation, short': (prisma) =>
    prisma.film.findMany({ where: { NOT: { director: { profile: { biography: 'Cléo' } } } } }),
  'filter by null relation': (prisma) =>
    prisma.film.findMany({ where: { OR: [{ genre: null }, { distributor: { is: null } }] } }),
  'order by a relation': (prisma) =>
    prisma.film.findMany({ orderBy: [{ genre: { name: 'asc' } }, { id: 'asc' }] }),
  'order by a count': (prisma) =>
    prisma.film.findMany({ orderBy: [{ reviews: { _count: 'desc' } }, { id: 'asc' }] }),
  'counted relations': (prisma) =>
    prisma.film.findMany({ orderBy: { id: 'asc' }, include: { _count: true } }),
  'counted relations, selected and filtered': (prisma) =>
    prisma.viewer.findMany({
      orderBy: { id: 'asc' },
      select: { _count: { select: { reviews: { where: { film: { title: 'Alien' } } } } } },
    }),
  count: (prisma) => prisma.review.count({ where: { film: { genre: { name: 'Drama' } } } }),
  aggregate: (prisma) => prisma.review.aggregate({ _avg: { stars: true }, _count: true }),
  groupBy: (prisma) =>
    prisma.film.groupBy({ by: ['genreId'], _count: true, orderBy: { genreId: 'asc' } }),
  findUnique: (prisma) => prisma.film.findUnique({ where: { id: 1 } }),
  'findUnique by two columns': (prisma) =>
    prisma.review.findUnique({ where: { filmId_viewerId: { filmId: 1, viewerId: ada } } }),
  'findFirst of nothing': (prisma) => prisma.film.findFirst({ where: { title: 'Brazil' } }),
  fluent: (prisma) => prisma.film.findUnique({ where: { id: 1 } }).reviews(),
  'fluent, two steps': (prisma) =>
    prisma.film
      .findUnique({ where: { id: 1 } })
      .director()
      .profile(),
  'columns compared': (prisma) =>
    prisma.film.findMany({
      where: { usGross: { lt: (prisma as PrismaClient).film.fields.budget } },
    }),
}

/** Writes of every kind. What each of them changes is for the database to say, not for the test. */
const writes: Record<string, (prisma: Client) => Promise<unknown>> = {
  create: (prisma) => prisma.film.create({ data: { title: 'Brazil' } }),
  createMany: (prisma) => prisma.film.createMany({ data: [{ title: 'Brazil' }, { title: 'Ran' }] }),
  createManyAndReturn: (prisma) => prisma.genre.createManyAndReturn({ data: [{ name: 'Horror' }] }),
  update: (prisma) => prisma.film.update({ where: { id: 1 }, data: { title: 'Alien 1' } }),
  updateMany: (prisma) => prisma.review.updateMany({ data: { stars: { increment: 1 } } }),
  updateManyAndReturn: (prisma) =>
    prisma.airport.updateManyAndReturn({ where: { iata: 'ABQ' }, data: { city: 'Albuquerque' } }),
  'upsert that creates': (prisma) =>
    prisma.genre.upsert({ where: { id: 9 }, create: { name: 'Noir' }, update: { name: '?' } }),
  'upsert that updates': (prisma) =>
    prisma.genre.upsert({ where: { id: 1 }, create: { name: '?' }, update: { name: 'Noir' } }),
  delete: (prisma) => prisma.route.deleteMany({ where: { originIata: 'ABQ' } }),
  'delete that cascades': (prisma) => prisma.film.delete({ where: { id: 1 } }),
  'deleteMany that cascades': (prisma) => prisma.airport.deleteMany({ where: { iata: 'BOS' } }),
  'delete that sets to null': (prisma) => prisma.director.delete({ where: { id: 2 } }),
  'delete that sets to null by default': (prisma) => prisma.genre.delete({ where: { id: 1 } }),
  'delete of one in a many-to-many relation': (prisma) =>
    prisma.viewer.delete({ where: { id: cyd } }),
  'update of a key that others refer to': (prisma) =>
    prisma.airport.update({ where: { iata: 'BOS' }, data: { iata: 'BST' } }),
  'update of an id': (prisma) => prisma.film.update({ where: { id: 1 }, data: { id: 70 } }),
  'update of an id through updateMany': (prisma) =>
    prisma.viewer.updateMany({
      where: { id: bob },
      data: { id: 'b0000000-0000-4000-8000-00000000000b' },
    }),
  'nested create, key here': (prisma) =>
    prisma.film.create({
      data: {
        title: 'Ran',
        genre: { create: { name: 'War' } },
        director: { create: { name: 'K' } },
      },
    }),
  'nested create, key there': (prisma) =>
    prisma.film.update({
      where: { id: 3 },
      data: { reviews: { create: { stars: 1, viewer: { connect: { id: ada } } } } },
    }),
  'nested create, three levels': (prisma) =>
    prisma.director.create({
      data: {
        name: 'Kubrick',
        profile: { create: { biography: 'NY' } },
        films: {
          create: {
            title: '2001',
            reviews: {
              create: {
                stars: 4,
                viewer: { create: { name: 'Dan', email: 'dan@example.org' } },
                votes: { create: { viewerId: ada, helpful: false } },
              },
            },
          },
        },
      },
    }),
  'nested createMany': (prisma) =>
    prisma.genre.update({
      where: { id: 1 },
      data: { films: { createMany: { data: [{ title: 'X' }, { title: 'Y' }] } } },
    }),
  'nested connect, key here': (prisma) =>
    prisma.film.update({ where: { id: 3 }, data: { genre: { connect: { name: 'Drama' } } } }),
  'nested connect, key there': (prisma) =>
    prisma.genre.update({ where: { id: 2 }, data: { films: { connect: [{ id: 1 }, { id: 2 }] } } }),
  'nested connectOrCreate': (prisma) =>
    prisma.film.update({
      where: { id: 3 },
      data: { genre: { connectOrCreate: { where: { name: 'Noir' }, create: { name: 'Noir' } } } },
    }),
  'nested disconnect, key here': (prisma) =>
    prisma.film.update({ where: { id: 1 }, data: { director: { disconnect: true } } }),
  'nested disconnect, key there': (prisma) =>
    prisma.director.update({ where: { id: 2 }, data: { films: { disconnect: { id: 1 } } } }),
  'nested set': (prisma) =>
    prisma.director.update({ where: { id: 1 }, data: { films: { set: [{ id: 1 }] } } }),
  'nested update': (prisma) =>
    prisma.film.update({
      where: { id: 1 },
      data: {
        director: { update: { profile: { upsert: { create: { biography: 'New' }, update: {} } } } },
      },
    }),
  'nested update with where': (prisma) =>
    prisma.film.update({
      where: { id: 1 },
      data: { reviews: { update: { where: { id: 1 }, data: { stars: 1 } } } },
    }),
  'nested updateMany': (prisma) =>
    prisma.viewer.update({
      where: { id: ada },
      data: { reviews: { updateMany: { where: {}, data: { body: 'seen' } } } },
    }),
  'nested upsert': (prisma) =>
    prisma.film.update({
      where: { id: 1 },
      data: {
        reviews: {
          upsert: {
            where: { filmId_viewerId: { filmId: 1, viewerId: bob } },
            create: { stars: 3, viewerId: bob },
            update: { stars: 4 },
          },
        },
      },
    }),
  'nested delete': (prisma) =>
    prisma.director.update({ where: { id: 1 }, data: { profile: { delete: true } } }),
  'nested delete that cascades': (prisma) =>
    prisma.viewer.update({ where: { id: ada }, data: { reviews: { delete: { id: 1 } } } }),
  'nested deleteMany that cascades twice': (prisma) =>
    prisma.genre.update({ where: { id: 1 }, data: { films: { deleteMany: {} } } }),
  'one-to-one moved from the side without the key': (prisma) =>
    prisma.director.update({ where: { id: 2 }, data: { profile: { connect: { directorId: 1 } } } }),
  'many-to-many connect': (prisma) =>
    prisma.film.update({ where: { id: 3 }, data: { likedBy: { connect: { id: cyd } } } }),
  'many-to-many connect from the other side': (prisma) =>
    prisma.viewer.update({ where: { id: cyd }, data: { favourites: { connect: { id: 2 } } } }),
  'many-to-many disconnect': (prisma) =>
    prisma.film.update({ where: { id: 1 }, data: { likedBy: { disconnect: { id: ada } } } }),
  'many-to-many set to nothing': (prisma) =>
    prisma.film.update({ where: { id: 1 }, data: { likedBy: { set: [] } } }),
  'many-to-many create': (prisma) =>
    prisma.film.update({
      where: { id: 2 },
      data: { likedBy: { create: { name: 'Eve', email: 'eve@example.org' } } },
    }),
  'many-to-many delete': (prisma) =>
    prisma.film.update({ where: { id: 1 }, data: { likedBy: { deleteMany: { id: cyd } } } }),
  'many-to-many of a model with itself': (prisma) =>
    prisma.viewer.update({ where: { id: cyd }, data: { followers: { connect: { id: ada } } } }),
  'relation of a model with itself': (prisma) =>
    prisma.film.update({ where: { id: 1 }, data: { sequels: { set: [{ id: 3 }] } } }),
  'delete in a relation of a model with itself': (prisma) =>
    prisma.film.update({ where: { id: 2 }, data: { sequelOf: { delete: true } } }),
  executeRaw: (prisma) => prisma.$executeRaw`UPDATE films SET title = ${'Raw'} WHERE id = ${1}`,
  executeRawUnsafe: (prisma) => prisma.$executeRawUnsafe('DELETE FROM review_votes'),
  'queryRaw that writes': (prisma) =>
    prisma.$queryRaw`INSERT INTO genres (name) VALUES ('Raw') RETURNING id`,
  'queryRaw that writes in a CTE': (prisma) =>
    prisma.$queryRaw`WITH gone AS (DELETE FROM routes RETURNING *) SELECT count(*) FROM gone`,
  'queryRawUnsafe that writes': (prisma) =>
    prisma.$queryRawUnsafe(`UPDATE airports SET state = $1 RETURNING iata`, 'XX'),
}

/** The writes that a database does not know, and why. */
const lacking: Partial<Record<DatabaseName, Readonly<Record<string, string>>>> = {
  mariadb: {
    createManyAndReturn: 'Prisma has it not for MySQL',
    updateManyAndReturn: 'Prisma has it not for MySQL',
    'update of an id': 'a table does not cascade to itself',
    'queryRaw that writes in a CTE': 'a CTE only reads',
    'queryRawUnsafe that writes': 'UPDATE has no RETURNING',
  },
  sqlite: {
    'queryRaw that writes in a CTE': 'a CTE only reads',
    'queryRawUnsafe that writes': 'its parameters are written in another way',
  },
}

describeEachDatabase('Prisma writes', (database) => {
  let cache: Tidemark
  let base: PrismaClient
  let cached: Client

  beforeEach(async () => {
    cache = createTidemark()
    base = new database.PrismaClient({ adapter: database.prismaAdapter() })
    cached = base.$extends(cacheExtension(cache, { cacheByDefault: true })) as unknown as Client
    await fillLibrary(base)
  })
  afterEach(() => Promise.all([base.$disconnect(), cache.close()]))

  async function expectFresh(): Promise<void> {
    for (const [name, probe] of Object.entries(probes)) {
      expect(await probe(cached), name).toEqual(await uncached(probe))
    }
  }

  /** The twin: another client on the same database, which knows nothing of the cache. */
  async function uncached(probe: (prisma: Client) => Promise<unknown>): Promise<unknown> {
    return probe(base)
  }

  it('are preceded by hits, or these tests would prove nothing', async () => {
    await expectFresh()
    const sent = database.statements.mark()
    for (const probe of Object.values(probes)) await probe(cached)
    expect(sent()).toEqual([])
  })

  it.for(Object.entries(writes))('make every read new: %s', async ([name, write], { skip }) => {
    const reason = lacking[database.name]?.[name]
    skip(reason !== undefined, reason)
    for (const probe of Object.values(probes)) await probe(cached)
    await write(cached)
    await expectFresh()
  })

  describe('of a client that is not cached, on the same engine', () => {
    it.for(Object.entries(writes))('make every read new: %s', async ([name, write], { skip }) => {
      const reason = lacking[database.name]?.[name]
      skip(reason !== undefined, reason)
      for (const probe of Object.values(probes)) await probe(cached)
      await write(base)
      await expectFresh()
    })
  })

  it('leave alone what they do not touch', async () => {
    const prisma = withCache(base, cache)
    await prisma.airport.findMany({ cache: {} })
    await prisma.film.update({ where: { id: 1 }, data: { title: 'Alien 1', genreId: 2 } })
    const sent = database.statements.mark()
    await prisma.airport.findMany({ cache: {} })
    expect(sent()).toEqual([])
  })

  it('of plain columns leave alone the tables that refer to theirs', async () => {
    const prisma = withCache(base, cache)
    await prisma.review.findMany({ cache: {} })
    await prisma.film.update({ where: { id: 1 }, data: { title: 'Alien 1' } })
    const sent = database.statements.mark()
    await prisma.review.findMany({ cache: {} })
    expect(sent()).toEqual([])
  })

  it('that link do not touch the table at the other end', async () => {
    const prisma = withCache(base, cache)
    await prisma.viewer.findMany({ cache: {} })
    await prisma.genre.findMany({ cache: {} })
    await prisma.film.update({
      where: { id: 1 },
      data: { likedBy: { connect: { id: cyd } }, genre: { connect: { id: 2 } } },
    })
    const sent = database.statements.mark()
    await prisma.viewer.findMany({ cache: {} })
    await prisma.genre.findMany({ cache: {} })
    expect(sent()).toEqual([])
  })

  it('that fail are the caller’s errors, unchanged', async () => {
    const write = (prisma: Client) => prisma.genre.create({ data: { id: 1, name: 'Drama' } })
    const expected = await write(base).catch((error: unknown) => error)
    const got = await write(cached).catch((error: unknown) => error)
    expect(got).toBeInstanceOf(Prisma.PrismaClientKnownRequestError)
    expect((got as Prisma.PrismaClientKnownRequestError).code).toBe('P2002')
    expect((got as Error).constructor).toBe((expected as Error).constructor)
  })

  it('of raw queries that only read leave everything alone', async () => {
    const prisma = withCache(base, cache)
    await prisma.film.findMany({ cache: {} })
    await prisma.$queryRaw`SELECT count(*) FROM films WHERE title = ${'x'} FOR UPDATE`.catch(
      () => 0,
    )
    await prisma.$queryRaw`SELECT lower(title) FROM films WHERE title = 'delete'`
    const sent = database.statements.mark()
    await prisma.film.findMany({ cache: {} })
    expect(sent()).toEqual([])
  })
})
