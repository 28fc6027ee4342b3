import type { Engine } from '../engine.ts'
import { prepareLookup, type ReadCall } from '../reads/lookup.ts'
import type { MarkToken, PreparedMarks, WriterId } from '../marks/marks.ts'
import { storeResult } from '../reads/store-result.ts'
import type { Tag } from '../marks/tags.ts'

/** A read that the result of a write answers, and its answer. */
export interface WrittenAnswer {
  readonly call: ReadCall
  readonly value: unknown
}

/**
 * What a write leaves behind: the next read of the row that it wrote is a hit, with what the write itself gave back.
 *
 * A late fill is harmless because its tokens are dead. Here there is no such protection, since the tokens are new: nothing
 * else may have been written since the value was read. So it is stored only if the writer was alone on the marks of what it
 * wrote, from before its statement until the moment in which those marks get their next token; in one step with their release,
 * see `MarkStore.replace`. The tokens of all other marks that the read depends on are from before the statement. The store of
 * the value follows under those tokens: whoever comes in between moves them, and it is dead.
 *
 * Of use for statements that commit by themselves only: what a transaction was given it may have changed again.
 *
 * @see docs/protocol.md, "Where the value is written with the release"
 */
export class WriteThrough {
  readonly #engine: Engine
  readonly #tags: readonly Tag[]
  #prepared: PreparedMarks | undefined
  #readAt = 0
  #loadMs = 0
  #isWritten = false
  #tokens: ReadonlyMap<Tag, MarkToken> | undefined

  /** @param tags everything that the reads depend on which may be answered */
  constructor(engine: Engine, tags: readonly Tag[]) {
    this.#engine = engine
    this.#tags = tags
  }

  isOf(engine: Engine): boolean {
    return this.#engine === engine
  }

  /** To be awaited before the intent of the write. It never rejects. */
  async prepare(written: readonly Tag[]): Promise<void> {
    const { marks } = this.#engine
    const own = this.#tags.filter((tag) => written.includes(tag))
    if (own.length === 0 || !marks.replace) return
    try {
      const others = this.#tags.filter((tag) => !written.includes(tag))
      this.#prepared = await marks.prepare?.(own, others)
    } catch {
      // The tier is down: there will be nothing to store.
    }
  }

  /** Runs the statement, under the intent. */
  async run<T>(run: () => Promise<T>): Promise<T> {
    this.#readAt = this.#engine.clock.now()
    const result = await run()
    this.#loadMs = this.#engine.clock.now() - this.#readAt
    this.#isWritten = true
    return result
  }

  /** Ends the write, if it was a success and was prepared: else it is for the caller to release the marks. */
  async end(tags: readonly Tag[], writer: WriterId): Promise<'held' | 'lost' | undefined> {
    const { marks } = this.#engine
    if (!this.#prepared || !this.#isWritten || !marks.replace) return undefined
    const { state, tokens } = await marks.replace(tags, writer, this.#prepared)
    this.#tokens = new Map([...this.#prepared.others, ...tokens])
    return state
  }

  /** Stores the answers, before the write is reported as done. It never throws. */
  store(answers: () => readonly WrittenAnswer[]): void {
    if (!this.#tokens) return
    try {
      for (const answer of answers()) this.#store(answer, this.#tokens)
    } catch {
      // Nothing of it is needed.
    }
  }

  #store({ call, value }: WrittenAnswer, known: ReadonlyMap<Tag, MarkToken>): void {
    const lookup = prepareLookup(this.#engine, call)
    if (typeof lookup === 'string') return
    const tokens = lookup.tags.map((tag) => known.get(tag))
    if (tokens.includes(undefined)) return
    // A write takes longer than the read that it spares, as it waits for its COMMIT.
    const loadMs = call.plan.shape.meanLoadMs ?? this.#loadMs
    const facts = { tokens: tokens as MarkToken[], readAt: this.#readAt, loadMs }
    void storeResult(this.#engine, lookup, facts, value)
  }
}
