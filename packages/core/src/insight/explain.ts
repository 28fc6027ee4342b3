import type { Invalidation } from './audit-trail.ts'
import type { Consistency } from '../policies/consistency.ts'
import type { Engine } from '../engine.ts'
import { type Explainable, runnerOf } from './explainable.ts'
import { type Explainer, runExplained } from './explaining.ts'
import { freshnessHere } from '../reads/freshness.ts'
import { consistencyOf, tagsOfCall, type WriteCall } from '../writes/invalidate-on-write.ts'
import { allNamesOf, type Lookup, prepareLookup, type ReadCall } from '../reads/lookup.ts'
import { areSame } from '../same-texts.ts'
import { type NamedTag, namedTag } from '../marks/named-tag.ts'
import type { BypassReason, MissReason } from './outcomes.ts'
import type { CachedHint } from '../policies/policy.ts'
import type { ReadPlan } from '../policies/query.ts'
import { type ExplainedPolicy, explainPolicy } from './explain-policy.ts'
import { snapshotOf } from '../reads/promotion.ts'
import { judgeShared } from '../reads/take-shared.ts'
import { peekAt } from '../tiers/tier.ts'
import type { ShapeMetrics } from './shape-metrics.ts'
import { customTag, EVERYTHING, keyTag, namesOfTable, type Tag, tableTag } from '../marks/tags.ts'
import { TidemarkError } from '../options/tidemark-error.ts'

/** What the cache makes of a query at this moment, and why. */
export interface Explanation {
  readonly kind: 'read' | 'write'
  readonly adapter: string
  /** The shape of the query, as the metrics show it. */
  readonly fingerprint: string
  /** Where it would be answered from; `'database'` where it would be no hit. */
  readonly answeredFrom: 'memory' | 'shared' | 'database'
  /** Why it would be no hit, as it would be counted. Undefined where it would be one. */
  readonly reason: MissReason | BypassReason | 'write' | undefined
  /** Whether a hit would be a little too old, and loaded anew in the background. */
  readonly isStale: boolean
  /** The whole key, as `cache.keysByTag()` gives it. Undefined where it has none, as what is never looked up. */
  readonly key: string | undefined
  /** What the result of a read depends on, empty where it is not cached; what a write makes old. */
  readonly tags: readonly ExplainedTag[]
  /** What holds for a read, and who has said so. Undefined where it is not cached. Times are in milliseconds. */
  readonly policy: ExplainedPolicy | undefined
  /** The last invalidation of what a read depends on, as far as the audit trail goes back. */
  readonly lastInvalidation: Invalidation | undefined
  /** What a write does for readers in other processes. */
  readonly consistency: Consistency | undefined
}

/**
 * `'query'`: it was found in the query, or a write of that cascades to it. `'catalogue'`: the database (or an option of the
 * adapter) says that a read touches it, as what is behind a view. `'depends'`: `cache.depends` was told so of its key.
 */
export interface ExplainedTag extends NamedTag {
  readonly from: 'every query' | 'query' | 'catalogue' | 'hint' | 'depends'
}

/** See `Tidemark.explain`. */
export async function explainQuery(engine: Engine, query: Explainable): Promise<Explanation> {
  const told: { explanation?: Promise<Explanation>; isCompiled?: boolean } = {}
  const run = runnerOf(query, () => told.isCompiled === true)
  const explainer: Explainer = {
    compiled: (asked) => {
      checkEngine(engine, asked)
      told.isCompiled = true
    },
    tell: async (asked, call) => {
      checkEngine(engine, asked)
      told.explanation ??= explainCall(engine, call)
      await told.explanation
      throw new TidemarkError('NOT_CACHED', 'this query was explained, and not sent')
    },
  }
  try {
    await runExplained(explainer, run)
  } catch (error) {
    if (!told.explanation) throw error
  }
  if (told.explanation) return told.explanation
  throw new TidemarkError(
    'INVALID_OPTION',
    'explain: expected a query of a client that is bound to this cache, and none came; what was given has run without it',
  )
}

function checkEngine(engine: Engine, asked: Engine): void {
  if (engine === asked) return
  throw new TidemarkError(
    'INVALID_OPTION',
    'explain: expected a query of a client that is bound to this cache, got one of another cache; nothing was sent',
  )
}

async function explainCall(engine: Engine, call: ReadCall | WriteCall): Promise<Explanation> {
  return isWrite(call) ? explainWrite(engine, call) : explainRead(engine, call)
}

