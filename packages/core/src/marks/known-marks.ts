import { LRUCache } from 'lru-cache'
import type { Clock } from '../clock.ts'
import type { MarkMatch, MarkToken } from './marks.ts'
import type { Tag } from './tags.ts'

/**
 * The marks that a process has read and takes for known, each with the moment at which it was asked for: for
 * `maxStaleness` after that it counts as known, unless word comes that it has moved.
 */
export class KnownMarks {
  readonly #clock: Clock
  readonly #maxStalenessMs: number
  readonly #marks: LRUCache<Tag, KnownMark>
  /** Readings that are on their way. */
  readonly #readings = new Set<Reading>()

  constructor(clock: Clock, maxStalenessMs: number, maxMarks: number) {
    this.#clock = clock
    this.#maxStalenessMs = maxStalenessMs
    this.#marks = new LRUCache({ max: maxMarks })
  }

  match(tags: readonly Tag[], tokens: readonly MarkToken[]): MarkMatch {
    const oldest = this.#clock.now() - this.#maxStalenessMs
    let match: MarkMatch = 'current'
    for (let index = 0; index < tags.length; index += 1) {
      const known = this.#marks.get(tags[index]!)
      if (known && known.token !== tokens[index]) return 'moved'
      if (!known || known.askedAt <= oldest) match = 'unknown'
    }
    return match
  }

  /** However old, and undefined where it has moved. */
  tokenOf(tag: Tag): MarkToken | undefined {
    return this.#marks.get(tag)?.token
  }

  /** To be called before the question is sent, and to be given to {@link learn} or {@link drop} at its end. */
  startReading(tags: readonly Tag[]): Reading {
    const reading: Reading = { tags, askedAt: this.#clock.now(), isOvertaken: false }
    this.#readings.add(reading)
    return reading
  }

  drop(reading: Reading): void {
    this.#readings.delete(reading)
  }

  /** Believes an answer, unless word of a write has overtaken it: it may be from before. */
  learn(reading: Reading, tags: readonly Tag[], tokens: readonly MarkToken[]): void {
    if (reading.isOvertaken) return
    const { askedAt } = reading
    tags.forEach((tag, index) => this.#marks.set(tag, { token: tokens[index], askedAt }))
  }

  /** They have moved, or are about to. */
  moved(tags: readonly Tag[]): void {
    for (const tag of tags) this.#marks.set(tag, MOVED)
    for (const reading of this.#readings) {
      if (reading.tags.some((tag) => tags.includes(tag))) reading.isOvertaken = true
    }
  }

  forget(): void {
    this.#marks.clear()
    for (const reading of this.#readings) reading.isOvertaken = true
  }
}

interface KnownMark {
  /** Undefined once it has moved: no entry matches that. */
  readonly token: MarkToken | undefined
  readonly askedAt: number
}

const MOVED: KnownMark = { token: undefined, askedAt: -Infinity }

export interface Reading {
  readonly tags: readonly Tag[]
  readonly askedAt: number
  /** Set when word of a write on its tags comes in while it is on its way: its answer may be from before. */
  isOvertaken: boolean
}
