/**
 * Loads that are on their way, so that callers who want the same thing at the same time share one.
 *
 * The key must name what the load began under (here: the query and the tokens of its marks), not only
 * what it loads. A reader that comes after a write has other tokens, and so never joins a load that
 * began before that write.
 */
export class Flights<T> {
  readonly #flights = new Map<string, Promise<T>>()

  /** The load that is on its way under this key, if there is one. */
  get(key: string): Promise<T> | undefined {
    return this.#flights.get(key)
  }

  /** Starts a load that others may join until it settles. */
  start(key: string, load: () => Promise<T>): Promise<T> {
    const flight = load().finally(() => this.#flights.delete(key))
    this.#flights.set(key, flight)
    return flight
  }
}
