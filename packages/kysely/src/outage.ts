interface DriverError {
  readonly code?: unknown
  /** MySQL has its SQLSTATE here, and a name of its own as `code`. */
  readonly sqlState?: unknown
  /** node:sqlite: the number of what SQLite says. */
  readonly errcode?: unknown
  /** SQL Server: which of its errors. */
  readonly number?: unknown
}

/**
 * Whether an error of a read says that the database could not answer: it cannot be reached, is shutting down, overloaded, or
 * gave up. Not where it answered that something is wrong with the query itself, or that it is forbidden; that will not pass,
 * and what was stored before must not hide it.
 */
export function isOutage(error: unknown): boolean {
  if (typeof error !== 'object' || error === null) return true
  const { code, sqlState, errcode, number } = error as DriverError
  const state = typeof sqlState === 'string' ? sqlState : code
  if (typeof state !== 'string') return true
  if (state === 'ERR_SQLITE_ERROR') return !OF_SQLITE_BY_NUMBER.has(Number(errcode) & 0xff)
  if (state.startsWith('SQLITE_')) return !OF_SQLITE.has(state)
  if (state === 'EREQUEST') return OUTAGES_OF_SQL_SERVER.has(Number(number))
  return !OF_THE_QUERY.test(state)
}

/** Classes of SQLSTATE: data exceptions, syntax errors and access rules. */
const OF_THE_QUERY = /^(22|42)[0-9A-Z]{3}$/

/** What a query does wrong. That SQLite is busy, locked or cannot read its file is none of these. */
const OF_SQLITE: ReadonlySet<string> = new Set([
  ...['SQLITE_ERROR', 'SQLITE_TOOBIG', 'SQLITE_MISMATCH', 'SQLITE_AUTH', 'SQLITE_RANGE'],
])
const OF_SQLITE_BY_NUMBER: ReadonlySet<number> = new Set([1, 18, 20, 23, 25])

/** Out of memory or locks, a deadlock; and of Azure that it is busy or not there. Else it speaks of the query. */
const OUTAGES_OF_SQL_SERVER: ReadonlySet<number> = new Set([
  ...[701, 1204, 1205, 40197, 40501, 40613],
])
