import type { Clock } from '../clock.ts'
import type { Engine } from '../engine.ts'
import type { MarkToken } from './marks.ts'
import type { Tag } from './tags.ts'

/**
 * A value that an adapter needs to describe queries, kept until a mark moves: what a database's catalogue
 * says. Loaded when it is first asked for; whoever asks meanwhile waits for the same load.
 */
export class KeptValue<T> {
  readonly #engine: Engine
  readonly #tags: readonly Tag[]
  readonly #load: (previous: T | undefined) => Promise<T>
  #value: T | undefined
  #tokens: readonly MarkToken[] = []
  #loading: Promise<T | undefined> | undefined
  #isAsking = false
  readonly #failures: Pause
  readonly #contradictions: Pause

  /** @param load given the last value, which it may answer with where nothing has changed */
  constructor(engine: Engine, tag: Tag, load: (previous: T | undefined) => Promise<T>) {
    this.#engine = engine
    this.#tags = [tag]
    this.#load = load
    this.#failures = new Pause(engine.clock)
    this.#contradictions = new Pause(engine.clock)
  }

  /** The value, or `undefined` where it was never loaded or the mark has moved since. Neither waits nor loads. */
  get current(): T | undefined {
    if (this.#value === undefined) return undefined
    switch (this.#engine.marks.match(this.#tags, this.#tokens)) {
      case 'current':
        return this.#value
      case 'unknown':
        // Word of a mark that has moved comes by itself. Where it was lost, this makes up for it.
        this.#askForMark()
        return this.#value
      case 'moved':
        return undefined
    }
  }

  /**
   * The current value, loaded where there is none. `undefined` where the load failed, or the mark moved while it ran;
   * never rejects. A load that failed is tried again after a pause.
   */
  async get(): Promise<T | undefined> {
    return this.current ?? (await this.#loadOnce())
  }

  /** Whether `reload` would load. Where the same value came again it does not for a while, each time for longer. */
  get mayReload(): boolean {
    return this.#contradictions.isOver && this.#failures.isOver
  }

  /** Loads it anew, since something contradicts it. */
  async reload(): Promise<T | undefined> {
    if (!this.mayReload) return this.current
    const before = this.#value
    const value = await this.#loadOnce()
    if (value === before) this.#contradictions.begin()
    else this.#contradictions.reset()
    return value
  }

  #askForMark(): void {
    if (this.#isAsking) return
    void this.#engine.runInBackground(async () => {
      this.#isAsking = true
      try {
        await this.#engine.marks.read(this.#tags)
      } finally {
        this.#isAsking = false
      }
    })
  }

  async #loadOnce(): Promise<T | undefined> {
    if (!this.#failures.isOver || this.#engine.closed) return this.current
    this.#loading ??= this.#loadNow().finally(() => {
      this.#loading = undefined
    })
    return this.#loading
  }

  async #loadNow(): Promise<T | undefined> {
    try {
      // Marks before rows, as for any read.
      const reading = await this.#engine.marks.read(this.#tags)
      if (reading.state === 'locked') return undefined
      const value = await this.#load(this.#value)
      this.#value = value
      this.#tokens = reading.tokens
      this.#failures.reset()
      return this.current
    } catch {
      this.#failures.begin()
      return undefined
    }
  }
}

const FIRST_PAUSE_MS = 1_000
const LAST_PAUSE_MS = 60_000

/** How long something is not tried again: twice as long each time. */
class Pause {
  readonly #clock: Clock
  #lengthMs = 0
  #end = -Infinity

  constructor(clock: Clock) {
    this.#clock = clock
  }

  get isOver(): boolean {
    return this.#clock.now() >= this.#end
  }

  begin(): void {
    this.#lengthMs = Math.min(Math.max(this.#lengthMs * 2, FIRST_PAUSE_MS), LAST_PAUSE_MS)
    this.#end = this.#clock.now() + this.#lengthMs
  }

  reset(): void {
    this.#lengthMs = 0
    this.#end = -Infinity
  }
}
