import {
  checkKeys,
  checkName,
  checkNames,
  checkPartition,
  type Partition,
  POLICY_OPTION_NAMES,
  type PolicyOptions,
} from '@tidemark/core'

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
}

const NAMES = [
  ...POLICY_OPTION_NAMES,
  'database',
  'defaultSchema',
  'partition',
  'stableFunctions',
  'volatileFunctions',
]

/** @throws TidemarkError `INVALID_OPTION` that names the option, what was expected and what came */
export function checkOptions(options: CacheOptions): void {
  checkKeys('withCache', options, NAMES)
  const { database, defaultSchema, partition, stableFunctions, volatileFunctions } = options
  if (database !== undefined) checkName('database', database)
  if (defaultSchema !== undefined) checkName('defaultSchema', defaultSchema)
  if (partition !== undefined) checkPartition(partition)
  if (stableFunctions !== undefined) checkNames('stableFunctions', stableFunctions)
  if (volatileFunctions !== undefined) checkNames('volatileFunctions', volatileFunctions)
}
