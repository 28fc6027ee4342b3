import type { Consistency } from '../policies/consistency.ts'
import type { Engine } from '../engine.ts'
import type { WriterId } from '../marks/marks.ts'
import type { Tag } from '../marks/tags.ts'
import { currentCollector, type TicketCollector } from '../marks/tickets.ts'
import { TidemarkError } from '../options/tidemark-error.ts'
import type { WriteThrough } from './write-through.ts'

/** What became of a write, as far as its error tells. */
export type WriteOutcome =
  /** The database took it, or said that it did not: either way it will do nothing more. */
  | 'settled'
  /** It was sent and nobody answered: the database may still apply it. */
  | 'unknown'

/** What an error of a database says about whether the write may still take effect. */
export type OutcomeOf = (error: unknown) => WriteOutcome

/**
 * Runs a write or a COMMIT, and awaits `end` with what became of it before anybody is told. Its error
 * stays as it was; where `outcomeOf` fails to judge it, nothing is known.
 */
export async function settle<T>(
  run: () => Promise<T>,
  outcomeOf: OutcomeOf,
  end: (outcome: WriteOutcome) => Promise<void>,
): Promise<T> {
  let outcome: WriteOutcome = 'unknown'
  try {
    const result = await run()
    outcome = 'settled'
    return result
  } catch (error) {
    outcome = judge(error, outcomeOf)
    throw error
  } finally {
    await end(outcome)
  }
}

function judge(error: unknown, outcomeOf: OutcomeOf): WriteOutcome {
  try {
    return outcomeOf(error)
  } catch {
    return 'unknown'
  }
}

/**
 * A writer's hold on the marks of what it is about to change.
 *
 * Only the opening can throw, and only where `'strict'` asks for it: a write that the database has taken is never
 * reported as failed because of the cache.
 */
export class WriteIntent {
  readonly #engine: Engine
  readonly #tags: readonly Tag[]
  readonly #writer: WriterId
  readonly #collector: TicketCollector | undefined
  #isHeld = false
  #through: WriteThrough | undefined

  private constructor(engine: Engine, tags: readonly Tag[]) {
    this.#engine = engine
    this.#tags = tags
    this.#writer = engine.random.token() as WriterId
    this.#collector = currentCollector()
  }

  /**
   * Takes the marks away: from now on readers of these tags ask the database.
   *
   * @throws TidemarkError `MARKS_UNAVAILABLE` where `'strict'` could not be kept
   */
  static async open(
    engine: Engine,
    tags: readonly Tag[],
    consistency: Consistency,
    through?: WriteThrough,
  ): Promise<WriteIntent> {
    const intent = new WriteIntent(engine, tags)
    // Without a lock nobody is known to be alone.
    if (through && consistency !== 'fresh') await through.prepare(tags)
    try {
      await engine.marks.intent(tags, intent.#writer, consistency)
      intent.#isHeld = consistency !== 'fresh'
      if (intent.#isHeld) intent.#through = through
    } catch (cause) {
      engine.metrics.markFailure()
      if (consistency !== 'strict') return intent
      // Nothing will be written. What of the intent took hold would end with its lease; this is sooner.
      // Begun in any case: where too much is under way in the background, this process would take them for locked for ever.
      const closing = intent.close('settled')
      void engine.runInBackground(() => closing)
      throw new TidemarkError(
        'MARKS_UNAVAILABLE',
        `expected to lock the marks of ${tags.join(', ')} before the write, as consistency: 'strict' asks, but the ` +
          "shared tier did not answer. Nothing was written. With consistency: 'available' the write would have gone on",
        { cause },
      )
    }
    return intent
  }

  /** Lets go of the marks, or leaves them to their lease where the outcome is unknown. */
  async close(outcome: WriteOutcome): Promise<void> {
    const { audit, marks, metrics } = this.#engine
    if (outcome === 'unknown') metrics.unknownOutcome()
    let isConfirmed = false
    try {
      if (outcome === 'unknown') await marks.abandon(this.#tags, this.#writer)
      else if ((await this.#release()) === 'lost' && this.#isHeld) metrics.lostLease()
      isConfirmed = true
    } catch {
      metrics.markFailure()
      audit.failed(this.#tags)
    } finally {
      this.#collector?.add(this.#tags, isConfirmed)
    }
  }

  async #release(): Promise<'held' | 'lost'> {
    const through = await this.#through?.end(this.#tags, this.#writer)
    return through ?? this.#engine.marks.release(this.#tags, this.#writer)
  }
}
