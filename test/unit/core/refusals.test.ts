import {
  createTidemark,
  type InvalidateTarget,
  type PolicyOptions,
  resolveHint,
  Tidemark,
  type TidemarkOptions,
} from '@tidemark/core'
import { describe, expect, it } from 'vitest'
import {
  CACHING_OPTIONS,
  HINT_OPTIONS,
  wrongCachingOptions,
  wrongModes,
} from '../caching-refusals.ts'
import { type Refusal, refuses, refusesEach } from '../refusals.ts'

const orZero = "0, or a duration above it (milliseconds, or a string such as '30s', '5m', '1d')"
const duration = "a duration above 0 (milliseconds, or a string such as '30s', '5m', '1d')"
const size = "bytes (bytes, or a string such as '64mb')"
const kilobyte = `memory.maxBytes: expected a size of at least 1024 ${size}`
const sharedTier =
  'an object with the methods open and lookup and mint and store and intent and release and abandon and close'
const entries = 'memory.maxEntries: expected a whole number from 1 to 1000000'

/** What the types refuse as well: a program in JavaScript has none. */
type Wrong<T> = { readonly [K in keyof T]?: unknown } & Readonly<Record<string, unknown>>

describe('createTidemark refuses', () => {
  const make = (options: unknown) => () => createTidemark(options as TidemarkOptions)
  const option = (message: string, options: Wrong<TidemarkOptions>): Refusal => [
    message,
    make(options),
  ]
  const unknown = `createTidemark: unknown option "tll", expected one of ${CACHING_OPTIONS}, ttlJitter, memory, shared, namespace, schemaVersion, consistency, maxStaleness, lease, verify, maxShapes, auditTrail, clock, random (did you mean ttl?)`
  const unknownOfMemory =
    'memory: unknown option "maxByte", expected one of maxEntries, maxBytes, maxEntryBytes, ttlShare (did you mean maxBytes?)'
  const refusals: Refusal[] = [
    ['createTidemark: expected an object, got null', make(null)],
    ['createTidemark: expected an object, got "5m"', make('5m')],
    ['createTidemark: expected an object, got an array of 0', make([])],
    ['createTidemark: expected an object, got a function', make(() => ({}))],
    ['createTidemark: expected an object, got an instance of Promise', make(Promise.resolve({}))],
    ['createTidemark: expected an object, got an instance of Map', make(new Map([['ttl', 1]]))],
    option(unknown, { tll: 5 }),
    option(unknown.replace('tll', 'TTL'), { TTL: 5 }),
    option(unknown.replace('tll', 'stale').replace(/ \(.*/, ''), { stale: 5 }),

    option(`ttl: expected ${duration}, got -5`, { ttl: -5 }),
    option(`ttl: expected ${duration}, got 0`, { ttl: 0 }),
    option(`ttl: expected ${duration}, got NaN`, { ttl: NaN }),
    option(`ttl: expected ${duration}, got -Infinity`, { ttl: -Infinity }),
    option(`ttl: expected ${duration}, got null`, { ttl: null }),
    option(`ttl: expected ${duration}, got true`, { ttl: true }),
    option(`ttl: expected ${duration}, got 5n`, { ttl: 5n }),
    option(`ttl: expected ${duration}, got an object with keys [ms]`, { ttl: { ms: 5 } }),
    option(`ttl: expected ${duration}, got an instance of Date`, { ttl: new Date(0) }),
    option(`ttl: expected ${duration}, got ""`, { ttl: '' }),
    option(`ttl: expected ${duration}, got "30"`, { ttl: '30' }),
    option(`ttl: expected ${duration}, got "-5m"`, { ttl: '-5m' }),
    option(`ttl: expected ${duration}, got "0s"`, { ttl: '0s' }),
    option(`ttl: expected ${duration}, got "1h30m"`, { ttl: '1h30m' }),
    option(`ttl: expected ${duration}, got "1 fortnight"`, { ttl: '1 fortnight' }),
    option(`ttl: expected ${duration}, got "5 minutes" (did you mean '5m'?)`, {
      ttl: '5 minutes',
    }),
    option(`ttl: expected ${duration}, got "5M" (did you mean '5m'?)`, { ttl: '5M' }),
    option(`ttl: expected ${duration}, got "90 sec" (did you mean '90s'?)`, { ttl: '90 sec' }),
    option(`ttl: expected ${duration}, got "1w" (did you mean '7d'?)`, { ttl: '1w' }),

    ...wrongCachingOptions().map(([message, options]) => option(message, options)),
    option('ttlJitter: expected a number from 0 to below 1, got 1', { ttlJitter: 1 }),
    option('ttlJitter: expected a number from 0 to below 1, got -0.1', { ttlJitter: -0.1 }),
    option('ttlJitter: expected a number from 0 to below 1, got NaN', { ttlJitter: NaN }),
    option('ttlJitter: expected a number from 0 to below 1, got "0"', { ttlJitter: '0' }),

    option(`lease: expected ${duration}, got 0`, { lease: 0 }),
    option(`lease: expected ${duration}, got "10 s" (did you mean '10s'?)`, { lease: '10 s' }),
    option('lease: expected a duration that ends, got Infinity', { lease: Infinity }),

    option('verify: expected an object such as { sample: 0.001 }, got 0.001', { verify: 0.001 }),
    option('verify: unknown option "rate", expected one of sample, switchOff, settle', {
      verify: { rate: 1 },
    }),
    option('verify.sample: expected a number from 0 to 1, got undefined', { verify: {} }),
    option('verify.sample: expected a number from 0 to 1, got 5', { verify: { sample: 5 } }),
    option('verify.switchOff: expected true or false, got "film"', {
      verify: { sample: 1, switchOff: 'film' },
    }),
    option(`verify.settle: expected ${duration}, got 0`, { verify: { sample: 1, settle: 0 } }),
    option('maxShapes: expected a whole number above 0, got -1', { maxShapes: -1 }),
    option('maxShapes: expected a whole number above 0, got Infinity', { maxShapes: Infinity }),
    option('maxShapes: expected a whole number above 0, got "10"', { maxShapes: '10' }),
    option('auditTrail: expected a whole number from 0 to 10000, got -1', { auditTrail: -1 }),
    option('auditTrail: expected a whole number from 0 to 10000, got Infinity', {
      auditTrail: Infinity,
    }),
    option('auditTrail: expected a whole number from 0 to 10000, got false', {
      auditTrail: false,
    }),

    option('memory: expected an object, or false, got true', { memory: true }),
    option('memory: expected an object, or false, got "64mb"', { memory: '64mb' }),
    option('memory: expected an object, or false, got an instance of Map', { memory: new Map() }),
    option(unknownOfMemory, { memory: { maxByte: 5 } }),
    option(`${entries}, got 0`, { memory: { maxEntries: 0 } }),
    option(`${entries}, got 1.5`, { memory: { maxEntries: 1.5 } }),
    option(`${entries}, got NaN`, { memory: { maxEntries: NaN } }),
    option(`${entries}, got 2147483648`, { memory: { maxEntries: 2 ** 31 } }),
    option(`${kilobyte}, got 64`, { memory: { maxBytes: 64 } }),
    option(`${kilobyte}, got "64"`, { memory: { maxBytes: '64' } }),
    option(`${kilobyte}, got "1b"`, { memory: { maxBytes: '1b' } }),
    option(`${kilobyte}, got Infinity`, { memory: { maxBytes: Infinity } }),
    option(`${kilobyte}, got -1`, { memory: { maxBytes: -1 } }),
    option(`${kilobyte}, got "64 MB" (did you mean '64mb'?)`, { memory: { maxBytes: '64 MB' } }),
    option(`${kilobyte}, got "64MiB" (did you mean '64mb'?)`, { memory: { maxBytes: '64MiB' } }),
    option(`memory.maxEntryBytes: expected a size of at least 1 byte ${size.slice(6)}, got 0`, {
      memory: { maxEntryBytes: 0 },
    }),
    option('memory.maxEntryBytes: expected at most memory.maxBytes (2048 bytes), got 2049', {
      memory: { maxBytes: '2kb', maxEntryBytes: 2049 },
    }),

    option(
      'memory: expected the bounds of the memory tier (false needs a shared tier), got false',
      { memory: false },
    ),
    option('memory.ttlShare: expected a number above 0, at most 1, got 0', {
      memory: { ttlShare: 0 },
    }),
    option('memory.ttlShare: expected a number above 0, at most 1, got 25', {
      memory: { ttlShare: 25 },
    }),
    option('memory.ttlShare: expected a number above 0, at most 1, got NaN', {
      memory: { ttlShare: NaN },
    }),

    option(`shared: expected ${sharedTier}, got an object with keys []`, { shared: {} }),
    option(`shared: expected ${sharedTier}, got "redis://localhost"`, {
      shared: 'redis://localhost',
    }),
    option('namespace: expected a string that is not empty, got ""', { namespace: '' }),
    option('namespace: expected a string that is not empty, got 5', { namespace: 5 }),
    option('schemaVersion: expected a string that is not empty, got 5', { schemaVersion: 5 }),
    option('schemaVersion: expected a string that is not empty, got ""', { schemaVersion: '' }),
    option('consistency: expected one of strict, available, fresh, got "eventual"', {
      consistency: 'eventual',
    }),
    option(`maxStaleness: expected ${orZero}, got -1`, { maxStaleness: -1 }),
    option(`maxStaleness: expected ${orZero}, got "1 s" (did you mean '1s'?)`, {
      maxStaleness: '1 s',
    }),
    option('maxStaleness: expected a duration that ends, got Infinity', {
      maxStaleness: Infinity,
    }),

    option('clock: expected an object with the method now, got 5', { clock: 5 }),
    option('clock: expected an object with the method now, got an object with keys [now]', {
      clock: { now: 5 },
    }),
    option('random: expected an object with the methods fraction and token, got null', {
      random: null,
    }),
    option(
      'random: expected an object with the methods fraction and token, got an object with keys []',
      { random: {} },
    ),
  ]
  refuses(refusals)
  refusesEach(unknown, '', refusals)
  refusesEach(unknownOfMemory, 'memory.', refusals)
})

describe('new Tidemark refuses', () => {
  const by = (engine: unknown) => () => new Tidemark(engine as never)
  const message = 'new Tidemark(): expected an engine, got'
  refuses([
    [`${message} undefined; call createTidemark(options)`, by(undefined)],
    [`${message} an object with keys [ttl]; call createTidemark(options)`, by({ ttl: '5m' })],
  ])
})

describe('cache.withTicket refuses', () => {
  const cache = createTidemark()
  refuses([
    [
      'withTicket: expected a function that returns a promise, got an instance of Promise',
      () => cache.withTicket(Promise.resolve() as never),
    ],
    [
      'withTicket: unknown option "after", expected one of earlier',
      () => cache.withTicket(() => 1, { after: '' } as never),
    ],
    [
      'withTicket.earlier: expected a ticket of cache.withTicket(), got "x" (isTicket(text) tells)',
      () => cache.withTicket(() => 1, { earlier: 'x' }),
    ],
  ])
})

describe('cache.on refuses', () => {
  const cache = createTidemark()
  refuses([
    [
      'on: expected one of read, write, invalidation, stale, got "stall"',
      () => cache.on('stall' as 'stale', () => {}),
    ],
    [
      "on('stale'): expected a function, got undefined",
      () => cache.on('stale', undefined as never),
    ],
  ])
})

describe('cache.invalidate refuses', () => {
  const cache = createTidemark()
  const target = (message: string, given: unknown): Refusal => [
    `invalidate${message}`,
    () => cache.invalidate(given as InvalidateTarget),
  ]
  const unknown =
    ': unknown option "table", expected one of tags, tables, keys, prefix, pattern, reason (did you mean tables?)'
  const some = 'an object with some of tags, tables, keys, prefix and pattern'
  const none =
    ': expected at least one tag, table, key, prefix or pattern, got none (clear() makes everything old)'
  const refusals = [
    target(`: expected ${some}, got undefined`, undefined),
    target(`: expected ${some}, got "film"`, 'film'),
    target(`: expected ${some}, got an array of 1`, ['film']),
    target(unknown, { table: ['film'] }),
    target(none, {}),
    target(none, { tags: [], tables: [], keys: [] }),
    target('.keys: expected an array of strings, got "home"', { keys: 'home' }),
    target('.reason: expected a string that is not empty, got an instance of Error', {
      tags: ['vip'],
      reason: new Error('why'),
    }),
    target('.prefix: expected a string that is not empty, got ""', { prefix: '' }),
    target('.prefix: expected a string that is not empty, got an array of 1', { prefix: ['a'] }),
    target('.pattern: expected a string that is not empty, got an instance of RegExp', {
      pattern: /^user/,
    }),
    target(
      '.pattern: expected a pattern of text, * and ? (\\[ is the character), got "user:[12]"',
      { pattern: 'user:[12]' },
    ),
    target('.pattern: expected a character after the last \\ (\\\\ is a backslash), got "a\\\\"', {
      pattern: 'a\\',
    }),
    target('.tags: expected an array of strings, got "vip"', { tags: 'vip' }),
    target('.tags[1]: expected a string that is not empty, got 5', { tags: ['vip', 5] }),
    target('.tables: expected an array of strings, got null', { tables: null }),
    target('.tables: expected an array of strings, got an instance of Set', {
      tables: new Set(['film']),
    }),
    target('.tables[0]: expected a string that is not empty, got ""', { tables: [''] }),
  ]
  refuses(refusals)
  refusesEach(unknown, 'invalidate.', refusals)
})

describe('cache.depends refuses', () => {
  const cache = createTidemark()
  const by = (message: string, key: unknown, options: unknown): Refusal => [
    `depends${message}`,
    () => cache.depends(key as string, options as never),
  ]
  const list = '.on: expected a list of at least one tag, { table } or { key }, got'
  const unknown = ': unknown option "tables", expected one of on'
  const refusals = [
    by(': expected a string that is not empty, got ""', '', { on: ['a'] }),
    by(': expected a string that is not empty, got an object with keys [key]', { key: 'a' }, {}),
    by(': expected an object such as { on: [{ table }, { key }] }, got an array of 1', 'a', ['b']),
    by(unknown, 'a', { tables: ['b'] }),
    by(`${list} undefined`, 'a', {}),
    by(`${list} an array of 0`, 'a', { on: [] }),
    by(`${list} "b"`, 'a', { on: 'b' }),
    by(
      "[1]: expected a tag's name, { table }, { tag } or { key }, got 5".replace('[', '.on['),
      'a',
      {
        on: ['b', 5],
      },
    ),
    by('.on[0].table: expected a string that is not empty, got ""', 'a', { on: [{ table: '' }] }),
    by(': expected no cycle, got a → a', 'a', { on: ['b', { key: 'a' }] }),
  ]
  refuses(refusals)
  refusesEach(unknown, 'depends.', refusals)
})

describe('cache.invalidateOn refuses', () => {
  const cache = createTidemark()
  const by = (message: string, ...given: unknown[]): Refusal => [
    `invalidateOn: expected ${message}`,
    () => Reflect.apply(cache.invalidateOn.bind(cache), undefined, given) as unknown,
  ]
  const emitter = { on: () => undefined, off: () => undefined }
  refuses([
    by(
      'an emitter with the methods on and off, or an EventTarget, got undefined',
      undefined,
      'a',
      () => [],
    ),
    by('an emitter with the methods on and off, or an EventTarget, got an object with keys [on]', {
      on: () => 1,
    }),
    by('an event\'s name, got ""', emitter, '', () => []),
    by("an event's name, got 5", emitter, 5, () => []),
    by('a function that names what an event makes old, got an array of 1', emitter, 'a', ['tag']),
  ])
})

describe('cache.invalidations refuses', () => {
  const cache = createTidemark()
  const by = (message: string, given: unknown): Refusal => [
    `invalidations${message}`,
    () => cache.invalidations(given as never),
  ]
  const unknown = '.options: unknown option "last", expected one of limit'
  const refusals = [
    by('.options: expected an object such as { limit: 100 }, got 10', 10),
    by(unknown, { last: 10 }),
    by('.limit: expected a whole number from 1 to 10000, got 0', { limit: 0 }),
  ]
  refuses(refusals)
  refusesEach(unknown, 'invalidations.', refusals)
})

describe('inspection refuses', () => {
  const cache = createTidemark()
  const options = (message: string, given: unknown): Refusal => [
    `tags${message}`,
    () => cache.tags(given as never),
  ]
  const selector = (message: string, given: unknown): Refusal => [
    `keysByTag${message}`,
    () => cache.keysByTag(given as never),
  ]
  const unknown = '.options: unknown option "max", expected one of limit'
  const refusals = [
    options('.options: expected an object such as { limit: 100 }, got 5', 5),
    options(unknown, { max: 5 }),
    options('.limit: expected a whole number from 1 to 10000, got 0', { limit: 0 }),
    options('.limit: expected a whole number from 1 to 10000, got Infinity', { limit: Infinity }),
  ]
  const one = "a tag's name, { table }, { tag } or { key }"
  const unknownOfTag = ': unknown option "tables", expected one of tag, table, key'
  const ofTag = [
    selector(`: expected ${one}, got undefined`, undefined),
    selector(`: expected ${one}, got an array of 1`, ['vip']),
    selector(`: expected ${one}, got an object with keys []`, {}),
    selector(`: expected ${one}, got an object with keys [tag, table]`, { tag: 'a', table: 'b' }),
    selector(': expected a string that is not empty, got ""', ''),
    selector('.tag: expected a string that is not empty, got 5', { tag: 5 }),
    selector('.table: expected a string that is not empty, got ""', { table: '' }),
    selector('.key: expected a string that is not empty, got null', { key: null }),
    selector(`${unknownOfTag} (did you mean table?)`, { tables: 'film' }),
  ]
  const ofKey: Refusal[] = [
    [
      'tagsOfKey: expected a key as keysByTag() gives it, got "films"',
      () => cache.tagsOfKey('films'),
    ],
    [
      'tagsOfKey: expected a key as keysByTag() gives it, got undefined',
      () => cache.tagsOfKey(undefined as never),
    ],
    [
      'keysByTag.limit: expected a whole number from 1 to 10000, got "5"',
      () => cache.keysByTag('vip', { limit: '5' as never }),
    ],
  ]
  refuses([...refusals, ...ofTag, ...ofKey])
  refusesEach(unknown, 'tags.', refusals)
  refusesEach(unknownOfTag, 'keysByTag.', ofTag)
})

describe('a hint', () => {
  const ticket = 'expected a ticket of cache.withTicket()'
  const hint = (message: string, given: unknown): Refusal => [
    message,
    () => resolveHint(given as never),
  ]
  const unknown = `cache: unknown option "tag", expected one of ${HINT_OPTIONS} (did you mean tags?)`
  const refusals = [
    hint("cache: expected an object such as { ttl: '1m' }, got 5", 5),
    hint("cache: expected an object such as { ttl: '1m' }, got true", true),
    hint("cache: expected an object such as { ttl: '1m' }, got an array of 0", []),
    hint("cache: expected an object such as { ttl: '1m' }, got an instance of Map", new Map()),
    hint(unknown, { tag: ['vip'] }),
    hint(`cache: unknown option "swr", expected one of ${HINT_OPTIONS}`, {
      swr: 1,
    }),
    hint(`cache.ttl: expected ${duration}, got "5 s" (did you mean '5s'?)`, { ttl: '5 s' }),
    hint('cache.tags: expected an array of strings, got "vip"', { tags: 'vip' }),
    hint('cache.tags[1]: expected a string that is not empty, got 5', { tags: ['a', 5] }),
    hint('cache.tags[0]: expected a string that is not empty, got ""', { tags: [''] }),
    hint('cache.consistency: expected one of strict, available, fresh, got "stale"', {
      consistency: 'stale',
    }),
    ...wrongCachingOptions('cache.').map(([message, options]) => hint(message, options)),
    ...wrongModes('cache.').map(([message, options]) => hint(message, options)),
    hint(`cache.freshAfter: ${ticket}, got "tm1c.x" (isTicket(text) tells)`, {
      freshAfter: 'tm1c.x',
    }),
    hint(`cache.freshAfter[1]: ${ticket}, got undefined (isTicket(text) tells)`, {
      freshAfter: ['tm1c.', undefined],
    }),
    hint('cache.tables: expected at least one table, got an array of 0', { tables: [] }),
    hint('cache.tables[0]: expected a string that is not empty, got null', { tables: [null] }),
  ]
  refuses(refusals)
  refusesEach(unknown, 'cache.', refusals)
})

describe('policies refuse', () => {
  const { engine } = createTidemark()
  const policy = (message: string, options: Wrong<PolicyOptions>): Refusal => [
    message,
    () => engine.policies(options as PolicyOptions, 'public'),
  ]
  const noPolicy = 'expected an object with an optional ttl, or false'
  refuses([
    policy('cacheByDefault: expected true or false, got 1', { cacheByDefault: 1 }),
    policy('tables: expected an object, got an array of 1', { tables: ['film'] }),
    policy('tables: expected an object, got an instance of Map', { tables: new Map() }),
    policy('tables: expected a string that is not empty, got ""', { tables: { '': {} } }),
    policy(`tables.film: ${noPolicy}, got true`, { tables: { film: true } }),
    policy(`tables.film: ${noPolicy}, got "1h"`, { tables: { film: '1h' } }),
    policy(`tables.film: ${noPolicy}, got undefined`, { tables: { film: undefined } }),
    policy(`tables.film.ttl: expected ${duration}, got -1`, { tables: { film: { ttl: -1 } } }),
    ...wrongCachingOptions('tables.film.').map(([message, options]) =>
      policy(message, { tables: { film: options } }),
    ),
    policy(
      `tables.film: unknown option "tl", expected one of ${CACHING_OPTIONS} (did you mean ttl?)`,
      {
        tables: { film: { tl: 1 } },
      },
    ),
    policy(
      'tables: expected one policy for film, however it is written, got an object with keys [film, public.Film]',
      { tables: { film: { ttl: 1 }, 'public.Film': false } },
    ),
    policy(
      'tables: expected one policy for film, however it is written, got an object with keys [film, Film]',
      { tables: { film: {}, Film: { coalesce: 'shared' } } },
    ),
  ])
})

it('the same policy for one table twice is none too many', () => {
  const { engine } = createTidemark()
  const tables = { film: { ttl: '1m' }, Film: { ttl: 60_000 } } as const
  expect(engine.policies({ tables }).ofTables(['film'])).toMatchObject({ cached: true })
})

it('a cache that is closed refuses nothing', async () => {
  const cache = createTidemark()
  await cache.close()
  await cache.close()
  await cache.clear()
  expect(await cache.invalidate({ tables: ['film'] })).toMatchObject({ marks: 1 })
  expect(cache.metrics().queries).toEqual([])
})
