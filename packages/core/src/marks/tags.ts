declare const brand: unique symbol

/** What a mark is kept for: a table, or a name that the user gave. */
export type Tag = string & { readonly [brand]: 'Tag' }

/**
 * The tag that every entry of a cache depends on. Moving it makes everything old at once, whatever
 * the number of entries: `clear()` does, and so does a write that could not be understood.
 */
export const EVERYTHING = '*' as Tag

/**
 * The tag of what databases know of their own tables: keys, triggers, views. A statement that defines
 * them moves it, and what was read from a catalogue is kept under it.
 */
export const SCHEMA = 'schema' as Tag

/**
 * The tag of a table: any write to the table moves it.
 *
 * `table` is the physical name, with its schema only where that is not the default one (see
 * `physicalTable`). Letter case is folded: databases differ in how they fold names, and two tables
 * that share a mark are made old together, which costs a miss and never serves an old row.
 */
export function tableTag(table: string): Tag {
  return `table:${table.toLowerCase()}` as Tag
}

/**
 * The tag for a name from a `tags` hint. It never equals a table's. Names that are not well-formed are as servers keep
 * them, so that they are found again by what they begin with.
 */
export function customTag(name: string): Tag {
  return `custom:${name.toWellFormed()}` as Tag
}

/**
 * The tag of one entry that has a name: what is stored under a `key` that a user gave depends on it, so that an
 * invalidation by that name is under the same protocol as any other. It never equals a table's or that of a `tags` hint.
 */
export function keyTag(name: string): Tag {
  return `key:${name.toWellFormed()}` as Tag
}

/**
 * One name for one table, however it was written: the default schema is left out. Where it is not known which
 * schema a name without one is in, every schema is: tables of one name then count as one, and are made old together.
 *
 * @example
 * physicalTable('person', undefined, 'public') // 'person'
 * physicalTable('person', 'public', 'public')  // 'person'
 * physicalTable('person', 'audit', 'public')   // 'audit.person'
 * physicalTable('person', 'audit', undefined)  // 'person'
 */
export function physicalTable(
  table: string,
  schema: string | undefined,
  defaultSchema: string | undefined,
): string {
  if (schema === undefined || defaultSchema === undefined) return table
  return schema.toLowerCase() === defaultSchema.toLowerCase() ? table : `${schema}.${table}`
}

/**
 * The names under which a table may be known that a person has named. `public.film` may be what adapters
 * call `film`, where `public` is the default schema: both are meant, since one too many is a miss.
 */
export function namesOfTable(name: string): readonly string[] {
  const table = name.slice(name.lastIndexOf('.') + 1)
  return table === name ? [name] : [name, table]
}

/** What a read of these tables, with these hinted names and key, depends on. */
export function tagsOfRead(
  tables: readonly string[],
  names: readonly string[] = [],
  key?: string,
): readonly Tag[] {
  return [EVERYTHING, ...tagsOfWrite(tables, names, key)]
}

/** What a write to these tables, with these hinted names and key, makes old. */
export function tagsOfWrite(
  tables: readonly string[],
  names: readonly string[] = [],
  key?: string,
): readonly Tag[] {
  const keys = key === undefined ? [] : [keyTag(key)]
  return unique([...tables.map(tableTag), ...names.map(customTag), ...keys])
}

function unique(tags: readonly Tag[]): readonly Tag[] {
  return [...new Set(tags)].sort()
}
