import { createTidemark } from '@tidemark/core'
import { cached, cacheExtension, type CacheExtensionOptions, withCache } from '@tidemark/prisma'
import { describe, expect, it } from 'vitest'
import { Prisma, PrismaClient } from '../../../prisma/generated/client.ts'
import { HINT_OPTIONS, wrongCachingOptions, wrongModes } from '../caching-refusals.ts'
import { type Refusal, refuses, refusesEach } from '../refusals.ts'
import { unconnectedClient } from './models.ts'

const cache = createTidemark()
const duration = "a duration above 0 (milliseconds, or a string such as '30s', '5m', '1d')"
const version = 'prisma: expected a Prisma Client of version 7, got'

describe('cacheExtension refuses options', () => {
  const options = (message: string, given: unknown): Refusal => [
    message,
    () => cacheExtension(cache, given as CacheExtensionOptions),
  ]
  const unknown =
    'cacheExtension: unknown option "model", expected one of cacheByDefault, tables, models, views, catalogue, sideEffects, database, defaultSchema, partition (did you mean models?)'
  const partition = 'partition: expected a string, or a function that returns one, got'
  const noPolicy = 'expected an object with an optional ttl, or false, got'
  const refusals = [
    options('cacheExtension: expected an object, got null', null),
    options('cacheExtension: expected an object, got "shop"', 'shop'),
    options('cacheExtension: expected an object, got an instance of Promise', Promise.resolve()),
    options(unknown, { model: {} }),
    options('cacheByDefault: expected true or false, got 1', { cacheByDefault: 1 }),
    options('tables: expected an object, got an array of 1', { tables: ['films'] }),
    options(`tables.films.ttl: expected ${duration}, got 0`, { tables: { films: { ttl: 0 } } }),
    options(`tables.films: ${noPolicy} 1`, { tables: { films: 1 } }),
    options('models: expected an object, got an array of 0', { models: [] }),
    options('models: expected an object, got null', { models: null }),
    options('models: expected a string that is not empty, got ""', { models: { '': {} } }),
    options(`models.Film: ${noPolicy} true`, { models: { Film: true } }),
    options(`models.Film.ttl: expected ${duration}, got "1 day" (did you mean '1d'?)`, {
      models: { Film: { ttl: '1 day' } },
    }),
    options('views: expected an object, got an array of 0', { views: [] }),
    options('catalogue: expected true or false, got null', { catalogue: null }),
    options('sideEffects: expected an object of arrays of table names, by table, got "orders"', {
      sideEffects: 'orders',
    }),
    options('sideEffects.orders[0]: expected a string that is not empty, got 1', {
      sideEffects: { orders: [1] },
    }),
    options('views: expected a string that is not empty, got ""', { views: { '': ['films'] } }),
    options('views.Totals: expected an array of strings, got "films"', {
      views: { Totals: 'films' },
    }),
    options('views.Totals: expected at least one table, got an array of 0', {
      views: { Totals: [] },
    }),
    options('database: expected a string that is not empty, got ""', { database: '' }),
    options('defaultSchema: expected a string that is not empty, got 1', { defaultSchema: 1 }),
    options(`${partition} 1`, { partition: 1 }),
    options(`${partition} null`, { partition: null }),
  ]
  refuses(refusals)
  refusesEach(unknown, '', refusals)

  const all =
    'Film, Genre, Distributor, Director, DirectorProfile, Viewer, Review, ReviewVote, Airport, Route'
  const models = (given: CacheExtensionOptions['models']) => () =>
    withCache(unconnectedClient(), createTidemark(), { models: given ?? {} })
  refuses([
    [`models: unknown model "Movie", expected one of ${all}`, models({ Movie: {} })],
    [
      `models: unknown model "film", expected one of ${all} (did you mean Film?)`,
      models({ film: {} }),
    ],
    [
      'models.Film contradicts tables.Public.films: both are the policy of one table; give one of them',
      () =>
        withCache(unconnectedClient(), createTidemark(), {
          models: { Genre: {}, Film: { ttl: '1m' } },
          tables: { airports: {}, 'Public.films': { ttl: '2m' } },
        }),
    ],
    [
      'models.Film contradicts tables.films: both are the policy of one table; give one of them',
      () =>
        withCache(unconnectedClient(), createTidemark(), {
          models: { Film: false },
          tables: { films: {} },
        }),
    ],
    [
      'views: unknown view "Film", expected one of (the schema has none)',
      () => withCache(unconnectedClient(), createTidemark(), { views: { Film: ['films'] } }),
    ],
  ])
})

