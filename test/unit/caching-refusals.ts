const duration = "a duration above 0 (milliseconds, or a string such as '30s', '5m', '1d')"
const orZero = "0, or a duration above it (milliseconds, or a string such as '30s', '5m', '1d')"
const share = 'expected a number above 0 and below 1, or false, got'
const beta = 'expected a number above 0, or false, got'
const never = 'a result whose ttl never ends is never stale'
const noEnd = 'a ttl that never ends has no moment before its end'
const shorter = 'it must be the shorter of the two'

/** The names of the options that a hint, a policy and a cache have in common, as messages list them. */
export const CACHING_OPTIONS =
  'ttl, staleWhileRevalidate, staleIfError, negativeTtl, refreshAhead, earlyRefresh, softTimeout, hardTimeout, isolation, coalesce, writeThrough'

/** Those of a hint. */
export const HINT_OPTIONS = `${CACHING_OPTIONS}, tags, tables, consistency, mode, key, freshAfter`

type Wrong = readonly [message: string, options: Readonly<Record<string, unknown>>]

/** What is wrong of them wherever they are given. `prefix` is what stands before their names, such as `'cache.'`. */
export function wrongCachingOptions(prefix = ''): readonly Wrong[] {
  const option = (message: string, options: Wrong[1]): Wrong => [prefix + message, options]
  const against = (one: string, other: string, why: string, options: Wrong[1]): Wrong => [
    `${prefix}${one} contradicts ${prefix}${other}: ${why}`,
    options,
  ]
  return [
    option(`ttl: expected ${duration}, got "5 s" (did you mean '5s'?)`, { ttl: '5 s' }),
    option(`staleWhileRevalidate: expected ${orZero}, got -1`, { staleWhileRevalidate: -1 }),
    option(`staleWhileRevalidate: expected ${orZero}, got true`, { staleWhileRevalidate: true }),
    option(`staleIfError: expected ${orZero}, got "1 h" (did you mean '1h'?)`, {
      staleIfError: '1 h',
    }),
    option(`negativeTtl: expected ${duration}, got 0`, { negativeTtl: 0 }),
    option(`refreshAhead: ${share} 1`, { refreshAhead: 1 }),
    option(`refreshAhead: ${share} 80`, { refreshAhead: 80 }),
    option(`refreshAhead: ${share} "0.8"`, { refreshAhead: '0.8' }),
    option(`earlyRefresh: ${beta} 0`, { earlyRefresh: 0 }),
    option(`earlyRefresh: ${beta} true`, { earlyRefresh: true }),
    option(`earlyRefresh: ${beta} Infinity`, { earlyRefresh: Infinity }),
    option(`softTimeout: expected ${duration}, got 0`, { softTimeout: 0 }),
    option(`hardTimeout: expected ${duration}, got "2 sec" (did you mean '2s'?)`, {
      hardTimeout: '2 sec',
    }),
    option('isolation: expected one of copy, frozen, got "shared"', { isolation: 'shared' }),
    option('coalesce: expected one of process, shared, got true', { coalesce: true }),
    option('writeThrough: expected true or false, got "yes"', { writeThrough: 'yes' }),
    against('earlyRefresh', 'refreshAhead', 'each says when to load anew; give one of them', {
      refreshAhead: 0.8,
      earlyRefresh: 1,
    }),
    against('softTimeout', 'hardTimeout', shorter, { softTimeout: '2s', hardTimeout: 2000 }),
    against('negativeTtl', 'ttl', 'an empty result cannot count as fresh for longer than any', {
      ttl: '1m',
      negativeTtl: '2m',
    }),
    against('staleWhileRevalidate', 'ttl', never, { ttl: Infinity, staleWhileRevalidate: 1 }),
    against('staleIfError', 'ttl', never, { ttl: Infinity, staleIfError: '1h' }),
    against('refreshAhead', 'ttl', noEnd, { ttl: Infinity, refreshAhead: 0.5 }),
    against('earlyRefresh', 'ttl', noEnd, { ttl: Infinity, earlyRefresh: 1 }),
  ]
}

/** What is wrong of the parts of a hint that only hints have. */
export function wrongModes(prefix: string): readonly Wrong[] {
  return [
    [
      `${prefix}mode: expected one of default, refresh, only-if-cached, bypass, got "reload"`,
      { mode: 'reload' },
    ],
    [`${prefix}key: expected a string that is not empty, got ""`, { key: '' }],
    [`${prefix}key: expected a string that is not empty, got 5`, { key: 5 }],
  ]
}
