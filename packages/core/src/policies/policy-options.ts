import { checkCoalescing, type Coalescing } from './coalescing.ts'
import { type Duration, parseDuration, parseDurationOrZero } from '../options/duration.ts'
import type { GivenPolicy } from './read-policy.ts'
import { invalidOption, TidemarkError } from '../options/tidemark-error.ts'

/**
 * How long results are served, and what happens when that time ends. It may be said for one query (a hint), for a table or
 * model (a policy), and for the whole cache (`createTidemark`); what is said nearer to the query counts, part by part.
 *
 * All of it concerns time only: a result that something was written to since is never served, whatever is said here.
 */
export interface CachingOptions {
  /** How long a result counts as fresh. Default: `'5m'`. */
  readonly ttl?: Duration
  /**
   * How long after its `ttl` a result is still served at once, while the database is asked for a new one in the background.
   * `0`: not at all, which is the default.
   */
  readonly staleWhileRevalidate?: Duration
  /**
   * How long after its `ttl` a result is served in place of an error, where the database cannot answer, or takes longer than
   * `softTimeout` or `hardTimeout`. `0`: not at all, which is the default.
   */
  readonly staleIfError?: Duration
  /** How long an empty result counts as fresh: no row, `null`, `[]`. At most `ttl`, which is the default. */
  readonly negativeTtl?: Duration
  /**
   * The share of the `ttl`, above 0 and below 1, after which a result that is still asked for is loaded anew in the
   * background. `false`: none, which is the default.
   */
  readonly refreshAhead?: number | false
  /**
   * Loads a result that is asked for anew before its `ttl` ends, at a moment that chance decides (XFetch): the longer the
   * load takes and the higher this number above 0, the earlier. `1` is a good start. It spreads the loads of many processes
   * without any word between them. Excludes `refreshAhead`. `false`: never, which is the default.
   */
  readonly earlyRefresh?: number | false
  /**
   * How long a read waits for the database where there is a result that `staleIfError` lets it serve: then it serves that,
   * and the load goes on. Default: as long as `hardTimeout` says.
   */
  readonly softTimeout?: Duration
  /**
   * How long a read waits for the database. Then it rejects with a TidemarkError `LOAD_TIMEOUT`, or serves what
   * `staleIfError` lets it; the load goes on, and its result is stored. Default: as long as the database takes.
   */
  readonly hardTimeout?: Duration
  /**
   * `'copy'`: each caller is given a result of its own. `'frozen'`: callers may be given one object together, which is
   * deeply frozen: a hit then copies nothing. Where that cannot be (a Date, bytes, a Decimal or a Map is in it; plugins or
   * Prisma itself write into it) each has a copy all the same. Default: `'copy'`.
   */
  readonly isolation?: Isolation
  /** Who shares one load of what is missing. Default: `'process'`. */
  readonly coalesce?: Coalescing
  /**
   * Whether a write that gives back a whole row leaves it for the next read of that row by its primary key, which is then a
   * hit: `update … returning *`. Only where no other writer of the table was at work meanwhile, and never from within a
   * transaction. It helps where what is written is read soon. Default: `false`.
   */
  readonly writeThrough?: boolean
}

/** See `CachingOptions.isolation`. */
export type Isolation = 'copy' | 'frozen'

export const CACHING_OPTION_NAMES = [
  'ttl',
  'staleWhileRevalidate',
  'staleIfError',
  'negativeTtl',
  'refreshAhead',
  'earlyRefresh',
  'softTimeout',
  'hardTimeout',
  'isolation',
  'coalesce',
  'writeThrough',
] as const satisfies readonly (keyof CachingOptions)[]

/**
 * The parts that were given, checked and in plain units.
 *
 * @param prefix what stands before an option's name in messages, such as `'cache.'`
 * @throws TidemarkError `INVALID_OPTION` that names the option at fault, or the two that contradict each other
 */