describe('cacheExtension refuses', () => {
  const expected = 'cache: expected what createTidemark() returns, got'
  const given = (got: string, value: unknown): Refusal => [
    `${expected} ${got}`,
    () => cacheExtension(value as typeof cache),
  ]
  const base = unconnectedClient()
  const extend = (extension: unknown) => () => base.$extends(extension as {})
  refuses([
    given('undefined', undefined),
    given('an object with keys [ttl]', { ttl: '5m' }),
    given('a function (createTidemark)', createTidemark),
    [
      `${expected} an instance of ${base.constructor.name}; extend a client with $extends(cacheExtension(cache))`,
      extend(cacheExtension),
    ],
    [
      'cache: expected one that is open, got one on which close() was called',
      async () => {
        const closed = createTidemark()
        await closed.close()
        cacheExtension(closed)
      },
    ],
  ])
})

describe('withCache refuses', () => {
  const client = (message: string, given: unknown): Refusal => [
    message,
    () => withCache(given, cache),
    'UNSUPPORTED_CLIENT',
  ]
  const of = (_clientVersion: string) => ({ $extends: () => 0, _clientVersion })
  const base = unconnectedClient()
  const second =
    "database: expected a name, got none for a second prisma client of this cache. Give each its own name, as in { database: 'shop' }, or the same name if both ask one database."
  const twice =
    'expected a Prisma Client without a cache, got one that was extended with cacheExtension already'
  refuses([
    client(`${version} undefined`, undefined),
    client(`${version} null`, null),
    client(`${version} "postgres://localhost"`, 'postgres://localhost'),
    client(
      `${version} a class (${PrismaClient.name}); make one with new PrismaClient()`,
      PrismaClient,
    ),
    client(`${version} an instance of Tidemark; the order is withCache(prisma, cache)`, cache),
    client(`${version} one of version 5.22.0`, of('5.22.0')),
    client(`${version} one of version 6.19.0`, of('6.19.0')),
    client(`${version} one of version 70.0.0`, of('70.0.0')),
    client(`${version} one of version 8.0.0-rc.1`, of('8.0.0-rc.1')),
    client(`${version} the client of a transaction; extend the one that it was started on`, {
      _clientVersion: Prisma.prismaVersion.client,
    }),
    [
      'cache: expected what createTidemark() returns, got undefined',
      () => withCache(base, undefined as never),
    ],
    [
      'cacheExtension: unknown option "ttl", expected one of cacheByDefault, tables, models, views, catalogue, sideEffects, database, defaultSchema, partition',
      () => withCache(base, cache, { ttl: '1m' } as {}),
    ],
    [twice, () => withCache(withCache(base, cache), cache), 'UNSUPPORTED_CLIENT'],
    [twice, () => withCache(base, cache).$extends(cacheExtension(cache)), 'UNSUPPORTED_CLIENT'],
    [
      second,
      () => {
        const own = createTidemark()
        withCache(base, own)
        withCache(base, own)
        withCache(unconnectedClient(), own)
      },
      'AMBIGUOUS_DATABASE',
    ],
  ])

  it('no second database that has a name', () => {
    const own = createTidemark()
    withCache(base, own)
    expect(() => withCache(unconnectedClient(), own, { database: 'second' })).not.toThrow()
  })
})

describe('cached refuses', () => {
  const query = Prisma.sql`select 1`
  const raw = (message: string, given: unknown, hint: unknown = { tables: ['films'] }): Refusal => [
    message,
    () => cached(given as typeof query, hint as { ttl: 1 }),
  ]
  const noQuery = 'query: expected what Prisma.sql or a typed query returns, got'
  const unknown = `hint: unknown option "table", expected one of ${HINT_OPTIONS} (did you mean tables?)`
  const refusals = [
    raw(`${noQuery} undefined`, undefined),
    raw(`${noQuery} "select 1"`, 'select 1'),
    raw(`${noQuery} an object with keys [tables]`, { tables: ['films'] }, query),
    raw("hint: expected an object such as { ttl: '1m' }, got null", query, null),
    raw("hint: expected an object such as { ttl: '1m' }, got false", query, false),
    raw(unknown, query, { table: ['films'] }),
    raw(`hint.ttl: expected ${duration}, got 0`, query, { ttl: 0 }),
    raw('hint.tags: expected an array of strings, got "vip"', query, { tags: 'vip' }),
    raw('hint.tables: expected at least one table, got an array of 0', query, { tables: [] }),
    raw(
      'hint.freshAfter: expected a ticket of cache.withTicket(), got "" (isTicket(text) tells)',
      query,
      { freshAfter: '' },
    ),
    ...wrongCachingOptions('hint.').map(([message, options]) => raw(message, query, options)),
    ...wrongModes('hint.').map(([message, options]) => raw(message, query, options)),
    raw('hint.consistency: expected one of strict, available, fresh, got 1', query, {
      consistency: 1,
    }),
  ]
  refuses(refusals)
  refusesEach(unknown, 'hint.', refusals)
})

