import { createTidemark } from '@tidemark/core'
import { cached, type CacheOptions, uncached, withCache } from '@tidemark/kysely'
import { Kysely, PostgresDialect } from 'kysely'
import { describe, expect, it } from 'vitest'
import type { Tables } from '../../../prisma/tables.ts'
import {
  CACHING_OPTIONS,
  HINT_OPTIONS,
  wrongCachingOptions,
  wrongModes,
} from '../caching-refusals.ts'
import { type Refusal, refuses, refusesEach } from '../refusals.ts'
import { compilerFor } from './dialects.ts'

const cache = createTidemark({ ttl: '5m' })
const duration = "a duration above 0 (milliseconds, or a string such as '30s', '5m', '1d')"

describe('withCache refuses options', () => {
  const db = compilerFor('postgres')
  const options = (message: string, given: unknown): Refusal => [
    message,
    () => withCache(db, cache, given as CacheOptions),
  ]
  const known =
    'expected one of cacheByDefault, tables, database, defaultSchema, partition, stableFunctions, volatileFunctions, parser, catalogue, sideEffects, logHits'
  const unknown = `withCache: unknown option "table", ${known} (did you mean tables?)`
  const partition = 'partition: expected a string, or a function that returns one, got'
  const refusals = [
    options('withCache: expected an object, got null', null),
    options('withCache: expected an object, got "shop"', 'shop'),
    options('withCache: expected an object, got an instance of Promise', Promise.resolve({})),
    options(unknown, { table: {} }),
    options(`withCache: unknown option "ttl", ${known}`, { ttl: '1m' }),
    options('cacheByDefault: expected true or false, got "yes"', { cacheByDefault: 'yes' }),
    options('tables: expected an object, got an array of 1', { tables: ['films'] }),
    options(
      'tables: expected one policy for films, however it is written, got an object with keys [films, public.films]',
      { tables: { films: false, 'public.films': {} } },
    ),
    options(`tables.films.ttl: expected ${duration}, got 0`, { tables: { films: { ttl: 0 } } }),
    options(`tables.films: unknown option "for", expected one of ${CACHING_OPTIONS}`, {
      tables: { films: { for: 1 } },
    }),
    options('database: expected a string that is not empty, got ""', { database: '' }),
    options('database: expected a string that is not empty, got null', { database: null }),
    options('defaultSchema: expected a string that is not empty, got 1', { defaultSchema: 1 }),
    options(`${partition} null`, { partition: null }),
    options(`${partition} an object with keys []`, { partition: {} }),
    options('stableFunctions: expected an array of strings, got "f"', { stableFunctions: 'f' }),
    options(
      `stableFunctions[0]: expected the name of a function alone, got "f(x)" (did you mean 'f'?)`,
      { stableFunctions: ['f(x)'] },
    ),
    options('stableFunctions: expected none that volatileFunctions has too, got "f"', {
      stableFunctions: ['F'],
      volatileFunctions: ['f'],
    }),
    options(
      'parser: expected a parser, such as await postgresParser(), got an instance of Promise',
      {
        parser: Promise.resolve(),
      },
    ),
    options('parser: expected a parser, such as await postgresParser(), got null', {
      parser: null,
    }),
    options('catalogue: expected true or false, got "off"', { catalogue: 'off' }),
    options(
      'sideEffects: expected an object of arrays of table names, by table, got an array of 1',
      {
        sideEffects: ['audit_log'],
      },
    ),
    options('sideEffects.orders: expected an array of strings, got "audit_log"', {
      sideEffects: { orders: 'audit_log' },
    }),
    options('sideEffects.orders[0]: expected a string that is not empty, got ""', {
      sideEffects: { orders: [''] },
    }),
    options("logHits: expected a function, or an array of 'query' and 'error', got true", {
      logHits: true,
    }),
    options("logHits: expected a function, or an array of 'query' and 'error', got an array of 1", {
      logHits: ['hit'],
    }),
    options('volatileFunctions[0]: expected a string that is not empty, got 1', {
      volatileFunctions: [1],
    }),
  ]
  refuses(refusals)
  refusesEach(unknown, '', refusals)
})

