import type { Engine } from '../engine.ts'
import type { Lookup } from './lookup.ts'
import { type ReadPolicy, ttlOf } from '../policies/read-policy.ts'
import type { Entry } from '../tiers/tier.ts'

/**
 * How far an entry is from the end of its time. It says nothing of whether something was written since: that is for the
 * marks to say, and comes first.
 *
 * - `'fresh'`: it may be served.
 * - `'stale'`: it may be served once more by `staleWhileRevalidate`, while it is loaded anew.
 * - `'expired'`: it may not be served, unless the database fails and `staleIfError` says so.
 */
export type Freshness = 'fresh' | 'stale' | 'expired'

/** What is known of the age of a stored result, wherever it is stored. */
export interface Age {
  /** How long ago the database was asked for it, in milliseconds. */
  readonly ageMs: number
  /** How long it was stored to count as fresh. */
  readonly ttlMs: number
  readonly isEmpty: boolean
}

/** Both bounds count: another may have stored it for longer than this caller accepts, or for a shorter time. */
export function freshnessOf(policy: ReadPolicy, age: Age): Freshness {
  const overdueMs = overdueOf(policy, age)
  if (overdueMs < 0) return 'fresh'
  return overdueMs < policy.staleWhileRevalidateMs ? 'stale' : 'expired'
}

/** Of what is kept in this process, which is a shorter time where others share it: then they are asked. */
export function freshnessHere({ policy, startedAt }: Lookup, entry: Entry): Freshness {
  const { readAt, expiresAt, ttlMs, isEmpty } = entry
  const ageMs = startedAt - readAt
  // What nearly all hits are.
  if (startedAt < expiresAt && ageMs < (isEmpty ? ttlOf(policy, true) : policy.ttlMs)) {
    return 'fresh'
  }
  const freshness = freshnessOf(policy, { ageMs, ttlMs, isEmpty })
  return freshness === 'fresh' ? 'expired' : freshness
}

/** Whether it may stand in for an answer that the database does not give. */
export function mayStandIn(policy: ReadPolicy, age: Age): boolean {
  return overdueOf(policy, age) < policy.staleIfErrorMs
}

/** How long ago it ceased to be fresh, below 0 for what is. */
function overdueOf(policy: ReadPolicy, { ageMs, ttlMs, isEmpty }: Age): number {
  return ageMs - Math.min(ttlMs, ttlOf(policy, isEmpty))
}

/**
 * Whether what was just served is to be loaded anew before it is stale: after its share of the time (`refreshAhead`), or by
 * XFetch (`earlyRefresh`), where each hit draws how far it looks ahead. That is measured in times that the load took, so
 * that slow loads begin earlier; on average one hit draws the end before it comes, in whichever process.
 */
export function isDue({ random }: Engine, policy: ReadPolicy, age: Age, loadMs: number): boolean {
  const { refreshAhead, earlyRefresh } = policy
  if (refreshAhead === 1 && earlyRefresh === 0) return false
  const leftMs = -overdueOf(policy, age)
  if (refreshAhead < 1) return age.ageMs >= refreshAhead * (age.ageMs + leftMs)
  const unitMs = loadMs * earlyRefresh
  // Draws beyond this do not happen, so most hits need none.
  return leftMs < unitMs * LONGEST_DRAW && -Math.log(random.fraction()) * unitMs >= leftMs
}

/** The same for what is kept in this process. Most policies never ask for it, and then nothing is made of the entry. */
export function isDueHere(engine: Engine, { policy, startedAt }: Lookup, entry: Entry): boolean {
  if (policy.refreshAhead === 1 && policy.earlyRefresh === 0) return false
  const { readAt, ttlMs, isEmpty, loadMs } = entry
  return isDue(engine, policy, { ageMs: startedAt - readAt, ttlMs, isEmpty }, loadMs)
}

/** How far -ln of a fraction with 32 random bits can be from 0. */
const LONGEST_DRAW = 32 * Math.LN2
