import type { WriterId } from './marks.ts'
import type { Random } from '../random.ts'
import type { SharedTier } from '../tiers/shared-tier.ts'
import type { Tag } from './tags.ts'

/** How a write ends for its marks, see `MarkStore`. */
export type WriteEnd = 'release' | 'abandon'

/**
 * Ends of writes that the shared tier did not take. Until it has, it may hold what was there before the write, with marks
 * that look current: whoever reads these tags sends the end first, and asks the database if that fails.
 *
 * By tag, not by write: an outage may see any number of writes. A lock that one of them did take ends with its lease.
 */
export class OwedEnds {
  readonly #shared: SharedTier
  readonly #random: Random
  readonly #everything: readonly Tag[]
  readonly #ends = new Map<Tag, { readonly how: WriteEnd }>()
  #settling: Promise<void> | undefined

  /** @param everything the marks one of which every read depends on */
  constructor(shared: SharedTier, random: Random, everything: readonly Tag[]) {
    this.#shared = shared
    this.#everything = everything
    this.#random = random
  }

  add(how: WriteEnd, tags: readonly Tag[]): void {
    if (this.#ends.size + tags.length > MAX_TAGS) {
      const ends = [how, ...[...this.#ends.values()].map((end) => end.how)]
      this.#ends.clear()
      const worst = ends.includes('abandon') ? 'abandon' : 'release'
      for (const tag of this.#everything) this.#ends.set(tag, { how: worst })
      return
    }
    for (const tag of tags) {
      // One that is abandoned must stay locked, also where another that was released shares its tag.
      const isAbandoned = how === 'abandon' || this.#ends.get(tag)?.how === 'abandon'
      this.#ends.set(tag, { how: isAbandoned ? 'abandon' : 'release' })
    }
  }

  any(tags: readonly Tag[]): boolean {
    if (this.#ends.size === 0) return false
    return tags.some((tag) => this.#ends.has(tag))
  }

  /** Sends what is owed. Rejects where the tier does not take it. */
  settle(): Promise<void> {
    this.#settling ??= this.#send().finally(() => {
      this.#settling = undefined
    })
    return this.#settling
  }

  async #send(): Promise<void> {
    const owed = [...this.#ends]
    for (const how of ['release', 'abandon'] as const) {
      const ends = owed.filter(([, end]) => end.how === how)
      if (ends.length === 0) continue
      await this.#shared[how](
        ends.map(([tag]) => tag),
        this.#random.token() as WriterId,
      )
      // Another write may have failed to end in the meantime: that one is still owed.
      for (const [tag, end] of ends) if (this.#ends.get(tag) === end) this.#ends.delete(tag)
    }
  }
}

/** Beyond it everything is owed: as safe, and bounded. */
const MAX_TAGS = 10_000