describe('withCache refuses what it cannot wrap', () => {
  const db = compilerFor('postgres')
  const client = (got: string, given: unknown): Refusal => [
    `db: expected an instance of Kysely, got ${got}`,
    () => withCache(given as typeof db, cache),
    'UNSUPPORTED_CLIENT',
  ]
  const inTransaction = (act: (trx: Kysely<Tables>) => unknown) => () =>
    db.transaction().execute(async (trx) => act(trx))
  const ofTransaction =
    'db: expected an instance that can see the COMMIT, got a transaction; wrap the instance that it was started on'
  /** As another copy of the package has it. */
  const copy = {
    Kysely: class {
      selectFrom() {}
    },
  }.Kysely
  refuses([
    client('undefined', undefined),
    client('null', null),
    client('an object with keys []', {}),
    client('a class (Kysely)', Kysely),
    client('an instance of PostgresDialect', new PostgresDialect({ pool: {} as never })),
    client('an instance of Promise; await it first', Promise.resolve(db)),
    client('an instance of ConnectionBuilder', db.connection()),
    client('an instance of TransactionBuilder', db.transaction()),
    client('an instance of Tidemark; the order is withCache(db, cache)', cache),
    client(
      'an instance of Kysely of another copy of the kysely package; see that `npm ls kysely` shows one',
      new copy(),
    ),
    [
      'db: expected an instance without a cache, got one that withCache() returned',
      () => withCache(withCache(db, cache), cache),
      'UNSUPPORTED_CLIENT',
    ],
    [
      'db: expected an instance without a cache, got one that withCache() returned',
      () => withCache(withCache(db, cache).withSchema('audit'), createTidemark()),
      'UNSUPPORTED_CLIENT',
    ],
    [
      'db: expected an instance without a cache, got one that withCache() returned',
      () =>
        withCache(db, cache)
          .connection()
          .execute(async (connection) => withCache(connection, cache)),
      'UNSUPPORTED_CLIENT',
    ],
    [ofTransaction, inTransaction((trx) => withCache(trx, cache)), 'UNSUPPORTED_CLIENT'],
    [
      ofTransaction,
      async () => withCache(await db.startTransaction().execute(), cache),
      'UNSUPPORTED_CLIENT',
    ],
    [
      'cache: expected what createTidemark() returns, got undefined',
      () => withCache(db, undefined as never),
    ],
    [
      'cache: expected what createTidemark() returns, got an object with keys [ttl]',
      () => withCache(db, { ttl: '5m' } as never),
    ],
    [
      'cache: expected what createTidemark() returns, got a function (createTidemark)',
      () => withCache(db, createTidemark as never),
    ],
    [
      'cache: expected one that is open, got one on which close() was called',
      async () => {
        const closed = createTidemark()
        await closed.close()
        withCache(db, closed)
      },
    ],
    [
      "database: expected a name, got none for a second kysely client of this cache. Give each its own name, as in { database: 'shop' }, or the same name if both ask one database.",
      () => {
        const own = createTidemark()
        withCache(db, own)
        withCache(db.withSchema('audit'), own)
        withCache(compilerFor('postgres'), own)
      },
      'AMBIGUOUS_DATABASE',
    ],
  ])

  it('and takes a second database that has a name', () => {
    const own = createTidemark()
    withCache(db, own)
    expect(() => withCache(compilerFor('postgres'), own, { database: 'second' })).not.toThrow()
  })
})

describe('a query is refused', () => {
  const partitioned = (partition: () => unknown) =>
    withCache(compilerFor('postgres'), createTidemark(), {
      partition: partition as () => string,
      // There is no database to have one.
      catalogue: false,
    })
  const read = (db: Kysely<Tables>) => db.selectFrom('films').selectAll().$call(cached()).execute()
  refuses([
    [
      'partition(): expected a string that is not empty, or undefined, got ""',
      () => read(partitioned(() => '')),
    ],
    [
      'partition(): expected a string that is not empty, or undefined, got an instance of Promise',
      () => read(partitioned(async () => 'tenant')),
    ],
  ])
})

