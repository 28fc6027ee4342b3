import type { WriteOutcome } from '@tidemark/core'

/**
 * What an error says about whether a write may still take effect. `'settled'` only where the database, or
 * Prisma before it asked the database, is known to have refused; a connection that died while a COMMIT was
 * on its way tells nothing.
 */
export function outcomeOf(error: unknown): WriteOutcome {
  if (typeof error !== 'object' || error === null) return 'unknown'
  const { name, code, meta, cause } = error as ErrorLike
  const driver =
    meta?.driverAdapterError?.cause ?? (name === 'DriverAdapterError' ? cause : undefined)
  if (driver) return outcomeOfDriver(driver)
  if (name === 'PrismaClientValidationError') return 'settled'
  // P1xxx: the connection. P2036: an error of the adapter itself. All other P2xxx are answers.
  return typeof code === 'string' && /^P2\d{3}$/.test(code) && code !== 'P2036'
    ? 'settled'
    : 'unknown'
}

interface ErrorLike {
  readonly name?: unknown
  readonly code?: unknown
  readonly meta?: { readonly driverAdapterError?: { readonly cause?: DriverCause } }
  readonly cause?: DriverCause
}

/** The `cause` of a DriverAdapterError, part of the interface that every driver adapter implements. */
interface DriverCause {
  readonly kind?: unknown
  readonly originalCode?: unknown
}

const CONNECTION_ERRORS = new Set([
  ...[
    'ConnectionClosed',
    'SocketTimeout',
    'DatabaseNotReachable',
    'TlsConnectionError',
    'GenericJs',
  ],
])

function outcomeOfDriver({ kind, originalCode }: DriverCause): WriteOutcome {
  if (typeof kind !== 'string' || CONNECTION_ERRORS.has(kind)) return 'unknown'
  // SQLSTATE classes: 08 connection, 40003 completion unknown, 57P the server goes away, 58 and XX its own failure.
  const broke = typeof originalCode === 'string' && /^(08|40003|57P|58|XX)/.test(originalCode)
  return broke ? 'unknown' : 'settled'
}
