import { createTidemark, resolveHint, TidemarkError } from '@tidemark/core'
import { describe, expect, it } from 'vitest'
import { makeCache } from './harness.ts'

const duration = "a duration above 0 (milliseconds, or a string such as '30s', '5m', '1d')"
const size = "a size of at least 1 byte (bytes, or a string such as '64mb')"

const REFUSED: [unknown, string][] = [
  [null, 'options: expected an object, got null'],
  ['5m', 'options: expected an object, got "5m"'],
  [[], 'options: expected an object, got an array of 0'],
  [
    { tll: 5 },
    'options: unknown option "tll", expected one of ttl, ttlJitter, memory, shared, namespace, consistency, ' +
      'maxStaleness, lease, maxShapes, clock, random',
  ],
  [{ ttl: -5 }, `ttl: expected ${duration}, got -5`],
  [{ ttl: 0 }, `ttl: expected ${duration}, got 0`],
  [{ ttl: NaN }, `ttl: expected ${duration}, got NaN`],
  [{ ttl: '5 minutes' }, `ttl: expected ${duration}, got "5 minutes"`],
  [{ ttl: '-5m' }, `ttl: expected ${duration}, got "-5m"`],
  [{ ttl: '0s' }, `ttl: expected ${duration}, got "0s"`],
  [{ ttl: null }, `ttl: expected ${duration}, got null`],
  [{ ttl: { ms: 5 } }, `ttl: expected ${duration}, got an object with keys [ms]`],
  [{ ttl: new Date(0) }, `ttl: expected ${duration}, got an instance of Date`],
  [{ ttl: 5n }, `ttl: expected ${duration}, got 5n`],
  [{ ttlJitter: 1 }, 'ttlJitter: expected a number from 0 to below 1, got 1'],
  [{ ttlJitter: '0' }, 'ttlJitter: expected a number from 0 to below 1, got "0"'],
  [{ lease: 0 }, `lease: expected ${duration}, got 0`],
  [{ memory: true }, 'memory: expected an object, or false, got true'],
  [
    { memory: { max: 5 } },
    'memory: unknown option "max", expected one of maxEntries, maxBytes, maxEntryBytes, ttlShare',
  ],
  [
    { memory: { maxEntries: 0 } },
    'memory.maxEntries: expected a whole number from 1 to 1000000, got 0',
  ],
  [
    { memory: { maxEntries: 1.5 } },
    'memory.maxEntries: expected a whole number from 1 to 1000000, got 1.5',
  ],
  [{ memory: { maxBytes: '64' } }, `memory.maxBytes: expected ${size}, got "64"`],
  [{ memory: { maxBytes: Infinity } }, `memory.maxBytes: expected ${size}, got Infinity`],
  [{ memory: { maxEntryBytes: 0 } }, `memory.maxEntryBytes: expected ${size}, got 0`],
  [
    { memory: { maxEntries: 2 ** 31 } },
    'memory.maxEntries: expected a whole number from 1 to 1000000, got 2147483648',
  ],
  [
    { memory: { maxBytes: 1000, maxEntryBytes: 1001 } },
    'memory.maxEntryBytes: expected at most memory.maxBytes (1000 bytes), got 1001',
  ],
  [{ lease: Infinity }, 'lease: expected a duration that ends, got Infinity'],
  [
    { memory: false },
    'memory: expected the bounds of the memory tier (false needs a shared tier), got false',
  ],
  [{ memory: { ttlShare: 0 } }, 'memory.ttlShare: expected a number above 0, at most 1, got 0'],
  [
    { shared: {} },
    'shared: expected an object with the methods open and lookup and mint and store and intent and release and ' +
      'abandon and close, got an object with keys []',
  ],
  [{ namespace: '' }, 'namespace: expected a string that is not empty, got ""'],
  [
    { consistency: 'eventual' },
    'consistency: expected one of strict, available, fresh, got "eventual"',
  ],
  [{ maxStaleness: -1 }, `maxStaleness: expected ${duration}, got -1`],
  [{ maxStaleness: Infinity }, 'maxStaleness: expected a duration that ends, got Infinity'],
  [{ maxShapes: -1 }, 'maxShapes: expected a whole number above 0, got -1'],
  [{ clock: 5 }, 'clock: expected an object with the method now, got 5'],
  [
    { random: {} },
    'random: expected an object with the methods fraction and token, got an object with keys []',
  ],
]

