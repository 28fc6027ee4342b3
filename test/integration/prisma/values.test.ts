import { createTidemark, type Tidemark } from '@tidemark/core'
import { type CachedClient, withCache } from '@tidemark/prisma'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Prisma, type PrismaClient } from '../../../prisma/generated/client.ts'
import { describeEachDatabase } from '../../support/databases.ts'
import { hasLists } from './library.ts'

type FilmData = Omit<Prisma.FilmUncheckedCreateInput, 'title'>

const values: Record<string, FilmData> = {
  'a date': { releasedOn: new Date('1979-05-25') },
  'a bigint': { budget: 9007199254740993n, usGross: -1n },
  'a decimal': { imdbRating: '8.5' },
  'a decimal without a fraction': { imdbRating: 8 },
  'an enum with a mapped name': { mpaaRating: 'PG13' },
  bytes: { poster: Uint8Array.of(0, 127, 128, 255) },
  'no bytes': { poster: new Uint8Array(0) },
  'a list': { tags: ['a', '', 'ü"\\'] },
  'an empty list': { tags: [] },
  'a JSON document': { details: { a: [1, 'x', null, { b: true }], n: 1.5, '': {} } },
  'a JSON list': { details: [1, [2, []], {}] },
  'a JSON text that looks like a date': { details: '2020-01-01T00:00:00.000Z' },
  'JSON that looks like a codec’s own tags': {
    details: { $type: 'Decimal', value: '1', __proto: { x: 1 }, toJSON: 'x', constructor: null },
  },
  'JSON with a key that JavaScript gives a meaning': {
    details: JSON.parse('{"__proto__": {"polluted": true}, "a": 1}') as Prisma.InputJsonObject,
  },
  'JSON null': { details: Prisma.JsonNull },
  'SQL null': { details: Prisma.DbNull },
  nothing: {},
}

describeEachDatabase('Prisma values', (database) => {
  let cache: Tidemark
  let base: PrismaClient
  let prisma: CachedClient<PrismaClient>

  beforeEach(() => {
    cache = createTidemark()
    base = new database.PrismaClient({ adapter: database.prismaAdapter() })
    prisma = withCache(base, cache, { cacheByDefault: true })
  })
  afterEach(() => Promise.all([base.$disconnect(), cache.close()]))

  describe('come back as the database gave them', () => {
    it.for(Object.entries(values))('%s', async ([, data], { skip }) => {
      skip('tags' in data && !hasLists(database), 'lists of scalars are PostgreSQL’s')
      const { id } = await base.film.create({ data: { title: 'x', ...data } })
      const expected = await base.film.findUnique({ where: { id } })
      for (let round = 0; round < 3; round += 1) {
        const film = await prisma.film.findUnique({ where: { id } })
        expect(film).toStrictEqual(expected)
      }
      expect(cache.metrics().queries[0]?.hits).toEqual({ memory: 2 })
    })
  })

  it('a decimal is a Prisma.Decimal that is the caller’s own', async () => {
    await base.film.create({ data: { title: 'x', imdbRating: '8.5' } })
    const read = async () => (await prisma.film.findFirst())!.imdbRating!
    const [first, second] = [await read(), await read()]
    expect(second).toBeInstanceOf(Prisma.Decimal)
    expect(second).not.toBe(first)
    expect(second.plus('0.1').toString()).toBe('8.6')
    expect(Prisma.Decimal.isDecimal(second)).toBe(true)
  })

  it('aggregates of decimals and bigints come back as they are', async () => {
    await base.film.createMany({
      data: [
        { title: 'x', imdbRating: '8.5', budget: 9007199254740993n },
        { title: 'y', imdbRating: '8.4', budget: 1n },
      ],
    })
    const args = {
      _avg: { imdbRating: true },
      _sum: { budget: true },
      _max: { title: true },
    } as const
    for (let round = 0; round < 2; round += 1) {
      expect(await prisma.film.aggregate(args)).toStrictEqual(await base.film.aggregate(args))
    }
    expect(cache.metrics().queries[0]?.hits).toEqual({ memory: 1 })
  })

  it('an argument that its class turns into JSON stands for what it does without a cache', async () => {
    class Instant {
      readonly #ms: number
      constructor(ms: number) {
        this.#ms = ms
      }
      toJSON(): string {
        return new Date(this.#ms).toISOString()
      }
    }
    const now = new Instant(0)
    const film = await prisma.film.create({ data: { title: 'x', details: { now } } })
    expect(film.details).toEqual({ now: '1970-01-01T00:00:00.000Z' })
    await base.viewer.create({ data: { name: 'x', email: 'x', joinedAt: new Date(0) } })
    for (const [ms, found] of [
      [0, 1],
      [1, 0],
      [0, 1],
    ] as const) {
      const joinedAt = new Instant(ms) as unknown as Date
      expect(await prisma.viewer.count({ where: { joinedAt: { equals: joinedAt } } })).toBe(found)
    }
  })

  it('a key knows a decimal, a date, bytes and JSON in an argument', async () => {
    const data = {
      imdbRating: new Prisma.Decimal('8.5'),
      releasedOn: new Date('1979-05-25'),
      poster: Uint8Array.of(1, 2),
    }
    await base.film.create({ data: { title: 'x', details: { a: [1] }, ...data } })
    for (let round = 0; round < 2; round += 1) {
      const where = { ...data, details: { equals: { a: [1] } } }
      expect(await prisma.film.count({ where })).toBe(1)
    }
    expect(cache.metrics().queries[0]).toMatchObject({ hits: { memory: 1 }, misses: { absent: 1 } })
  })

  it('metrics show operators and fields, and nothing that a user typed', async () => {
    await prisma.film.findMany({
      where: { title: { contains: 'secret' }, details: { equals: { secret: 'secret' } } },
      take: 3,
    })
    await base.film.create({ data: { title: 'secret', details: { secret: 'secret' } } })
    const shown = cache.metrics().queries.map(({ fingerprint }) => fingerprint)
    expect(shown).toEqual([
      'Film.findMany({ where: { title: { contains: ? }, details: { equals: ? } }, take: ? })',
      'Film.create({ data: { title: ?, details: ? } })',
    ])
  })
})
