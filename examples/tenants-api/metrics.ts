import type { Tidemark } from '@tidemark/core'
import { Counter, Gauge, Registry } from 'prom-client'

/** What `cache.metrics()` says, as Prometheus reads it. It is asked for when somebody reads it. */
export function prometheus(cache: Tidemark): Registry {
  const registry = new Registry()
  const registers: Registry[] = []
  const reads = new Counter({
    name: 'tidemark_reads_total',
    help: 'Reads by how they were answered, and why not from the cache',
    labelNames: ['query', 'outcome', 'reason'],
    registers,
    collect() {
      this.reset()
      for (const { fingerprint: query, ...counts } of cache.metrics().queries) {
        for (const outcome of ['hits', 'misses', 'bypasses'] as const) {
          for (const [reason, count] of Object.entries(counts[outcome])) {
            this.inc({ query, outcome, reason }, count)
          }
        }
      }
    },
  })
  const bytes = new Gauge({
    name: 'tidemark_memory_bytes',
    help: 'What the results in memory take, estimated',
    registers,
    collect() {
      this.set(cache.metrics().memory.bytes)
    },
  })
  for (const metric of [reads, bytes]) registry.registerMetric(metric)
  return registry
}
