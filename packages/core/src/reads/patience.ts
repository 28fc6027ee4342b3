import { after, type Clock } from '../clock.ts'
import type { ReadCall } from './lookup.ts'
import type { BypassReason, MissReason } from '../insight/outcomes.ts'
import { TidemarkError } from '../options/tidemark-error.ts'

/** What comes in place of a result that is not there in time. */
export const LATE: unique symbol = Symbol('late')

/** Waits for a promise, `ms` at most. What comes of it later concerns nobody. */
export async function within<T>(
  clock: Clock,
  ms: number,
  promise: Promise<T>,
): Promise<T | typeof LATE> {
  if (ms === Infinity) return promise
  let cancel: () => void
  const lateness = new Promise<typeof LATE>((resolve) => {
    cancel = after(clock, ms, () => resolve(LATE))
  })
  try {
    return await Promise.race([promise, lateness])
  } finally {
    cancel!()
  }
}

/** @throws TidemarkError `LOAD_TIMEOUT` */
export async function inTime<T>(
  clock: Clock,
  call: ReadCall,
  ms: number,
  loading: Promise<T>,
): Promise<T> {
  if (ms === Infinity) return loading
  const result = await within(clock, ms, loading)
  if (result === LATE) throw loadTimeout(call, ms)
  return result
}

export function loadTimeout(call: ReadCall, ms: number): TidemarkError {
  return new TidemarkError(
    'LOAD_TIMEOUT',
    `expected an answer within ${ms} ms (hardTimeout), got none; the load goes on: ${nameOf(call)}`,
  )
}

export function notCached(call: ReadCall, reason: BypassReason | MissReason): TidemarkError {
  return new TidemarkError(
    'NOT_CACHED',
    `expected a result in the cache (mode: 'only-if-cached'), got none (${reason}): ${nameOf(call)}`,
  )
}

/** What a person asked for: the fingerprint of a key of one's own leaves out whose it is. */
function nameOf({ nestsAs, plan }: ReadCall): string {
  return nestsAs ?? plan.shape.fingerprint
}
