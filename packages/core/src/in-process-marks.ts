import { LRUCache } from 'lru-cache'
import type { Bus } from './bus.ts'
import type { Clock } from './clock.ts'
import type { MarkReading, MarkStore, MarkToken, WriterId } from './marks.ts'
import type { Random } from './random.ts'
import type { Tag } from './tags.ts'

export interface InProcessMarksOptions {
  readonly clock: Clock
  readonly random: Random
  readonly bus: Bus
  /** How many tokens are kept. Beyond it the least used is dropped, and what depended on it is a miss. */
  readonly maxMarks: number
  /** How long an abandoned intent goes on, in milliseconds. */
  readonly leaseMs: number
}

/** Marks for one process: the truth is a map in its memory, so every method answers at once. */
export class InProcessMarks implements MarkStore {
  readonly #clock: Clock
  readonly #random: Random
  readonly #bus: Bus
  readonly #leaseMs: number
  readonly #tokens: LRUCache<Tag, MarkToken>
  /**
   * Kept apart from the tokens, because a lock must not be evicted. Each writer maps to the time at which
   * its lease ends: never, as long as it is at work, since in one process it cannot vanish unnoticed.
   */
  readonly #locks = new Map<Tag, Map<WriterId, number>>()

  constructor({ clock, random, bus, maxMarks, leaseMs }: InProcessMarksOptions) {
    this.#clock = clock
    this.#random = random
    this.#bus = bus
    this.#leaseMs = leaseMs
    this.#tokens = new LRUCache({ max: maxMarks })
  }

  read(tags: readonly Tag[]): MarkReading {
    if (tags.some((tag) => this.#isLocked(tag))) return { state: 'locked' }
    return { state: 'open', tokens: tags.map((tag) => this.#tokens.get(tag) ?? this.#mint(tag)) }
  }

  match(tags: readonly Tag[], tokens: readonly MarkToken[]): boolean {
    if (tags.length !== tokens.length) return false
    for (let index = 0; index < tags.length; index += 1) {
      // A locked tag has no token, so this one comparison covers it.
      if (this.#tokens.get(tags[index]!) !== tokens[index]) return false
    }
    return true
  }

  intent(tags: readonly Tag[], writer: WriterId): void {
    for (const tag of tags) {
      this.#tokens.delete(tag)
      const writers = this.#locks.get(tag)
      if (writers) writers.set(writer, Infinity)
      else this.#locks.set(tag, new Map([[writer, Infinity]]))
    }
    this.#bus.publish({ kind: 'moved', tags })
  }

  release(tags: readonly Tag[], writer: WriterId): void {
    for (const tag of tags) {
      const writers = this.#locks.get(tag)
      writers?.delete(writer)
      if (writers?.size === 0) this.#locks.delete(tag)
    }
    this.#bus.publish({ kind: 'moved', tags })
  }

  abandon(tags: readonly Tag[], writer: WriterId): void {
    const leaseEnd = this.#clock.now() + this.#leaseMs
    for (const tag of tags) this.#locks.get(tag)?.set(writer, leaseEnd)
  }

  #isLocked(tag: Tag): boolean {
    const writers = this.#locks.get(tag)
    if (!writers) return false
    const now = this.#clock.now()
    for (const [writer, leaseEnd] of writers) if (leaseEnd <= now) writers.delete(writer)
    if (writers.size > 0) return true
    this.#locks.delete(tag)
    return false
  }

  #mint(tag: Tag): MarkToken {
    const token = this.#random.token() as MarkToken
    this.#tokens.set(tag, token)
    return token
  }
}
