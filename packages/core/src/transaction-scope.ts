import type { Engine } from './engine.ts'
import { tagsOfCall, underIntent, type WriteCall } from './invalidate-on-write.ts'
import type { Tag } from './tags.ts'
import { WriteIntent, type WriteOutcome } from './write-intent.ts'

/**
 * What an open transaction has written, to be made old when it commits.
 *
 * The rule: what a transaction does concerns nobody before its COMMIT, so its writes move no mark
 * before, and a rollback moves none at all. At the COMMIT all of them are held, from before it is sent
 * until its outcome is known. Its reads never use the cache: they may see what is not committed, or an
 * old snapshot. A rollback to a savepoint forgets nothing: some marks then move for no reason.
 *
 * An adapter calls `write` for each mutation, `beforeCommit` when the COMMIT is about to be sent, and
 * `end` when it knows how the transaction ended, in whatever way.
 */
export class TransactionScope {
  readonly #engine: Engine
  readonly #tags = new Set<Tag>()
  #intent: WriteIntent | undefined

  constructor(engine: Engine) {
    this.#engine = engine
  }

  /** Runs a mutation inside the transaction. */
  async write<T>(call: WriteCall, run: () => Promise<T>): Promise<T> {
    const { shape, takesEffect } = call.plan
    const tags = tagsOfCall(call)
    for (const tag of tags) this.#tags.add(tag)
    const startedAt = this.#engine.clock.now()
    shape.write()
    shape.invalidated()
    try {
      return takesEffect === 'at-once'
        ? await underIntent(this.#engine, tags, call.outcomeOf, run)
        : await run()
    } finally {
      shape.loaded(this.#engine.clock.now() - startedAt)
    }
  }

  /** Takes the marks of all that was written. To be awaited before the COMMIT is sent. */
  async beforeCommit(): Promise<void> {
    if (this.#tags.size > 0) this.#intent ??= await WriteIntent.open(this.#engine, [...this.#tags])
  }

  /** Lets go of the marks. To be awaited before the end of the transaction is reported. */
  async end(outcome: WriteOutcome): Promise<void> {
    const intent = this.#intent
    this.#intent = undefined
    this.#tags.clear()
    await intent?.close(outcome)
  }

  /** `beforeCommit`, the commit itself, and `end`, for an adapter that sends the COMMIT by itself. */
  async commit<T>(send: () => Promise<T>, outcomeOf: (error: unknown) => WriteOutcome): Promise<T> {
    await this.beforeCommit()
    let outcome: WriteOutcome = 'settled'
    try {
      return await send()
    } catch (error) {
      outcome = outcomeOf(error)
      throw error
    } finally {
      await this.end(outcome)
    }
  }
}
