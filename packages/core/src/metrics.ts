/**
 * Why a read that came in was not looked up in the cache, or its result not stored. A closed set:
 * whoever reads the metrics can tell each one apart.
 */
export type BypassReason =
  /** Neither a hint nor a policy of its tables asks for it to be cached. */
  | 'no-policy'
  /** A table that it reads has the policy `false`. */
  | 'policy-off'
  /** Its hint is `uncached()` or `cache: false`. */
  | 'bypass-hint'
  /** It runs in an explicit transaction: it may see what is not committed, or an old snapshot. */
  | 'in-transaction'
  /** It runs on a connection of its own, whose session settings or open transaction are unknown. */
  | 'pinned-connection'
  /** `FOR UPDATE` and the like. */
  | 'locking-read'
  /** It calls a function that answers differently each time, or per session. */
  | 'volatile-function'
  /** Its text could not be understood, and no `tables` hint says what it reads. */
  | 'opaque-sql'
  /** The database's catalogue could not be read, so what it reads beside its tables is not known. */
  | 'no-catalogue'
  /** It reads a table that the database's catalogue does not have. */
  | 'unknown-relation'
  /** It reads a view that answers differently each time, or whose text could not be understood. */
  | 'volatile-view'
  /** It asks a replica, whose rows may be older than what was acknowledged. */
  | 'replica'
  /** It reads a table whose rows are kept elsewhere. */
  | 'foreign-table'
  /** It reads a table with row-level security, and no `partition` says whose rows it sees. */
  | 'row-level-security'
  /** Its rows are streamed. */
  | 'stream'
  /** It asks about the database, not its data: a query plan, the catalogue. */
  | 'not-data'
  /** A parameter has no canonical encoding, makes too long a key, or was changed while the query ran. */
  | 'unkeyable-parameter'
  /** The `partition` function answered `undefined`, or with another name when the answer was there. */
  | 'no-partition'
  /** A writer is between its intent and its release on a table that it reads. */
  | 'marks-locked'
  /** The result is larger than `maxEntryBytes`. */
  | 'too-large'
  /** The result contains a value of a class that cannot be copied with certainty. */
  | 'unstorable-value'
  /** A hit of its tables was found to be stale, and `verify` says that this ends their caching. */
  | 'switched-off'
  /** It presents a ticket for a write that the shared tier could not be told of. */
  | 'unconfirmed-ticket'
  /** The tier or the marks failed to answer; the database did. */
  | 'tier-down'
  /** The cache was closed. */
  | 'closed'

/** How a read was answered without asking the database for it. */
export type HitKind =
  /** From the memory tier. */
  | 'memory'
  /** From the shared tier. */
  | 'shared'
  /** By the answer to the same query that was already on its way. */
  | 'joined'
  /** By what another process has loaded meanwhile, see `coalesce`. */
  | 'waited'
  /** By what is a little too old, while it is loaded anew: see `staleWhileRevalidate`. */
  | 'stale'
  /** By what is too old, since the database failed: see `staleIfError`. */
  | 'stale-on-error'
  /** By what is too old, since the database took too long: see `softTimeout` and `hardTimeout`. */
  | 'stale-on-timeout'

/** Why what a read looked up could not be served: it went to the database, unless its `mode` is `'only-if-cached'`. */
export type MissReason =
  /** Nothing is stored: never was, or made room for something else. */
  | 'absent'
  /** Its time to live has ended. */
  | 'expired'
  /** Its hint asks for it to be loaded anew: `mode: 'refresh'`. */
  | 'refresh'
  /** Something that it depends on was written. */
  | 'marks-moved'
  /** What is stored cannot be read back. */
  | 'corrupt-entry'
  /** What is stored was written by another version, or with another key of encryption. */
  | 'foreign-entry'

/** A count of calls and the time that they took together, in milliseconds. */
export interface Timing {
  readonly count: number
  readonly totalMs: number
}

/** Loads that no caller waited for. */
export interface Refreshes {
  readonly count: number
  /** How many of them the database did not answer. */
  readonly failed: number
}

/** What one query shape has gained, and why not more. `calls = hits + misses + bypasses` for reads. */
export interface QueryMetrics {
  readonly adapter: string
  /** The shape of the query, without any parameter. */
  readonly fingerprint: string
  readonly kind: 'read' | 'write'
  readonly calls: number
  readonly hits: Readonly<Partial<Record<HitKind, number>>>
  readonly misses: Readonly<Partial<Record<MissReason, number>>>
  readonly bypasses: Readonly<Partial<Record<BypassReason, number>>>
  /** Time from the call to the answer, on hits. */
  readonly hit: Timing
  /** Time that the database took, on misses, bypasses and refreshes. */
  readonly load: Timing
  /** Loads in the background, for what was served while it was nearly or a little too old. They are no calls. */
  readonly refreshes: Refreshes
  /** For a write: how often it moved marks. */
  readonly invalidations: number
  /** For a write that makes everything old, since nobody knows what it writes: why, such as a function that it calls. */
  readonly opaqueBecause?: string
}

