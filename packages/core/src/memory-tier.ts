import { LRUCache } from 'lru-cache'
import type { CacheKey } from './cache-key.ts'
import type { Entry, Tier, TierStats } from './tier.ts'

export interface MemoryTierOptions {
  readonly maxEntries: number
  /** Of all entries together, estimated. */
  readonly maxBytes: number
}

/** What an entry costs beside its key and value: the entry, its tokens, its place in the list. */
const ENTRY_OVERHEAD_BYTES = 256

/** Entries in this process's memory, the least recently used of which make room for new ones. */
export class MemoryTier implements Tier {
  readonly name = 'memory'
  readonly #entries: LRUCache<CacheKey, Entry>
  #evictions = 0

  constructor({ maxEntries, maxBytes }: MemoryTierOptions) {
    this.#entries = new LRUCache({
      max: maxEntries,
      maxSize: maxBytes,
      sizeCalculation: (entry, key) => entry.bytes + key.length * 2 + ENTRY_OVERHEAD_BYTES,
      dispose: (_entry, _key, reason) => {
        if (reason === 'evict') this.#evictions += 1
      },
    })
  }

  get(key: CacheKey): Entry | undefined {
    return this.#entries.get(key)
  }

  set(key: CacheKey, entry: Entry): void {
    this.#entries.set(key, entry)
  }

  delete(key: CacheKey): void {
    this.#entries.delete(key)
  }

  clear(): void {
    this.#entries.clear()
  }

  stats(): TierStats {
    return {
      name: this.name,
      entries: this.#entries.size,
      bytes: this.#entries.calculatedSize,
      evictions: this.#evictions,
    }
  }
}
