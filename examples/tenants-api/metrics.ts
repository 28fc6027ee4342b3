import type { QueryMetrics, Tidemark } from '@tidemark/core'
import { Counter, Gauge, Registry } from 'prom-client'

/**
 * What `cache.metrics()` says at this moment, as Prometheus reads it: seconds and bytes, and counts since the process began.
 *
 * Each query shape is a label of some series, so Prometheus keeps a few for each of them: `maxShapes` bounds their number.
 */
export async function prometheus(
  cache: Tidemark,
): Promise<{ readonly text: string; readonly contentType: string }> {
  const registry = new Registry()
  const registers = [registry]
  const counter = <Label extends string>(name: string, help: string, labelNames: Label[] = []) =>
    new Counter({ name: `tidemark_${name}_total`, help, labelNames, registers })
  const gauge = <Label extends string>(name: string, help: string, labelNames: Label[] = []) =>
    new Gauge({ name: `tidemark_${name}`, help, labelNames, registers })
  const { queries, totals, memory, markFailures, unknownOutcomes, lostLeases } = cache.metrics()

  const reads = counter('reads', 'Reads by how they were answered, and why not from the cache', [
    ...['adapter', 'query', 'outcome', 'reason'],
  ])
  const writes = counter('writes', 'Writes', ['adapter', 'query'])
  const shape = ['adapter', 'kind', 'query']
  const loads = counter('loads', 'Questions to the database', shape)
  const loadSeconds = counter('load_seconds', 'Time that they took', shape)
  const loadQuantiles = gauge('load_quantile_seconds', 'Of these times, since the process began', [
    ...shape,
    'quantile',
  ])
  for (const metrics of queries) {
    const { adapter, fingerprint: query, kind, calls, load } = metrics
    if (kind === 'write') writes.inc({ adapter, query }, calls)
    for (const [outcome, reason, count] of outcomesOf(metrics)) {
      reads.inc({ adapter, query, outcome, reason }, count)
    }
    const labels = { adapter, kind, query }
    loads.inc(labels, load.count)
    loadSeconds.inc(labels, load.totalMs / 1000)
    const quantiles = { '0.5': load.p50Ms, '0.95': load.p95Ms, '0.99': load.p99Ms }
    for (const [quantile, ms] of Object.entries(quantiles)) {
      if (ms !== undefined) loadQuantiles.set({ ...labels, quantile }, ms / 1000)
    }
  }
  // It can fall: what is loaded in the background is taken from it.
  gauge('saved_seconds', 'Time that the database was spared').set(totals.savedMs / 1000)
  gauge('memory_bytes', 'What the results in memory take, estimated').set(memory.bytes)
  gauge('memory_entries', 'Results in memory').set(memory.entries)
  counter('memory_evictions', 'Results that made room for others').inc(memory.evictions)
  // What to be woken up for.
  counter('mark_failures', 'Writes that other processes were not told of').inc(markFailures)
  counter('unknown_outcomes', 'Writes that may have taken effect').inc(unknownOutcomes)
  counter('lost_leases', 'Writes that took longer than their locks').inc(lostLeases)
  return { text: await registry.metrics(), contentType: registry.contentType }
}

function outcomesOf({ hits, misses, bypasses }: QueryMetrics) {
  return Object.entries({ hit: hits, miss: misses, bypass: bypasses }).flatMap(
    ([outcome, counts]) =>
      Object.entries(counts).map(([reason, count]) => [outcome, reason, count] as const),
  )
}