export function parseCachingOptions(prefix: string, options: CachingOptions): GivenPolicy {
  const { ttl, staleWhileRevalidate, staleIfError, negativeTtl, softTimeout, hardTimeout } = options
  const { refreshAhead, earlyRefresh, isolation, coalesce, writeThrough } = options
  const given: Mutable<GivenPolicy> = {}
  if (ttl !== undefined) given.ttlMs = parseDuration(`${prefix}ttl`, ttl)
  if (staleWhileRevalidate !== undefined) {
    given.staleWhileRevalidateMs = parseDurationOrZero(
      `${prefix}staleWhileRevalidate`,
      staleWhileRevalidate,
    )
  }
  if (staleIfError !== undefined) {
    given.staleIfErrorMs = parseDurationOrZero(`${prefix}staleIfError`, staleIfError)
  }
  if (negativeTtl !== undefined) {
    given.negativeTtlMs = parseDuration(`${prefix}negativeTtl`, negativeTtl)
  }
  if (refreshAhead !== undefined) given.refreshAhead = parseShare(prefix, refreshAhead)
  if (earlyRefresh !== undefined) given.earlyRefresh = parseBeta(prefix, earlyRefresh)
  if (softTimeout !== undefined) {
    given.softTimeoutMs = parseDuration(`${prefix}softTimeout`, softTimeout)
  }
  if (hardTimeout !== undefined) {
    given.hardTimeoutMs = parseDuration(`${prefix}hardTimeout`, hardTimeout)
  }
  if (isolation !== undefined) {
    if (!ISOLATIONS.includes(isolation)) {
      throw invalidOption(`${prefix}isolation`, `one of ${ISOLATIONS.join(', ')}`, isolation)
    }
    given.isolation = isolation
  }
  if (coalesce !== undefined) {
    checkCoalescing(`${prefix}coalesce`, coalesce)
    given.coalesce = coalesce
  }
  if (writeThrough !== undefined) {
    if (typeof writeThrough !== 'boolean') {
      throw invalidOption(`${prefix}writeThrough`, 'true or false', writeThrough)
    }
    given.writeThrough = writeThrough
  }
  checkTogether(prefix, given)
  return given
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] }

const ISOLATIONS: readonly unknown[] = ['copy', 'frozen']

function parseShare(prefix: string, value: unknown): number {
  if (value === false) return 1
  if (typeof value === 'number' && value > 0 && value < 1) return value
  throw invalidOption(`${prefix}refreshAhead`, 'a number above 0 and below 1, or false', value)
}

function parseBeta(prefix: string, value: unknown): number {
  if (value === false) return 0
  if (typeof value === 'number' && value > 0 && value < Infinity) return value
  throw invalidOption(`${prefix}earlyRefresh`, 'a number above 0, or false', value)
}

/** What was said in one breath must fit together; what is said at several places is refined, see `refine`. */
function checkTogether(prefix: string, given: GivenPolicy): void {
  const contradiction = contradictionIn(given)
  if (contradiction) {
    const [one, other, why] = contradiction
    throw new TidemarkError(
      'INVALID_OPTION',
      `${prefix}${one} contradicts ${prefix}${other}: ${why}`,
    )
  }
}

function contradictionIn({
  ttlMs = 0,
  staleWhileRevalidateMs = 0,
  staleIfErrorMs = 0,
  negativeTtlMs = 0,
  refreshAhead = 1,
  earlyRefresh = 0,
  softTimeoutMs = 0,
  hardTimeoutMs = Infinity,
}: GivenPolicy): readonly [string, string, string] | undefined {
  if (refreshAhead < 1 && earlyRefresh > 0) {
    return ['earlyRefresh', 'refreshAhead', 'each says when to load anew; give one of them']
  }
  if (softTimeoutMs !== Infinity && softTimeoutMs >= hardTimeoutMs) {
    return ['softTimeout', 'hardTimeout', 'it must be the shorter of the two']
  }
  if (ttlMs > 0 && negativeTtlMs !== Infinity && negativeTtlMs > ttlMs) {
    return ['negativeTtl', 'ttl', 'an empty result cannot count as fresh for longer than any']
  }
  if (ttlMs !== Infinity) return undefined
  const never = 'a result whose ttl never ends is never stale'
  if (staleWhileRevalidateMs > 0) return ['staleWhileRevalidate', 'ttl', never]
  if (staleIfErrorMs > 0) return ['staleIfError', 'ttl', never]
  const noEnd = 'a ttl that never ends has no moment before its end'
  if (refreshAhead < 1) return ['refreshAhead', 'ttl', noEnd]
  return earlyRefresh > 0 ? ['earlyRefresh', 'ttl', noEnd] : undefined
}
