interface DriverError {
  readonly code?: unknown
  /** MySQL has its SQLSTATE here, and a name of its own as `code`. */
  readonly sqlState?: unknown
}

/**
 * Whether an error of a read says that the database could not answer: it cannot be reached, is shutting down, overloaded, or
 * gave up. Not where it answered that something is wrong with the query itself, or that it is forbidden; that will not pass,
 * and what was stored before must not hide it.
 */
export function isOutage(error: unknown): boolean {
  if (typeof error !== 'object' || error === null) return true
  const { code, sqlState } = error as DriverError
  const state = typeof sqlState === 'string' ? sqlState : code
  if (typeof state !== 'string') return true
  // Of SQLite these are what a query does wrong; that it is busy, locked or cannot read its file is not.
  if (state.startsWith('SQLITE_')) return !OF_SQLITE.has(state)
  return !OF_THE_QUERY.test(state)
}

/** Classes of SQLSTATE: data exceptions, syntax errors and access rules. */
const OF_THE_QUERY = /^(22|42)[0-9A-Z]{3}$/

const OF_SQLITE: ReadonlySet<string> = new Set([
  ...['SQLITE_ERROR', 'SQLITE_MISMATCH', 'SQLITE_RANGE', 'SQLITE_AUTH', 'SQLITE_TOOBIG'],
])
