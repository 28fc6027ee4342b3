import type { CacheKey, Entry, Tier, TierStats } from '@tidemark/core'

/**
 * A tier that answers later, as one behind a network does. It keeps every call in `calls`, in order;
 * `hold` is awaited before each and lets a test decide when it goes through.
 */
export class RemoteTier implements Tier {
  readonly name: string
  readonly calls: TierCall[] = []
  hold: (call: TierCall) => Promise<void> = () => Promise.resolve()
  readonly #inner: Tier

  constructor(inner: Tier) {
    this.#inner = inner
    this.name = `remote ${inner.name}`
  }

  get(key: CacheKey): Promise<Entry | undefined> {
    return this.#call({ method: 'get', key }, () => this.#inner.get(key))
  }

  set(key: CacheKey, entry: Entry): Promise<void> {
    return this.#call({ method: 'set', key }, () => this.#inner.set(key, entry))
  }

  clear(): Promise<void> {
    return this.#call({ method: 'clear' }, () => this.#inner.clear())
  }

  entries(): Promise<Iterable<readonly [CacheKey, Entry]>> {
    return this.#call({ method: 'entries' }, () => this.#inner.entries())
  }

  close(): Promise<void> {
    return this.#call({ method: 'close' }, () => this.#inner.close())
  }

  stats(): TierStats {
    return this.#inner.stats()
  }

  async #call<T>(call: TierCall, run: () => T | Promise<T>): Promise<T> {
    this.calls.push(call)
    await this.hold(call)
    return run()
  }
}

export type TierCall =
  | { readonly method: 'get' | 'set'; readonly key: CacheKey }
  | { readonly method: 'clear' | 'close' | 'entries' }
