import { checkKeys, checkName, checkNames } from '../options/check-options.ts'
import type { Invalidation } from '../insight/audit-trail.ts'
import type { Engine } from '../engine.ts'
import type { WriterId } from '../marks/marks.ts'
import { type NamedTag, namedTag } from '../marks/named-tag.ts'
import {
  customTag,
  EVERYTHING,
  keyTag,
  namesOfTable,
  type Tag,
  tagsOfWrite,
} from '../marks/tags.ts'
import { TidemarkError } from '../options/tidemark-error.ts'
import { currentCollector } from '../marks/tickets.ts'
import { type NameMatcher, patternMatcher, prefixMatcher } from '../marks/wildcard.ts'
import { partsOf } from '../parts-of.ts'

/** What to make old by hand: for what Tidemark could not see, such as a script that wrote to a table. */
export interface InvalidateTarget {
  /** Names from `tags` hints. */
  readonly tags?: readonly string[]
  /** Physical table names, with their schema where that is not the default one. */
  readonly tables?: readonly string[]
  /** Names from `key` hints. */
  readonly keys?: readonly string[]
  /** What names from `tags` and `key` hints begin with. Every character stands for itself. Tables are not meant. */
  readonly prefix?: string
  /**
   * What names from `tags` and `key` hints look like, from the first character to the last: `*` is any text, also none, `?`
   * any one character, `\*` and `\?` are these characters. Tables are not meant.
   */
  readonly pattern?: string
  /** Why, for the receipt and for `cache.invalidations()`. */
  readonly reason?: string
}

/** What an invalidation did. */
export interface InvalidationReceipt {
  /** How many marks were moved, whether or not anything depended on them. */
  readonly marks: number
  /** What they stand for, at most 100. */
  readonly tags: readonly NamedTag[]
  /** The reason that was given. */
  readonly reason: string | undefined
  /** When it was done, by this machine's clock. */
  readonly at: Date
}

const NAMES = ['tags', 'tables', 'keys', 'prefix', 'pattern', 'reason'] as const

/** See `Tidemark.invalidate`. */
export async function invalidate(
  engine: Engine,
  target: InvalidateTarget,
): Promise<InvalidationReceipt> {
  return invalidateFor(engine, target, 'hand')
}

/** @param cause where the target gives no reason */
export async function invalidateFor(
  engine: Engine,
  target: InvalidateTarget,
  origin: Invalidation['origin'],
  cause?: string,
): Promise<InvalidationReceipt> {
  const { tags, matchers, reason } = resolveTarget(target)
  // Begun at once where nothing must be found: who has told of an event is served nothing older in the next line.
  const found = matchers.length > 0 ? await findAll(engine, matchers) : []
  const all = [...new Set([...tags, ...found])]
  engine.audit.record(origin, reason ?? cause, all)
  const receipt = await moveMarks(engine, all, reason)
  // A mark that the tier has lost is not found, and another process may know it yet: nobody can say which it is.
  if (matchers.length > 0) currentCollector()?.add([EVERYTHING], true)
  return receipt
}

/** See `DirectApi.delete`. */
export async function deleteKeys(
  engine: Engine,
  keys: readonly string[],
): Promise<InvalidationReceipt> {
  const tags = [...new Set(keys.map(keyTag))]
  engine.audit.record('hand', 'delete', tags)
  return moveMarks(engine, tags)
}

/** @throws TidemarkError `INVALID_OPTION` */
function resolveTarget(target: InvalidateTarget): {
  tags: readonly Tag[]
  matchers: NameMatcher[]
  reason: string | undefined
} {
  const expected = 'an object with some of tags, tables, keys, prefix and pattern'
  checkKeys('invalidate', target, NAMES, expected)
  const { tags = [], tables = [], keys = [], prefix, pattern, reason } = target
  checkNames('invalidate.tags', tags)
  checkNames('invalidate.tables', tables)
  checkNames('invalidate.keys', keys)
  if (reason !== undefined) checkName('invalidate.reason', reason)
  const matchers: NameMatcher[] = []
  if (prefix !== undefined) {
    checkName('invalidate.prefix', prefix)
    matchers.push(prefixMatcher(prefix))
  }
  if (pattern !== undefined) {
    checkName('invalidate.pattern', pattern)
    matchers.push(patternMatcher('invalidate.pattern', pattern))
  }
  if (tags.length + tables.length + keys.length + matchers.length === 0) {
    throw new TidemarkError(
      'INVALID_OPTION',
      'invalidate: expected at least one tag, table, key, prefix or pattern, got none (clear() makes everything old)',
    )
  }
  const named = tagsOfWrite(tables.flatMap(namesOfTable), tags)
  return { tags: [...named, ...keys.map(keyTag)], matchers, reason }
}

/**
 * The tags whose names match, as far as they have a mark: without one nothing that depends on them is served.
 *
 * @throws TidemarkError `INVALIDATION_FAILED` where they may not be all
 */
async function findAll({ marks }: Engine, matchers: readonly NameMatcher[]): Promise<Tag[]> {
  const found: Tag[] = []
  for (const matcher of matchers) {
    for (const kind of [customTag, keyTag]) {
      const start = kind('').length
      try {
        const tags = await marks.find(kind(matcher.prefix))
        found.push(...tags.filter((tag) => matcher.matches(tag.slice(start))))
      } catch (cause) {
        throw failed('find the marks of all names that match', cause)
      }
    }
  }
  return found
}

/**
 * Moves marks for something that has happened already, so without locks: nobody waits for an outcome. Unlike a write, which the
 * database may have taken already, this can be reported as failed.
 */
export async function moveMarks(
  { audit, marks, random }: Engine,
  tags: readonly Tag[],
  reason?: string,
): Promise<InvalidationReceipt> {
  const hold = async (part: readonly Tag[]) => {
    const writer = random.token() as WriterId
    try {
      await marks.intent(part, writer, 'fresh')
    } catch {
      // The release moves them as well, and lets go of what is held here in any case.
    }
    return { part, writer }
  }
  // All of them before anything is awaited: from now on this process serves nothing that depends on any of them.
  const held = partsOf(tags, MOVED_AT_ONCE).map(hold)
  const failures: { readonly part: readonly Tag[]; readonly cause: unknown }[] = []
  for (const holding of held) {
    const { part, writer } = await holding
    try {
      await marks.release(part, writer)
    } catch (cause) {
      // The others are tried all the same: what the tier does not take is owed to it, and what nobody tried is not.
      failures.push({ part, cause })
    }
  }
  currentCollector()?.add(tags, failures.length === 0)
  if (failures.length > 0) {
    audit.failed(tags)
    const left = failures.flatMap(({ part }) => part)
    throw failed(`move the marks of ${shortened(left)}`, failures[0]!.cause)
  }
  const shown = tags.slice(0, MAX_IN_RECEIPT).map(namedTag)
  return { marks: tags.length, tags: shown, reason, at: new Date() }
}

/** So that none of it takes a shared tier long. */
const MOVED_AT_ONCE = 100
const MAX_SHOWN = 10
const MAX_IN_RECEIPT = 100

function shortened(tags: readonly Tag[]): string {
  const more = tags.length - MAX_SHOWN
  return tags.slice(0, MAX_SHOWN).join(', ') + (more > 0 ? ` and ${more} more` : '')
}

function failed(what: string, cause: unknown): TidemarkError {
  if (cause instanceof TidemarkError) return cause
  const reason = cause instanceof Error ? ` (${cause.message})` : ''
  return new TidemarkError(
    'INVALIDATION_FAILED',
    `expected to ${what}, but the store of marks failed${reason}; try again`,
    { cause },
  )
}
