import type { CacheKey } from '../keys/cache-key.ts'
import { checkCount, checkKeys } from '../options/check-options.ts'
import type { Engine } from '../engine.ts'
import { keyParts, type KeyParts } from '../keys/key-parts.ts'
import type { MarkToken } from '../marks/marks.ts'
import {
  isOfAName,
  type NamedTag,
  namedTag,
  selectedTags,
  type TagSelector,
} from '../marks/named-tag.ts'
import type { SharedEntry, SharedTier } from '../tiers/shared-tier.ts'
import { EVERYTHING, type Tag } from '../marks/tags.ts'
import { invalidOption, TidemarkError } from '../options/tidemark-error.ts'
import { type Entry, peekAt } from '../tiers/tier.ts'

export interface InspectOptions {
  /** How many are given at most, from 1 to 10 000. Default: `100`. */
  readonly limit?: number
}

/** What something may depend on. */
export interface TagList {
  /** By kind and name. What has a mark and nothing that depends on it any more is among them. */
  readonly tags: readonly NamedTag[]
  /** Whether these are all. Not so beyond the limit, and where the shared tier cannot list them. */
  readonly complete: boolean
}

/** What is cached under some tag. */
export interface KeyList {
  readonly keys: readonly CachedKey[]
  /** Whether these are all: not so beyond the limit, beyond 10 000 shared entries, and where the tier cannot list them. */
  readonly complete: boolean
  /** How many shared entries were met that cannot be read here: of another version, or encrypted with another key. */
  readonly unreadable: number
}

/** One cached result: what was asked, and where its answer is. */
export interface CachedKey extends KeyParts {
  /** For `tagsOfKey`. */
  readonly key: string
  /** In this process, where it is there. */
  readonly memory?: StoredCopy
  /** For all processes, where it is there. */
  readonly shared?: StoredCopy
}

export interface StoredCopy {
  /** How long ago the database was asked, in milliseconds. */
  readonly ageMs: number
  /** How long it may yet be served, in milliseconds, unless something that it depends on is written before. */
  readonly expiresInMs: number
  /** How long the database took for it, in milliseconds. */
  readonly loadMs: number
  /** What it takes, in bytes; in memory estimated. */
  readonly bytes: number
}

/**
 * Something that a cached result depends on, and whether it is as it was when the result was read. `'unknown'`: this
 * process has not heard of it lately. `'locked'`: a write is under way.
 */
export interface TagOfKey extends NamedTag {
  readonly memory?: 'current' | 'moved' | 'unknown'
  readonly shared?: 'current' | 'moved' | 'locked'
}

/** See `Tidemark.tags`. */
export async function listTags(engine: Engine, options: InspectOptions): Promise<TagList> {
  const limit = limitOf('tags', options)
  const found = new Map<Tag, NamedTag>()
  const add = (tag: Tag) => {
    const named = namedTag(tag)
    if (isOfAName(named)) found.set(tag, named)
  }
  const complete = await listing(engine, async () => {
    const { marks, shared, tier } = engine
    // What nothing depends on here may have a mark, and the other way round, where the shared tier has lost it.
    for (const [, entry] of await tier.entries()) {
      for (const tag of entry.tags) add(tag)
      if (found.size > limit) return false
    }
    if (!shared) {
      for (const tag of await marks.find('')) add(tag)
      return true
    }
    if (!shared.listMarks) return false
    const known = namesOfMarks(shared, [...found.keys()])
    for await (const batch of shared.listMarks('')) {
      for (const { mark, tag } of batch) if (tag !== undefined || !known.has(mark)) add(tag ?? mark)
      if (found.size > limit) return false
    }
    return true
  })
  const tags = [...found.values()].slice(0, limit)
  const order = ({ kind, name }: NamedTag) => `${kind} ${name}`
  tags.sort((a, b) => (order(a) < order(b) ? -1 : 1))
  return { tags, complete: complete && found.size <= limit }
}

/** The marks of names that are known here, which the shared tier may not know by them. */
function namesOfMarks(shared: SharedTier, tags: readonly Tag[]): ReadonlySet<Tag> {
  return new Set(shared.marksOf?.(tags) ?? tags)
}

/** See `Tidemark.keysByTag`. */
export async function listKeys(
  engine: Engine,
  selector: TagSelector,
  options: InspectOptions,
): Promise<KeyList> {
  const tags = selectedTags('keysByTag', selector)
  const limit = limitOf('keysByTag', options)
  const now = engine.clock.now()
  const found = new Map<CacheKey, CachedKey>()
  let unreadable = 0
  const add = (key: CacheKey, copies: Pick<CachedKey, 'memory' | 'shared'>) => {
    const parts = keyParts(key) ?? UNKNOWN_PARTS
    found.set(key, { key, ...parts, ...found.get(key), ...copies })
  }
  const complete = await listing(engine, async () => {
    const { shared, tier } = engine
    for (const [key, entry] of await tier.entries()) {
      if (!entry.tags.some((tag) => tags.includes(tag)) || entry.expiresAt <= now) continue
      if (found.size === limit) return false
      add(key, { memory: copyInMemory(entry, now) })
    }
    if (!shared) return true
    if (!shared.listEntries) return false
    const names = new Set([...tags, ...namesOfMarks(shared, tags)])
    let scanned = 0
    for await (const batch of shared.listEntries()) {
      for (const { key, entry, bytes } of batch) {
        if (typeof entry === 'string' || key === undefined) unreadable += 1
        else if (entry.tags.some((tag) => names.has(tag))) {
          if (found.size === limit && !found.has(key)) return false
          add(key, { shared: sharedCopy(entry, bytes) })
        }
      }
      scanned += batch.length
      if (scanned >= MAX_SCANNED) return false
    }
    return true
  })
  return { keys: [...found.values()], complete, unreadable }
}

