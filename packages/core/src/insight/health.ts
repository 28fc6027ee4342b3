import type { Engine } from '../engine.ts'
import { EVERYTHING } from '../marks/tags.ts'
import type { TierStats } from '../tiers/tier.ts'

/** How a cache is doing. */
export interface HealthReport {
  /** Whether all of it works. Where it does not, the database answers: nothing fails for that. */
  readonly up: boolean
  /** What this process keeps. Undefined where its memory is switched off. */
  readonly memory: TierStats | undefined
  /** What processes share. Undefined where nothing is shared. */
  readonly shared: SharedHealth | undefined
  /** What is wrong or endangers something, and what to do about it: sentences for people. */
  readonly warnings: readonly string[]
}

/** How a shared tier is doing, as this process sees it. */
export interface SharedHealth {
  readonly name: string
  /** Whether each of its servers has just answered. */
  readonly up: boolean
  /** Why not, for people. */
  readonly reason?: string | undefined
  /** How long it took to answer the shortest question, of several servers the slowest, in milliseconds. */
  readonly latencyMs?: number | undefined
  /** `'open'`: it failed lately and is left alone for a while, during which the database answers. */
  readonly breaker?: 'closed' | 'open' | undefined
  /** Whether word of other processes' writes comes through. While it does not, `maxStaleness` is the bound. */
  readonly bus?: 'up' | 'down' | undefined
  readonly servers?: readonly ServerHealth[] | undefined
  readonly warnings: readonly string[]
}

/** How one server is doing. What it did not tell is undefined. */
export interface ServerHealth {
  /** `host:port`. */
  readonly address: string
  readonly up: boolean
  /** Why not, for people. */
  readonly reason?: string | undefined
  /** How long it took to answer the shortest question, in milliseconds. */
  readonly latencyMs?: number | undefined
  readonly version?: string | undefined
  readonly role?: string | undefined
  readonly usedBytes?: number | undefined
  /** How much it may use, in bytes. `Infinity`: as much as there is. */
  readonly maxBytes?: number | undefined
  /** What it does when that is used up, in its own words. */
  readonly evictionPolicy?: string | undefined
  /** How many keys have made room for others since it was started. */
  readonly evictedKeys?: number | undefined
  /** How many of its keys have no time to live. None of them is of a cache. */
  readonly endlessKeys?: number | undefined
  /** How many replicas follow it. */
  readonly replicas?: number | undefined
  /** Whether it takes no writes while its replicas lag behind. */
  readonly waitsForReplicas?: boolean | undefined
}

/** Asks each tier how it is. Never rejects: a tier that is down is what it is to report. */
export async function healthOf(engine: Engine): Promise<HealthReport> {
  const stats = engine.tier.stats()
  const memory = stats.name === 'none' ? undefined : stats
  if (engine.closed) {
    const warnings = ['the cache is closed: the database answers everything']
    return { up: false, memory, shared: undefined, warnings }
  }
  const shared = engine.shared && (await sharedHealthOf(engine))
  return { up: shared?.up ?? true, memory, shared, warnings: shared?.warnings ?? [] }
}

/** A tier that does not tell by itself is asked for one mark. */
async function sharedHealthOf({ shared, clock }: Engine): Promise<SharedHealth> {
  const { name } = shared!
  const startedAt = clock.now()
  try {
    if (shared!.health) return await shared!.health()
    await shared!.lookup((shared!.marksOf?.([EVERYTHING]) ?? [EVERYTHING]).slice(0, 1))
    return { name, up: true, latencyMs: clock.now() - startedAt, warnings: [] }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    return { name, up: false, reason, warnings: [`${name} is down: ${reason}`] }
  }
}
