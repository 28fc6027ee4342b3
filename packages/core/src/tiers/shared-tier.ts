import type { CacheKey } from '../keys/cache-key.ts'
import type { Clock } from '../clock.ts'
import type { SharedHealth } from '../insight/health.ts'
import type { MarkToken, WriterId } from '../marks/marks.ts'
import type { Random } from '../random.ts'
import type { Tag } from '../marks/tags.ts'
import type { ValueType } from '../keys/value-type.ts'

/** A result that some process has stored for all. */
export interface SharedEntry {
  /** The tokens it was read under, in the order of its query's tags. */
  readonly tokens: readonly MarkToken[]
  /** How long it was stored to count as fresh, in milliseconds. */
  readonly ttlMs: number
  /** How long ago the database was asked for it, by the clock of the place where it is kept. */
  readonly ageMs: number
  /** How long the database took for it, in milliseconds. */
  readonly loadMs: number
  /** What it depends on; where the tier hides names, their marks. */
  readonly tags: readonly Tag[]
  /** The result: the caller's own, made anew by each call. Throws where it cannot be read back. */
  decode(): unknown
  /**
   * The result in a form that is small and costs nothing to make, for this process to keep until it is asked for again.
   * Default: a copy of the result is kept.
   */
  keep?(): KeptResult
}

/** A result as a shared tier keeps it, for a process to keep beside its own. */
export interface KeptResult {
  /** What it takes in this process. */
  readonly bytes: number
  /** As `SharedEntry.decode`. */
  decode(): unknown
}

/** The mark of a tag as it is shared: absent where nobody has minted a token since it was last moved or evicted. */
export type SharedMark = MarkToken | 'absent' | 'locked'

export interface SharedLookup {
  /** In the order of the tags. */
  readonly marks: readonly SharedMark[]
  readonly entry: FoundEntry | undefined
}

/** An entry, or why what is there cannot be used: it is broken, or another version or key has written it. */
export type FoundEntry = SharedEntry | 'corrupt-entry' | 'foreign-entry'

/**
 * A place that processes share, where marks are true and entries are kept beside them.
 *
 * It keeps the three rules of `MarkStore` for all of them together. It may forget entries and marks at any time. Each
 * call settles within the tier's own time limit, and rejects where the tier cannot say that it was done: it may have
 * taken effect all the same, then or later.
 */
export interface SharedTier {
  readonly name: string

  /** Called once, before anything else. */
  open(context: SharedTierContext): void

  /**
   * Which marks stand for these tags: those that a read of `key` depends on, or, without a key, all that a write must
   * move. All other methods, and `onMoved`, are about these. For a tier that keeps several marks for one tag, so that not
   * every lookup touches the same one, or that hides their names. Default: the tags themselves.
   */
  marksOf?(tags: readonly Tag[], key?: CacheKey): readonly Tag[]

  /** The marks of the tags and, where a key is given, its entry: one round trip. It mints nothing. */
  lookup(tags: readonly Tag[], key?: CacheKey): Promise<SharedLookup>

  /** The marks of the tags, a new token for each that is absent. */
  mint(tags: readonly Tag[]): Promise<readonly SharedMark[]>

  /**
   * Keeps a result under the tokens that were current before the database was asked. It has done with the value when it
   * returns its promise: the value belongs to the caller, who may change it.
   */
  store(key: CacheKey, entry: NewSharedEntry): Promise<void>

  /** See `MarkStore`. The tier renews the lock until `release` or `abandon` is called. */
  intent(tags: readonly Tag[], writer: WriterId): Promise<void>
  /** Says on how many of the marks the writer still had its lock. */
  release(tags: readonly Tag[], writer: WriterId): Promise<number>
  abandon(tags: readonly Tag[], writer: WriterId): Promise<void>

  /** New tokens for these marks, which no mark has yet. Dead where the place is another when they are put there. */
  nextTokens?(tags: readonly Tag[]): Promise<readonly MarkToken[]>

  /**
   * As `release`, and puts these tokens in the place of locks that the writer has had alone since its `intent`: see
   * `MarkStore.replace`. Says of each mark, in the order of the tags, what it did. Default: no write stores what it wrote.
   */
  replace?(
    tags: readonly Tag[],
    writer: WriterId,
    tokens: ReadonlyMap<Tag, MarkToken>,
  ): Promise<readonly Replacement[]>

