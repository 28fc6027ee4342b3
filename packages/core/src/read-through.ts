import { type Awaitable, isPromise } from './awaitable.ts'
import type { Encoding } from './codec.ts'
import type { Engine } from './engine.ts'
import { changeOf, type Lookup, prepareLookup, type ReadCall } from './lookup.ts'
import type { MarkToken } from './marks.ts'
import { loadOnce } from './load-once.ts'
import type { BypassReason, HitKind, MissReason } from './metrics.ts'
import { promote, resultOf, snapshotOf } from './promotion.ts'
import type { FoundEntry, SharedEntry } from './shared-tier.ts'
import { encodeResult, storeResult } from './store-result.ts'
import type { Entry } from './tier.ts'

/** What a load leaves for those who joined it. */
export interface Loaded {
  readonly value: unknown
  readonly encoding: Encoding
  /** When it is there for other processes, if it is stored for them. */
  readonly storing?: Promise<unknown> | undefined
}

type Load<T> = () => Promise<T>

/**
 * The whole story of a read.
 *
 * Hit: the tier has an entry, it is young enough, and every mark it was read under is still current.
 * Nothing is awaited where the tier answers at once and the marks are known here.
 *
 * Shared hit: another process has stored it, and it is brought along when the marks are read.
 *
 * Miss: take the marks, ask the database, store the answer under the marks that were taken **before**
 * the question. A write in between has moved them, so the entry is dead on arrival and harmless.
 */
export function readThrough<T>(engine: Engine, call: ReadCall, load: Load<T>): Awaitable<T> {
  const lookup = prepareLookup(engine, call)
  if (typeof lookup === 'string') return bypass(engine, call, lookup, load)
  let found
  try {
    found = engine.tier.get(lookup.key)
  } catch {
    return bypass(engine, call, 'tier-down', load)
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
    return bypass(engine, lookup.call, 'tier-down', load)
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
    return bypass(engine, lookup.call, 'tier-down', load)
  }
  if (match === 'moved') return fill(engine, lookup, 'marks-moved', load)
  if (isExpired(lookup, entry)) return fill(engine, lookup, 'expired', load)
  return match === 'unknown' || lookup.isStrict
    ? serveIfCurrent(engine, lookup, entry, load)
    : serve(engine, lookup, entry, load)
}

/** The second bound is this caller's own: another may have stored it for longer than this one accepts. */
function isExpired({ startedAt, ttlMs }: Lookup, { expiresAt, readAt }: Entry): boolean {
  return startedAt >= expiresAt || startedAt - readAt >= ttlMs
}

/** For an entry whose marks this process has not heard of lately: they are read, its value is not. */
async function serveIfCurrent<T>(
  engine: Engine,
  lookup: Lookup,
  entry: Entry,
  load: Load<T>,
): Promise<T> {
  let reading
  try {
    reading = await engine.marks.read(lookup.tags)
  } catch {
    return bypass(engine, lookup.call, 'tier-down', load)
  }
  if (reading.state === 'locked') return bypass(engine, lookup.call, 'marks-locked', load)
  return areSame(reading.tokens, entry.tokens)
    ? serve(engine, lookup, entry, load)
    : fill(engine, lookup, 'marks-moved', load)
}

function serve<T>(engine: Engine, lookup: Lookup, entry: Entry, load: Load<T>): Awaitable<T> {
  let value
  try {
    value = resultOf(engine, lookup.key, entry) as T
  } catch {
    return fill(engine, lookup, 'corrupt-entry', load)
  }
  const { startedAt } = lookup
  lookup.call.plan.shape.hit('memory', engine.clock.now() - startedAt)
  engine.verification?.maybe({
    ...{ lookup, tokens: entry.tokens, ageMs: startedAt - entry.readAt, load },
    value: () => snapshotOf(engine, entry),
  })
  return value
}

