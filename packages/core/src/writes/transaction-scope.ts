import { type Consistency, strictest } from '../policies/consistency.ts'
import type { Engine } from '../engine.ts'
import {
  causeOf,
  consistencyOf,
  reachOf,
  tagsOfCall,
  underIntent,
  type WriteCall,
  type WriteCause,
} from './invalidate-on-write.ts'
import type { Tag } from '../marks/tags.ts'
import type { WritePlan } from '../policies/query.ts'
import { type OutcomeOf, settle, WriteIntent, type WriteOutcome } from './write-intent.ts'

/**
 * What an open transaction has written, to be made old when it commits.
 *
 * The rule: what a transaction does concerns nobody before its COMMIT, so its writes move no mark
 * before, and a rollback moves none at all. At the COMMIT all of them are held, from before it is sent
 * until its outcome is known. Its reads never use the cache: they may see what is not committed, or an
 * old snapshot. A rollback to a savepoint forgets nothing: some marks then move for no reason.
 *
 * An adapter calls `write` for each mutation, `beforeCommit` when the COMMIT is about to be sent, and
 * `end` when it knows how the transaction ended, in whatever way. Nothing is forgotten at the end, so a
 * COMMIT that failed may be sent again.
 */
export class TransactionScope {
  readonly #engine: Engine
  readonly #tags = new Set<Tag>()
  /** Its first writes, one of each shape, for the audit trail. */
  readonly #causes = new Map<WritePlan, WriteCause>()
  /** The strictest of what its writes ask for. */
  #consistency: Consistency = 'fresh'
  /** Of the COMMIT that is under way. A promise, so that two who come at once share one intent. */
  #intent: Promise<WriteIntent | undefined> | undefined
  /** Of writes that came after it and are done: they may have come in time. */
  #late: WriteIntent[] = []
  /** See `mayCommitByItself`. */
  #commitsByItself = false

  constructor(engine: Engine) {
    this.#engine = engine
  }

  /** Runs a mutation inside the transaction. */
  async write<T>(call: WriteCall, run: () => Promise<T>): Promise<T> {
    const { shape, takesEffect } = call.plan
    const tags = tagsOfCall(call)
    for (const tag of tags) this.#tags.add(tag)
    if (this.#causes.size < MAX_CAUSES && !this.#causes.has(call.plan)) {
      this.#causes.set(call.plan, causeOf(call))
    }
    if (this.#intent ?? this.#commitsByItself) this.#record(tags)
    this.#consistency = strictest(this.#consistency, consistencyOf(this.#engine, call))
    if (takesEffect === 'at-once') this.mayCommitByItself()
    const startedAt = this.#engine.clock.now()
    shape.write(call.plan.whyEverything(tags))
    shape.invalidated()
    try {
      if (this.#intent) return await this.#writeLate(this.#intent, tags, call, run)
      return this.#commitsByItself
        ? await underIntent(this.#engine, [...this.#tags], this.#consistency, call.outcomeOf, run)
        : await run()
    } finally {
      shape.loaded(this.#engine.clock.now() - startedAt)
    }
  }

  /**
   * From now on nothing is known to be held back until the COMMIT: a statement has committed by itself, or
   * the transaction may have ended unseen. Each write moves the marks of all so far, and so does the end.
   */
  mayCommitByItself(): void {
    this.#commitsByItself = true
  }

  /**
   * Takes the marks of all that was written. To be awaited before the COMMIT is sent.
   *
   * @throws TidemarkError `MARKS_UNAVAILABLE` where `'strict'` could not be kept: the COMMIT must then not be sent
   */
  async beforeCommit(): Promise<void> {
    const intent = (this.#intent ??= this.#open(this.#consistency))
    try {
      await intent
    } catch (error) {
      // Nothing was sent: the COMMIT may be tried again, and then so is this.
      if (this.#intent === intent) this.#intent = undefined
      throw error
    }
  }

  /** Lets go of the marks. To be awaited before the end of the transaction is reported. */
  async end(outcome: WriteOutcome): Promise<void> {
    // A rollback does not undo what has committed by itself.
    if (this.#commitsByItself) this.#intent ??= this.#open('available')
    const held = [this.#intent, ...this.#late]
    this.#intent = undefined
    this.#late = []
    await Promise.all(held.map(async (intent) => (await intent)?.close(outcome)))
  }

  /** `beforeCommit`, the commit itself, and `end`, for an adapter that sends the COMMIT by itself. */
  async commit<T>(send: () => Promise<T>, outcomeOf: OutcomeOf): Promise<T> {
    await this.beforeCommit()
    return settle(send, outcomeOf, (outcome) => this.end(outcome))
  }

  async #open(consistency: Consistency): Promise<WriteIntent | undefined> {
    if (this.#tags.size === 0) return undefined
    const tags = [...this.#tags]
    this.#record(tags)
    return WriteIntent.open(this.#engine, tags, consistency)
  }

  #record(tags: readonly Tag[]): void {
    const calls = [...this.#causes.values()]
    const shapes = new Set(calls.map(({ plan }) => plan.shape.fingerprint))
    const cause = [...shapes].slice(0, MAX_SHOWN).join('; ')
    this.#engine.audit.record('write', cause, tags, reachOf(calls))
  }

  /**
   * A write that nobody awaited before the COMMIT: it may still be part of it. It holds its marks until
   * both are over.
   */
  async #writeLate<T>(
    commit: Promise<WriteIntent | undefined>,
    tags: readonly Tag[],
    call: WriteCall,
    run: () => Promise<T>,
  ): Promise<T> {
    const intent = await WriteIntent.open(this.#engine, tags, this.#consistency)
    return settle(run, call.outcomeOf, async (outcome) => {
      if (this.#intent === commit) this.#late.push(intent)
      else await intent.close(outcome)
    })
  }
}

const MAX_CAUSES = 100
const MAX_SHOWN = 3
