import type { Tier, TierStats } from './tier.ts'

/** Keeps nothing: for a process that is to have no memory of its own beside the shared tier. */
export class NoTier implements Tier {
  readonly name = 'none'

  get(): undefined {
    return undefined
  }

  set(): void {}

  clear(): void {}

  entries(): [] {
    return []
  }

  close(): void {}

  stats(): TierStats {
    return { name: this.name, entries: 0, bytes: 0, evictions: 0 }
  }
}
