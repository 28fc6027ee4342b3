import { invalidOption } from '../options/tidemark-error.ts'

/**
 * Who shares one load, when many ask at the same time for what is not there.
 *
 * - `'process'`: those of one process. Of several processes each loads it once.
 * - `'shared'`: those of all processes behind one shared tier. One loads it, and the others wait for what it stores: for
 *   3 seconds at most, then they ask the database as well. It costs a load one more round trip, so it is for queries that
 *   take long and that many ask for. Where the tier is down or does not know of it, nobody waits.
 */
export type Coalescing = 'process' | 'shared'

const COALESCINGS: readonly unknown[] = ['process', 'shared']

/** @throws TidemarkError `INVALID_OPTION` */
export function checkCoalescing(name: string, value: unknown): asserts value is Coalescing {
  if (!COALESCINGS.includes(value)) {
    throw invalidOption(name, `one of ${COALESCINGS.join(', ')}`, value)
  }
}
