import { checkKeys, checkName, checkNames, checkRecord } from '../options/check-options.ts'
import { checkConsistency, type Consistency } from './consistency.ts'
import { CACHING_OPTION_NAMES, type CachingOptions, parseCachingOptions } from './policy-options.ts'
import {
  areSamePolicies,
  type GivenPolicy,
  type ReadPolicy,
  refine,
  strictest,
} from './read-policy.ts'
import { physicalTable } from '../marks/tags.ts'
import { PresentedTickets, type Ticket } from '../marks/tickets.ts'
import { invalidOption } from '../options/tidemark-error.ts'

/** What a caller asks for one query. What it does not say, the policies of its tables do, then the cache's own options. */
export interface ReadHint extends CachingOptions {
  /** Names to invalidate it by, beside its tables: `cache.invalidate({ tags: ['vip'] })`. */
  readonly tags?: readonly string[]
  /**
   * Tables that the query touches beside those that were found in it: the base tables of a view, what a
   * trigger writes to. Where part of a query could not be understood (raw SQL) they are all that this part
   * touches, so name each of them; without them such a read is not cached, and such a write makes everything old.
   */
  readonly tables?: readonly string[]
  /**
   * On a write: what it does for readers in other processes. On a read, `'strict'`: it is not served from this process's
   * memory unless the shared tier has just said that it is current. Default: the cache's `consistency`.
   */
  readonly consistency?: Consistency
  /** Whether this read uses the cache as usual, or how else. Default: `'default'`. */
  readonly mode?: ReadMode
  /**
   * A name for the result, to invalidate it by. It is part of its key *beside* the query and its parameters: two queries
   * that have the same name never share a result. On a write: what is named so is made old.
   */
  readonly key?: string
  /**
   * Tickets of `cache.withTicket()`, also those of another process: what the read is served is no older than the writes that
   * they are for. It then asks the shared tier even where this process's memory has an answer, if it depends on what was
   * written. Of no use on a write.
   */
  readonly freshAfter?: Ticket | readonly Ticket[]
}

/**
 * How a read uses the cache.
 *
 * - `'default'`: what is stored is served, and what is loaded is stored.
 * - `'refresh'`: the database is asked whatever is stored, and its answer is stored.
 * - `'only-if-cached'`: what is not stored is not loaded; the read rejects with a TidemarkError `NOT_CACHED`.
 * - `'bypass'`: the database is asked, and its answer is not stored.
 */
export type ReadMode = 'default' | 'refresh' | 'only-if-cached' | 'bypass'

const MODES: readonly unknown[] = ['default', 'refresh', 'only-if-cached', 'bypass']

/**
 * What holds for every read of a table that has no hint of its own. What it does not say, the cache's own options do. Where a
 * query reads several tables, the most demanding of them decides, part by part: the shortest time, the earliest refresh,
 * a copy; and `coalesce: 'shared'` if one of them says it.
 */
export interface TablePolicy extends CachingOptions {}

/** The part of an adapter's options that says what is cached without a hint. */
export interface PolicyOptions {
  /** Cache every read that can be cached. Default: `false`, a read needs a hint or a table policy. */
  readonly cacheByDefault?: boolean
  /**
   * Policies by physical table name (with its schema where that is not the default one). A read is
   * cached when each of its tables has one, for the shortest of their times. `false`: a read of this
   * table is cached only with a hint of its own.
   */
  readonly tables?: Readonly<Record<string, TablePolicy | false>>
}

export const POLICY_OPTION_NAMES = ['cacheByDefault', 'tables'] as const

/** What the tables of a query say, before any hint. */
export type TablesDecision =
  | { readonly cached: true; readonly policy: ReadPolicy }
  | { readonly cached: false; readonly reason: 'no-policy' | 'policy-off' }

/** The policies of one adapter, resolved once. */
export class Policies {
  readonly #cacheByDefault: boolean
  /** What holds where neither a hint nor a table says. */
  readonly defaults: ReadPolicy
  readonly #byTable: ReadonlyMap<string, ReadPolicy | false>
  readonly #givenByTable = new Map<string, GivenPolicy>()

