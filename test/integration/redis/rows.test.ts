import { createTidemark, structuralCodec, type Tidemark } from '@tidemark/core'
import { withCache as withKyselyCache } from '@tidemark/kysely'
import { withCache as withPrismaCache } from '@tidemark/prisma'
import { msgpackCodec, superjsonCodec } from '@tidemark/redis'
import { sql } from 'kysely'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Prisma, type PrismaClient } from '../../../prisma/generated/client.ts'
import {
  describeDatabase,
  describeEachDatabase,
  type TestDatabase,
} from '../../support/databases.ts'
import { exactly } from '../../support/exactly.ts'
import { hasLists } from '../prisma/library.ts'

const codecs = [msgpackCodec, superjsonCodec]

/** Checks that a result of the database comes back from bytes as it was. */
function expectExact(cache: Tidemark, result: unknown): void {
  const context = { valueTypes: cache.engine.valueTypes, maxBytes: 1_000_000 }
  const text = exactly(result)
  expect(structuralCodec(context.valueTypes).encode(result, context).state).toBe('encoded')
  for (const codec of codecs) {
    const encoding = codec.encode(result, context)
    if (encoding.state === 'refused') throw new Error(`${codec.name}: ${encoding.reason}`)
    const decoding = codec.decode(encoding.bytes, context)
    if (decoding.state === 'corrupt') throw new Error(`${codec.name}: ${decoding.detail}`)
    expect(exactly(decoding.value)).toBe(text)
  }
}

async function fill(prisma: PrismaClient, database: TestDatabase): Promise<void> {
  const film = {
    title: 'Nosferatu – “ü” 😀',
    releasedOn: new Date('1922-03-04'),
    budget: 9_007_199_254_740_993n,
    usGross: -1n,
    worldwideGross: 0n,
    imdbRating: '7.9',
    imdbVotes: 2 ** 31 - 1,
    rottenTomatoesRating: -1,
    mpaaRating: 'PG13' as const,
    details: JSON.parse(
      '{"__proto__": {"x": 1}, "constructor": [null, 1.5, ""], "a.b": {"prototype": true}, "1": -1}',
    ) as Prisma.InputJsonObject,
    poster: Uint8Array.of(0, 127, 128, 255),
    ...(hasLists(database) && { tags: ['a', '', 'ü"\\'] }),
    genre: { create: { name: 'Horror' } },
    distributor: { create: { name: 'Prana' } },
    director: {
      create: {
        name: 'Murnau',
        profile: { create: { biography: '', bornOn: new Date('1888-12-28') } },
      },
    },
  }
  await prisma.film.create({ data: { ...film, sequels: { create: [{ title: '' }] } } })
  await prisma.film.create({
    data: { title: 'JSON null', details: Prisma.JsonNull, imdbRating: 8 },
  })
  const { id } = await prisma.viewer.create({
    data: { name: 'Ada', email: 'ada@example.com', favourites: { connect: { id: 1 } } },
  })
  const review = await prisma.review.create({
    data: { stars: 5, body: null, filmId: 1, viewerId: id },
  })
  await prisma.reviewVote.create({ data: { reviewId: review.id, viewerId: id, helpful: true } })
  await prisma.airport.createMany({
    data: ['AAA', 'BBB'].map((iata) => ({
      iata,
      name: iata,
      country: 'x',
      latitude: -0.1,
      longitude: 1e-7,
    })),
  })
  await prisma.route.create({ data: { originIata: 'AAA', destinationIata: 'BBB', flights: 1 } })
}

describeEachDatabase('rows as bytes', (database) => {
  let cache: Tidemark
  let prisma: PrismaClient

  beforeEach(async () => {
    cache = createTidemark()
    prisma = new database.PrismaClient({ adapter: database.prismaAdapter() })
    // They declare what classes of values they bring.
    withKyselyCache(database.kysely, cache)
    withPrismaCache(prisma, cache)
    await fill(prisma, database)
  })
  afterEach(() => Promise.all([prisma.$disconnect(), cache.close()]))

  it('of each table come back from Kysely as the driver gave them', async () => {
    const tables = [
      ...([
        'films',
        'genres',
        'distributors',
        'directors',
        'director_profiles',
        'viewers',
      ] as const),
      ...(['reviews', 'review_votes', 'airports', 'routes', '_Favourites', '_Follows'] as const),
    ]
    for (const table of tables) {
      expectExact(cache, await database.kysely.selectFrom(table).selectAll().execute())
    }
    const { fn } = database.kysely
    expectExact(
      cache,
      await database.kysely
        .selectFrom('films')
        .select([fn.count('id').as('n'), fn.avg('imdb_rating').as('a')])
        .execute(),
    )
  })

  it('of each model come back from Prisma as it gave them', async () => {
    const film = {
      genre: true,
      distributor: true,
      director: { include: { profile: true } },
      sequels: true,
      sequelOf: true,
      likedBy: true,
      reviews: { include: { votes: true, viewer: true } },
    }
    const results = [
      await prisma.film.findMany({ include: film }),
      await prisma.film.findUnique({ where: { id: 1 } }),
      await prisma.film.findFirst({ where: { id: -1 } }),
      await prisma.viewer.findMany({ include: { favourites: true, followers: true, votes: true } }),
      await prisma.airport.findMany({ include: { departures: true, arrivals: true } }),
      await prisma.film.aggregate({
        _avg: { imdbRating: true },
        _sum: { budget: true },
        _count: true,
      }),
      await prisma.film.groupBy({ by: ['mpaaRating'], _max: { releasedOn: true } }),
      await prisma.film.count(),
    ]
    for (const result of results) expectExact(cache, result)
    expect(
      results
        .flat()
        .some((one) => Object.values(one ?? {}).some((value) => Prisma.Decimal.isDecimal(value))),
    ).toBe(true)
  })
})

describeDatabase('postgres', 'values of PostgreSQL as bytes', (database) => {
  let cache: Tidemark
  beforeEach(() => {
    cache = createTidemark()
    withKyselyCache(database.kysely, cache)
  })
  afterEach(() => cache.close())

  describe('come back as the driver gave them', () => {
    it.each([
      ["interval '1 year -2 days 03:04:05.678'", "interval '0'", "-interval '1 hour'"],
      ["point '(1,-0)'", "circle '<(1,2),3>'", "box '((0,0),(1,1))'"],
      ["float8 'NaN'", "float8 '-Infinity'", "float8 '-0'", "numeric '123456789012345678901234.5'"],
      [
        "timestamptz 'infinity'",
        "date '-infinity'",
        "timestamptz '0044-03-15 BC'",
        "date '9999-12-31'",
      ],
      ["'\\x00ff'::bytea", "array['\\x01'::bytea]", "array[date '2020-02-29', null]"],
      [
        "array[1.5::float8, 'NaN']",
        'array[array[1,2],array[3,4]]',
        "array[interval '1 day', null]",
      ],
      ['int8range(1, 5)', "inet '::1'", "uuid '00000000-0000-0000-0000-000000000000'", 'null'],
      [`json '{"__proto__": 1, "a": [1e400, -0.0, "\\u2028"]}'`, "jsonb 'null'", 'json \'""\''],
    ])('%s …', async (...expressions) => {
      const columns = expressions
        .map((expression, index) => `${expression} as c${index}`)
        .join(', ')
      const { rows } = await sql`select ${sql.raw(columns)} from generate_series(1, 3)`.execute(
        database.kysely,
      )
      expectExact(cache, rows)
    })
  })
})
