import { type CacheKey, EVERYTHING, type ListedMark, type Tag } from '@tidemark/core'
import type { HashedNames } from './codec/hashed-names.ts'
import { literally } from './scan.ts'

/**
 * The names of everything that is kept in Redis:
 *
 * ```text
 * namespace:{group}:v:hash   an entry, by the hash of its query's key
 * namespace:{group}:all      the mark that every entry of the group depends on
 * namespace:m:tag            the mark of a table or of a name from a hint
 * namespace:{group}:c:hash   who loads an entry for all, by the hash of the key and its tokens
 * namespace:{group}:trial    what `cache.health()` tries reads and writes on
 * namespace:bus              the channel on which processes tell each other
 * ```
 *
 * On a Cluster the entries are spread over many groups, each in one slot together with its own copy of the mark for
 * everything: no key is touched by every hit, and the two are read by one command.
 */
export class RedisNames {
  readonly channel: string
  readonly #namespace: string
  readonly #groups: number
  readonly #hashes: HashedNames
  readonly #areTagsHidden: boolean
  readonly #everything: readonly Tag[]
  #last: { readonly key: CacheKey; readonly hash: string } | undefined

  constructor(options: RedisNamesOptions) {
    this.#namespace = options.namespace
    this.#groups = options.groups
    this.#hashes = options.hashes
    this.#areTagsHidden = options.areTagsHidden
    this.channel = `${options.namespace}:bus`
    this.#everything = Array.from({ length: options.groups }, (_, group) => copyOf(group))
  }

  /** See `SharedTier.marksOf`. */
  marksOf(tags: readonly Tag[], key?: CacheKey): readonly Tag[] {
    return tags.flatMap((tag) => {
      if (tag === EVERYTHING)
        return key === undefined ? this.#everything : copyOf(this.#groupOf(key))
      return this.#areTagsHidden ? (this.#hashes.of(tag) as Tag) : tag
    })
  }

  /** The tags as an entry that is not encrypted may say them. */
  shownTags(tags: readonly Tag[]): readonly Tag[] {
    if (!this.#areTagsHidden) return tags
    return tags.map((tag) => (tag === EVERYTHING ? tag : (this.#hashes.of(tag) as Tag)))
  }

  /** One for each group, so that every server has some. */
  get trials(): string[] {
    return this.#everything.map((_, group) => `${this.#namespace}:{${group}}:trial`)
  }

  /** For `RedisLink.scan`. Names that are hidden begin with nothing that could be asked for. */
  patternOfMarks(prefix: string): string {
    const start = this.#areTagsHidden ? '' : prefix
    return `${literally(`${this.#namespace}:m:${start}`)}*`
  }

  get patternOfEntries(): string {
    return `${literally(this.#namespace)}:{*}:v:*`
  }

  /** @param name that fits `patternOfMarks` */
  listedMark(name: string): ListedMark {
    const mark = name.slice(`${this.#namespace}:m:`.length) as Tag
    return { mark, tag: this.#areTagsHidden ? undefined : mark }
  }

  entry(key: CacheKey): string {
    return `${this.#namespace}:{${this.#groupOf(key)}}:v:${this.#hashOf(key)}`
  }

  /** Beside the entry of the key. */
  claim(key: CacheKey, tokens: readonly string[]): string {
    const group = this.#groupOf(key)
    return `${this.#namespace}:{${group}}:c:${this.#hashes.of(`${key}\n${tokens.join()}`)}`
  }

  /** @param marks as `marksOf` gives them */
  marks(marks: readonly Tag[]): string[] {
    return marks.map((mark) => this.mark(mark))
  }

  /** @param mark as `marksOf` gives it */
  mark(mark: Tag): string {
    const group = groupOfCopy(mark)
    return group === undefined
      ? `${this.#namespace}:m:${mark}`
      : `${this.#namespace}:{${group}}:all`
  }

  #groupOf(key: CacheKey): number {
    if (this.#groups === 1) return 0
    return Buffer.from(this.#hashOf(key).slice(0, 4), 'base64url').readUInt16BE(0) % this.#groups
  }

  /** The same key is asked for several times in a row. */
  #hashOf(key: CacheKey): string {
    if (this.#last?.key !== key) this.#last = { key, hash: this.#hashes.of(key) }
    return this.#last.hash
  }
}

export interface RedisNamesOptions {
  readonly namespace: string
  /** Over how many groups entries are spread. The same for all processes. */
  readonly groups: number
  readonly hashes: HashedNames
  /** Whether the names of tables and tags are not to be read in Redis. */
  readonly areTagsHidden: boolean
}

/** No tag of core begins like this: they are `*`, `schema`, `table:…`, `custom:…` and `key:…`. */
const COPY = `${EVERYTHING}#`

function copyOf(group: number): Tag {
  return `${COPY}${group}` as Tag
}

function groupOfCopy(mark: Tag): string | undefined {
  return mark.startsWith(COPY) ? mark.slice(COPY.length) : undefined
}
