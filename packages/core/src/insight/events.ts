import type { Invalidation } from './audit-trail.ts'
import type { BypassReason, HitKind, MissReason } from './outcomes.ts'
import { warn } from './warn.ts'

/** What a cache tells of as it happens, by name. */
export interface TidemarkEvents {
  /** A hit turned out to be older than the database, though no mark had moved; see `verify`. */
  readonly stale: StaleEvent
  /** A read was answered, or is about to ask the database. */
  readonly read: ReadEvent
  /** Something was made old here, or by another process that has told of it. */
  readonly invalidation: Invalidation
  /** A write came in. */
  readonly write: WriteEvent
}

/** What became of a read. */
export interface ReadEvent {
  readonly adapter: string
  /** The shape of the query, without any parameter. */
  readonly fingerprint: string
  readonly outcome: 'hit' | 'miss' | 'bypass'
  /** Where the hit came from, or why it was none. */
  readonly reason: HitKind | MissReason | BypassReason
}

export interface WriteEvent {
  readonly adapter: string
  /** The shape of the statement, without any parameter. */
  readonly fingerprint: string
}

/** What was served, and should not have been. */
export interface StaleEvent {
  readonly adapter: string
  /** The shape of the query, without any parameter. */
  readonly fingerprint: string
  /** The names of what the query depends on, as `cache.tags()` shows them. */
  readonly tags: readonly string[]
  /** How long before it was served the database had been asked, in milliseconds. */
  readonly ageMs: number
}

/** What it gives is awaited by nobody; where that is a promise which rejects, it is as if the listener had thrown. */
export type TidemarkListener<N extends keyof TidemarkEvents> = (event: TidemarkEvents[N]) => unknown

/** Those who listen. Where nobody does, an event is not even made. */
export class Events {
  readonly #listeners = new Map<keyof TidemarkEvents, Set<TidemarkListener<never>>>()
  readonly #heard = { read: false, write: false, invalidation: false, stale: false }

  /** @returns a function that ends it */
  on<N extends keyof TidemarkEvents>(name: N, listener: TidemarkListener<N>): () => void {
    const listeners = this.#listeners.get(name) ?? new Set()
    this.#listeners.set(name, listeners)
    // Of its own, so that one function may listen twice and stop once.
    const own: TidemarkListener<N> = (event) => listener(event)
    listeners.add(own)
    this.#heard[name] = true
    return () => {
      listeners.delete(own)
      this.#heard[name] = listeners.size > 0
    }
  }

  /** Whether anybody listens: for where even to say what happened would cost something. */
  get heard(): Readonly<Record<keyof TidemarkEvents, boolean>> {
    return this.#heard
  }

  /** Tells all who listen. An error of theirs is a warning of the process: no query fails for it. */
  emit<N extends keyof TidemarkEvents>(name: N, make: () => TidemarkEvents[N]): void {
    if (!this.#heard[name]) return
    const listeners = this.#listeners.get(name) as Set<TidemarkListener<N>>
    const event = make()
    // Those who listen at this moment: who begins within a listener is told of the next one, and who was stopped in one of none.
    for (const listener of [...listeners]) {
      if (!listeners.has(listener)) continue
      // An async function, since a promise of theirs may reject: nobody else would handle that, and the process would end.
      void (async () => listener(event))().catch(warn)
    }
  }
}

export const EVENT_NAMES: readonly (keyof TidemarkEvents)[] = [
  'read',
  'write',
  'invalidation',
  'stale',
]
