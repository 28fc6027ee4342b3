import { type ByteSize, parseByteSize } from './byte-size.ts'
import { checkCount, checkKeys } from './check-options.ts'
import { type Clock, systemClock } from './clock.ts'
import { type Duration, parseDuration } from './duration.ts'
import { type Random, systemRandom } from './random.ts'
import { invalidOption } from './tidemark-error.ts'

export interface TidemarkOptions {
  /** How long a result may be served at most, where no hint or table policy says. Default: `'5m'`. */
  readonly ttl?: Duration
  /**
   * The share of a time to live, from 0 to below 1, by which entries end early at random, so that what
   * was stored together does not end together. Default: `0.1`.
   */
  readonly ttlJitter?: number
  /** The bounds of the memory tier. */
  readonly memory?: MemoryOptions
  /** How long readers ask the database after a write whose outcome is unknown. Default: `'10s'`. */
  readonly lease?: Duration
  /** How many query shapes are counted one by one in the metrics. Default: `1000`. */
  readonly maxShapes?: number
  /** Default: the process's monotonic clock. For tests. */
  readonly clock?: Clock
  /** Default: the platform's random generator. For tests. */
  readonly random?: Random
}

export interface MemoryOptions {
  /** At most `1_000_000`. Default: `10_000`. */
  readonly maxEntries?: number
  /** Of all entries together, estimated. Default: `'64mb'`. */
  readonly maxBytes?: ByteSize
  /**
   * A result whose estimated size, its key included, is larger is served and not stored. Default: `'1mb'`,
   * or `maxBytes` where that is less.
   */
  readonly maxEntryBytes?: ByteSize
}

/** All options with their defaults, checked, and in plain units. */
export interface ResolvedOptions {
  readonly ttlMs: number
  readonly ttlJitter: number
  readonly maxEntries: number
  readonly maxBytes: number
  readonly maxEntryBytes: number
  readonly leaseMs: number
  readonly maxShapes: number
  readonly clock: Clock
  readonly random: Random
}

const NAMES = ['ttl', 'ttlJitter', 'memory', 'lease', 'maxShapes', 'clock', 'random'] as const
const MEMORY_NAMES = ['maxEntries', 'maxBytes', 'maxEntryBytes'] as const

/** @throws TidemarkError `INVALID_OPTION` that names the option, what was expected and what came */
export function resolveOptions(options: TidemarkOptions): ResolvedOptions {
  checkKeys('options', options, NAMES)
  const { ttl = '5m', ttlJitter = 0.1, memory = {}, lease = '10s', maxShapes = 1000 } = options
  const { clock = systemClock, random = systemRandom } = options
  checkKeys('memory', memory, MEMORY_NAMES)
  const { maxEntries = 10_000 } = memory
  const maxBytes = parseByteSize('memory.maxBytes', memory.maxBytes ?? '64mb')

  checkCount('memory.maxEntries', maxEntries, MAX_ENTRIES)
  checkCount('maxShapes', maxShapes)
  if (typeof ttlJitter !== 'number' || !(ttlJitter >= 0 && ttlJitter < 1)) {
    throw invalidOption('ttlJitter', 'a number from 0 to below 1', ttlJitter)
  }
  checkMethods('clock', clock, ['now'])
  checkMethods('random', random, ['fraction', 'token'])
  return {
    ttlMs: parseDuration('ttl', ttl),
    ttlJitter,
    maxEntries,
    maxBytes,
    maxEntryBytes: resolveMaxEntryBytes(memory.maxEntryBytes, maxBytes),
    leaseMs: parseFiniteDuration('lease', lease),
    maxShapes,
    clock,
    random,
  }
}

/** The list of the memory tier is allocated in one piece. */
const MAX_ENTRIES = 1_000_000

function resolveMaxEntryBytes(given: ByteSize | undefined, maxBytes: number): number {
  if (given === undefined) return Math.min(parseByteSize('memory.maxEntryBytes', '1mb'), maxBytes)
  const bytes = parseByteSize('memory.maxEntryBytes', given)
  if (bytes <= maxBytes) return bytes
  throw invalidOption('memory.maxEntryBytes', `at most memory.maxBytes (${maxBytes} bytes)`, given)
}

function parseFiniteDuration(name: string, value: unknown): number {
  const ms = parseDuration(name, value)
  if (ms !== Infinity) return ms
  throw invalidOption(name, 'a duration that ends', value)
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
