import type { Answer } from './ask-database.ts'
import type { Engine } from '../engine.ts'
import { mayStandIn } from './freshness.ts'
import type { Lookup } from './lookup.ts'
import type { MarkToken } from '../marks/marks.ts'
import { areSame } from '../same-texts.ts'
import { LATE, loadTimeout, within } from './patience.ts'
import { snapshotOf } from './promotion.ts'
import { isEmptyResult } from './result.ts'
import type { FoundEntry } from '../tiers/shared-tier.ts'
import type { Entry } from '../tiers/tier.ts'

/** A stored result whose time is over, and that may stand in for an answer which does not come. */
interface StandIn {
  readonly tokens: readonly MarkToken[]
  readonly readAt: number
  readonly ttlMs: number
  readonly read: () => unknown
}

/** What is stored here and for all, the newer one first. */
export function standInsOf(
  engine: Engine,
  lookup: Lookup,
  own: Entry | undefined,
  shared: FoundEntry | undefined,
): readonly StandIn[] {
  if (lookup.policy.staleIfErrorMs === 0 || lookup.mode === 'refresh') return []
  const found: StandIn[] = []
  if (own) found.push({ ...own, read: () => snapshotOf(engine, own) })
  if (typeof shared === 'object') {
    const readAt = lookup.startedAt - shared.ageMs
    const { tokens, ttlMs } = shared
    found.push({ tokens, readAt, ttlMs, read: () => shared.decode() })
  }
  return found.sort((one, other) => other.readAt - one.readAt)
}

/**
 * Waits for the answer of the database as long as the policy lets it. Where that fails, or does not come in time, what is
 * stored stands in for it, if nothing that it depends on was written.
 *
 * @throws TidemarkError `LOAD_TIMEOUT`, or whatever error the database answers with
 */
export async function answerOrStandIn(
  engine: Engine,
  lookup: Lookup,
  asking: Promise<Answer>,
  standIns: readonly StandIn[],
): Promise<Answer> {
  const { clock } = engine
  const { call, policy } = lookup
  const { softTimeoutMs, hardTimeoutMs } = policy
  const startedAt = clock.now()
  const waitUntil = (ms: number) => within(clock, ms - (clock.now() - startedAt), asking)
  try {
    if (standIns.length > 0 && softTimeoutMs < hardTimeoutMs) {
      const answer = await waitUntil(softTimeoutMs)
      if (answer !== LATE) return answer
      const standIn = await find(engine, lookup, standIns)
      if (standIn) return { value: standIn.value, hit: 'stale-on-timeout' }
    }
    const answer = await waitUntil(hardTimeoutMs)
    if (answer !== LATE) return answer
  } catch (error) {
    if (call.isOutage && !call.isOutage(error)) throw error
    const standIn = await find(engine, lookup, standIns)
    if (!standIn) throw error
    return { value: standIn.value, hit: 'stale-on-error' }
  }
  const standIn = await find(engine, lookup, standIns)
  if (!standIn) throw loadTimeout(call, hardTimeoutMs)
  return { value: standIn.value, hit: 'stale-on-timeout' }
}

/** The first of them that may be served at this moment: its marks are read anew, since the database was asked for long. */
async function find(
  engine: Engine,
  { call, tags, policy }: Lookup,
  standIns: readonly StandIn[],
): Promise<{ readonly value: unknown } | undefined> {
  if (standIns.length === 0) return undefined
  let reading
  try {
    reading = await engine.marks.read(tags)
  } catch {
    return undefined
  }
  if (reading.state === 'locked') return undefined
  for (const { tokens, readAt, ttlMs, read } of standIns) {
    if (!areSame(reading.tokens, tokens)) continue
    let value
    try {
      value = read()
    } catch {
      continue
    }
    const isEmpty = isEmptyResult(call, value)
    if (mayStandIn(policy, { ageMs: engine.clock.now() - readAt, ttlMs, isEmpty })) return { value }
  }
  return undefined
}