describe('a hint refuses', () => {
  const db = compilerFor('postgres')
  const query = db.selectFrom('films').selectAll()
  const hint = (message: string, given: unknown): Refusal => [
    message,
    () => cached(given as { ttl: 1 }),
  ]
  const noHint = "cached: expected an object such as { ttl: '1m' }, got"
  const noQuery = 'expected a query builder, sql, a Kysely instance or a transaction, got'
  const unknown = `cached: unknown option "tll", expected one of ${HINT_OPTIONS} (did you mean ttl?)`
  const where =
    ", which takes no hint of its own (put it on the instance: cached()(db).mergeInto('person'))"
  const refusals = [
    hint(`${noHint} "1m"`, '1m'),
    hint(`${noHint} 60000`, 60_000),
    hint(`${noHint} null`, null),
    hint(`${noHint} false; call uncached()`, false),
    hint(unknown, { tll: '1m' }),
    hint(unknown, { ttl: '1m', tll: '1m' }),
    hint(`cached.ttl: expected ${duration}, got -5`, { ttl: -5 }),
    hint(`cached.ttl: expected ${duration}, got NaN`, { ttl: NaN }),
    hint(`cached.ttl: expected ${duration}, got "1 min" (did you mean '1m'?)`, { ttl: '1 min' }),
    hint('cached.tags: expected an array of strings, got "vip"', { tags: 'vip' }),
    hint('cached.tags[0]: expected a string that is not empty, got ""', { tags: [''] }),
    hint(
      'cached.freshAfter: expected a ticket of cache.withTicket(), got 5 (isTicket(text) tells)',
      { freshAfter: 5 },
    ),
    ...wrongCachingOptions('cached.').map(([message, options]) => hint(message, options)),
    ...wrongModes('cached.').map(([message, options]) => hint(message, options)),
    hint('cached.consistency: expected one of strict, available, fresh, got true', {
      consistency: true,
    }),
    hint('cached.tables: expected at least one table, got an array of 0', { tables: [] }),
    hint('cached.tables[0]: expected a string that is not empty, got 1', { tables: [1] }),
    hint(
      'cached: expected a hint, or nothing, got an instance of SelectQueryBuilderImpl (did you mean $call(cached()) for $call(cached)?)',
      query,
    ),
    [
      'uncached: expected a hint, or nothing, got an instance of SelectQueryBuilderImpl (did you mean $call(uncached()) for $call(uncached)?)',
      () => (uncached as (given: unknown) => unknown)(query),
    ],
    [
      'uncached: expected nothing, got an object with keys [ttl]',
      () => (uncached as (given: unknown) => unknown)({ ttl: '1m' }),
    ],
    [`cached(hint): ${noQuery} undefined${where}`, () => cached()(undefined as never)],
    [
      `cached(hint): ${noQuery} an instance of Promise${where}`,
      () => cached()(query.execute() as never),
    ],
    [
      `uncached(): ${noQuery} an instance of MergeQueryBuilder${where}`,
      () => uncached()(db.mergeInto('films') as never),
    ],
  ] satisfies Refusal[]
  refuses(refusals)
  refusesEach(unknown, 'cached.', refusals)

  it('the same time again, whatever else is wrong with it', () => {
    cached({ ttl: '7m' })
    expect(() => cached({ ttl: '7m', tll: 1 } as never)).toThrow('unknown option "tll"')
    expect(() => cached({ ttl: NaN })).toThrow('cached.ttl')
    expect(() => cached({ ttl: NaN })).toThrow('cached.ttl')
  })
})

it('an instance that was destroyed is wrapped, and says so itself', async () => {
  const destroyed = compilerFor('postgres')
  await destroyed.selectFrom('films').selectAll().execute()
  await destroyed.destroy()
  const db = withCache(destroyed, createTidemark())
  const reading = db.selectFrom('films').selectAll().$call(cached()).execute()
  await expect(reading).rejects.toThrow('driver has already been destroyed')
})

it('does nothing to an instance without a cache, nor to what it compiles', async () => {
  const db = compilerFor('postgres')
  const query = db
    .selectFrom('films')
    .selectAll()
    .$call(cached({ ttl: '1m' }))
  expect(query.compile().sql).toBe('select * from "films"')
  expect(await query.execute()).toEqual([])
})
