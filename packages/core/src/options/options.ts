import { type ByteSize, parseByteSize } from './byte-size.ts'
import { checkCount, checkKeys, checkName } from './check-options.ts'
import { type Clock, systemClock } from '../clock.ts'
import { checkConsistency, type Consistency } from '../policies/consistency.ts'
import { type Duration, parseDuration, parseDurationOrZero } from './duration.ts'
import {
  CACHING_OPTION_NAMES,
  type CachingOptions,
  parseCachingOptions,
} from '../policies/policy-options.ts'
import { type Random, systemRandom } from '../random.ts'
import { type GivenPolicy, PLAIN_POLICY, type ReadPolicy, refine } from '../policies/read-policy.ts'
import type { SharedTier } from '../tiers/shared-tier.ts'
import { invalidOption } from './tidemark-error.ts'
import { type ResolvedVerify, resolveVerify, type VerifyOptions } from '../insight/verification.ts'

/** What `CachingOptions` are given here hold where no hint and no table policy says. */
export interface TidemarkOptions extends CachingOptions {
  /**
   * The share of a time to live, from 0 to below 1, by which entries end early at random, so that what
   * was stored together does not end together. Default: `0.1`.
   */
  readonly ttlJitter?: number
  /** The bounds of the memory tier. `false`, which needs a shared tier: nothing is kept in this process. */
  readonly memory?: MemoryOptions | false
  /** Where processes share results and the marks that say what is current, such as `redisTier(…)`. Default: none. */
  readonly shared?: SharedTier
  /** Keeps applications apart that share one shared tier. Default: `'tidemark'`. */
  readonly namespace?: string
  /**
   * A name for the shape of rows, part of every key: whoever has another one is not served what this one has stored, and
   * still makes it old by its writes. Give each version of an application that reads rows of another shape its own. Default: a
   * hash of the schema with Prisma, none with Kysely.
   */
  readonly schemaVersion?: string
  /** What a write does for readers in other processes. Default: `'available'`. */
  readonly consistency?: Consistency
  /**
   * How long this process may go on serving from its memory what another has made old, should no word of it come through.
   * `0`: each hit is checked with the shared tier. Default: `'1s'`. Of no concern without a shared tier.
   */
  readonly maxStaleness?: Duration
  /** How long readers ask the database after a write whose outcome is unknown. Default: `'10s'`. */
  readonly lease?: Duration
  /**
   * Compares a share of the hits with the database, in the background, so that you know in production that nothing stale
   * is served: `{ sample: 0.001 }`. Default: none. See docs/verification.md.
   */
  readonly verify?: VerifyOptions
  /** How many query shapes are counted one by one in the metrics. Default: `1000`. */
  readonly maxShapes?: number
  /** How many of the last invalidations `cache.invalidations()` tells of, at most 10 000. `0`: none. Default: `100`. */
  readonly auditTrail?: number
  /** Default: the process's monotonic clock. For tests. */
  readonly clock?: Clock
  /** Default: the platform's random generator. For tests. */
  readonly random?: Random
}

export interface MemoryOptions {
  /** At most `1_000_000`. Default: `10_000`. */
  readonly maxEntries?: number
  /** Of all entries together, estimated. At least `'1kb'`, which one entry may fill. Default: `'64mb'`. */
  readonly maxBytes?: ByteSize
  /**
   * A result whose estimated size, its key included, is larger is served and not stored. Default: `'1mb'`,
   * or `maxBytes` where that is less.
   */
  readonly maxEntryBytes?: ByteSize
  /**
   * The share of its time to live, above 0 to 1, that a result is kept in this process where it is shared as well: what is
   * read by many stays shared for long, and takes the room of each process for a short time. Default: `0.25`.
   */
  readonly ttlShare?: number
}

/** All options with their defaults, checked, and in plain units. */
export interface ResolvedOptions {
  readonly policy: ReadPolicy
  readonly givenPolicy: GivenPolicy
  readonly ttlJitter: number
  readonly maxEntries: number
  readonly maxBytes: number
  readonly maxEntryBytes: number
  readonly leaseMs: number
  readonly maxShapes: number
  readonly auditTrail: number
  readonly memory: boolean
  readonly memoryTtlShare: number
  readonly shared: SharedTier | undefined
  readonly namespace: string
  readonly schemaVersion: string | undefined
  readonly consistency: Consistency
  readonly maxStalenessMs: number
  readonly verify: ResolvedVerify | undefined
  readonly clock: Clock
  readonly random: Random
}

