import type { AuditTrail, Invalidation } from './audit-trail.ts'
import type { Clock } from '../clock.ts'
import type { Events } from './events.ts'
import { Histogram } from './histogram.ts'
import type { BypassReason, HitKind, MissReason } from './outcomes.ts'
import { EVERYTHING, type Tag } from '../marks/tags.ts'

/** How often something happened, and the times that it took, in milliseconds. */
export interface Timing {
  readonly count: number
  readonly totalMs: number
  /**
   * The time that half of them did not exceed, at most 1/16 off from 0.5 µs to 134 s; what takes longer counts as 134 s. Undefined
   * where there are none, as the others.
   */
  readonly p50Ms: number | undefined
  readonly p95Ms: number | undefined
  readonly p99Ms: number | undefined
}

/** Loads that no caller waited for. */
export interface Refreshes {
  readonly count: number
  /** How many of them the database did not answer. */
  readonly failed: number
}

/** Results that were stored in this process or for all. */
export interface StoredResults {
  readonly count: number
  /** Their estimated sizes, together, in bytes. What has made room since is among them. */
  readonly bytes: number
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
  /** Time that the database took, on misses, bypasses, refreshes and writes. */
  readonly load: Timing
  /** Loads in the background, for what was served while it was nearly or a little too old. They are no calls. */
  readonly refreshes: Refreshes
  /** What was stored here: loaded by a read or in the background, left behind by a write, or set by hand. */
  readonly stored: StoredResults
  /**
   * An estimate of the time that the database was spared, in milliseconds: what it took for what the hits were served, less what
   * it took for refreshes. Below 0 where these took more.
   */
  readonly savedMs: number
  /** How long after the answer to the first call the first hit came, in milliseconds. Undefined as long as there was none. */
  readonly firstHitAfterMs: number | undefined
  /** What last made results of it old, as far as the audit trail goes back. Undefined where none was found to be. */
  readonly lastInvalidatedBy: Invalidation | undefined
  /** For a write: how often it moved marks. */
  readonly invalidations: number
  /** For a write that has made everything old, since nobody knows what it writes: why it last did, such as a function that it calls. */
  readonly opaqueBecause?: string
}

/** Whose query it is, and how people recognise it. */
interface Shape {
  readonly adapter: string
  readonly fingerprint: string
  readonly kind: 'read' | 'write'
}

/** Counts of one query shape, in constant memory; the mutable side of `QueryMetrics`. */
export class ShapeMetrics {
  readonly adapter: string
  readonly fingerprint: string
  readonly kind: 'read' | 'write'
  readonly #clock: Clock
  readonly #events: Events
  readonly #hits = new Map<HitKind, number>()
  readonly #misses = new Map<MissReason, number>()
  readonly #bypasses = new Map<BypassReason, number>()
  /** Made when they are needed: most shapes of an application that starts have no hit. */
  #hit: Histogram | undefined
  #load: Histogram | undefined
  #calls = 0
  #firstCallAt: number | undefined
  #firstHitAfterMs: number | undefined
  #savedMs = 0
  #stored = 0
  #storedBytes = 0
  #refreshes = 0
  #failedRefreshes = 0
  #invalidations = 0
  #opaqueBecause: string | undefined
  /** What the result depended on that was last found to be old. */
  #oldOnes: readonly Tag[] | undefined

  constructor({ adapter, fingerprint, kind }: Shape, clock: Clock, events: Events) {
    this.adapter = adapter
    this.fingerprint = fingerprint
    this.kind = kind
    this.#clock = clock
    this.#events = events
  }

