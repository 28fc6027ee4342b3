import { cacheKey, type CacheKey, type KeyMaterial, versioned } from '../keys/cache-key.ts'
import type { Engine } from '../engine.ts'
import type { MarkToken } from '../marks/marks.ts'
import type { BypassReason } from '../insight/outcomes.ts'
import type { ReadMode, ResolvedHint } from '../policies/policy.ts'
import type { ReadPlan } from '../policies/query.ts'
import type { ReadPolicy } from '../policies/read-policy.ts'
import type { Tag } from '../marks/tags.ts'

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
  /** Whether an answer says that there is nothing. Default: it is `undefined`, `null` or `[]`. */
  readonly isEmpty?: (value: unknown) => boolean
  /** Set where whoever stands between the cache and this caller writes into results: each needs one of its own. */
  readonly changesResult?: boolean
  /** Whether an error says that the database could not answer, and not what is wrong with the query. Default: each does. */
  readonly isOutage?: (error: unknown) => boolean
  /** Set where its load may ask the cache in turn: what is loaded, for errors. */
  readonly nestsAs?: string | undefined
  /** With the mode `'only-if-cached'`: told under which marks nothing was there, before the read rejects. */
  readonly onNothing?: (lookup: Lookup, tokens: readonly MarkToken[]) => void
  /** Asked after the read was answered, before its load is called once more in the background. Default: it may be. */
  readonly origin?: ReadOrigin
}

/** Where a read comes from, such as an instance of a query builder. */
export interface ReadOrigin {
  /** Whether a query that is sent now would see what is committed, and no more. */
  readonly mayReload: boolean
}

/**
 * Asks the database. It may be called when the read has been answered long ago, and again; then it is said what for, since
 * no caller waits. `'compare'`: an error that says that there is nothing may be given as the answer `null`.
 */
export type Load<T> = (purpose?: 'reload' | 'compare') => Promise<T>

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
  readonly policy: ReadPolicy
  readonly mode: ReadMode
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
  if (call.hint?.cached === false || hint?.mode === 'bypass') return 'bypass-hint'
  if (call.bypass) return call.bypass
  if (plan.obstacle) return plan.obstacle
  if (!hint && !plan.decision.cached) return plan.decision.reason
  if (plan.tables === 'unknown' && !hint?.tables) return 'opaque-sql'
  const startedAt = engine.clock.now()
  const own = plan.dependencies(hint)
  const { tags: dependencies, id, obstacle } = engine.derivations.extend(own, hint?.key)
  if (obstacle) return obstacle
  if (engine.verification?.isSwitchedOff(dependencies)) return 'switched-off'
  const material = call.key()
  if (!material) return 'no-partition'
  const key = keyOf(engine, material, id)
  if (key === undefined) return 'unkeyable-parameter'
  const tags = engine.shared?.marksOf?.(dependencies, key) ?? dependencies
  const policy = plan.policy(hint)
  const mode = hint?.mode ?? 'default'
  const demand = hint?.freshAfter?.demandOn(dependencies)
  if (demand === 'reload') return 'unconfirmed-ticket'
  const isStrict =
    engine.shared !== undefined && (hint?.consistency === 'strict' || demand === 'ask')
  const isLoadedOnce = mode === 'default' && loadsOnce(engine, call, policy)
  return {
    call,
    material,
    id,
    key,
    dependencies,
    tags,
    policy,
    mode,
    isStrict,
    isLoadedOnce,
    startedAt,
  }
}

/** What it depends on, under the names that this process gives it and under those that others tell of, where names are hidden. */
export function allNamesOf({ dependencies, tags }: Lookup): readonly Tag[] {
  return tags === dependencies ? dependencies : [...dependencies, ...tags]
}

/** Not where a caller can cancel: it would have to wait for a load that it cannot cancel. */
function loadsOnce({ shared }: Engine, { cancellable }: ReadCall, policy: ReadPolicy): boolean {
  if (policy.coalesce === 'process' || cancellable) return false
  return shared?.claim !== undefined && shared.unclaim !== undefined
}

/** Undefined where a parameter has no encoding, or throws when it is looked at. */
function keyOf(engine: Engine, material: KeyMaterial, id: string): CacheKey | undefined {
  try {
    const { schemaVersion } = engine.settings
    const variant = schemaVersion === undefined ? id : versioned(schemaVersion, id)
    return cacheKey(material, variant, engine.valueTypes)
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
