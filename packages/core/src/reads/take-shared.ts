import type { Engine } from '../engine.ts'
import { type Age, type Freshness, freshnessOf } from './freshness.ts'
import type { Lookup } from './lookup.ts'
import type { MarkToken } from '../marks/marks.ts'
import { areSame } from '../same-texts.ts'
import type { MissReason } from '../insight/outcomes.ts'
import { promote } from './promotion.ts'
import { isEmptyResult } from './result.ts'
import type { FoundEntry, SharedEntry } from '../tiers/shared-tier.ts'

/** What another process has stored, judged; its value is the caller's own. */
export type Taken =
  | {
      readonly state: Exclude<Freshness, 'expired'>
      readonly value: unknown
      readonly age: Age
      readonly entry: SharedEntry
    }
  | { readonly state: 'refused'; readonly reason: MissReason }

/** Takes what another process has stored, and keeps a copy here; or says why not. */
export function takeShared(
  engine: Engine,
  lookup: Lookup,
  tokens: readonly MarkToken[],
  entry: FoundEntry,
): Taken {
  const taken = judgeShared(lookup, tokens, entry)
  if (taken.state === 'refused') return taken
  const { value, age } = taken
  // It was asked for before it answered, so it is this old at most.
  const read = { tokens, readAt: lookup.startedAt - age.ageMs, isEmpty: age.isEmpty }
  promote(engine, lookup, taken.entry, value, read)
  return taken
}

/** The same for whoever only looks: nothing is kept of it. */
export function judgeShared(
  { call, policy }: Lookup,
  tokens: readonly MarkToken[],
  entry: FoundEntry,
): Taken {
  if (typeof entry === 'string') return { state: 'refused', reason: entry }
  if (!areSame(tokens, entry.tokens)) return { state: 'refused', reason: 'marks-moved' }
  const { ageMs, ttlMs } = entry
  // What is expired even for a result that is not empty need not be read back.
  if (freshnessOf(policy, { ageMs, ttlMs, isEmpty: false }) === 'expired') return EXPIRED
  let value
  try {
    value = entry.decode()
  } catch {
    return { state: 'refused', reason: 'corrupt-entry' }
  }
  const age = { ageMs, ttlMs, isEmpty: isEmptyResult(call, value) }
  const freshness = freshnessOf(policy, age)
  return freshness === 'expired' ? EXPIRED : { state: freshness, value, age, entry }
}

const EXPIRED = { state: 'refused', reason: 'expired' } as const
