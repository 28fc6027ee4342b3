import type { WriteOutcome } from '@tidemark/core'

interface DriverError {
  readonly name?: unknown
  readonly code?: unknown
  /** MySQL: above 0 for an error of the server, below for one of the network. */
  readonly errno?: unknown
  /** SQL Server: which of its errors. */
  readonly number?: unknown
  readonly severity?: unknown
  readonly fatal?: unknown
}

/**
 * What an error says about a write. `'settled'`: the database itself answered, so it will do nothing
 * more. `'unknown'`: nobody answered, or the session ended; it may yet take effect.
 */
export function outcomeOf(error: unknown): WriteOutcome {
  return isAnswer(error) ? 'settled' : 'unknown'
}

function isAnswer(error: unknown): boolean {
  if (typeof error !== 'object' || error === null) return false
  const { name, code, errno, number, severity, fatal } = error as DriverError
  if (name === 'AbortedTransactionError') return true
  if (fatal === true || severity === 'FATAL' || severity === 'PANIC') return false
  if (typeof code !== 'string') return false
  if (code.startsWith('SQLITE_') || code === 'ERR_SQLITE_ERROR') return true
  if (code.startsWith('ER_')) return typeof errno === 'number' && !ENDED_BY_MYSQL.has(errno)
  if (code === 'EREQUEST') return typeof number === 'number'
  return isSqlState(code) && !isEndOfSession(code)
}

/** Five characters, like some errors of the operating system: `EPIPE`. No class of SQLSTATE has an E. */
function isSqlState(code: string): boolean {
  return /^[0-9A-DF-Z][0-9A-Z]{4}$/.test(code)
}

/** Connection exceptions, "statement completion unknown", and the server that shuts down or crashes. */
function isEndOfSession(sqlState: string): boolean {
  return sqlState.startsWith('08') || sqlState === '40003' || sqlState.startsWith('57P')
}

/** Shutdown, aborted connections, network errors while reading or writing, a killed session. */
const ENDED_BY_MYSQL: ReadonlySet<number> = new Set([
  1053, 1077, 1079, 1152, 1158, 1159, 1160, 1161, 1184, 1927, 3169,
])
