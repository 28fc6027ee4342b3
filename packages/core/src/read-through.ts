import { type Awaitable, isPromise } from './awaitable.ts'
import { cacheKey, type CacheKey, type KeyMaterial } from './cache-key.ts'
import type { Codec, Encoding } from './codec.ts'
import type { Engine } from './engine.ts'
import type { MarkToken } from './marks.ts'
import type { BypassReason, MissReason } from './metrics.ts'
import type { ResolvedHint } from './policy.ts'
import type { ReadPlan } from './query.ts'
import type { Tag } from './tags.ts'
import type { Entry } from './tier.ts'

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

/** What a load leaves for those who joined it. */
export interface Loaded {
  readonly value: unknown
  readonly encoding: Encoding
}

type Load<T> = () => Promise<T>

/** A read that may be cached, with everything that is needed to look it up. */
interface Lookup {
  readonly call: ReadCall
  readonly material: KeyMaterial
  /** See `Dependencies.id`. */
  readonly id: string
  readonly key: CacheKey
  readonly tags: readonly Tag[]
  readonly ttlMs: number
  readonly startedAt: number
}

/**
 * The whole story of a read.
 *
 * Hit: the tier has an entry, it is young enough, and every mark it was read under is still current.
 * Nothing is awaited where the tier answers at once.
 *
 * Miss: take the marks, ask the database, store the answer under the marks that were taken **before**
 * the question. A write in between has moved them, so the entry is dead on arrival and harmless.
 */
export function readThrough<T>(engine: Engine, call: ReadCall, load: Load<T>): Awaitable<T> {
  const lookup = prepare(engine, call)
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

/** Everything about a read that is known before any tier is asked, or the reason not to ask. */
function prepare(engine: Engine, call: ReadCall): Lookup | BypassReason {
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
  const { tags, id } = plan.dependencies(hint)
  const material = call.key()
  if (!material) return 'no-partition'
  const key = keyOf(engine, material, id)
  if (key === undefined) return 'unkeyable-parameter'
  return { call, material, id, key, tags, ttlMs: hint?.ttlMs ?? byTables, startedAt }
}

/** Undefined where a parameter has no encoding, or throws when it is looked at. */
function keyOf(engine: Engine, material: KeyMaterial, id: string): CacheKey | undefined {
  try {
    return cacheKey(material, id, engine.valueTypes)
  } catch {
    return undefined
  }
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
  let verdict
  try {
    verdict = judge(engine, lookup, entry)
  } catch {
    return bypass(engine, lookup.call, 'tier-down', load)
  }
  if (typeof verdict === 'string') return fill(engine, lookup, verdict, load)
  let value
  try {
    value = engine.codec.decode(verdict.stored) as T
  } catch {
    return fill(engine, lookup, 'corrupt-entry', load)
  }
  lookup.call.plan.shape.hit('memory', engine.clock.now() - lookup.startedAt)
  return value
}

/** The entry if it may be served, or why not. */
function judge(
  engine: Engine,
  { tags, ttlMs, startedAt }: Lookup,
  entry: Entry | undefined,
): Entry | MissReason {
  if (!entry) return 'absent'
  if (!engine.marks.match(tags, entry.tokens)) return 'marks-moved'
  // The second bound is this caller's own: another may have stored it for longer than this one accepts.
  if (startedAt >= entry.expiresAt || startedAt - entry.readAt >= ttlMs) return 'expired'
  return entry
}

async function fill<T>(
  engine: Engine,
  lookup: Lookup,
  reason: MissReason,
  load: Load<T>,
): Promise<T> {
  const { call, key, tags, ttlMs, startedAt } = lookup
  let reading
  try {
    // Marks before rows: read after them, they would bless rows that a commit has just replaced.
    reading = await engine.marks.read(tags)
  } catch {
    return bypass(engine, call, 'tier-down', load)
  }
  if (reading.state === 'locked') return bypass(engine, call, 'marks-locked', load)

  const { tokens } = reading
  const loadOwn = () => loadAndStore(engine, lookup, tokens, reason, load)
  if (call.cancellable) return (await loadOwn()).value as T
  const flightKey = `${key}\n${tokens.join()}`
  const ongoing = engine.flights.get(flightKey)
  // Nothing is awaited where there is nothing to join: two callers of one tick would miss each other.
  if (!ongoing || startedAt - ongoing.startedAt >= Math.min(ttlMs, JOIN_WINDOW_MS)) {
    return (await engine.flights.start(flightKey, engine.clock.now(), loadOwn)).value as T
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
  const { clock, codec, settings } = engine
  const { shape } = lookup.call.plan
  const readAt = clock.now()
  let value
  try {
    value = await load()
  } catch (error) {
    shape.miss(reason)
    throw error
  } finally {
    shape.loaded(clock.now() - readAt)
  }
  const change = changeOf(engine, lookup)
  const encoding: Encoding = change
    ? { state: 'refused', reason: change }
    : encodeSafely(codec, value, settings.maxEntryBytes - lookup.key.length * 2)
  if (encoding.state === 'refused') {
    shape.bypass(encoding.reason)
  } else {
    shape.miss(reason)
    store(engine, lookup, { tokens, readAt, ...encoding })
  }
  return { value, encoding }
}

/**
 * What became another while the query ran, if anything did. Whoever changes a parameter then has asked for we do not know
 * what, and whoever changes the partition has asked on behalf of we do not know whom.
 */
function changeOf(
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

/** A tier that fails to store has forgotten, which it may at any time; nobody waits for one that is slow. */
function store(
  engine: Engine,
  { key, tags, ttlMs }: Lookup,
  { tokens, readAt, stored, bytes }: Omit<Entry, 'expiresAt'>,
): void {
  const { marks, random, settings, tier } = engine
  try {
    // Where a write came in between, storing it would be harmless, and useless.
    if (engine.closed || !marks.match(tags, tokens)) return
    const expiresAt = readAt + ttlMs * (1 - settings.ttlJitter * random.fraction())
    const storing = tier.set(key, { tokens, stored, bytes, readAt, expiresAt })
    if (isPromise(storing)) engine.runInBackground(storing)
  } catch {
    // Forgotten, see above.
  }
}

function encodeSafely(codec: Codec, value: unknown, maxBytes: number): Encoding {
  try {
    return codec.encode(value, { maxBytes })
  } catch {
    return { state: 'refused', reason: 'unstorable-value' }
  }
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
