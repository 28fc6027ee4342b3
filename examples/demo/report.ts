import type { MetricsReport, QueryMetrics } from '@tidemark/core'
import Table from 'cli-table3'
import type { WorkloadResult } from './run-workload.ts'

/** What `npm start -- --json` prints. */
export interface Report {
  readonly hits: number
  readonly misses: number
  readonly bypasses: number
  readonly mismatches: number
  /** Time of the workload without the cache, divided by its time with it. */
  readonly speedup: number
  readonly steps: number
  readonly cachedMs: number
  readonly uncachedMs: number
  readonly memory: MetricsReport['memory']
  readonly queries: readonly QueryReport[]
}

export interface QueryReport {
  readonly adapter: string
  readonly fingerprint: string
  readonly kind: 'read' | 'write'
  readonly calls: number
  readonly hits: number
  readonly misses: number
  readonly bypasses: number
  readonly bypassReasons: Readonly<Record<string, number>>
  /** Mean time of a hit and of a load, in milliseconds; null where there was none. */
  readonly hitMs: number | null
  readonly loadMs: number | null
}

export function makeReport(metrics: MetricsReport, result: WorkloadResult): Report {
  const queries = metrics.queries.map(queryReport)
  const total = (count: 'hits' | 'misses' | 'bypasses') =>
    queries.reduce((sum, query) => sum + query[count], 0)
  return {
    hits: total('hits'),
    misses: total('misses'),
    bypasses: total('bypasses'),
    mismatches: result.mismatches,
    speedup: result.uncachedMs / result.cachedMs,
    steps: result.steps,
    cachedMs: result.cachedMs,
    uncachedMs: result.uncachedMs,
    memory: metrics.memory,
    queries,
  }
}

function queryReport(query: QueryMetrics): QueryReport {
  const { adapter, fingerprint, kind, calls, hits, misses, bypasses, hit, load } = query
  return {
    adapter,
    fingerprint,
    kind,
    calls,
    hits: sum(hits),
    misses: sum(misses),
    bypasses: sum(bypasses),
    bypassReasons: bypasses,
    hitMs: hit.count ? hit.totalMs / hit.count : null,
    loadMs: load.count ? load.totalMs / load.count : null,
  }
}

/** The report for people. */
export function formatReport(report: Report): string {
  const table = new Table({
    head: [
      'adapter',
      'query',
      'calls',
      'hits',
      'hit rate',
      'a hit takes',
      'the database took',
      'saved',
    ],
    colAligns: ['left', 'left', 'right', 'right', 'right', 'right', 'right', 'right'],
    colWidths: [null, 58, null, null, null, null, null, null],
    style: { head: [], border: [], compact: true },
  })
  for (const query of report.queries) {
    const { adapter, fingerprint, kind, calls, hits, hitMs, loadMs } = query
    const gained = kind === 'read' && query.bypasses < calls
    table.push([
      adapter,
      fingerprint,
      calls,
      gained ? hits : '',
      gained ? percent(hits / calls) : explain(query),
      duration(hitMs),
      duration(loadMs),
      duration(savedMs(query)),
    ])
  }
  const { hits, misses, bypasses, mismatches, speedup, steps, cachedMs, uncachedMs } = report
  return [
    table.toString(),
    '',
    `${hits} hits, ${misses} misses, ${bypasses} reads that do not use the cache.`,
    `${steps} results compared with those of an uncached twin: ${mismatches} differed.`,
    `The workload took ${duration(cachedMs)} with the cache and ${duration(uncachedMs)} without: ` +
      `${speedup.toFixed(1)} times as fast.`,
  ].join('\n')
}

/** What the hits would have taken at the database, less what they took. */
function savedMs({ hits, hitMs, loadMs }: QueryReport): number | null {
  return hitMs === null || loadMs === null ? null : hits * (loadMs - hitMs)
}

function explain({ kind, bypassReasons }: QueryReport): string {
  return kind === 'write' ? 'write' : Object.keys(bypassReasons).join(', ')
}

function sum(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((total, count) => total + count, 0)
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`
}

function duration(ms: number | null): string {
  if (ms === null) return ''
  if (ms >= 1000) return `${(ms / 1000).toFixed(1)} s`
  return ms >= 1 ? `${ms.toFixed(1)} ms` : `${(ms * 1000).toFixed(0)} µs`
}
