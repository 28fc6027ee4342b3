import type { Engine } from './engine.ts'
import type { WriterId } from './marks.ts'
import type { Tag } from './tags.ts'

/** What became of a write, as far as its error tells. */
export type WriteOutcome =
  /** The database took it, or said that it did not: either way it will do nothing more. */
  | 'settled'
  /** It was sent and nobody answered: the database may still apply it. */
  | 'unknown'

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