  /**
   * @param defaultSchema left out of table names, see `physicalTable`
   * @throws TidemarkError `INVALID_OPTION` that names the option at fault
   */
  constructor(
    { cacheByDefault = false, tables = {} }: PolicyOptions,
    defaults: ReadPolicy,
    defaultSchema?: string,
  ) {
    if (typeof cacheByDefault !== 'boolean') {
      throw invalidOption('cacheByDefault', 'true or false', cacheByDefault)
    }
    checkRecord('tables', tables)
    this.#cacheByDefault = cacheByDefault
    this.defaults = defaults
    const byTable = new Map<string, ReadPolicy | false>()
    for (const [table, policy] of Object.entries(tables)) {
      checkName('tables', table)
      const name = physicalName(table, defaultSchema).toLowerCase()
      const given = policy !== false && parseTablePolicy(`tables.${table}`, policy)
      const parsed = given && refine(defaults, given)
      if (!areSamePolicies(byTable.get(name) ?? parsed, parsed)) {
        throw invalidOption('tables', `one policy for ${name}, however it is written`, tables)
      }
      byTable.set(name, parsed)
      if (given) this.#givenByTable.set(name, given)
    }
    this.#byTable = byTable
  }

  /**
   * What holds for a read of these tables: policy of all, or the default, or none.
   *
   * @param behind what those tables stand for, such as the tables behind a view: `false` counts for them too
   */
  ofTables(tables: readonly string[], behind: readonly string[] = []): TablesDecision {
    const policyOf = (table: string) => this.#byTable.get(table.toLowerCase())
    const policies = tables.map(policyOf)
    if (policies.includes(false) || behind.map(policyOf).includes(false)) {
      return { cached: false, reason: 'policy-off' }
    }
    const given = policies.filter((policy) => typeof policy === 'object')
    const covered = tables.length > 0 && given.length === tables.length
    if (!covered && !this.#cacheByDefault) return { cached: false, reason: 'no-policy' }
    const policy = strictest(covered ? given : [...given, this.defaults])
    return { cached: true, policy }
  }

  /** Whether any read may be answered by what a write leaves behind, without a hint of its own. */
  get mayWriteThrough(): boolean {
    return [this.defaults, ...this.#byTable.values()].some(
      (policy) => policy && policy.writeThrough,
    )
  }

  /** What the policy of this table says itself, if it has one. */
  givenOf(table: string): GivenPolicy | undefined {
    return this.#givenByTable.get(table.toLowerCase())
  }
}

function physicalName(name: string, defaultSchema: string | undefined): string {
  const dot = name.lastIndexOf('.')
  if (dot < 0) return name
  return physicalTable(name.slice(dot + 1), name.slice(0, dot), defaultSchema)
}

function parseTablePolicy(name: string, policy: TablePolicy): GivenPolicy {
  checkKeys(name, policy, CACHING_OPTION_NAMES, 'an object with an optional ttl, or false')
  return parseCachingOptions(`${name}.`, policy)
}

/** A hint, checked and resolved once, so that a query that is run often pays for it once. */
export type ResolvedHint = CachedHint | UncachedHint

export interface CachedHint {
  readonly cached: true
  /** Undefined where it says nothing of it, as most hints that are given for their tags or tables. */
  readonly policy: GivenPolicy | undefined
  readonly tags: readonly string[]
  readonly tables: readonly string[] | undefined
  readonly consistency: Consistency | undefined
  readonly mode: ReadMode
  readonly key: string | undefined
  readonly freshAfter: PresentedTickets | undefined
}

export interface UncachedHint {
  readonly cached: false
}

/** The hint that keeps a query from the cache. */
export const UNCACHED: UncachedHint = { cached: false }

function checkTables(name: string, tables: unknown): void {
  checkNames(name, tables)
  if (tables.length === 0) throw invalidOption(name, 'at least one table', tables)
}

/**
 * @param expected what the message says of a hint that is no object
 * @throws TidemarkError `INVALID_OPTION` that names the part of the hint at fault
 */
export function resolveHint(
  hint: ReadHint,
  name = 'cache',
  expected = "an object such as { ttl: '1m' }",
): CachedHint {
  checkKeys(name, hint, HINT_NAMES, expected)
  const { tags = [], tables, consistency, mode = 'default', key, freshAfter } = hint
  checkNames(`${name}.tags`, tags)
  if (tables !== undefined) checkTables(`${name}.tables`, tables)
  if (consistency !== undefined) checkConsistency(`${name}.consistency`, consistency)
  if (!MODES.includes(mode)) throw invalidOption(`${name}.mode`, `one of ${MODES.join(', ')}`, mode)
  if (key !== undefined) checkName(`${name}.key`, key)
  const policy = parseCachingOptions(`${name}.`, hint)
  return {
    cached: true,
    policy: Object.keys(policy).length > 0 ? policy : undefined,
    tags: [...tags],
    tables: tables && [...tables],
    consistency,
    mode,
    key,
    freshAfter:
      freshAfter === undefined ? undefined : new PresentedTickets(`${name}.freshAfter`, freshAfter),
  }
}

const HINT_NAMES = [
  ...CACHING_OPTION_NAMES,
  ...['tags', 'tables', 'consistency', 'mode', 'key', 'freshAfter'],
]
