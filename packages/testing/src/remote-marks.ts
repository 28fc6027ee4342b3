import type {
  Awaitable,
  MarkMatch,
  MarkReading,
  MarkStore,
  MarkToken,
  PreparedMarks,
  ReplacedMarks,
  Tag,
  WriterId,
} from '@tidemark/core'

export interface MarkCall {
  readonly method: 'read' | 'intent' | 'release' | 'replace' | 'abandon'
  readonly tags: readonly Tag[]
}

/**
 * A mark store that answers later, as one behind a network does. `hold` is awaited before each call goes
 * through, and lets a test decide when. What this process knows (`match`) answers at once, and knows of an
 * intent from the moment of the call.
 */
export class RemoteMarks implements MarkStore {
  readonly calls: MarkCall[] = []
  hold: (call: MarkCall) => Promise<void> = () => Promise.resolve()
  readonly #inner: MarkStore
  /** How many intents are on their way, by tag. */
  readonly #underWay = new Map<Tag, number>()

  constructor(inner: MarkStore) {
    this.#inner = inner
  }

  match(tags: readonly Tag[], tokens: readonly MarkToken[]): MarkMatch {
    if (tags.some((tag) => this.#underWay.get(tag))) return 'moved'
    return this.#inner.match(tags, tokens)
  }

  async read(tags: readonly Tag[]): Promise<MarkReading> {
    await this.#pass({ method: 'read', tags })
    return this.#inner.read(tags)
  }

  async intent(tags: readonly Tag[], writer: WriterId): Promise<void> {
    this.#count(tags, 1)
    try {
      await this.#pass({ method: 'intent', tags })
      await this.#inner.intent(tags, writer)
    } finally {
      this.#count(tags, -1)
    }
  }

  async release(tags: readonly Tag[], writer: WriterId): Promise<'held' | 'lost'> {
    await this.#pass({ method: 'release', tags })
    return this.#inner.release(tags, writer)
  }

  prepare(own: readonly Tag[], others: readonly Tag[]) {
    return this.#inner.prepare?.(own, others)
  }

  async replace(
    tags: readonly Tag[],
    writer: WriterId,
    prepared: PreparedMarks,
  ): Promise<ReplacedMarks> {
    await this.#pass({ method: 'replace', tags })
    return this.#inner.replace!(tags, writer, prepared)
  }

  async abandon(tags: readonly Tag[], writer: WriterId): Promise<void> {
    await this.#pass({ method: 'abandon', tags })
    await this.#inner.abandon(tags, writer)
  }

  find(prefix: string): Awaitable<readonly Tag[]> {
    return this.#inner.find(prefix)
  }

  #count(tags: readonly Tag[], step: number): void {
    for (const tag of tags) this.#underWay.set(tag, (this.#underWay.get(tag) ?? 0) + step)
  }

  async #pass(call: MarkCall): Promise<void> {
    this.calls.push(call)
    await this.hold(call)
  }
}
