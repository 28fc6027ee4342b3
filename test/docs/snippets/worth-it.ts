import type { Tidemark } from '@tidemark/core'

export function tellWorth(cache: Tidemark, console: { log(line: unknown): void }) {
  // snippet: worth-it
  const { queries } = cache.metrics()
  for (const { fingerprint, kind, calls, hits, misses, bypasses, hit, savedMs } of queries) {
    if (kind !== 'read') continue
    const share = hit.count / calls // of the calls, answered without waiting for the database
    const gainedMs = savedMs - hit.totalMs
    console.log({ fingerprint, share, gainedMs, hits, misses, bypasses })
  }
  // end
}