/** Counts of one query shape; the mutable side of `QueryMetrics`. */
export class ShapeMetrics {
  readonly adapter: string
  readonly fingerprint: string
  readonly kind: 'read' | 'write'
  readonly #hits = new Map<HitKind, number>()
  readonly #misses = new Map<MissReason, number>()
  readonly #bypasses = new Map<BypassReason, number>()
  #calls = 0
  #hitMs = 0
  #hitCount = 0
  #loadMs = 0
  #loadCount = 0
  #refreshes = 0
  #failedRefreshes = 0
  #invalidations = 0
  #opaqueBecause: string | undefined

  constructor(adapter: string, fingerprint: string, kind: 'read' | 'write') {
    this.adapter = adapter
    this.fingerprint = fingerprint
    this.kind = kind
  }

  hit(kind: HitKind, ms: number): void {
    this.#calls += 1
    this.#hitCount += 1
    this.#hitMs += ms
    increment(this.#hits, kind)
  }

  miss(reason: MissReason): void {
    this.#calls += 1
    increment(this.#misses, reason)
  }

  bypass(reason: BypassReason): void {
    this.#calls += 1
    increment(this.#bypasses, reason)
  }

  write(): void {
    this.#calls += 1
  }

  loaded(ms: number): void {
    this.#loadCount += 1
    this.#loadMs += ms
  }

  refreshed(): void {
    this.#refreshes += 1
  }

  refreshFailed(): void {
    this.#failedRefreshes += 1
  }

  invalidated(): void {
    this.#invalidations += 1
  }

  isOpaqueBecause(reason: string): void {
    this.#opaqueBecause = reason
  }

  report(): QueryMetrics {
    return {
      ...(this.#opaqueBecause !== undefined && { opaqueBecause: this.#opaqueBecause }),
      adapter: this.adapter,
      fingerprint: this.fingerprint,
      kind: this.kind,
      calls: this.#calls,
      hits: Object.fromEntries(this.#hits),
      misses: Object.fromEntries(this.#misses),
      bypasses: Object.fromEntries(this.#bypasses),
      hit: { count: this.#hitCount, totalMs: this.#hitMs },
      load: { count: this.#loadCount, totalMs: this.#loadMs },
      refreshes: { count: this.#refreshes, failed: this.#failedRefreshes },
      invalidations: this.#invalidations,
    }
  }
}

function increment<K>(counts: Map<K, number>, key: K): void {
  counts.set(key, (counts.get(key) ?? 0) + 1)
}

/** The fingerprint under which all shapes beyond the bound are counted together. */
const OTHER_SHAPES = '(other queries)'

/** The counts of all query shapes, bounded in number. */
export class Metrics {
  readonly #shapes = new Map<string, ShapeMetrics>()
  readonly #maxShapes: number
  #markFailures = 0
  #unknownOutcomes = 0
  #lostLeases = 0

  constructor(maxShapes: number) {
    this.#maxShapes = maxShapes
  }

  /** The counts for this shape; beyond the bound, those that the rest of its adapter and kind share. */
  shape(adapter: string, fingerprint: string, kind: 'read' | 'write'): ShapeMetrics {
    const id = JSON.stringify([adapter, kind, fingerprint])
    const known = this.#shapes.get(id)
    if (known) return known
    if (this.#shapes.size >= this.#maxShapes && fingerprint !== OTHER_SHAPES) {
      return this.shape(adapter, OTHER_SHAPES, kind)
    }
    const shape = new ShapeMetrics(adapter, fingerprint, kind)
    this.#shapes.set(id, shape)
    return shape
  }

  /** An intent or a release that the marks did not take. */
  markFailure(): void {
    this.#markFailures += 1
  }

  get markFailures(): number {
    return this.#markFailures
  }

  /** A write whose marks were no longer locked when it ended: it took longer than its lease, or they were evicted. */
  lostLease(): void {
    this.#lostLeases += 1
  }

  get lostLeases(): number {
    return this.#lostLeases
  }

  /** A write of which nobody knows whether it took effect. */
  unknownOutcome(): void {
    this.#unknownOutcomes += 1
  }

  get unknownOutcomes(): number {
    return this.#unknownOutcomes
  }

  /** All shapes, the most called first. */
  report(): QueryMetrics[] {
    return [...this.#shapes.values()]
      .map((shape) => shape.report())
      .filter(({ calls }) => calls > 0)
      .sort((a, b) => b.calls - a.calls)
  }
}