async function fill<T>(
  engine: Engine,
  lookup: Lookup,
  localReason: MissReason,
  load: Load<T>,
): Promise<T> {
  const { call, key, tags, ttlMs, startedAt } = lookup
  let reading
  try {
    // Marks before rows: read after them, they would bless rows that a commit has just replaced.
    reading = await engine.marks.read(tags, key)
  } catch {
    return bypass(engine, call, 'tier-down', load)
  }
  if (reading.state === 'locked') return bypass(engine, call, 'marks-locked', load)

  const { tokens, entry } = reading
  const shared = entry && takeShared(engine, lookup, tokens, entry, 'shared')
  if (shared?.state === 'served') {
    const served = shared.entry
    engine.verification?.maybe({
      ...{ lookup, tokens, ageMs: served.ageMs, load },
      value: () => served.decode(),
    })
    return shared.value as T
  }
  const reason = shared?.reason ?? localReason
  const loadUnder = (current: readonly MarkToken[]) =>
    loadAndStore(engine, lookup, current, reason, load)
  const loadOwn = () => loadUnder(tokens)
  const loadForAll = () =>
    lookup.isLoadedOnce
      ? loadOnce({
          ...{ engine, lookup, tokens, load: loadUnder },
          take: (current, found) => {
            const taken = takeShared(engine, lookup, current, found, 'waited')
            if (taken.state === 'refused') return undefined
            const { value } = taken
            return { value, encoding: encodeResult(engine, key, value) }
          },
        })
      : loadOwn()
  if (call.cancellable) return (await loadOwn()).value as T
  const flightKey = `${key}\n${tokens.join()}`
  const ongoing = engine.flights.get(flightKey)
  // Nothing is awaited where there is nothing to join: two callers of one tick would miss each other.
  if (!ongoing || startedAt - ongoing.startedAt >= Math.min(ttlMs, JOIN_WINDOW_MS)) {
    return (await engine.flights.start(flightKey, engine.clock.now(), loadForAll)).value as T
  }
  try {
    const { encoding } = await ongoing.result
    if (encoding.state === 'encoded') {
      const value = engine.codec.decode(encoding.stored) as T
      call.plan.shape.hit('joined', engine.clock.now() - startedAt)
      return value
    }
  } catch {
    // A failed load is its caller's own error: whoever joined it asks for itself, as it would uncached.
  }
  return (await loadOwn()).value as T
}

/** Serves what another process has stored, and keeps a copy here; or says why not. */
function takeShared(
  engine: Engine,
  lookup: Lookup,
  tokens: readonly MarkToken[],
  entry: FoundEntry,
  kind: HitKind,
):
  | { state: 'served'; value: unknown; entry: SharedEntry }
  | { state: 'refused'; reason: MissReason } {
  const { call, startedAt, ttlMs } = lookup
  if (typeof entry === 'string') return { state: 'refused', reason: entry }
  if (!areSame(tokens, entry.tokens)) return { state: 'refused', reason: 'marks-moved' }
  if (entry.ageMs >= Math.min(entry.ttlMs, ttlMs)) return { state: 'refused', reason: 'expired' }
  let value
  try {
    value = entry.decode()
  } catch {
    return { state: 'refused', reason: 'corrupt-entry' }
  }
  call.plan.shape.hit(kind, engine.clock.now() - startedAt)
  // It was asked for before it answered, so it is this old at most.
  promote(engine, lookup, entry, value, { tokens, readAt: startedAt - entry.ageMs })
  return { state: 'served', value, entry }
}

function areSame(tokens: readonly MarkToken[], others: readonly MarkToken[]): boolean {
  return tokens.length === others.length && tokens.every((token, at) => token === others[at])
}

/** A load that takes longer than this is left to those who wait for it already: its connection may hang. */
const JOIN_WINDOW_MS = 10_000

/** Asks the database, and stores the answer under the tokens that were current before the question. */
async function loadAndStore(
  engine: Engine,
  lookup: Lookup,
  tokens: readonly MarkToken[],
  reason: MissReason,
  load: Load<unknown>,
): Promise<Loaded> {
  const { clock } = engine
  const { shape } = lookup.call.plan
  const readAt = clock.now()
  let value
  let loadMs
  try {
    value = await load()
  } catch (error) {
    shape.miss(reason)
    throw error
  } finally {
    loadMs = clock.now() - readAt
    shape.loaded(loadMs)
  }
  const change = changeOf(engine, lookup)
  const encoding: Encoding = change
    ? { state: 'refused', reason: change }
    : encodeResult(engine, lookup.key, value)
  if (encoding.state === 'refused') {
    shape.bypass(encoding.reason)
    return { value, encoding }
  }
  shape.miss(reason)
  const { stored, bytes } = encoding
  const storing = storeResult(engine, lookup, { tokens, readAt, loadMs, stored, bytes }, value)
  return { value, encoding, storing }
}

/** Asks the database on behalf of a read that has nothing to do with the cache. */
async function bypass<T>(
  engine: Engine,
  { plan: { shape } }: ReadCall,
  reason: BypassReason,
  load: Load<T>,
): Promise<T> {
  const startedAt = engine.clock.now()
  shape.bypass(reason)
  try {
    return await load()
  } finally {
    shape.loaded(engine.clock.now() - startedAt)
  }
}
