import type { NestedLoad } from './nested-load.ts'

/** A load that is on its way. */
export interface Flight<T> {
  /** When it began, on the engine's clock, in milliseconds. */
  readonly startedAt: number
  readonly result: Promise<T>
  /** Set where it may ask for other things in turn. */
  readonly nested?: NestedLoad | undefined
}

/**
 * Loads that are on their way, so that callers who want the same thing at the same time share one.
 *
 * The key must name what the load began under (here: the query and the tokens of its marks), not only
 * what it loads. A reader that comes after a write has other tokens, and so never joins a load that
 * began before that write.
 */
export class Flights<T> {
  readonly #flights = new Map<string, Flight<T>>()

  /** The load that is on its way under this key, if there is one. */
  get(key: string): Flight<T> | undefined {
    return this.#flights.get(key)
  }

  /** Starts a load that others may join until it settles. It takes the place of an older one. */
  start(key: string, startedAt: number, load: () => Promise<T>, nested?: NestedLoad): Promise<T> {
    const result = load().finally(() => {
      if (this.#flights.get(key) === flight) this.#flights.delete(key)
    })
    const flight = { startedAt, result, nested }
    this.#flights.set(key, flight)
    return result
  }
}
