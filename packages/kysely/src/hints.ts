import type {
  CompiledQuery,
  KyselyPlugin,
  PluginTransformQueryArgs,
  PluginTransformResultArgs,
  QueryResult,
  RootOperationNode,
  UnknownRow,
} from 'kysely'
import {
  invalidOption,
  type ReadHint,
  resolveHint,
  type ResolvedHint,
  UNCACHED,
} from '@tidemark/core'

/** Something that a hint can be put on: any query builder, `sql`, a Kysely instance or a transaction. */
export interface Hintable<Q> {
  withPlugin(plugin: KyselyPlugin): Q
}

/**
 * Carries a hint to the executor of a cached instance, which keeps the hint and no plugin. On any other
 * instance it is a plugin that does nothing. Nodes could not carry it: transforming plugins rebuild them.
 */
export class HintPlugin implements KyselyPlugin {
  readonly hint: ResolvedHint

  constructor(hint: ResolvedHint) {
    this.hint = hint
  }

  transformQuery({ node }: PluginTransformQueryArgs): RootOperationNode {
    return node
  }

  async transformResult({ result }: PluginTransformResultArgs): Promise<QueryResult<UnknownRow>> {
    return result
  }
}

/** The last of these plugins that is a hint: the one nearest to the query wins, and replaces the others. */
export function hintOf(
  plugins: readonly KyselyPlugin[],
  fallback: ResolvedHint | undefined,
): ResolvedHint | undefined {
  const plugin = plugins.findLast((candidate) => candidate instanceof HintPlugin)
  return plugin ? plugin.hint : fallback
}

/** Where a compiled query carries its hint: it may be executed by another executor than compiled it. */
const HINT = Symbol('tidemark.hint')

interface Hinted {
  readonly [HINT]?: ResolvedHint
}

export function withHint<R>(query: CompiledQuery<R>, hint: ResolvedHint): CompiledQuery<R> {
  const hinted: CompiledQuery<R> & Hinted = { ...query, [HINT]: hint }
  return hinted
}

export function hintOfCompiled(query: CompiledQuery): ResolvedHint | undefined {
  return (query as Hinted)[HINT]
}

const CACHED = new HintPlugin(resolveHint({}, 'cached'))
const BYPASS = new HintPlugin(UNCACHED)

/**
 * Caches a query, for `$call` or, where there is none, as a function. On a Kysely instance or a
 * transaction it holds for every query that has no hint of its own. A hint replaces the one before it as a whole. On an instance without a cache it
 * does nothing, and so it does on a subquery: only the query that is executed counts. A merge takes its
 * hint from the instance, `cached(hint)(db).mergeInto(…)`, since Kysely gives it no plugins.
 *
 * What it returns may be kept and used for many queries, which saves checking the hint each time.
 *
 * On a query that writes, `tags` are invalidated beside its tables, and so are `tables`: what a trigger
 * writes to, or a foreign key cascades to. For raw SQL that hides what it touches, `tables` names all of it.
 *
 * @param hint what to cache it for, see `ReadHint`; by default until its tables are written, at most as
 *   long as their policy or the cache's `ttl` says
 * @throws TidemarkError `INVALID_OPTION` that names the part of the hint at fault
 * @example
 * await db
 *   .selectFrom('person')
 *   .selectAll()
 *   .where('id', '=', id)
 *   .$call(cached({ ttl: '1m', tags: ['vip'] }))
 *   .executeTakeFirst()
 * @example
 * const total = sql<Total>`select sum(price) as total from orders`
 * await cached({ tables: ['orders'] })(total).execute(db)
 */
export function cached(hint?: ReadHint): <Q extends Hintable<Q>>(query: Q) => Q {
  checkNoQuery('cached', hint)
  const plugin = pluginFor(hint)
  return (query) => put(plugin, query, 'cached(hint)')
}

/** Hints that say no more than a time are few and asked for with every query. */
const pluginByTtl = new Map<unknown, HintPlugin>()
const MAX_TTLS = 1000

function pluginFor(hint: ReadHint | undefined): HintPlugin {
  if (hint === undefined) return CACHED
  if ((hint as unknown) === false) {
    throw invalidOption('cached', "an object such as { ttl: '1m' }", hint, '; call uncached()')
  }
  const known = isOnlyTtl(hint) ? pluginByTtl.get(hint.ttl) : undefined
  if (known) return known
  const plugin = new HintPlugin(resolveHint(hint, 'cached'))
  if (isOnlyTtl(hint) && pluginByTtl.size < MAX_TTLS) pluginByTtl.set(hint.ttl, plugin)
  return plugin
}

function isOnlyTtl(hint: ReadHint): boolean {
  if (typeof hint !== 'object' || hint === null) return false
  const keys = Object.keys(hint)
  return keys.length === 1 && keys[0] === 'ttl'
}

/**
 * Keeps a query from the cache, for `$call`: it asks the database, and its answer is not stored. On a
 * Kysely instance or a transaction it holds for every query that has no hint of its own.
 *
 * @example
 * await db.selectFrom('person').selectAll().$call(uncached()).execute()
 */
export function uncached(): <Q extends Hintable<Q>>(query: Q) => Q
export function uncached(...given: readonly unknown[]): <Q extends Hintable<Q>>(query: Q) => Q {
  if (given.length > 0) {
    checkNoQuery('uncached', given[0])
    throw invalidOption('uncached', 'nothing', given[0])
  }
  return (query) => put(BYPASS, query, 'uncached()')
}

/** `$call(cached)`, without the parentheses that make it a hint. */
function checkNoQuery(name: string, given: unknown): void {
  if (typeof (given as { toOperationNode?: unknown } | undefined)?.toOperationNode !== 'function') {
    return
  }
  const hint = ` (did you mean $call(${name}()) for $call(${name})?)`
  throw invalidOption(name, 'a hint, or nothing', given, hint)
}

function put<Q extends Hintable<Q>>(plugin: HintPlugin, query: Q, name: string): Q {
  if (typeof (query as Partial<Hintable<Q>> | undefined)?.withPlugin === 'function') {
    return query.withPlugin(plugin)
  }
  throw invalidOption(
    name,
    'a query builder, sql, a Kysely instance or a transaction',
    query,
    ", which takes no hint of its own (put it on the instance: cached()(db).mergeInto('person'))",
  )
}
