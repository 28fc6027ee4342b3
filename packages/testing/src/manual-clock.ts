import type { Clock } from '@tidemark/core'

/**
 * A clock that stands still until a test moves it.
 *
 * @example
 * const clock = new ManualClock()
 * const cache = createTidemark({ clock, ttl: '1m', ttlJitter: 0 })
 * clock.advance(60_000) // everything that was stored has now expired
 */
export class ManualClock implements Clock {
  #now = 0

  now(): number {
    return this.#now
  }

  /** Moves time on by `ms` milliseconds. */
  advance(ms: number): void {
    if (!(ms >= 0)) throw new RangeError(`advance: expected milliseconds from 0, got ${ms}`)
    this.#now += ms
  }
}
