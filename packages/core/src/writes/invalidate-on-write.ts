import type { Consistency } from '../policies/consistency.ts'
import type { Engine } from '../engine.ts'
import type { ReachedTable } from '../insight/cascade.ts'
import type { ResolvedHint } from '../policies/policy.ts'
import type { WritePlan } from '../policies/query.ts'
import { tableTag, type Tag } from '../marks/tags.ts'
import { type OutcomeOf, settle, WriteIntent } from './write-intent.ts'
import type { WriteThrough } from './write-through.ts'

/** One write, as an adapter hands it over. */
export interface WriteCall {
  readonly plan: WritePlan
  readonly hint?: ResolvedHint | undefined
  readonly outcomeOf: OutcomeOf
  /** What it may leave behind. Of no effect in a transaction. */
  readonly through?: WriteThrough | undefined
}

/** The tags that a write makes old. */
export function tagsOfCall({ plan, hint }: WriteCause): readonly Tag[] {
  return plan.tags(hint?.cached ? hint : undefined)
}

/** What of a write says which tables it reaches. The rest of it may hold on to its parameters and its result. */
export type WriteCause = Pick<WriteCall, 'plan' | 'hint'>

export function causeOf({ plan, hint }: WriteCall): WriteCause {
  return { plan, hint }
}

/** How these writes, in their order, come to tables that none of them names: for the audit trail, which asks long afterwards. */
export function reachOf(calls: readonly WriteCause[]): () => readonly ReachedTable[] {
  return () => reachedBy(calls)
}

function reachedBy(calls: readonly WriteCause[]): readonly ReachedTable[] {
  const named = new Set<Tag>()
  const reached = calls.flatMap((call) => {
    const own = call.plan.reached(call.hint?.cached ? call.hint : undefined)
    const followed = new Set(own.map(({ table }) => tableTag(table)))
    for (const tag of tagsOfCall(call)) if (!followed.has(tag)) named.add(tag)
    return own
  })
  return reached.filter(({ table }) => !named.has(tableTag(table)))
}

/** What the write does for other processes. */
export function consistencyOf(engine: Engine, { hint }: WriteCall): Consistency {
  return (hint?.cached ? hint.consistency : undefined) ?? engine.settings.consistency
}

/**
 * The whole story of a write that commits by itself: take the marks, run it, let go of the marks, and
 * only then report it done. Whoever is told of the write can no longer read what was before it.
 *
 * A write that throws moves its marks as well: a statement may have taken effect in part.
 */
export async function invalidateOnWrite<T>(
  engine: Engine,
  call: WriteCall,
  run: () => Promise<T>,
): Promise<T> {
  const { shape } = call.plan
  const startedAt = engine.clock.now()
  const tags = tagsOfCall(call)
  shape.write(call.plan.whyEverything(tags))
  engine.audit.record('write', shape.fingerprint, tags, reachOf([causeOf(call)]))
  return underIntent(
    engine,
    tags,
    consistencyOf(engine, call),
    call.outcomeOf,
    async () => {
      shape.invalidated()
      try {
        return await (call.through ? call.through.run(run) : run())
      } finally {
        shape.loaded(engine.clock.now() - startedAt)
      }
    },
    call.through,
  )
}

/** Runs a statement while holding the marks of what it changes. */
export async function underIntent<T>(
  engine: Engine,
  tags: readonly Tag[],
  consistency: Consistency,
  outcomeOf: OutcomeOf,
  run: () => Promise<T>,
  through?: WriteThrough,
): Promise<T> {
  const intent = await WriteIntent.open(engine, tags, consistency, through)
  return settle(run, outcomeOf, (outcome) => intent.close(outcome))
}
