import { type Awaitable, isPromise } from '../awaitable.ts'
import { isBeingLoaded } from './ask-database.ts'
import { bypass } from './bypass.ts'
import type { Engine } from '../engine.ts'
import { fill } from './fill.ts'
import { type Freshness, freshnessHere, isDueHere } from './freshness.ts'
import { type Load, type Lookup, prepareLookup, type ReadCall } from './lookup.ts'
import { areSame } from '../same-texts.ts'
import { resultOf, snapshotOf } from './promotion.ts'
import { refresh } from './refresh.ts'
import type { Entry } from '../tiers/tier.ts'

/**
 * The whole story of a read.
 *
 * Hit: the tier has an entry, every mark it was read under is still current, and it is young enough. Nothing is awaited
 * where the tier answers at once and the marks are known here. Marks come first: what was written to since is never
 * served, whatever a policy says of its age. One that is too old by a little may be served while it is loaded anew.
 *
 * Shared hit: another process has stored it, and it is brought along when the marks are read.
 *
 * Miss: take the marks, ask the database, store the answer under the marks that were taken **before**
 * the question. A write in between has moved them, so the entry is dead on arrival and harmless.
 */
export function readThrough<T>(engine: Engine, call: ReadCall, load: Load<T>): Awaitable<T> {
  const lookup = prepareLookup(engine, call)
  if (typeof lookup === 'string') return bypass(engine, call, lookup, load)
  if (lookup.mode === 'refresh') return fill(engine, lookup, 'refresh', load)
  let found
  try {
    found = engine.tier.get(lookup.key)
  } catch {
    return bypass(engine, call, 'tier-down', load, lookup.policy)
  }
  return isPromise(found)
    ? serveOrLoadLater(engine, lookup, found, load)
    : serveOrLoad(engine, lookup, found, load)
}

async function serveOrLoadLater<T>(
  engine: Engine,
  lookup: Lookup,
  found: Promise<Entry | undefined>,
  load: Load<T>,
): Promise<T> {
  let entry
  try {
    entry = await found
  } catch {
    return bypass(engine, lookup.call, 'tier-down', load, lookup.policy)
  }
  return serveOrLoad(engine, lookup, entry, load)
}

function serveOrLoad<T>(
  engine: Engine,
  lookup: Lookup,
  entry: Entry | undefined,
  load: Load<T>,
): Awaitable<T> {
  if (!entry) return fill(engine, lookup, 'absent', load)
  let match
  try {
    match = engine.marks.match(lookup.tags, entry.tokens)
  } catch {
    return bypass(engine, lookup.call, 'tier-down', load, lookup.policy)
  }
  if (match === 'moved') return fill(engine, lookup, 'marks-moved', load)
  const freshness = freshnessHere(lookup, entry)
  if (freshness === 'expired') return fill(engine, lookup, 'expired', load, entry)
  return match === 'unknown' || lookup.isStrict
    ? serveIfCurrent(engine, lookup, entry, freshness, load)
    : serve(engine, lookup, entry, freshness, load)
}

/** For an entry whose marks this process has not heard of lately: they are read, its value is not. */
async function serveIfCurrent<T>(
  engine: Engine,
  lookup: Lookup,
  entry: Entry,
  freshness: Freshness,
  load: Load<T>,
): Promise<T> {
  let reading
  try {
    reading = await engine.marks.read(lookup.tags)
  } catch {
    return bypass(engine, lookup.call, 'tier-down', load, lookup.policy)
  }
  if (reading.state === 'locked') {
    return bypass(engine, lookup.call, 'marks-locked', load, lookup.policy)
  }
  return areSame(reading.tokens, entry.tokens)
    ? serve(engine, lookup, entry, freshness, load)
    : fill(engine, lookup, 'marks-moved', load)
}

function serve<T>(
  engine: Engine,
  lookup: Lookup,
  entry: Entry,
  freshness: Freshness,
  load: Load<T>,
): Awaitable<T> {
  if (isBeingLoaded(lookup, entry.tokens)) return fill(engine, lookup, 'expired', load)
  let value
  try {
    value = resultOf(engine, lookup, entry) as T
  } catch {
    return fill(engine, lookup, 'corrupt-entry', load)
  }
  const { call, startedAt } = lookup
  const kind = freshness === 'fresh' ? 'memory' : 'stale'
  call.plan.shape.hit(kind, engine.clock.now() - startedAt, entry.loadMs)
  engine.verification?.maybe({
    ...{ lookup, tokens: entry.tokens, ageMs: startedAt - entry.readAt },
    value: () => snapshotOf(engine, entry),
    load: () => load('compare'),
  })
  if (kind === 'stale' || isDueHere(engine, lookup, entry)) {
    refresh(engine, lookup, { tokens: entry.tokens, readAt: entry.readAt }, load)
  }
  return value
}
