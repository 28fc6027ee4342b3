import { checkKeys, checkName } from '../options/check-options.ts'
import { customTag, EVERYTHING, keyTag, namesOfTable, SCHEMA, tableTag, type Tag } from './tags.ts'
import { invalidOption } from '../options/tidemark-error.ts'

/** What a result depends on, for people. */
export interface NamedTag {
  /**
   * `'tag'`: a name from a `tags` hint. `'key'`: a name from a `key` hint. `'everything'`: what `cache.clear()` moves.
   * `'schema'`: what is known of the databases' tables. `'hidden'`: its name is not to be read in the shared tier.
   */
  readonly kind: 'table' | 'tag' | 'key' | 'everything' | 'schema' | 'hidden'
  readonly name: string
}

/** One thing that results may depend on: a name from a `tags` hint, a table, or a name from a `key` hint. */
export type TagSelector =
  string | { readonly tag: string } | { readonly table: string } | { readonly key: string }

const PREFIXES = { 'table:': 'table', 'custom:': 'tag', 'key:': 'key' } as const

/** @param tag of any origin: what is none of this cache's is a name that somebody has hidden */
export function namedTag(tag: Tag): NamedTag {
  if (tag === EVERYTHING) return { kind: 'everything', name: tag }
  if (tag === SCHEMA) return { kind: 'schema', name: tag }
  for (const [prefix, kind] of Object.entries(PREFIXES)) {
    if (tag.startsWith(prefix)) return { kind, name: tag.slice(prefix.length) }
  }
  return { kind: 'hidden', name: tag }
}

/** Whether it is one that somebody has named, unlike those that every cache has. */
export function isOfAName({ kind }: NamedTag): boolean {
  return kind !== 'everything' && kind !== 'schema'
}

/**
 * The tags that are meant: a table may have more than one name.
 *
 * @throws TidemarkError `INVALID_OPTION`
 */
export function selectedTags(name: string, selector: unknown): readonly Tag[] {
  if (typeof selector === 'string') {
    checkName(name, selector)
    return [customTag(selector)]
  }
  const expected = "a tag's name, { table }, { tag } or { key }"
  checkKeys(name, selector, ['tag', 'table', 'key'], expected)
  const given = Object.entries(selector as Record<string, unknown>)
  if (given.length !== 1) throw invalidOption(name, expected, selector)
  const [[kind, value]] = given as [[string, unknown]]
  checkName(`${name}.${kind}`, value)
  if (kind === 'table') return namesOfTable(value).map(tableTag)
  return [kind === 'key' ? keyTag(value) : customTag(value)]
}
