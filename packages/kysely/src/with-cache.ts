import { Kysely } from 'kysely'
import { checkCache, invalidOption, isCache, type Tidemark, TidemarkError } from '@tidemark/core'
import { Binding } from './binding.ts'
import { CachedKysely } from './cached-kysely.ts'
import { type CacheOptions, checkOptions } from './options.ts'

/**
 * Puts a cache in front of a Kysely instance. The instance that it returns is used like the other: the
 * same types, plugins and transactions, and what is made from it is cached as well. Reads are served
 * from the cache where a hint (`cached`) or a policy asks for it; every write makes old what it changed,
 * at its COMMIT and before anybody is told of it.
 *
 * To hand out one that its types keep from writing, type what it returns as Kysely says to type any other:
 * `const db: ReadonlyKysely<DB> = withCache(kysely, cache) as never`.
 *
 * Send all writes through instances that are bound to the cache: those that go past it are not seen.
 * Call `destroy` on the cached instance, so that hits stop with it.
 *
 * @param options none are needed: by default a read is cached only with a hint
 * @throws TidemarkError `INVALID_OPTION` that names the option at fault, `UNSUPPORTED_CLIENT` for what is
 *   not a Kysely instance of its own, `AMBIGUOUS_DATABASE` for a second database without a name
 * @example
 * const cache = createTidemark({ ttl: '5m' })
 * const db = withCache(new Kysely<DB>({ dialect }), cache, { tables: { country: { ttl: '1d' } } })
 */
export function withCache<DB>(
  db: Kysely<DB>,
  cache: Tidemark,
  options: CacheOptions = {},
): Kysely<DB> {
  checkInstance(db)
  checkCache(cache)
  checkOptions(options)
  const binding = new Binding(cache, db.getExecutor(), options)
  return new CachedKysely(db, { binding, hint: undefined, session: undefined })
}

function checkInstance(db: unknown): void {
  if (!(db instanceof Kysely)) {
    const expected = 'an instance of Kysely'
    const { message } = invalidOption('db', expected, db, hintFor(db))
    throw new TidemarkError('UNSUPPORTED_CLIENT', message)
  }
  if (db instanceof CachedKysely) {
    throw unsupported('an instance without a cache, got one that withCache() returned')
  }
  if (db.isTransaction) {
    throw unsupported(
      'an instance that can see the COMMIT, got a transaction; wrap the instance that it was started on',
    )
  }
}

function hintFor(db: unknown): string {
  if (isCache(db)) return '; the order is withCache(db, cache)'
  if (db instanceof Promise) return '; await it first'
  // It has the methods, and not the class: `instanceof` knows one copy of the package only.
  return typeof (db as Partial<Kysely<unknown>> | null)?.selectFrom === 'function'
    ? ' of another copy of the kysely package; see that `npm ls kysely` shows one'
    : ''
}

function unsupported(expected: string): TidemarkError {
  return new TidemarkError('UNSUPPORTED_CLIENT', `db: expected ${expected}`)
}
