import type { Awaitable } from '../awaitable.ts'
import type { CacheKey } from '../keys/cache-key.ts'
import type { Consistency } from '../policies/consistency.ts'
import type { FoundEntry } from '../tiers/shared-tier.ts'
import type { Tag } from './tags.ts'

declare const brand: unique symbol

/** The value of a mark: never used twice, so that an evicted mark can never come back as it was. */
export type MarkToken = string & { readonly [brand]: 'MarkToken' }

/** Who holds an intent. */
export type WriterId = string & { readonly [brand]: 'WriterId' }

/** The marks of a list of tags, in the order of the list. */
export type MarkReading =
  | {
      readonly state: 'open'
      readonly tokens: readonly MarkToken[]
      /** What other processes have stored under the key that was asked for, whatever its tokens. */
      readonly entry?: FoundEntry | undefined
    }
  /** A writer is at work on at least one of them: whatever the database answers now may be either side. */
  | { readonly state: 'locked' }

/**
 * Whether an entry's tokens are the current ones, as far as this process knows at this moment. `'unknown'`: nobody has
 * told it lately, so the marks must be read.
 */
export type MarkMatch = 'current' | 'moved' | 'unknown'

/**
 * The truth about what is current. Every tag has a mark: absent, a random token, or locked by writers.
 * A cached entry carries the tokens it was read under and is served only while they are still current.
 *
 * The protocol, in three rules that every implementation keeps and `markStoreContract` checks:
 *
 * 1. **Read before the database.** A reader takes the tokens, then asks the database, then stores the
 *    result under the tokens it took. A write in between has changed a token, so what it stores is dead
 *    on arrival. This one order removes the race between a read and a write.
 * 2. **Lock before the commit, release after it.** `intent` takes the token away and holds the tag;
 *    `release` lets go, and the next reader mints a token that never existed before. In between readers
 *    ask the database, so no reader is served the old row once another has seen the new one.
 * 3. **A writer that vanishes does not hold for ever.** Its intent ends with a lease, whose length is the
 *    store's own option. That is safe: the old token is gone, whatever became of the write.
 */
export interface MarkStore {
  /**
   * Takes the tokens of all tags at once, minting those that are absent. Where entries are shared beside the marks it
   * brings the one of `key` along: both are one question.
   */
  read(tags: readonly Tag[], key?: CacheKey): Awaitable<MarkReading>

  /**
   * Whether every tag still has the token at its place in `tokens`, as far as is known here, now. On
   * the hit path: it neither waits nor mints.
   */
  match(tags: readonly Tag[], tokens: readonly MarkToken[]): MarkMatch

  /**
   * Locks the tags for `writer`, until it releases or abandons them or its process is gone. From the
   * moment of the call, whatever becomes of it, nothing matches here. With `'fresh'` other processes are not told.
   */
  intent(tags: readonly Tag[], writer: WriterId, consistency?: Consistency): Awaitable<void>

  /**
   * Ends the intent of `writer`, and takes the tokens away even where that intent never took hold. A tag
   * that no other writer holds is then open for a new one. `'lost'` where the intent had ended with its lease before:
   * in between others may have stored what was there before the write.
   */
  release(tags: readonly Tag[], writer: WriterId): Awaitable<'held' | 'lost'>

  /**
   * Leaves the intent to end with its lease, because nobody knows what became of the write: its COMMIT
   * was sent and the connection died. Until then the database may still be about to apply it. Locks
   * what is not locked.
   */
  abandon(tags: readonly Tag[], writer: WriterId): Awaitable<void>

  /**
   * The tags that begin with `prefix` and have a mark, for an invalidation by their names. When it is done, nothing matches
   * here under a mark that was there when it was called and is not among them: such a mark has moved since, or is
   * gone. Rejects where that cannot be said.
   */
  find(prefix: string): Awaitable<readonly Tag[]>

  /**
   * To be asked before `intent`, where what is written is to be stored when it ends, see write-through.ts. Undefined where
   * that cannot be done now. Default: it never can.
   *
   * @param own tags that the writer will hold
   * @param others tags that the stored result depends on as well
   */
  prepare?(own: readonly Tag[], others: readonly Tag[]): Awaitable<PreparedMarks | undefined>

  /**
   * As `release`, and gives a mark its next token at once where the writer was alone on it: from its intent to this moment no
   * other can have been at work. Whoever's lock was lost, or was joined, is not alone. Says which tokens are in place.
   */
  replace?(
    tags: readonly Tag[],
    writer: WriterId,
    prepared: PreparedMarks,
  ): Awaitable<ReplacedMarks>
}

/** Tokens for a result that is stored with the end of its write. By the marks that stand for the tags. */
export interface PreparedMarks {
  /** Those that the writer's own marks may have next. */
  readonly next: ReadonlyMap<Tag, MarkToken>
  /** Those of the other marks, as they were before the write: none that is locked. */
  readonly others: ReadonlyMap<Tag, MarkToken>
}

export interface ReplacedMarks {
  readonly state: 'held' | 'lost'
  readonly tokens: ReadonlyMap<Tag, MarkToken>
}
