/**
 * The time that the engine goes by. Only differences between two readings mean anything: no reading
 * is ever compared with another machine's, or written where another process could read it.
 */
export interface Clock {
  /** Milliseconds, never going backwards; may be fractional. */
  now(): number
}

/** The process's own monotonic clock. */
export const systemClock: Clock = { now: () => performance.now() }
