import { cachedMethod, createTidemark } from '@tidemark/core'
import { describe } from 'vitest'
import { type Refusal, refuses } from '../refusals.ts'

const cache = createTidemark()
const other = createTidemark()
const load = () => 1
const options = "expected an object such as { ttl: '1m', tags: ['users'] }"
const duration = "a duration above 0 (milliseconds, or a string such as '30s', '5m', '1d')"

/** What the types refuse as well: a program in JavaScript has none. */
const wrong = (value: unknown) => value as never

describe('getOrLoad refuses', () => {
  const of =
    (...args: unknown[]) =>
    () =>
      cache.getOrLoad(...(args as Parameters<typeof cache.getOrLoad>))
  const refusals: Refusal[] = [
    ['key: expected a string that is not empty, got ""', of('', load)],
    ['key: expected a string that is not empty, got 5', of(5, load)],
    ['getOrLoad: expected a function that loads, got undefined', of('a')],
    [
      'getOrLoad: expected a function that loads, got an instance of Promise',
      of('a', Promise.resolve(1)),
    ],
    [`getOrLoad: ${options}, got null`, of('a', load, null)],
    [`getOrLoad: ${options}, got "1m"`, of('a', load, '1m')],
    [`getOrLoad.ttl: expected ${duration}, got 0`, of('a', load, { ttl: 0 })],
    [
      'getOrLoad: unknown option "writeThrough", expected one of ttl, staleWhileRevalidate, staleIfError, negativeTtl, refreshAhead, earlyRefresh, softTimeout, hardTimeout, isolation, coalesce, tags, tables, consistency, mode, freshAfter, name, partition',
      of('a', load, { writeThrough: true }),
    ],
    ['getOrLoad.name: expected a string that is not empty, got ""', of('a', load, { name: '' })],
    [
      'partition: expected a string, or a function that returns one, got 5',
      of('a', load, { partition: 5 }),
    ],
    [
      'partition(): expected a string that is not empty, or undefined, got ""',
      of('a', load, { partition: () => '' }),
    ],
  ]
  refuses(refusals)
})

describe('the other ways refuse', () => {
  refuses([
    [
      'getOrLoadMany[0]: expected a string that is not empty, got 5',
      () => cache.getOrLoadMany(wrong([5]), wrong(load)),
    ],
    [
      'getOrLoadMany: expected an array of strings, got "a"',
      () => cache.getOrLoadMany(wrong('a'), wrong(load)),
    ],
    [
      'getOrLoadMany: expected a function that loads, got undefined',
      () => cache.getOrLoadMany(['a'], wrong(undefined)),
    ],
    [
      'getOrLoadMany: expected a load that gives a Map by key, got an array of 1',
      () =>
        cache.getOrLoadMany(
          ['many:1'],
          wrong(async () => [1]),
        ),
    ],
    [
      'getOrLoadMany: expected a Map by the keys that the load was given, such as "many:1", got 1',
      () =>
        cache.getOrLoadMany(
          ['many:1', 'many:2'],
          wrong(async () => new Map([[1, 'one']])),
        ),
    ],
    ['getMany: expected an array of strings, got "a"', () => cache.getMany(wrong('a'))],
    [`get: ${options}, got "1m"`, () => cache.get('a', wrong('1m'))],
    [
      'get: unknown option "staleIfError", expected one of ttl, negativeTtl, isolation, tags, tables, consistency, freshAfter, name, partition',
      () => cache.get('a', wrong({ staleIfError: '1m' })),
    ],
    [
      'set: expected the slot that get() of this cache gave, got "a"',
      () => cache.set(wrong('a'), 1),
    ],
    [
      'set: expected the slot that get() of this cache gave, got an instance of Slot',
      async () => {
        const found = await other.get('a')
        await cache.set(wrong('slot' in found && found.slot), 1)
      },
    ],
    ['setMany: expected what getMany() gave, got "a"', () => cache.setMany(wrong('a'), [])],
    ...(
      [
        ['"a"', 'a'],
        ['undefined', undefined],
        ['an instance of Promise', Promise.resolve(new Map())],
      ] as const
    ).map(([got, values]): Refusal => [
      `setMany: expected a Map, or pairs of a key and a value, got ${got}`,
      () => cache.setMany(new Map(), wrong(values)),
    ]),
    [
      'setMany: expected a Map, or pairs of a key and a value, got "a"',
      () => cache.setMany(new Map(), wrong(['a'])),
    ],
    [
      'setMany: expected keys that getMany() was asked for, got "b"',
      async () => cache.setMany(await cache.getMany(['a']), [['b', 1]]),
    ],
    [
      'setMany: expected the slot that getMany() of this cache gave, got an instance of Slot',
      async () => cache.setMany(await other.getMany(['a']), new Map([['a', 1]])),
    ],
    ['delete: expected a string that is not empty, got ""', () => cache.delete('')],
    [
      'delete: expected a string that is not empty, got undefined',
      () => cache.delete(wrong(undefined)),
    ],
    ['delete[1]: expected a string that is not empty, got 5', () => cache.delete(wrong(['a', 5]))],
    ['wrap: expected a function, got 5', () => cache.wrap(wrong(5), { key: () => 'a' })],
    [
      'wrap.key: expected a function of the arguments that returns a string, got "a"',
      () => cache.wrap(load, wrong({ key: 'a' })),
    ],
    [
      "wrap: expected an object such as { key: (id) => `user:${id}`, ttl: '1m' }, got undefined",
      () => cache.wrap(load, wrong(undefined)),
    ],
    [`wrap.ttl: expected ${duration}, got -1`, () => cache.wrap(load, { key: () => 'a', ttl: -1 })],
    [
      'key: expected a string that is not empty, got 5',
      () => cache.wrap(load, { key: () => wrong(5) })(),
    ],
    [
      'cachedMethod: expected a method, by a standard decorator, got "find"',
      () => cachedMethod({ cache, key: () => 'a' })(wrong(load), wrong('find')),
    ],
    [
      'cachedMethod.cache: expected a cache, or a function that returns one, got undefined',
      () => cachedMethod(wrong({ key: () => 'a' })),
    ],
  ])
})
