import { cacheKey, type CacheKey, type KeyMaterial } from './cache-key.ts'
import type { Engine } from './engine.ts'
import type { BypassReason } from './metrics.ts'
import type { ResolvedHint } from './policy.ts'
import type { ReadPlan } from './query.ts'
import type { Tag } from './tags.ts'

/** One read, as an adapter hands it over. */
export interface ReadCall {
  readonly plan: ReadPlan
  readonly hint?: ResolvedHint | undefined
  /** Why this call, unlike others of its shape, must not use the cache. */
  readonly bypass?: BypassReason | undefined
  /**
   * Asked for only when the read may be cached, and again when its answer is there. `undefined`: it is not known whose
   * view of the data is asked for.
   */
  readonly key: () => KeyMaterial | undefined
  /** Set where the caller can cancel its query: nobody else may then depend on it. */
  readonly cancellable?: boolean
}

/** A read that may be cached, with everything that is needed to look it up. */
export interface Lookup {
  readonly call: ReadCall
  readonly material: KeyMaterial
  /** See `Dependencies.id`. */
  readonly id: string
  readonly key: CacheKey
  /** What the result depends on, by name. */
  readonly dependencies: readonly Tag[]
  /** The marks that stand for that, see `SharedTier.marksOf`. */
  readonly tags: readonly Tag[]
  readonly ttlMs: number
  /** Whether the shared tier must have said that it is current since the read began. */
  readonly isStrict: boolean
  /** Whether one process loads it for all, where it is not there. */
  readonly isLoadedOnce: boolean
  readonly startedAt: number
}

/** Everything about a read that is known before any tier is asked, or the reason not to ask. */
export function prepareLookup(engine: Engine, call: ReadCall): Lookup | BypassReason {
  const { plan } = call
  const hint = call.hint?.cached ? call.hint : undefined
  if (engine.closed) return 'closed'
  if (call.hint?.cached === false) return 'bypass-hint'
  if (call.bypass) return call.bypass
  if (plan.obstacle) return plan.obstacle
  if (!hint && !plan.decision.cached) return plan.decision.reason
  if (plan.tables === 'unknown' && !hint?.tables) return 'opaque-sql'
  const startedAt = engine.clock.now()
  const byTables = plan.decision.cached ? plan.decision.policy.ttlMs : engine.settings.defaultTtlMs
  const { tags: dependencies, id, obstacle } = plan.dependencies(hint)
  if (obstacle) return obstacle
  if (engine.verification?.isSwitchedOff(dependencies)) return 'switched-off'
  const material = call.key()
  if (!material) return 'no-partition'
  const key = keyOf(engine, material, id)
  if (key === undefined) return 'unkeyable-parameter'
  const tags = engine.shared?.marksOf?.(dependencies, key) ?? dependencies
  const ttlMs = hint?.ttlMs ?? byTables
  const demand = hint?.freshAfter?.demandOn(dependencies)
  if (demand === 'reload') return 'unconfirmed-ticket'
  const isStrict =
    engine.shared !== undefined && (hint?.consistency === 'strict' || demand === 'ask')
  const isLoadedOnce = loadsOnce(engine, call)
  return { call, material, id, key, dependencies, tags, ttlMs, isStrict, isLoadedOnce, startedAt }
}

/** Not where a caller can cancel: it would have to wait for a load that it cannot cancel. */
function loadsOnce({ shared }: Engine, { plan, hint, cancellable }: ReadCall): boolean {
  if (!shared?.claim || !shared.unclaim || cancellable) return false
  const byTables = plan.decision.cached ? plan.decision.policy.coalesce : 'process'
  return ((hint?.cached && hint.coalesce) ?? byTables) === 'shared'
}

/** Undefined where a parameter has no encoding, or throws when it is looked at. */
function keyOf(engine: Engine, material: KeyMaterial, id: string): CacheKey | undefined {
  try {
    return cacheKey(material, id, engine.valueTypes)
  } catch {
    return undefined
  }
}

/**
 * What became another while the query ran, if anything did. Whoever changes a parameter then has asked for we do not know
 * what, and whoever changes the partition has asked on behalf of we do not know whom.
 */
export function changeOf(
  engine: Engine,
  { call, material, id, key }: Lookup,
): 'no-partition' | 'unkeyable-parameter' | undefined {
  if (keyOf(engine, material, id) !== key) return 'unkeyable-parameter'
  try {
    return call.key()?.partition === material.partition ? undefined : 'no-partition'
  } catch {
    return 'no-partition'
  }
}