/** See `Tidemark.tagsOfKey`. */
export async function tagsOfKey(
  engine: Engine,
  text: string,
): Promise<readonly TagOfKey[] | undefined> {
  if (typeof text !== 'string' || !keyParts(text)) {
    throw invalidOption('tagsOfKey', 'a key as keysByTag() gives it', text)
  }
  const key = text as CacheKey
  const found = new Map<Tag, TagOfKey>()
  await listing(engine, async () => {
    const { marks, shared, tier } = engine
    const marksOf = (tag: Tag) => shared?.marksOf?.([tag], key) ?? [tag]
    const ofMemory = await peekAt(tier, key)
    for (const { tag, marks: names, tokens } of tokensByTag(ofMemory, marksOf)) {
      found.set(tag, { ...namedTag(tag), memory: marks.match(names, tokens) })
    }
    if (!shared) return
    const { entry } = await shared.lookup(marksOf(EVERYTHING), key)
    if (typeof entry !== 'object') return
    const isHidden = shared.hidesNames === true
    // A name that is hidden is its own mark; what is known by its name has one.
    const parts = tokensByTag(entry, (tag) =>
      isHidden && isHiddenName(tag) ? [tag] : marksOf(tag),
    )
    const now = await shared.lookup(parts.flatMap((part) => part.marks))
    // The names of what this process knows by them, where the entry says marks.
    const tagOfMark = new Map(
      [...found.keys()].flatMap((tag) => marksOf(tag).map((mark) => [mark, tag])),
    )
    let at = 0
    for (const { tag, marks: names, tokens } of parts) {
      const current = now.marks.slice(at, (at += names.length))
      const isSame = current.every((mark, index) => mark === tokens[index])
      const state = current.includes('locked') ? 'locked' : isSame ? 'current' : 'moved'
      const known = tagOfMark.get(tag) ?? tag
      found.set(known, { ...namedTag(tag), ...found.get(known), shared: state })
    }
  })
  return found.size > 0 ? [...found.values()] : undefined
}

function isHiddenName(tag: Tag): boolean {
  return namedTag(tag).kind === 'hidden'
}

/** The tokens of an entry, which has them for the marks of its tags one after the other. */
function tokensByTag(
  entry: Pick<Entry, 'tags' | 'tokens'> | undefined,
  marksOf: (tag: Tag) => readonly Tag[],
): { tag: Tag; marks: readonly Tag[]; tokens: readonly MarkToken[] }[] {
  let at = 0
  return (entry?.tags ?? []).map((tag) => {
    const marks = marksOf(tag)
    const tokens = entry!.tokens.slice(at, (at += marks.length))
    return { tag, marks, tokens }
  })
}

function copyInMemory({ readAt, expiresAt, loadMs, bytes }: Entry, now: number): StoredCopy {
  return { ageMs: now - readAt, expiresInMs: expiresAt - now, loadMs, bytes }
}

function sharedCopy({ ageMs, ttlMs, loadMs }: SharedEntry, bytes: number): StoredCopy {
  return { ageMs, expiresInMs: Math.max(0, ttlMs - ageMs), loadMs, bytes }
}

/** Lists what is in the tiers of a cache that is not closed. A failure of the shared one has a name of its own. */
async function listing<T>(engine: Engine, list: () => Promise<T>): Promise<T> {
  try {
    return await list()
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    const name = engine.shared?.name ?? engine.tier.name
    throw new TidemarkError(
      'INSPECTION_FAILED',
      `expected to list what is in ${name}, but it failed: ${reason}`,
      { cause },
    )
  }
}

/** @throws TidemarkError `INVALID_OPTION` */
export function limitOf(name: string, options: InspectOptions): number {
  checkKeys(`${name}.options`, options, ['limit'], 'an object such as { limit: 100 }')
  const { limit = 100 } = options
  checkCount(`${name}.limit`, limit, MAX_LIMIT)
  return limit
}

const MAX_LIMIT = 10_000
/** Each is read in full, which takes a while. */
const MAX_SCANNED = 10_000

/** For an entry that something else than this cache has put there. */
const UNKNOWN_PARTS: KeyParts = {
  ...{ adapter: '', database: '', partition: '', operation: '', parameters: undefined },
}
