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
  readonly #timers = new Set<{ readonly at: number; readonly run: () => void }>()

  now(): number {
    return this.#now
  }

  after(ms: number, run: () => void): () => void {
    const timer = { at: this.#now + Math.max(ms, 0), run }
    this.#timers.add(timer)
    return () => this.#timers.delete(timer)
  }

  /** Moves time on by `ms` milliseconds. Timers whose time comes run in its order, each at its own. */
  advance(ms: number): void {
    if (!(ms >= 0)) throw new RangeError(`advance: expected milliseconds from 0, got ${ms}`)
    const end = this.#now + ms
    for (;;) {
      const [next] = [...this.#timers].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)
      if (!next) break
      this.#timers.delete(next)
      this.#now = next.at
      next.run()
    }
    this.#now = end
  }
}
