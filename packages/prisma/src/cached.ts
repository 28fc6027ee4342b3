import { Sql, makeTypedQueryFactory, type TypedSql } from '@prisma/client/runtime/client'
import { invalidOption, type ReadHint, resolveHint, type ResolvedHint } from '@tidemark/core'

const hints = new WeakMap<object, ResolvedHint>()

/**
 * Caches a raw query: a copy of it that carries the hint. `tables` names everything that it reads, since raw
 * SQL is not searched for tables; without them it is not cached. Naming them also vouches for the functions
 * that it calls: that they change no row.
 *
 * On a raw statement that writes, `tables` names what it makes old, cascades and triggers included, instead
 * of everything. What such a text touches holds for every call with the same text, with a hint or without.
 *
 * @param query made by `Prisma.sql`, or a typed query that `prisma generate --sql` made
 * @param hint what to cache it for
 * @throws TidemarkError `INVALID_OPTION` that names what is at fault
 * @example
 * await prisma.$queryRaw(cached(Prisma.sql`SELECT … FROM films WHERE id = ${id}`, { tables: ['films'] }))
 * await prisma.$queryRawTyped(cached(topFilms(10), { tables: ['films', 'reviews'], ttl: '1m' }))
 * await prisma.$executeRaw(cached(Prisma.sql`UPDATE films SET …`, { tables: ['films'] }))
 */
export function cached(query: Sql, hint: ReadHint): Sql
export function cached<Values extends readonly unknown[], Row>(
  query: TypedSql<Values, Row>,
  hint: ReadHint,
): TypedSql<Values, Row>
export function cached(query: RawQuery, hint: ReadHint): object {
  const copy = copyOf(query)
  hints.set(copy, resolveHint(hint, 'hint'))
  return copy
}

/** The hint of a raw query as the caller gave it, if it has one. */
export function hintOfRaw(query: unknown): ResolvedHint | undefined {
  return typeof query === 'object' && query !== null ? hints.get(query) : undefined
}

function copyOf(query: RawQuery): object {
  const { sql, strings, values } = (query ?? {}) as Partial<RawQuery>
  // By what they have, as several copies of Prisma's runtime may be loaded.
  if (typeof sql === 'string' && Array.isArray(values)) {
    return Array.isArray(strings)
      ? new Sql(strings as string[], values)
      : makeTypedQueryFactory(sql)(...(values as unknown[]))
  }
  throw invalidOption('query', 'what Prisma.sql or a typed query returns', query)
}

interface RawQuery {
  readonly sql: string
  readonly strings?: unknown
  readonly values: readonly unknown[]
}
