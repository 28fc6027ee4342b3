/**
 * The time that the engine goes by. Only differences between two readings mean anything: no reading
 * is ever compared with another machine's, or written where another process could read it.
 */
export interface Clock {
  /** Milliseconds, never going backwards; may be fractional. */
  now(): number
  /**
   * Calls `run` when so many milliseconds have gone by, unless what it returns is called before. Default: a timer of the
   * platform.
   */
  after?(ms: number, run: () => void): () => void
}

export function after(clock: Clock, ms: number, run: () => void): () => void {
  if (clock.after) return clock.after(ms, run)
  // A longer time is none for the platform, which takes it for 1 ms.
  const timer = setTimeout(run, Math.min(Math.max(ms, 0), LONGEST_TIMER_MS))
  return () => clearTimeout(timer)
}

/** Three weeks. */
const LONGEST_TIMER_MS = 2 ** 31 - 1

/** The process's own monotonic clock. */
export const systemClock: Clock = { now: () => performance.now() }
