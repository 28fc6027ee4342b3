/** What went wrong, as a closed set that a program may switch on. */
export type TidemarkErrorCode =
  /** An option, hint or argument is unknown, of the wrong type or out of range. */
  | 'INVALID_OPTION'
  /** Two databases share one cache and nothing tells their keys apart. */
  | 'AMBIGUOUS_DATABASE'
  /** `invalidate` or `clear` could not move the marks: what was cached may still be served. */
  | 'INVALIDATION_FAILED'
  /** What a shared tier keeps could not be listed. */
  | 'INSPECTION_FAILED'
  /** A `'strict'` write could not lock its marks in the shared tier. It was not sent: nothing is written. */
  | 'MARKS_UNAVAILABLE'
  /** A read waited for the database as long as its `hardTimeout` says. The query goes on. */
  | 'LOAD_TIMEOUT'
  /** A load asked the cache for what it loads, and the load of that again. */
  | 'LOAD_CYCLE'
  /** A read with `mode: 'only-if-cached'` of what is not in the cache. */
  | 'NOT_CACHED'
  /** The client that was given is not one this adapter knows how to wrap. */
  | 'UNSUPPORTED_CLIENT'

/**
 * The only error class that Tidemark throws. Errors of the database pass through untouched and are
 * never wrapped in it.
 *
 * @example
 * try { createTidemark({ ttl: -5 }) } catch (error) {
 *   if (error instanceof TidemarkError && error.code === 'INVALID_OPTION') console.error(error.message)
 *   // ttl: expected a duration above 0 (milliseconds, or a string such as '30s'), got -5
 * }
 */
export class TidemarkError extends Error {
  override readonly name = 'TidemarkError'
  readonly code: TidemarkErrorCode

  constructor(code: TidemarkErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}

/**
 * `INVALID_OPTION` in the one form that all of them have: which option, what was expected, what came.
 *
 * @param hint what was probably meant, as in ` (did you mean '5m'?)`
 */
export function invalidOption(
  name: string,
  expected: string,
  got: unknown,
  hint = '',
): TidemarkError {
  return new TidemarkError(
    'INVALID_OPTION',
    `${name}: expected ${expected}, got ${describeValue(got)}${hint}`,
  )
}

function describeValue(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return JSON.stringify(value.length > 80 ? `${value.slice(0, 80)}…` : value)
    case 'function':
      return `a ${isClass(value) ? 'class' : 'function'}${value.name ? ` (${value.name})` : ''}`
    case 'bigint':
      return `${value}n`
    case 'object':
      if (value === null) return 'null'
      if (Array.isArray(value)) return `an array of ${value.length}`
      return describeObject(value)
    default:
      return String(value)
  }
}

function isClass(value: object): boolean {
  return Function.prototype.toString.call(value).startsWith('class')
}

function describeObject(value: object): string {
  const className: unknown = value.constructor?.name
  return typeof className === 'string' && className !== 'Object'
    ? `an instance of ${className}`
    : `an object with keys [${Object.keys(value).slice(0, 8).join(', ')}]`
}