  /**
   * Says who is to load what is not there: `'yours'` for the first who asks, until `unclaim` or for `claimMs`; meanwhile
   * `'taken'` for the others, or `'over'` once it was said that the load is over. A claim is about a key under its tokens,
   * so that it ends with a write. Default: each process loads for itself.
   */
  claim?(key: CacheKey, tokens: readonly MarkToken[], who: string, claimMs: number): Promise<Claim>

  /**
   * Ends the claim of `who`, if it is still its own. `'over'`: what it loaded is stored or will not be, so for `claimMs`
   * nobody waits for it. `'free'`: the load failed, and another may try.
   */
  unclaim?(
    key: CacheKey,
    tokens: readonly MarkToken[],
    who: string,
    how: 'over' | 'free',
    claimMs: number,
  ): Promise<void>

  /** Whether the names of tags cannot be known from what it keeps. Default: they can. */
  readonly hidesNames?: boolean

  /**
   * The marks whose tags begin with `prefix`, in batches: for invalidation by pattern, and for people who wonder. A mark
   * that is there all the time is among them, once or several times. Rejects where that cannot be said, as when a server
   * goes down on the way. Where names are hidden the prefix is of no concern. Default: nobody can list them.
   */
  listMarks?(prefix: string): AsyncIterable<readonly ListedMark[]>

  /** All entries, in batches, for people who wonder. Default: nobody can list them. */
  listEntries?(): AsyncIterable<readonly ListedEntry[]>

  /** How it is doing, for `cache.health()`: it resolves, whatever is wrong, and in bounded time. Default: it is looked up. */
  health?(): Promise<SharedHealth>

  /** Lets go of what this process holds. What is shared is not touched. */
  close(): Promise<void>
}

/** What became of a mark whose writer ended: it has the new token, or its lock was given up, or was lost before. */
export type Replacement = 'replaced' | 'released' | 'lost'

/** Whose it is to load something, see `SharedTier.claim`. */
export type Claim = 'yours' | 'taken' | 'over'

export interface ListedMark {
  readonly mark: Tag
  /** What it stands for. Undefined where names are hidden. */
  readonly tag: Tag | undefined
}

export interface ListedEntry {
  /** Undefined where it cannot be read. */
  readonly key: CacheKey | undefined
  readonly entry: FoundEntry
  /** What it takes, in bytes. */
  readonly bytes: number
}

/** A result to be stored for all. */
export interface NewSharedEntry {
  readonly tokens: readonly MarkToken[]
  /** How long it counts as fresh, counted from the question to the database, in milliseconds. */
  readonly ttlMs: number
  /** How long it is to be kept, counted likewise: readers may serve it after its ttl, see `staleWhileRevalidate`. */
  readonly keepMs: number
  /** How much of that has gone by. */
  readonly ageMs: number
  /** How long the database took for it, in milliseconds. */
  readonly loadMs: number
  /** What it depends on, for whoever asks. Its tokens are those of `marksOf` these, and of its key. */
  readonly tags: readonly Tag[]
  readonly value: unknown
}

/** What a shared tier is given by the cache that uses it. */
export interface SharedTierContext {
  /** Keeps applications apart that share one server. */
  readonly namespace: string
  readonly clock: Clock
  readonly random: Random
  /** The classes of values that results may hold, beyond the language's own; adapters add to it. */
  readonly valueTypes: readonly ValueType[]
  /** How long a lock outlives a process that vanished, in milliseconds. */
  readonly leaseMs: number
  /**
   * Another process has moved or locked the marks of these tags.
   *
   * @param isPart set where they are some of more, and it is told of all of them at about the same time
   */
  readonly onMoved: (tags: readonly Tag[], isPart?: boolean) => void
  /** Word of other processes may have been missed: what is known of the marks is worth nothing. */
  readonly onLost: () => void
  /**
   * Another server has taken over, or the same has started anew. What was said to the last one in its last moments may be
   * unknown to this one.
   */
  readonly onReplaced: () => void
}
