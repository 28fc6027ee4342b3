import { type CascadeStep, cascadeOf, type ReachedTable } from './cascade.ts'
import type { Derivations } from '../marks/derivations.ts'
import type { Events } from './events.ts'
import { type NamedTag, namedTag } from '../marks/named-tag.ts'
import { EVERYTHING, type Tag } from '../marks/tags.ts'
import { areSame } from '../same-texts.ts'

/** Something that made results old. */
export interface Invalidation {
  /** When it began, by this machine's clock. */
  readonly at: Date
  /**
   * `'write'`: a write through a client that is bound to this cache. `'hand'`: a call of `invalidate`, `delete` or `clear`.
   * `'event'`: see `invalidateOn`. `'elsewhere'`: another process, of which no more is known.
   */
  readonly origin: 'write' | 'hand' | 'event' | 'elsewhere'
  /** The shape of the statement, of several the first ones; the reason that was given; the name of the event. */
  readonly cause: string | undefined
  /** What was made old, at most 100. */
  readonly tags: readonly NamedTag[]
  /** How many marks were moved. */
  readonly marks: number
  /**
   * How one thing led to the next: to the tables that foreign keys and triggers reached, from those that the statement names,
   * and to the results with a key of their own, by `depends`. At most 100 ways.
   */
  readonly cascade: readonly (readonly CascadeStep[])[]
  /** Whether the shared tier could not be told at the time. It is, as soon as it is back; until then this process asks the database. */
  readonly failed: boolean
}

/** The last invalidations that this process has made or heard of, for people who wonder. */
export class AuditTrail {
  readonly #max: number
  readonly #derivations: Derivations
  readonly #events: Events
  readonly #records: AuditRecord[] = []
  /** Where the next one goes, once it is full. */
  #next = 0

  /** @param max how many are kept. 0: none are */
  constructor(max: number, derivations: Derivations, events: Events) {
    this.#max = max
    this.#derivations = derivations
    this.#events = events
  }

  /** @param reached asked for when somebody wants to see it */
  record(
    origin: AuditRecord['origin'],
    cause: string | undefined,
    tags: readonly Tag[],
    reached: () => readonly ReachedTable[] = () => [],
  ): void {
    if (tags.length === 0) return
    const record = { at: Date.now(), origin, cause, tags, reached, failed: false }
    this.#events.emit('invalidation', () => this.#shown(record))
    if (this.#max === 0) return
    if (this.#records.length < this.#max) this.#records.push(record)
    else this.#records[this.#next] = record
    this.#next = (this.#next + 1) % this.#max
  }

  /** The shared tier could not be told of what was recorded with this very list of tags. */
  failed(tags: readonly Tag[]): void {
    const record = this.#records.find((each) => each.tags === tags)
    if (record) record.failed = true
  }

  /** Word comes at the beginning and at the end of each write, and whenever its locks are renewed: that is one. */
  heard(tags: readonly Tag[]): void {
    const since = Date.now() - SAME_MS
    const known = this.#newest(SAME_AMONG).some(
      (record) => record.origin === 'elsewhere' && record.at >= since && areSame(record.tags, tags),
    )
    if (!known) this.record('elsewhere', undefined, tags)
  }

  /** The newest first. */
  list(limit: number): readonly Invalidation[] {
    return this.#newest(limit).map((record) => this.#shown(record))
  }

  /** The last one that moved any of these tags. */
  lastOf(tags: readonly Tag[]): Invalidation | undefined {
    return this.finder()(tags)
  }

  /** The same for many lists of tags, among what is there now: each record is looked through once. */
  finder(): (tags: readonly Tag[]) => Invalidation | undefined {
    const records = this.#newest(this.#max)
    const places = new Map<Tag, number>()
    records.forEach(({ tags }, place) => {
      for (const tag of tags) if (!places.has(tag)) places.set(tag, place)
    })
    const shown = new Map<number, Invalidation>()
    return (tags) => {
      const found = [EVERYTHING, ...tags].map((tag) => places.get(tag) ?? records.length)
      const place = Math.min(...found)
      const record = records[place]
      if (!record) return undefined
      if (!shown.has(place)) shown.set(place, this.#shown(record))
      return shown.get(place)
    }
  }

  #newest(count: number): readonly AuditRecord[] {
    const { length } = this.#records
    const ago = (back: number) => this.#records[(this.#next + length - 1 - back) % length]!
    return Array.from({ length: Math.min(count, length) }, (_, back) => ago(back))
  }

  #shown({ at, origin, cause, tags, reached, failed }: AuditRecord): Invalidation {
    return {
      at: new Date(at),
      ...{ origin, cause },
      tags: tags.slice(0, MAX_SHOWN).map(namedTag),
      marks: tags.length,
      cascade: cascadeOf(tags, reached(), this.#derivations, MAX_SHOWN),
      failed,
    }
  }
}

interface AuditRecord {
  readonly at: number
  readonly origin: Invalidation['origin']
  readonly cause: string | undefined
  readonly tags: readonly Tag[]
  readonly reached: () => readonly ReachedTable[]
  failed: boolean
}

const MAX_SHOWN = 100
const SAME_MS = 10_000
const SAME_AMONG = 8