describe('a read refuses', () => {
  const prisma = withCache(unconnectedClient(), createTidemark())
  const hint = (message: string, given: unknown): Refusal => [
    message,
    () => prisma.film.findMany({ cache: given as {} }),
  ]
  const noHint = 'cache: expected an object, or false, got'
  const unknown = `cache: unknown option "tll", expected one of ${HINT_OPTIONS} (did you mean ttl?)`
  const forever = `cache.ttl: expected ${duration}, got`
  const reads =
    'findUnique, findUniqueOrThrow, findFirst, findFirstOrThrow, findMany, count, aggregate, groupBy'
  const onWrite = (operation: string, act: () => PromiseLike<unknown>): Refusal => [
    `cache: expected on reads only (${reads}), got it on Film.${operation}`,
    act,
  ]
  const where = { id: 1 }
  const data = { title: 'x' }
  const write = <T>(args: T) => ({ ...args, cache: {} })
  const refusals = [
    hint(`${noHint} true`, true),
    hint(`${noHint} "1m"`, '1m'),
    hint(`${noHint} null`, null),
    hint(`${noHint} an array of 0`, []),
    hint(unknown, { tll: '1m' }),
    hint(`cache.ttl: expected ${duration}, got "5 s" (did you mean '5s'?)`, { ttl: '5 s' }),
    hint('cache.tags: expected an array of strings, got "vip"', { tags: 'vip' }),
    hint('cache.tags[0]: expected a string that is not empty, got null', { tags: [null] }),
    hint('cache.tags[1]: expected a string that is not empty, got 5', { tags: ['ttl', 5] }),
    hint(
      'cache.freshAfter: expected a ticket of cache.withTicket(), got "" (isTicket(text) tells)',
      { freshAfter: '' },
    ),
    ...wrongCachingOptions('cache.').map(([message, options]) => hint(message, options)),
    ...wrongModes('cache.').map(([message, options]) => hint(message, options)),
    hint('cache.consistency: expected one of strict, available, fresh, got true', {
      consistency: true,
    }),
    hint('cache.tables: expected at least one table, got an array of 0', { tables: [] }),
    onWrite('create', () => prisma.film.create(write({ data }))),
    onWrite('createMany', () => prisma.film.createMany(write({ data }))),
    onWrite('update', () => prisma.film.update(write({ where, data }))),
    onWrite('updateMany', () => prisma.film.updateMany(write({ data }))),
    onWrite('upsert', () => prisma.film.upsert(write({ where, create: data, update: data }))),
    onWrite('delete', () => prisma.film.delete(write({ where }))),
    onWrite('deleteMany', () => prisma.film.deleteMany(write({ limit: 1 }))),
  ]
  refuses(refusals)
  refusesEach(unknown, 'cache.', refusals)

  const partitioned = (partition: () => unknown) =>
    withCache(unconnectedClient(), createTidemark(), { partition: partition as () => string })
  refuses([
    [
      'partition(): expected a string that is not empty, or undefined, got ""',
      () => partitioned(() => '').film.findMany({ cache: {} }),
    ],
    [
      'partition(): expected a string that is not empty, or undefined, got an instance of Promise',
      () => partitioned(async () => 'tenant').film.findMany({ cache: {} }),
    ],
  ])

  describe('a hint that looks like one that was taken before', () => {
    // There is no database: a hint that is taken leads to an error of its own.
    it.each([{ ttl: Infinity }, { tags: [], ttl: 5 }, { tags: ['5;'] }])('%j is taken', (given) =>
      expect(prisma.film.findMany({ cache: given })).rejects.not.toThrow('cache'),
    )
    const nan = `${forever} NaN`
    refuses([
      hint(nan, { ttl: NaN }),
      hint(`${forever} null`, { ttl: null }),
      hint(`${forever} -Infinity`, { ttl: -Infinity }),
      hint('cache.tags[1]: expected a string that is not empty, got 5', { tags: ['ttl', 5] }),
      hint('cache.tags[0]: expected a string that is not empty, got 5', { tags: [5] }),
    ])
  })
})
