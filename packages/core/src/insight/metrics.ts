import type { AuditTrail } from './audit-trail.ts'
import type { Clock } from '../clock.ts'
import type { Events } from './events.ts'
import { Histogram } from './histogram.ts'
import { type QueryMetrics, ShapeMetrics, sumOf, type Timing, timingOf } from './shape-metrics.ts'

/** What all queries together gained. `calls = hits + misses + bypasses` for reads. */
export interface MetricsTotals {
  readonly reads: ReadTotals
  readonly writes: { readonly calls: number; readonly invalidations: number }
  /** Time from the call to the answer, on hits. */
  readonly hit: Timing
  /** Time that the database took, on misses, bypasses, refreshes and writes. */
  readonly load: Timing
  /** The time that the database was spared, in milliseconds, see `QueryMetrics`. */
  readonly savedMs: number
}

export interface ReadTotals {
  readonly calls: number
  readonly hits: number
  readonly misses: number
  readonly bypasses: number
  /** The share of `calls` that were hits, from 0 to 1. Undefined as long as there are none. */
  readonly hitRate: number | undefined
}

/** The fingerprint under which all shapes beyond the bound are counted together. */
const OTHER_SHAPES = '(other queries)'

/** What is longer is recognised by its start: those of Prisma are made of whatever the arguments are called. */
const MAX_LENGTH = 2001

/** The counts of all query shapes, bounded in number and in what each takes. */
export class Metrics {
  readonly #shapes = new Map<string, ShapeMetrics>()
  readonly #maxShapes: number
  readonly #clock: Clock
  readonly #events: Events
  #markFailures = 0
  #unknownOutcomes = 0
  #lostLeases = 0

  constructor(maxShapes: number, clock: Clock, events: Events) {
    this.#maxShapes = maxShapes
    this.#clock = clock
    this.#events = events
  }

  /** The counts for this shape; beyond the bound, those that the rest of its adapter and kind share. */
  shape(adapter: string, given: string, kind: 'read' | 'write'): ShapeMetrics {
    const fingerprint = given.length > MAX_LENGTH ? `${given.slice(0, MAX_LENGTH)}…` : given
    const id = JSON.stringify([adapter, kind, fingerprint])
    const known = this.#shapes.get(id)
    if (known) return known
    if (this.#shapes.size >= this.#maxShapes && fingerprint !== OTHER_SHAPES) {
      return this.shape(adapter, OTHER_SHAPES, kind)
    }
    const shape = new ShapeMetrics({ adapter, fingerprint, kind }, this.#clock, this.#events)
    this.#shapes.set(id, shape)
    return shape
  }

  /** For what is freed when everything is old: nobody finds it to be so one by one. */
  allWasOld(): void {
    for (const shape of this.#shapes.values()) shape.allWasOld()
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
  report(audit: AuditTrail): QueryMetrics[] {
    const lastOf = audit.finder()
    return [...this.#shapes.values()]
      .map((shape) => shape.report(lastOf))
      .filter(({ calls }) => calls > 0)
      .sort((a, b) => b.calls - a.calls)
  }

  /** @param reports what `report` has just given */
  totals(reports: readonly QueryMetrics[]): MetricsTotals {
    const reads = reports.filter(({ kind }) => kind === 'read')
    const writes = reports.filter(({ kind }) => kind === 'write')
    const sum = (list: readonly QueryMetrics[], of: (metrics: QueryMetrics) => number) =>
      list.reduce((total, metrics) => total + of(metrics), 0)
    const calls = sum(reads, (read) => read.calls)
    const hits = sum(reads, (read) => sumOf(read.hits))
    const hit = new Histogram()
    const load = new Histogram()
    for (const shape of this.#shapes.values()) shape.addTo(hit, load)
    return {
      reads: {
        ...{ calls, hits },
        misses: sum(reads, (read) => sumOf(read.misses)),
        bypasses: sum(reads, (read) => sumOf(read.bypasses)),
        hitRate: calls > 0 ? hits / calls : undefined,
      },
      writes: {
        calls: sum(writes, (write) => write.calls),
        invalidations: sum(writes, (write) => write.invalidations),
      },
      hit: timingOf(hit),
      load: timingOf(load),
      savedMs: sum(reads, ({ savedMs }) => savedMs),
    }
  }
}
