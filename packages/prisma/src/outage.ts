interface PrismaError {
  readonly name?: unknown
  readonly code?: unknown
  readonly meta?: { readonly driverAdapterError?: { readonly cause?: DriverCause } }
  readonly cause?: DriverCause
}

interface DriverCause {
  readonly originalCode?: unknown
}

/**
 * Whether an error of a read says that the database could not answer: it cannot be reached, is overloaded, or gave up. Not
 * where it answered: a record that is required is not there, the query is wrong, it is forbidden. What was stored before
 * must not hide that.
 */
export function isOutage(error: unknown): boolean {
  if (typeof error !== 'object' || error === null) return true
  const { name, code, meta, cause } = error as PrismaError
  if (name === 'PrismaClientValidationError') return false
  const driver =
    meta?.driverAdapterError?.cause ?? (name === 'DriverAdapterError' ? cause : undefined)
  if (typeof driver?.originalCode === 'string' && OF_THE_QUERY.test(driver.originalCode)) {
    return false
  }
  // P1xxx: the connection. P2xxx are answers, but for these.
  return typeof code !== 'string' || !/^P2\d{3}$/.test(code) || OUTAGES.has(code)
}

/** Classes of SQLSTATE: data exceptions, syntax errors and access rules. */
const OF_THE_QUERY = /^(22|42)[0-9A-Z]{3}$/

/** A raw query failed, the pool has no connection, a deadlock, the adapter itself failed, too many connections. */
const OUTAGES: ReadonlySet<string> = new Set(['P2010', 'P2024', 'P2034', 'P2036', 'P2037'])