function isWrite(call: ReadCall | WriteCall): call is WriteCall {
  return call.plan.kind === 'write'
}

function explainWrite(engine: Engine, call: WriteCall): Explanation {
  const { plan } = call
  const hint = call.hint?.cached ? call.hint : undefined
  const named = tagsOfHint(hint)
  return {
    ...explained(plan.shape),
    ...{ kind: 'write', ...no('write'), consistency: consistencyOf(engine, call) },
    tags: tagsOfCall(call).map((tag) => ({
      ...namedTag(tag),
      from: named.includes(tag) ? 'hint' : 'query',
    })),
  }
}

async function explainRead(engine: Engine, call: ReadCall): Promise<Explanation> {
  const { plan } = call
  const hint = call.hint?.cached ? call.hint : undefined
  const lookup = prepareLookup(engine, call)
  if (typeof lookup === 'string') return { ...explained(plan.shape), ...no(lookup) }
  return {
    ...explained(plan.shape),
    ...(await judge(engine, lookup)),
    key: lookup.key,
    tags: lookup.dependencies.map((tag) => ({ ...namedTag(tag), from: sourceOf(tag, plan, hint) })),
    policy: explainPolicy(engine, plan, hint, lookup.policy),
    lastInvalidation: engine.audit.lastOf(allNamesOf(lookup)),
  }
}

function explained({ adapter, fingerprint }: ShapeMetrics) {
  return {
    kind: 'read' as const,
    ...{ adapter, fingerprint },
    ...{ key: undefined, tags: [], policy: undefined },
    ...{ lastInvalidation: undefined, consistency: undefined },
  }
}

type Verdict = Pick<Explanation, 'answeredFrom' | 'reason' | 'isStale'>

const no = (reason: NonNullable<Explanation['reason']>): Verdict => ({
  ...{ answeredFrom: 'database', reason, isStale: false },
})

const hit = (answeredFrom: 'memory' | 'shared', isStale: boolean): Verdict => ({
  ...{ answeredFrom, reason: undefined, isStale },
})

/** What `readThrough` would do, step by step, without serving, storing or counting anything. */
async function judge(engine: Engine, lookup: Lookup): Promise<Verdict> {
  const { key, tags, mode } = lookup
  try {
    const isLookedUp = mode !== 'refresh'
    const here = isLookedUp ? await judgeHere(engine, lookup) : 'refresh'
    if (typeof here === 'object') return here
    const reading = await engine.marks.read(tags, isLookedUp ? key : undefined)
    if (reading.state === 'locked') return no('marks-locked')
    const shared = reading.entry && judgeShared(lookup, reading.tokens, reading.entry)
    if (!shared) return no(here)
    return shared.state === 'refused' ? no(shared.reason) : hit('shared', shared.state === 'stale')
  } catch {
    return no('tier-down')
  }
}

/** What this process's own memory has to say, or why it has nothing to serve. */
async function judgeHere(engine: Engine, lookup: Lookup): Promise<Verdict | MissReason> {
  const { tier, marks } = engine
  const { key, tags, isStrict } = lookup
  const entry = await peekAt(tier, key)
  if (!entry) return 'absent'
  const match = marks.match(tags, entry.tokens)
  if (match === 'moved') return 'marks-moved'
  const freshness = freshnessHere(lookup, entry)
  if (freshness === 'expired') return 'expired'
  if (match === 'unknown' || isStrict) {
    const reading = await marks.read(tags)
    if (reading.state === 'locked') return no('marks-locked')
    if (!areSame(reading.tokens, entry.tokens)) return 'marks-moved'
  }
  try {
    snapshotOf(engine, entry)
  } catch {
    return 'corrupt-entry'
  }
  return hit('memory', freshness === 'stale')
}

function sourceOf(tag: Tag, plan: ReadPlan, hint: CachedHint | undefined): ExplainedTag['from'] {
  if (tag === EVERYTHING) return 'every query'
  const found = plan.tables === 'unknown' ? plan.found : plan.tables
  if (found.some((table) => tableTag(table) === tag)) return 'query'
  if (tagsOfHint(hint).includes(tag)) return 'hint'
  return plan.dependencies(hint).tags.includes(tag) ? 'catalogue' : 'depends'
}

function tagsOfHint(hint: CachedHint | undefined): readonly Tag[] {
  if (!hint) return []
  const { tables = [], tags, key } = hint
  return [
    ...tables.flatMap(namesOfTable).map(tableTag),
    ...tags.map(customTag),
    ...(key === undefined ? [] : [keyTag(key)]),
  ]
}