  /**
   * @param ms from the call to the answer
   * @param savedMs what the database took for what was served, as far as it is known
   */
  hit(kind: HitKind, ms: number, savedMs: number): void {
    this.#called()
    this.#firstHitAfterMs ??= this.#clock.now() - this.#firstCallAt!
    this.#hit ??= new Histogram()
    this.#hit.record(ms)
    this.#savedMs += savedMs
    increment(this.#hits, kind)
    if (this.#events.heard.read) this.#tell('hit', kind)
  }

  miss(reason: MissReason): void {
    this.#called()
    increment(this.#misses, reason)
    if (this.#events.heard.read) this.#tell('miss', reason)
  }

  bypass(reason: BypassReason): void {
    this.#called()
    increment(this.#bypasses, reason)
    if (this.#events.heard.read) this.#tell('bypass', reason)
  }

  /** @param opaqueBecause why it makes everything old, if it does and somebody knows */
  write(opaqueBecause?: string): void {
    this.#called()
    if (opaqueBecause !== undefined) this.#opaqueBecause = opaqueBecause
    const { adapter, fingerprint } = this
    if (this.#events.heard.write) this.#events.emit('write', () => ({ adapter, fingerprint }))
  }

  loaded(ms: number): void {
    this.#load ??= new Histogram()
    this.#load.record(ms)
  }

  /** What a load took that no caller has asked for: without the cache the database would have been spared it. */
  spent(ms: number): void {
    this.#savedMs -= ms
  }

  /** What the database takes for it on average. Undefined where it was never asked. */
  get meanLoadMs(): number | undefined {
    return this.#load && this.#load.totalMs / this.#load.count
  }

  stored(bytes: number): void {
    this.#stored += 1
    this.#storedBytes += bytes
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

  /** What a result depended on that was found to be old. */
  wasOld(tags: readonly Tag[]): void {
    this.#oldOnes = tags
  }

  /** Everything is old, and is not there any more to be found so. */
  allWasOld(): void {
    if (this.#stored > 0 || this.#hits.size > 0) this.#oldOnes ??= [EVERYTHING]
  }

  report(lastOf: ReturnType<AuditTrail['finder']>): QueryMetrics {
    return {
      ...(this.#opaqueBecause !== undefined && { opaqueBecause: this.#opaqueBecause }),
      adapter: this.adapter,
      fingerprint: this.fingerprint,
      kind: this.kind,
      calls: this.#calls,
      hits: Object.fromEntries(this.#hits),
      misses: Object.fromEntries(this.#misses),
      bypasses: Object.fromEntries(this.#bypasses),
      hit: timingOf(this.#hit),
      load: timingOf(this.#load),
      refreshes: { count: this.#refreshes, failed: this.#failedRefreshes },
      stored: { count: this.#stored, bytes: this.#storedBytes },
      savedMs: this.#savedMs,
      firstHitAfterMs: this.#firstHitAfterMs,
      lastInvalidatedBy: this.#oldOnes && lastOf(this.#oldOnes),
      invalidations: this.#invalidations,
    }
  }

  /** Adds its times to those of others. */
  addTo(hit: Histogram, load: Histogram): void {
    if (this.#hit) hit.add(this.#hit)
    if (this.#load) load.add(this.#load)
  }

  #called(): void {
    this.#calls += 1
    this.#firstCallAt ??= this.#clock.now()
  }

  #tell(outcome: 'hit' | 'miss' | 'bypass', reason: HitKind | MissReason | BypassReason): void {
    const { adapter, fingerprint } = this
    this.#events.emit('read', () => ({ adapter, fingerprint, outcome, reason }))
  }
}

export function timingOf(times: Histogram | undefined): Timing {
  return {
    count: times?.count ?? 0,
    totalMs: times?.totalMs ?? 0,
    p50Ms: times?.percentile(0.5),
    p95Ms: times?.percentile(0.95),
    p99Ms: times?.percentile(0.99),
  }
}

export function sumOf(counts: Readonly<Partial<Record<string, number>>>): number {
  return Object.values(counts).reduce<number>((sum, count) => sum + (count ?? 0), 0)
}

function increment<K>(counts: Map<K, number>, key: K): void {
  counts.set(key, (counts.get(key) ?? 0) + 1)
}
