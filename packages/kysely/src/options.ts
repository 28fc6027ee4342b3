import {
  checkCatalogueOptions,
  checkKeys,
  checkName,
  checkNames,
  checkPartition,
  invalidOption,
  type Partition,
  POLICY_OPTION_NAMES,
  type PolicyOptions,
} from '@tidemark/core'
import type { SqlParser } from '@tidemark/sql'
import { checkHitLog, type HitLogConfig } from './hit-log.ts'

/** How `withCache` caches the queries of one Kysely instance. */
export interface CacheOptions extends PolicyOptions {
  /**
   * Tells the keys of this database from those of another that shares the cache. Needed for the second
   * database of one cache; two instances of one database carry the same name.
   */
  readonly database?: string
  /**
   * The schema that an unqualified table is in, so that `person` and `public.person` are one table.
   * Default: `'public'` on Postgres, `'dbo'` on SQL Server. Elsewhere, as long as it is not given, tables of
   * one name in several schemas (on MySQL: databases; on SQLite: attached ones) count as one table.
   */
  readonly defaultSchema?: string
  /**
   * Whose view of the data a query sees, where that is not in the query: a tenant under row-level
   * security, a role, a search path. Reads of one partition are never answered with those of another. A
   * function is asked for each read that may be cached; where it answers `undefined`, the read is not
   * cached, and what it throws, the query throws. Default: one view for all.
   */
  readonly partition?: Partition
  /**
   * Functions of your own that write to no table and read none that the query does not name, and whose
   * answer depends on nothing else. A query that calls a function that is neither listed here nor built
   * in counts as a write that may have changed everything, unless its hint names its `tables`. Written
   * with their schema where the query does so.
   */
  readonly stableFunctions?: readonly string[]
  /**
   * Functions of your own that write to no table but answer differently each time: what calls them is
   * never cached. They add to the built-in ones, such as `now` and `random`.
   */
  readonly volatileFunctions?: readonly string[]
  /**
   * Reads the text of raw SQL, so that tables which it names are known: on Postgres
   * `await postgresParser()` of `@tidemark/kysely/libpg-query`. Default: none. Raw SQL is then understood
   * where it names its tables by `sql.table`, and is otherwise not cached, or makes everything old.
   */
  readonly parser?: SqlParser
  /**
   * Whether the catalogue of the database is read, for what a query does not show: foreign keys with ON DELETE and ON
   * UPDATE, triggers, rules, the tables behind views, partitions. It is read outside of transactions, when a read is to be
   * cached or a table is written, and again after statements that define tables. `false`: only what `sideEffects` and hints
   * say is known. Default: `true` on PostgreSQL, MySQL, MariaDB and SQLite; elsewhere there is none to read.
   */
  readonly catalogue?: boolean
  /**
   * By table: the tables that a write to it changes beside those that its query names, such as what its triggers write.
   * With a catalogue it stands in place of what the text of its triggers and rules says, which makes everything old where it
   * could not be understood; foreign keys still count. A table that is named here, if only with an empty list, is known
   * even where the catalogue does not have it, as a temporary one. Tables are named physically, with their schema where
   * that is not the default one.
   *
   * @example
   * withCache(db, cache, { sideEffects: { orders: ['audit_log'] } })
   */
  readonly sideEffects?: Readonly<Record<string, readonly string[]>>
  /**
   * Where hits are logged. Kysely logs what it sends to a connection, so a hit is in no log of its own; give
   * the `log` of the instance here as well to have both in one. A function is called with Kysely's event for
   * a query and `isHit: true` in it, after the read and before its caller goes on; `['query']` prints to the
   * console, with the prefix `kysely:query:hit:`. Default: hits are not logged.
   *
   * @example
   * const log = (event: LogEvent) => console.log('isHit' in event ? 'hit' : event.level, event.query.sql)
   * const db = withCache(new Kysely<DB>({ dialect, log }), cache, { logHits: log })
   */
  readonly logHits?: HitLogConfig
}

const NAMES = [
  ...POLICY_OPTION_NAMES,
  'database',
  'defaultSchema',
  'partition',
  'stableFunctions',
  'volatileFunctions',
  'parser',
  'catalogue',
  'sideEffects',
  'logHits',
]

/** @throws TidemarkError `INVALID_OPTION` that names the option, what was expected and what came */
export function checkOptions(options: CacheOptions): void {
  checkKeys('withCache', options, NAMES)
  const { database, defaultSchema, partition, logHits, parser } = options
  const { stableFunctions, volatileFunctions, catalogue, sideEffects } = options
  if (database !== undefined) checkName('database', database)
  if (defaultSchema !== undefined) checkName('defaultSchema', defaultSchema)
  if (partition !== undefined) checkPartition(partition)
  if (parser !== undefined && typeof (parser as SqlParser | null)?.parse !== 'function') {
    throw invalidOption('parser', 'a parser, such as await postgresParser()', parser)
  }
  checkCatalogueOptions({ catalogue, sideEffects })
  if (logHits !== undefined) checkHitLog('logHits', logHits)
  const stable = functionNames('stableFunctions', stableFunctions)
  const volatile = functionNames('volatileFunctions', volatileFunctions)
  const both = stable.find((name) => volatile.includes(name))
  if (both !== undefined) {
    throw invalidOption('stableFunctions', 'none that volatileFunctions has too', both)
  }
}

/** In lower case, as they are compared. */
function functionNames(option: string, names: unknown): readonly string[] {
  if (names === undefined) return []
  checkNames(option, names)
  for (const [index, name] of names.entries()) {
    if (!name.includes('(')) continue
    const hint = ` (did you mean '${name.slice(0, name.indexOf('('))}'?)`
    throw invalidOption(`${option}[${index}]`, 'the name of a function alone', name, hint)
  }
  return names.map((name) => name.toLowerCase())
}
