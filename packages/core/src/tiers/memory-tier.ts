import { LRUCache } from 'lru-cache'
import type { CacheKey } from '../keys/cache-key.ts'
import type { Entry, Tier, TierStats } from './tier.ts'

export interface MemoryTierOptions {
  readonly maxEntries: number
  /** Of all entries together, estimated. */
  readonly maxBytes: number
}

/** What an entry costs beside its key and value: the entry, its tokens, its copier, its place in the list. */
const ENTRY_OVERHEAD_BYTES = 800

/** Entries in this process's memory, the least recently used of which make room for new ones. */
export class MemoryTier implements Tier {
  readonly name = 'memory'
  readonly #options: MemoryTierOptions
  #entries: LRUCache<CacheKey, Entry>
  #evictions = 0

  constructor(options: MemoryTierOptions) {
    this.#options = options
    this.#entries = this.#empty()
  }

  get(key: CacheKey): Entry | undefined {
    return this.#entries.get(key)
  }

  peek(key: CacheKey): Entry | undefined {
    return this.#entries.peek(key)
  }

  set(key: CacheKey, entry: Entry): void {
    this.#entries.set(key, entry)
  }

  /** Takes the same time whatever the number of entries: they are left behind, not visited. */
  clear(): void {
    if (this.#entries.size > 0) this.#entries = this.#empty()
  }

  entries(): Iterable<readonly [CacheKey, Entry]> {
    return this.#entries.entries()
  }

  close(): void {
    this.clear()
  }

  stats(): TierStats {
    return {
      name: this.name,
      entries: this.#entries.size,
      bytes: this.#entries.calculatedSize,
      evictions: this.#evictions,
    }
  }

  #empty(): LRUCache<CacheKey, Entry> {
    const { maxEntries, maxBytes } = this.#options
    return new LRUCache({
      max: maxEntries,
      maxSize: maxBytes,
      sizeCalculation: (entry, key) => entry.bytes + key.length * 2 + ENTRY_OVERHEAD_BYTES,
      dispose: (_entry, _key, reason) => {
        if (reason === 'evict') this.#evictions += 1
      },
    })
  }
}
