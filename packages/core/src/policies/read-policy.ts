import type { Coalescing } from './coalescing.ts'
import type { Isolation } from './policy-options.ts'

/** What holds for one read that is to be cached: all parts decided, in plain units. */
export interface ReadPolicy {
  readonly ttlMs: number
  /** Of an empty result, where that is less. */
  readonly negativeTtlMs: number
  /** After its ttl, while the database is asked in the background. */
  readonly staleWhileRevalidateMs: number
  /** After its ttl, where the database fails or takes too long. */
  readonly staleIfErrorMs: number
  /** The share of its ttl after which an entry that is still in use is loaded anew; 1: it is not. */
  readonly refreshAhead: number
  /** XFetch's beta; 0: an entry is not loaded anew before its ttl ends. */
  readonly earlyRefresh: number
  readonly softTimeoutMs: number
  readonly hardTimeoutMs: number
  readonly isolation: Isolation
  readonly coalesce: Coalescing
  /** Whether a write of the row that it reads leaves that row for it. */
  readonly writeThrough: boolean
}

/** The parts of a policy that were given at one place: for a query, for a table, or for the whole cache. */
export type GivenPolicy = Partial<ReadPolicy>

/** What holds where nobody says anything else. */
export const PLAIN_POLICY: ReadPolicy = {
  ttlMs: 300_000,
  negativeTtlMs: Infinity,
  staleWhileRevalidateMs: 0,
  staleIfErrorMs: 0,
  refreshAhead: 1,
  earlyRefresh: 0,
  softTimeoutMs: Infinity,
  hardTimeoutMs: Infinity,
  isolation: 'copy',
  coalesce: 'process',
  writeThrough: false,
}

/** What was given nearer to the query counts, part by part. `refreshAhead` and `earlyRefresh` are one part. */
export function refine(base: ReadPolicy, given: GivenPolicy): ReadPolicy {
  const isRefreshGiven = given.refreshAhead !== undefined || given.earlyRefresh !== undefined
  return { ...base, ...(isRefreshGiven && NO_REFRESH), ...given }
}

const NO_REFRESH = {
  refreshAhead: PLAIN_POLICY.refreshAhead,
  earlyRefresh: PLAIN_POLICY.earlyRefresh,
} as const

/**
 * What holds for a query that reads several tables: the result is as old, as slow to wait for and as private as the most
 * demanding of them allows. `refreshAhead` of one goes before `earlyRefresh` of another.
 */
export function strictest(policies: readonly ReadPolicy[]): ReadPolicy {
  const least = (part: NumberPart) => Math.min(...policies.map((policy) => policy[part]))
  const refreshAhead = least('refreshAhead')
  return {
    ttlMs: least('ttlMs'),
    negativeTtlMs: least('negativeTtlMs'),
    staleWhileRevalidateMs: least('staleWhileRevalidateMs'),
    staleIfErrorMs: least('staleIfErrorMs'),
    refreshAhead,
    earlyRefresh:
      refreshAhead < 1 ? 0 : Math.max(...policies.map(({ earlyRefresh }) => earlyRefresh)),
    softTimeoutMs: least('softTimeoutMs'),
    hardTimeoutMs: least('hardTimeoutMs'),
    isolation: policies.every(({ isolation }) => isolation === 'frozen') ? 'frozen' : 'copy',
    coalesce: policies.some(({ coalesce }) => coalesce === 'shared') ? 'shared' : 'process',
    writeThrough: policies.every(({ writeThrough }) => writeThrough),
  }
}

type NumberPart = {
  [Part in keyof ReadPolicy]: ReadPolicy[Part] extends number ? Part : never
}[keyof ReadPolicy]

/** How long a result counts as fresh, in milliseconds. */
export function ttlOf({ ttlMs, negativeTtlMs }: ReadPolicy, isEmpty: boolean): number {
  return isEmpty ? Math.min(ttlMs, negativeTtlMs) : ttlMs
}

/** How long a result may be served in any case after its ttl, in milliseconds. */
export function longestWindowOf({ staleWhileRevalidateMs, staleIfErrorMs }: ReadPolicy): number {
  return Math.max(staleWhileRevalidateMs, staleIfErrorMs)
}

export function areSamePolicies(one: ReadPolicy | false, other: ReadPolicy | false): boolean {
  if (!one || !other) return one === other
  return (Object.keys(PLAIN_POLICY) as (keyof ReadPolicy)[]).every(
    (part) => one[part] === other[part],
  )
}
