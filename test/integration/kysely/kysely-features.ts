import * as kysely from 'kysely'

/**
 * Whether Kysely reports a COMMIT that the database answered by rolling back, and lets all that is made from a
 * controlled transaction know when one of them has ended. It came with the oldest version's later patches.
 */
export const hasAbortedTransactionError = 'AbortedTransactionError' in kysely

/** Where Kysely has no such error, nothing is thrown, as its own drivers do there. */
export function throwAbortedTransactionError(): void {
  if (hasAbortedTransactionError) throw new kysely.AbortedTransactionError()
}
