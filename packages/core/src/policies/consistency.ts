import { invalidOption } from '../options/tidemark-error.ts'

/**
 * What a write does for readers in other processes, where a shared tier stands behind the cache. In one process all
 * three are the same.
 *
 * - `'strict'`: its marks are locked before it is sent, or it is not sent: a write that could not lock them fails, with
 *   nothing written. Two round trips.
 * - `'available'`: the same, but where the marks cannot be locked the write goes on, counted in `markFailures`. Only if
 *   the shared tier is then also unreachable after the write may other processes be served what was there before, until
 *   its time to live ends. Two round trips.
 * - `'fresh'`: the marks move after the write, before it is reported. One round trip. A process that dies between the
 *   two leaves old entries until their time to live ends.
 */
export type Consistency = 'strict' | 'available' | 'fresh'

/** The strictest first. */
const CONSISTENCIES: readonly Consistency[] = ['strict', 'available', 'fresh']

/** Of two that concern one commit. */
export function strictest(a: Consistency, b: Consistency): Consistency {
  return CONSISTENCIES.find((consistency) => consistency === a || consistency === b) ?? a
}

/** @throws TidemarkError `INVALID_OPTION` */
export function checkConsistency(name: string, value: unknown): asserts value is Consistency {
  if (!CONSISTENCIES.includes(value as Consistency)) {
    throw invalidOption(name, `one of ${CONSISTENCIES.join(', ')}`, value)
  }
}
