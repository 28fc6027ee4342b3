/**
 * Whether a value of a key finds the row that it was read from, and no other, when it is sent back. A Date has lost
 * microseconds, and a large number its last digits. A character that a connection cannot express has become a question mark,
 * or that of Unicode.
 */
export function namesItsRow(value: unknown): boolean {
  if (typeof value === 'string') return !/[?\uFFFD]/.test(value)
  return typeof value === 'bigint' || Number.isSafeInteger(value)
}
