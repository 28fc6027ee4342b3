/** Thrown in a transaction, so that it is rolled back. */
export const rolledBack = new Error('rolled back')
