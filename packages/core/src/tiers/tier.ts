import type { Awaitable } from '../awaitable.ts'
import type { CacheKey } from '../keys/cache-key.ts'
import type { Stored } from './codec.ts'
import type { MarkToken } from '../marks/marks.ts'
import type { Tag } from '../marks/tags.ts'

/** A stored result, and what must still be true for it to be served. */
export interface Entry {
  /** The tokens it was read under, in the order of its query's tags. */
  readonly tokens: readonly MarkToken[]
  /** What it depends on, for whoever asks: the list that its query's plan has, not a copy. */
  readonly tags: readonly Tag[]
  /** The result, as the codec made it. */
  readonly stored: Stored
  /** Its estimated size, in bytes. */
  readonly bytes: number
  /** When the database was asked for it, on this process's clock, in milliseconds. */
  readonly readAt: number
  /** How long the database took for it, in milliseconds. */
  readonly loadMs: number
  /** How long it counts as fresh from `readAt` on, in milliseconds. */
  readonly ttlMs: number
  /** Whether nothing was found. */
  readonly isEmpty: boolean
  /** When it is no longer served without a word of others, on this process's clock, in milliseconds: a share of its ttl. */
  readonly expiresAt: number
}

/**
 * A place that keeps entries. It knows neither queries nor marks: whether an entry may still be served
 * is for the engine to say. It may forget anything at any time, and must never mix two keys up.
 */
export interface Tier {
  readonly name: string
  get(key: CacheKey): Awaitable<Entry | undefined>
  /** As `get`, for people who wonder: it counts as no use of the entry. Default: `get` answers them too. */
  peek?(key: CacheKey): Awaitable<Entry | undefined>
  set(key: CacheKey, entry: Entry): Awaitable<void>
  clear(): Awaitable<void>
  /** All that is there, for people who wonder: never for a read. It counts as no use of them. */
  entries(): Awaitable<Iterable<readonly [CacheKey, Entry]>>
  /** Lets go of what this process holds. What other processes share is not touched. */
  close(): Awaitable<void>
  stats(): TierStats
}

export interface TierStats {
  readonly name: string
  readonly entries: number
  /** Estimated, in bytes. */
  readonly bytes: number
  /** How many entries made room for others since the tier was made. */
  readonly evictions: number
}

export function peekAt(tier: Tier, key: CacheKey): Awaitable<Entry | undefined> {
  return tier.peek ? tier.peek(key) : tier.get(key)
}
