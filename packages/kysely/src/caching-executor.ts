import type {
  AbortableOperationOptions,
  AbortableQueryOptions,
  CompiledQuery,
  ConnectionProvider,
  DatabaseConnection,
  DialectAdapter,
  KyselyPlugin,
  QueryExecutor,
  QueryId,
  QueryResult,
  RootOperationNode,
} from 'kysely'
import { isPromise, type ResolvedHint } from '@tidemark/core'
import { answerQuery } from './answer-query.ts'
import type { Execution, ExecutorContext } from './execution.ts'
import { HintPlugin, hintOf, withHint } from './hints.ts'
import { Session } from './session.ts'
import { streamQuery } from './stream-query.ts'
import { transformResult } from './transform-result.ts'

/**
 * Stands in front of the executor of a Kysely instance, where node, SQL and parameters are known and no
 * connection is taken yet: a hit takes none.
 *
 * What is cached are the driver's own rows, below the plugins. Hit or miss, the plugins transform a
 * fresh copy, so an instance with CamelCasePlugin and one without share entries and not shapes.
 */
export class CachingExecutor implements QueryExecutor, Execution {
  readonly #inner: QueryExecutor
  readonly bare: QueryExecutor
  readonly plugins: readonly KyselyPlugin[]
  readonly context: ExecutorContext
  /** The one that was asked for last with a hint: most queries of a place in the code come with the same. */
  #hinted: CachingExecutor | undefined

  constructor(inner: QueryExecutor, context: ExecutorContext) {
    this.#inner = inner
    this.plugins = inner.plugins
    this.bare = inner.plugins.length === 0 ? inner : inner.withoutPlugins()
    this.context = context
  }

  get adapter(): DialectAdapter {
    return this.#inner.adapter
  }

  transformQuery<T extends RootOperationNode>(node: T, queryId: QueryId): T {
    return this.#inner.transformQuery(node, queryId)
  }

  compileQuery<R = unknown>(node: RootOperationNode, queryId: QueryId): CompiledQuery<R> {
    const { binding, hint } = this.context
    binding.engine.compiled()
    const query = this.#inner.compileQuery<R>(node, queryId)
    return hint ? withHint(query, hint) : query
  }

  provideConnection<T>(
    consumer: (connection: DatabaseConnection) => Promise<T>,
    options?: AbortableOperationOptions,
  ): Promise<T> {
    return this.#inner.provideConnection(consumer, options)
  }

  async executeQuery<R>(
    query: CompiledQuery<R>,
    options?: AbortableQueryOptions,
  ): Promise<QueryResult<R>> {
    // Kysely throws the signal's reason, and the driver says that it is destroyed.
    if (this.context.binding.isDestroyed || options?.signal?.aborted) {
      return this.#inner.executeQuery(query, options)
    }
    const answer = answerQuery(query, this, options)
    const result = isPromise(answer) ? await answer : answer
    return this.plugins.length === 0
      ? result
      : transformResult(this.plugins, result, query.queryId, options?.signal)
  }

  stream<R>(
    query: CompiledQuery<R>,
    chunkSize: number,
    options?: AbortableOperationOptions,
  ): AsyncIterableIterator<QueryResult<R>> {
    const send = () => this.#inner.stream<R>(query, chunkSize, options)
    return streamQuery(query, send, this.context, options)
  }

  withConnectionProvider(provider: ConnectionProvider): CachingExecutor {
    const { binding, session } = this.context
    return new CachingExecutor(this.#inner.withConnectionProvider(provider), {
      ...this.context,
      // Whatever provides it, it is not the pool that hits are known to stand for.
      session: session ?? new Session(binding, 'pinned-connection'),
    })
  }

  withPlugin(plugin: KyselyPlugin): CachingExecutor {
    return plugin instanceof HintPlugin
      ? this.#withHint(plugin.hint)
      : this.#with(this.#inner.withPlugin(plugin))
  }

  withPlugins(plugins: readonly KyselyPlugin[]): CachingExecutor {
    const others = plugins.filter((plugin) => !(plugin instanceof HintPlugin))
    const inner = others.length === 0 ? this.#inner : this.#inner.withPlugins(others)
    return this.#with(inner, hintOf(plugins, this.context.hint))
  }

  withPluginAtFront(plugin: KyselyPlugin): CachingExecutor {
    return plugin instanceof HintPlugin
      ? this.#withHint(plugin.hint)
      : this.#with(this.#inner.withPluginAtFront(plugin))
  }

  withoutPlugins(): CachingExecutor {
    return this.#with(this.bare)
  }

  #withHint(hint: ResolvedHint): CachingExecutor {
    if (this.#hinted?.context.hint !== hint) this.#hinted = this.#with(this.#inner, hint)
    return this.#hinted
  }

  #with(inner: QueryExecutor, hint = this.context.hint): CachingExecutor {
    return new CachingExecutor(inner, { ...this.context, hint })
  }
}
