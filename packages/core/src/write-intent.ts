import type { Engine } from './engine.ts'
import type { WriterId } from './marks.ts'
import type { Tag } from './tags.ts'

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
 * None of its methods throws: a write that the database has taken is never reported as failed because
 * of the cache.
 */
export class WriteIntent {
  readonly #engine: Engine
  readonly #tags: readonly Tag[]
  readonly #writer: WriterId

  private constructor(engine: Engine, tags: readonly Tag[]) {
    this.#engine = engine
    this.#tags = tags
    this.#writer = engine.random.token() as WriterId
  }

  /** Takes the marks away: from now on readers of these tags ask the database. */
  static async open(engine: Engine, tags: readonly Tag[]): Promise<WriteIntent> {
    const intent = new WriteIntent(engine, tags)
    await intent.#try(() => engine.marks.intent(tags, intent.#writer))
    return intent
  }

  /** Lets go of the marks, or leaves them to their lease where the outcome is unknown. */
  async close(outcome: WriteOutcome): Promise<void> {
    const { marks, metrics } = this.#engine
    if (outcome === 'unknown') metrics.unknownOutcome()
    await this.#try(() =>
      outcome === 'settled'
        ? marks.release(this.#tags, this.#writer)
        : marks.abandon(this.#tags, this.#writer),
    )
  }

  async #try(step: () => unknown): Promise<void> {
    try {
      await step()
    } catch {
      this.#engine.metrics.markFailure()
    }
  }
}
