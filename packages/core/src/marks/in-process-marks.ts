import type { Bus } from './bus.ts'
import type { Clock } from '../clock.ts'
import type {
  MarkMatch,
  MarkReading,
  MarkStore,
  MarkToken,
  PreparedMarks,
  ReplacedMarks,
  WriterId,
} from './marks.ts'
import type { Random } from '../random.ts'
import type { Tag } from './tags.ts'
import { TokenMap } from './token-map.ts'

export interface InProcessMarksOptions {
  readonly clock: Clock
  readonly random: Random
  readonly bus: Bus
  /** How many tokens are kept. Beyond it one that was not used lately is dropped, and what depended on it is a miss. */
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
  readonly #tokens: TokenMap
  /** Kept apart from the tokens, because a lock must not be evicted. */
  readonly #locks = new Map<Tag, Lock>()
  #sweepAt = SWEEP_AT

  constructor({ clock, random, bus, maxMarks, leaseMs }: InProcessMarksOptions) {
    this.#clock = clock
    this.#random = random
    this.#bus = bus
    this.#leaseMs = leaseMs
    this.#tokens = new TokenMap(maxMarks)
  }

  read(tags: readonly Tag[]): MarkReading {
    if (tags.some((tag) => this.#isLocked(tag))) return { state: 'locked' }
    return { state: 'open', tokens: tags.map((tag) => this.#tokens.get(tag) ?? this.#mint(tag)) }
  }

  match(tags: readonly Tag[], tokens: readonly MarkToken[]): MarkMatch {
    if (tags.length !== tokens.length) return 'moved'
    for (let index = 0; index < tags.length; index += 1) {
      // A locked tag has no token, so this one comparison covers it.
      if (this.#tokens.get(tags[index]!) !== tokens[index]) return 'moved'
    }
    return 'current'
  }

  intent(tags: readonly Tag[], writer: WriterId): void {
    for (const tag of tags) {
      const lock = this.#lock(tag)
      lock.isShared ||= lock.writers.size > 0 || this.#clock.now() < lock.abandonedUntil
      lock.writers.add(writer)
    }
    this.#bus.publish({ kind: 'moved', tags })
  }

  release(tags: readonly Tag[], writer: WriterId): 'held' {
    for (const tag of tags) {
      const lock = this.#locks.get(tag)
      lock?.writers.delete(writer)
      // Whoever is left over was not alone, even if this one's intent never took hold.
      if (!this.#unlockIfFree(tag) && lock) lock.isShared = true
      // Also where its intent never took hold: what was read before the write must not outlive it.
      this.#tokens.delete(tag)
    }
    this.#bus.publish({ kind: 'moved', tags })
    return 'held'
  }

  prepare(own: readonly Tag[], others: readonly Tag[]): PreparedMarks {
    const open = others.filter((tag) => !this.#isLocked(tag))
    return {
      next: new Map(own.map((tag) => [tag, this.#random.token() as MarkToken])),
      others: new Map(open.map((tag) => [tag, this.#tokens.get(tag) ?? this.#mint(tag)])),
    }
  }

  replace(tags: readonly Tag[], writer: WriterId, { next }: PreparedMarks): ReplacedMarks {
    const alone = tags.filter((tag) => next.has(tag) && this.#isAlone(tag, writer))
    const state = this.release(tags, writer)
    for (const tag of alone) this.#tokens.set(tag, next.get(tag)!)
    return { state, tokens: new Map(alone.map((tag) => [tag, next.get(tag)!])) }
  }

  abandon(tags: readonly Tag[], writer: WriterId): void {
    const leaseEnd = this.#clock.now() + this.#leaseMs
    for (const tag of tags) {
      const lock = this.#lock(tag)
      lock.writers.delete(writer)
      lock.isShared = true
      lock.abandonedUntil = Math.max(lock.abandonedUntil, leaseEnd)
    }
    this.#bus.publish({ kind: 'moved', tags })
  }

  find(prefix: string): readonly Tag[] {
    // Also what is locked: then nothing is lost by moving it once more.
    const tags = new Set([...this.#tokens.keys(), ...this.#locks.keys()])
    return [...tags].filter((tag) => tag.startsWith(prefix))
  }

  /** The lock of a tag, which takes its token away. */
  #lock(tag: Tag): Lock {
    this.#tokens.delete(tag)
    let lock = this.#locks.get(tag)
    if (!lock) {
      if (this.#locks.size >= this.#sweepAt) this.#sweep()
      lock = { writers: new Set(), abandonedUntil: -Infinity, isShared: false }
      this.#locks.set(tag, lock)
    }
    return lock
  }

  /** Since the intent of this writer no other can have been at work. */
  #isAlone(tag: Tag, writer: WriterId): boolean {
    const lock = this.#locks.get(tag)
    return lock !== undefined && lock.writers.has(writer) && !lock.isShared
  }

  #isLocked(tag: Tag): boolean {
    return this.#locks.has(tag) && !this.#unlockIfFree(tag)
  }

  #unlockIfFree(tag: Tag): boolean {
    const lock = this.#locks.get(tag)
    if (!lock || lock.writers.size > 0 || this.#clock.now() < lock.abandonedUntil) return false
    return this.#locks.delete(tag)
  }

  /** Lets go of locks whose lease has ended and whose tag nobody has read since. */
  #sweep(): void {
    for (const tag of this.#locks.keys()) this.#unlockIfFree(tag)
    this.#sweepAt = Math.max(SWEEP_AT, this.#locks.size * 2)
  }

  #mint(tag: Tag): MarkToken {
    const token = this.#random.token() as MarkToken
    this.#tokens.set(tag, token)
    return token
  }
}

interface Lock {
  /** Those at work: in one process they cannot vanish unnoticed, so they hold until they let go. */
  readonly writers: Set<WriterId>
  /** When the last lease of those who abandoned it ends, on the clock. */
  abandonedUntil: number
  /** Whether more than one writer may have been at work since it was free. */
  isShared: boolean
}

const SWEEP_AT = 1024
