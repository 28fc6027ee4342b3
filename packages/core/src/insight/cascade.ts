import type { Derivations } from '../marks/derivations.ts'
import { type NamedTag, namedTag } from '../marks/named-tag.ts'
import { tableTag, type Tag } from '../marks/tags.ts'

/** A table that a write changes although its statement does not name it. */
export interface ReachedTable {
  readonly table: string
  /** The table whose change it follows from. */
  readonly from: string
  /** Why, such as `on delete cascade` or `trigger`. */
  readonly by: string
}

/** One thing on the way by which an invalidation reached another. */
export interface CascadeStep extends NamedTag {
  /**
   * How it follows from the one before: `on delete cascade`, `on update set null`, `trigger` and the like for a table,
   * `depends` for a key. Undefined for the first one.
   */
  readonly by?: string | undefined
}

interface Step {
  readonly tag: Tag
  readonly by?: string
}

/**
 * The ways by which these tags reached others, each from one that was made old for itself: first the tables that the
 * database changes by itself, then what results with a key are made of, the nearest first.
 *
 * @param reached in an order in which each table comes after the one that it follows from
 */
export function cascadeOf(
  tags: readonly Tag[],
  reached: readonly ReachedTable[],
  derivations: Derivations,
  max: number,
): readonly (readonly CascadeStep[])[] {
  const isMoved = new Set(tags)
  const followed = new Set(reached.map(({ table }) => tableTag(table)))
  const paths = new Map<Tag, readonly Step[]>()
  for (const tag of tags) if (!followed.has(tag)) paths.set(tag, [{ tag }])
  const found: (readonly Step[])[] = []
  const follow = (from: Tag, tag: Tag, by: string): void => {
    if (paths.has(tag) || found.length === max) return
    if (!paths.has(from) && isMoved.has(from)) paths.set(from, [{ tag: from }])
    const path = paths.get(from)
    if (!path) return
    const longer = [...path, { tag, by }]
    paths.set(tag, longer)
    found.push(longer)
  }
  for (const { table, from, by } of reached) follow(tableTag(from), tableTag(table), by)
  // What is reached from nothing that was made old was made old for itself.
  for (const tag of tags) if (!paths.has(tag)) paths.set(tag, [{ tag }])
  // It goes on to what is added meanwhile.
  for (const tag of paths.keys()) {
    if (found.length === max) break
    for (const key of derivations.dependentsOf(tag)) follow(tag, key, 'depends')
  }
  return found.map((path) => path.map(({ tag, by }) => ({ ...namedTag(tag), ...(by && { by }) })))
}
