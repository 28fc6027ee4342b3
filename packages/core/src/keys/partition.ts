import { invalidOption } from '../options/tidemark-error.ts'

/**
 * Whose view of the data a query sees, where that is not in the query: a tenant under row-level security, a role, a
 * search path. Reads of one partition are never answered with those of another.
 *
 * A function is asked on each read that may be cached, and once more when the answer of the database is stored, for
 * instance of an `AsyncLocalStorage`. Where it answers `undefined`, nobody in particular asks: the read goes to the
 * database, and its answer is not stored. What it throws, the read throws.
 */
export type Partition = string | (() => string | undefined)

/** @throws TidemarkError `INVALID_OPTION` */
export function checkPartition(partition: unknown): void {
  if (typeof partition === 'string' || typeof partition === 'function') return
  throw invalidOption('partition', 'a string, or a function that returns one', partition)
}

/**
 * The function that answers for a partition of either form.
 *
 * It throws TidemarkError `INVALID_OPTION` for an answer that is no name. The empty one is refused as well: it is the
 * partition of everybody who has none, and what a missing tenant easily turns into.
 */
export function partitionReader(partition: Partition = ''): () => string | undefined {
  if (typeof partition === 'string') return () => partition
  return () => {
    const answer: unknown = partition()
    if (answer === undefined || (typeof answer === 'string' && answer !== '')) {
      return answer
    }
    throw invalidOption('partition()', 'a string that is not empty, or undefined', answer)
  }
}