describe('createTidemark', () => {
  it.each(REFUSED.map(([options, message]) => ({ options, message })))(
    'refuses what is not right: $message',
    ({ options, message }) => {
      const make = () => createTidemark(options as never)
      expect(make).toThrow(TidemarkError)
      expect(make).toThrow(expect.objectContaining({ code: 'INVALID_OPTION', message }))
    },
  )

  it('takes every option in each of its forms', () => {
    expect(() =>
      createTidemark({
        ttl: '1.5h',
        ttlJitter: 0,
        lease: 500,
        maxShapes: 10,
        memory: { maxEntries: 10, maxBytes: '1gb', maxEntryBytes: 1024 },
      }),
    ).not.toThrow()
    expect(() => createTidemark({ ttl: Infinity })).not.toThrow()
    expect(() => createTidemark()).not.toThrow()
  })
})

describe('a hint', () => {
  it.each([
    [5, 'cache: expected an object, or false, got 5'],
    [true, 'cache: expected an object, or false, got true'],
    [{ tl: 5 }, 'cache: unknown option "tl", expected one of ttl, tags, tables, consistency'],
    [{ ttl: '5 s' }, `cache.ttl: expected ${duration}, got "5 s"`],
    [{ tags: 'vip' }, 'cache.tags: expected an array of strings, got "vip"'],
    [{ tags: ['a', 5] }, 'cache.tags[1]: expected a string that is not empty, got 5'],
    [{ tags: [''] }, 'cache.tags[0]: expected a string that is not empty, got ""'],
    [{ tables: [] }, 'cache.tables: expected at least one table, got an array of 0'],
    [{ tables: [null] }, 'cache.tables[0]: expected a string that is not empty, got null'],
  ])('is refused where it is %j', (hint, message) => {
    expect(() => resolveHint(hint as never)).toThrow(
      expect.objectContaining({ code: 'INVALID_OPTION', message }),
    )
  })
})

describe('policies', () => {
  const { cache } = makeCache({ ttl: '5m' })
  const { engine } = cache

  it.each([
    [{ cacheByDefault: 1 }, 'cacheByDefault: expected true or false, got 1'],
    [{ tables: [] }, 'tables: expected an object, got an array of 0'],
    [
      { tables: { film: true } },
      'tables.film: expected an object with an optional ttl, or false, got true',
    ],
    [{ tables: { film: { ttl: -1 } } }, `tables.film.ttl: expected ${duration}, got -1`],
    [{ tables: { film: { tl: 1 } } }, 'tables.film: unknown option "tl", expected one of ttl'],
  ])('are refused where they are %j', (options, message) => {
    expect(() => engine.policies(options as never)).toThrow(
      expect.objectContaining({ code: 'INVALID_OPTION', message }),
    )
  })

  it('cache a read only where each of its tables has one, for the shortest time', () => {
    const policies = engine.policies({ tables: { Film: { ttl: '1h' }, genre: {}, log: false } })
    const cached = (ttlMs: number) => ({ cached: true, policy: { ttlMs } })
    expect(policies.ofTables(['film'])).toEqual(cached(3_600_000))
    expect(policies.ofTables(['film', 'GENRE'])).toEqual(cached(300_000))
    expect(policies.ofTables(['film', 'other'])).toEqual({ cached: false, reason: 'no-policy' })
    expect(policies.ofTables(['film', 'log'])).toEqual({ cached: false, reason: 'policy-off' })
    expect(policies.ofTables([])).toEqual({ cached: false, reason: 'no-policy' })
  })

  it('know a table by its name with the default schema, and not by that with another', () => {
    const policies = engine.policies(
      { tables: { 'public.film': {}, 'audit.film': false } },
      'public',
    )
    expect(policies.ofTables(['film'])).toMatchObject({ cached: true })
    expect(policies.ofTables(['audit.film'])).toEqual({ cached: false, reason: 'policy-off' })
  })

  it('cache every read by default where asked to, except of tables that are switched off', () => {
    const policies = engine.policies({
      cacheByDefault: true,
      tables: { film: { ttl: 10 }, log: false },
    })
    expect(policies.ofTables(['other'])).toEqual({ cached: true, policy: { ttlMs: 300_000 } })
    expect(policies.ofTables(['film', 'other'])).toEqual({ cached: true, policy: { ttlMs: 10 } })
    expect(policies.ofTables(['log', 'film'])).toEqual({ cached: false, reason: 'policy-off' })
    expect(policies.ofTables([])).toEqual({ cached: true, policy: { ttlMs: 300_000 } })
  })
})
