import { type Awaitable, isPromise } from './awaitable.ts'
import { cacheKey, type CacheKey, type KeyMaterial } from './cache-key.ts'
import { UnencodableValue } from './canonical-encoding.ts'
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
  /** Asked for only when the read may be cached. */
  readonly key: () => KeyMaterial
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
  try {
    const key = cacheKey(call.key(), id, engine.valueTypes)
    return { call, key, tags, ttlMs: hint?.ttlMs ?? byTables, startedAt }
  } catch (error) {
    if (error instanceof UnencodableValue) return 'unkeyable-parameter'
    throw error
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
  const { shape } = lookup.call.plan
  try {
    const verdict = judge(engine, lookup, entry)
    if (typeof verdict === 'string') return fill(engine, lookup, verdict, load)
    const value = engine.codec.decode(verdict.stored) as T
    shape.hit('memory', engine.clock.now() - lookup.startedAt)
    return value
  } catch {
    return bypass(engine, lookup.call, 'tier-down', load)
  }
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
  const { call, key, tags, startedAt } = lookup
  const { shape } = call.plan
  let reading
  try {
    // Marks before rows: read after them, they would bless rows that a commit has just replaced.
    reading = await engine.marks.read(tags)
  } catch {
    return bypass(engine, call, 'tier-down', load)
  }
  if (reading.state === 'locked') return bypass(engine, call, 'marks-locked', load)

  const { tokens } = reading
  const flightKey = `${key}\n${tokens.join()}`
  const ongoing = call.cancellable ? undefined : engine.flights.get(flightKey)
  // A failed load is its caller's own error: whoever joined it asks for itself, as it would uncached.
  // Nothing is awaited where there is nothing to join: two callers of one tick would miss each other.
  const shared = ongoing && (await ongoing.catch(() => undefined))
  if (shared?.encoding.state === 'encoded') {
    const value = engine.codec.decode(shared.encoding.stored) as T
    shape.hit('joined', engine.clock.now() - startedAt)
    return value
  }

  const loadOwn = () => loadAndStore(engine, lookup, tokens, reason, load)
  const loaded = ongoing || call.cancellable ? loadOwn() : engine.flights.start(flightKey, loadOwn)
  return (await loaded).value as T
}

/** Asks the database, and stores the answer under the tokens that were current before the question. */
async function loadAndStore(
  engine: Engine,
  { call, key, tags, ttlMs }: Lookup,
  tokens: readonly MarkToken[],
  reason: MissReason,
  load: Load<unknown>,
): Promise<Loaded> {
  const { clock, codec, random, settings, tier } = engine
  const { shape } = call.plan
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

  const encoding = encodeSafely(codec, value, settings.maxEntryBytes)
  if (encoding.state === 'refused') {
    shape.bypass(encoding.reason)
    return { value, encoding }
  }
  shape.miss(reason)
  // Where a write came in between, storing it would be harmless, and useless.
  if (!engine.closed && engine.marks.match(tags, tokens)) {
    const { stored, bytes } = encoding
    const lifetimeMs = ttlMs * (1 - settings.ttlJitter * random.fraction())
    storeInBackground(engine, tier.set.bind(tier, key), {
      tokens,
      stored,
      bytes,
      readAt,
      expiresAt: readAt + lifetimeMs,
    })
  }
  return { value, encoding }
}

function encodeSafely(codec: Codec, value: unknown, maxBytes: number): Encoding {
  try {
    return codec.encode(value, { maxBytes })
  } catch {
    return { state: 'refused', reason: 'unstorable-value' }
  }
}

/** A tier that fails to store has forgotten, which it may at any time; nobody waits for one that is slow. */
function storeInBackground(
  engine: Engine,
  set: (entry: Entry) => Awaitable<void>,
  entry: Entry,
): void {
  try {
    const stored = set(entry)
    if (isPromise(stored)) engine.runInBackground(stored.catch(() => undefined))
  } catch {
    // Forgotten, see above.
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
