import { isDeepStrictEqual } from 'node:util'
import type { Clients } from './clients.ts'
import type { Step } from './workload.ts'

export interface WorkloadResult {
  readonly steps: number
  readonly reads: number
  readonly writes: number
  /** How many results were not deeply equal to what the twin without a cache gave, types included. */
  readonly mismatches: number
  readonly cachedMs: number
  readonly uncachedMs: number
}

/**
 * Runs each step on the cached clients and on uncached twins, which have a database of their own with
 * the same content, and compares the results. Who goes first changes with every step, so that a busy
 * moment of the machine falls on both.
 */
export async function runWorkload(
  steps: readonly Step[],
  cached: Clients,
  uncached: Clients,
  onProgress: (done: number) => void,
): Promise<WorkloadResult> {
  let cachedMs = 0
  let uncachedMs = 0
  let mismatches = 0
  for (const [index, step] of steps.entries()) {
    const runCached = async () => {
      const timed = await time(() => step.run(cached))
      cachedMs += timed.ms
      return timed.result
    }
    const runUncached = async () => {
      const timed = await time(() => step.run(uncached))
      uncachedMs += timed.ms
      return timed.result
    }
    const cachedFirst = index % 2 === 0
    const first = await (cachedFirst ? runCached() : runUncached())
    const second = await (cachedFirst ? runUncached() : runCached())
    if (!isDeepStrictEqual(first, second)) mismatches += 1
    onProgress(index + 1)
  }
  const reads = steps.filter(({ kind }) => kind === 'read').length
  const writes = steps.length - reads
  return { steps: steps.length, reads, writes, mismatches, cachedMs, uncachedMs }
}

async function time<T>(
  run: () => Promise<T>,
): Promise<{ readonly result: T; readonly ms: number }> {
  const startedAt = performance.now()
  const result = await run()
  return { result, ms: performance.now() - startedAt }
}