const NAMES = [
  ...CACHING_OPTION_NAMES,
  'ttlJitter',
  'memory',
  'shared',
  'namespace',
  'schemaVersion',
  'consistency',
  'maxStaleness',
  'lease',
  'verify',
  'maxShapes',
  'auditTrail',
  'clock',
  'random',
] as const
const MEMORY_NAMES = ['maxEntries', 'maxBytes', 'maxEntryBytes', 'ttlShare'] as const

/** @throws TidemarkError `INVALID_OPTION` that names the option, what was expected and what came */
export function resolveOptions(options: TidemarkOptions): ResolvedOptions {
  checkKeys('createTidemark', options, NAMES)
  const { ttlJitter = 0.1, lease = '10s', maxShapes = 1000 } = options
  const { auditTrail = 100 } = options
  const { shared, namespace = 'tidemark', consistency = 'available', maxStaleness = '1s' } = options
  const { clock = systemClock, random = systemRandom } = options
  const memory = options.memory === false ? {} : (options.memory ?? {})
  checkKeys('memory', memory, MEMORY_NAMES, 'an object, or false')
  const { maxEntries = 10_000, ttlShare = 0.25 } = memory
  const maxBytes = parseByteSize('memory.maxBytes', memory.maxBytes ?? '64mb', MIN_BYTES)

  checkCount('memory.maxEntries', maxEntries, MAX_ENTRIES)
  checkCount('maxShapes', maxShapes)
  checkCount('auditTrail', auditTrail, MAX_AUDIT, 0)
  if (typeof ttlJitter !== 'number' || !(ttlJitter >= 0 && ttlJitter < 1)) {
    throw invalidOption('ttlJitter', 'a number from 0 to below 1', ttlJitter)
  }
  if (typeof ttlShare !== 'number' || !(ttlShare > 0 && ttlShare <= 1)) {
    throw invalidOption('memory.ttlShare', 'a number above 0, at most 1', ttlShare)
  }
  if (shared !== undefined) checkMethods('shared', shared, SHARED_METHODS)
  else if (options.memory === false) {
    throw invalidOption(
      'memory',
      'the bounds of the memory tier (false needs a shared tier)',
      false,
    )
  }
  checkName('namespace', namespace)
  if (options.schemaVersion !== undefined) checkName('schemaVersion', options.schemaVersion)
  checkConsistency('consistency', consistency)
  checkMethods('clock', clock, ['now'])
  checkMethods('random', random, ['fraction', 'token'])
  const givenPolicy = parseCachingOptions('', options)
  return {
    policy: refine(PLAIN_POLICY, givenPolicy),
    givenPolicy,
    ttlJitter,
    maxEntries,
    maxBytes,
    maxEntryBytes: resolveMaxEntryBytes(memory.maxEntryBytes, maxBytes),
    leaseMs: finite('lease', parseDuration('lease', lease)),
    maxShapes,
    auditTrail,
    memory: options.memory !== false,
    memoryTtlShare: shared ? ttlShare : 1,
    shared,
    namespace,
    schemaVersion: options.schemaVersion,
    consistency,
    verify: options.verify === undefined ? undefined : resolveVerify(options.verify),
    maxStalenessMs: finite('maxStaleness', parseDurationOrZero('maxStaleness', maxStaleness)),
    clock,
    random,
  }
}

const SHARED_METHODS = ['open', 'lookup', 'mint', 'store', 'intent', 'release', 'abandon', 'close']

/** Less holds no entry at all, and is a slip: `64` for `'64mb'`. */
const MIN_BYTES = 1024

const MAX_AUDIT = 10_000

/** The list of the memory tier is allocated in one piece. */
const MAX_ENTRIES = 1_000_000

function resolveMaxEntryBytes(given: ByteSize | undefined, maxBytes: number): number {
  if (given === undefined) return Math.min(parseByteSize('memory.maxEntryBytes', '1mb'), maxBytes)
  const bytes = parseByteSize('memory.maxEntryBytes', given)
  if (bytes <= maxBytes) return bytes
  throw invalidOption('memory.maxEntryBytes', `at most memory.maxBytes (${maxBytes} bytes)`, given)
}

function finite(name: string, ms: number): number {
  if (ms !== Infinity) return ms
  throw invalidOption(name, 'a duration that ends', ms)
}

function checkMethods(name: string, value: object, methods: readonly string[]): void {
  for (const method of methods) {
    if (typeof (value as Record<string, unknown> | null)?.[method] !== 'function') {
      throw invalidOption(
        name,
        `an object with the method${methods.length > 1 ? 's' : ''} ${methods.join(' and ')}`,
        value,
      )
    }
  }
}
