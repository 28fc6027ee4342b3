import type { Engine } from '../engine.ts'
import type { Load, ReadCall } from './lookup.ts'
import type { BypassReason } from '../insight/outcomes.ts'
import { inTime, notCached } from './patience.ts'
import type { ReadPolicy } from '../policies/read-policy.ts'

/**
 * Asks the database on behalf of a read that has nothing to do with the cache.
 *
 * @param policy how long it waits, where that is known
 */
export async function bypass<T>(
  { clock }: Engine,
  call: ReadCall,
  reason: BypassReason,
  load: Load<T>,
  policy?: ReadPolicy,
): Promise<T> {
  const { shape } = call.plan
  const startedAt = clock.now()
  shape.bypass(reason)
  if (call.hint?.cached && call.hint.mode === 'only-if-cached') throw notCached(call, reason)
  try {
    const loading = load()
    return await (policy ? inTime(clock, call, policy.hardTimeoutMs, loading) : loading)
  } finally {
    shape.loaded(clock.now() - startedAt)
  }
}
