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
import {
  type Awaitable,
  type BypassReason,
  isPromise,
  type ReadCall,
  type ResolvedHint,
  type WriteCall,
  type WritePlan,
} from '@tidemark/core'
import { hasTimeWord } from '@tidemark/sql'
import type { Binding } from './binding.ts'
import { HintPlugin, hintOf, hintOfCompiled, withHint } from './hints.ts'
import type { PlannedQuery } from './query-planner.ts'
import { Session } from './session.ts'
import { streamUntilSettled } from './streamed-write.ts'
import { transformResult } from './transform-result.ts'
import { outcomeOf } from './write-outcome.ts'

/** What an executor knows beyond the instance's own. */
export interface ExecutorContext {
  readonly binding: Binding
  readonly hint: ResolvedHint | undefined
  /** Set where all queries go to one held connection. */
  readonly session: Session | undefined
}

/**
 * Stands in front of the executor of a Kysely instance, where node, SQL and parameters are known and no
 * connection is taken yet: a hit takes none.
 *
 * What is cached are the driver's own rows, below the plugins. Hit or miss, the plugins transform a
 * fresh copy, so an instance with CamelCasePlugin and one without share entries and not shapes.
 */
export class CachingExecutor implements QueryExecutor {
  readonly #inner: QueryExecutor
  readonly #bare: QueryExecutor
  readonly #plugins: readonly KyselyPlugin[]
  readonly #context: ExecutorContext

  constructor(inner: QueryExecutor, context: ExecutorContext) {
    this.#inner = inner
    this.#plugins = inner.plugins
    this.#bare = inner.plugins.length === 0 ? inner : inner.withoutPlugins()
    this.#context = context
  }

  get context(): ExecutorContext {
    return this.#context
  }

  get adapter(): DialectAdapter {
    return this.#inner.adapter
  }

  get plugins(): readonly KyselyPlugin[] {
    return this.#plugins
  }

  transformQuery<T extends RootOperationNode>(node: T, queryId: QueryId): T {
    return this.#inner.transformQuery(node, queryId)
  }

  compileQuery<R = unknown>(node: RootOperationNode, queryId: QueryId): CompiledQuery<R> {
    const { hint } = this.#context
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
    if (this.#context.binding.isDestroyed || options?.signal?.aborted) {
      return this.#inner.executeQuery(query, options)
    }
    const answer = this.#answer(query, options)
    const result = isPromise(answer) ? await answer : answer
    return this.#plugins.length === 0
      ? result
      : transformResult(this.#plugins, result, query.queryId, options?.signal)
  }

  stream<R>(
    query: CompiledQuery<R>,
    chunkSize: number,
    options?: AbortableOperationOptions,
  ): AsyncIterableIterator<QueryResult<R>> {
    const { binding, session } = this.#context
    const hint = this.#hint(query)
    const { plan, maySwitchTransaction } = this.#plan(query)
    const rows = this.#inner.stream<R>(query, chunkSize, options)
    if (plan.kind === 'read') {
      plan.shape.bypass('stream')
      return rows
    }
    const call: WriteCall = {
      plan,
      hint,
      outcomeOf: (error) => (options?.signal?.aborted ? 'unknown' : outcomeOf(error)),
    }
    return streamUntilSettled(rows, (run) =>
      session ? session.write(call, run, maySwitchTransaction) : binding.engine.write(call, run),
    )
  }

  withConnectionProvider(provider: ConnectionProvider): CachingExecutor {
    const { binding, session } = this.#context
    return new CachingExecutor(this.#inner.withConnectionProvider(provider), {
      ...this.#context,
      // Whatever provides it, it is not the pool that hits are known to stand for.
      session: session ?? new Session(binding, 'pinned-connection'),
    })
  }

  withPlugin(plugin: KyselyPlugin): CachingExecutor {
    return plugin instanceof HintPlugin
      ? this.#with(this.#inner, plugin.hint)
      : this.#with(this.#inner.withPlugin(plugin))
  }

  withPlugins(plugins: readonly KyselyPlugin[]): CachingExecutor {
    const others = plugins.filter((plugin) => !(plugin instanceof HintPlugin))
    const inner = others.length === 0 ? this.#inner : this.#inner.withPlugins(others)
    return this.#with(inner, hintOf(plugins, this.#context.hint))
  }

  withPluginAtFront(plugin: KyselyPlugin): CachingExecutor {
    return plugin instanceof HintPlugin
      ? this.#with(this.#inner, plugin.hint)
      : this.#with(this.#inner.withPluginAtFront(plugin))
  }

  withoutPlugins(): CachingExecutor {
    return this.#with(this.#bare)
  }

  #with(inner: QueryExecutor, hint = this.#context.hint): CachingExecutor {
    return new CachingExecutor(inner, { ...this.#context, hint })
  }

  /** The query's own, from wherever it was compiled, before that of the instance that executes it. */
  #hint(query: CompiledQuery): ResolvedHint | undefined {
    return hintOfCompiled(query) ?? this.#context.hint
  }

  #plan(query: CompiledQuery): PlannedQuery {
    return this.#context.binding.planner.plan(query)
  }

  #answer<R>(
    query: CompiledQuery<R>,
    options: AbortableQueryOptions | undefined,
  ): Awaitable<QueryResult<R>> {
    const { binding, session } = this.#context
    const hint = this.#hint(query)
    const planned = this.#plan(query)
    const plan =
      (session && planned.onHeldConnection) || (hint?.cached && planned.vouched) || planned.plan
    if (plan.kind === 'write') {
      const write = () => this.#write(plan, planned, query, options)
      return session ? session.inOrder(write) : write()
    }
    const load = () => this.#bare.executeQuery<R>(query, options)
    const call: ReadCall = {
      plan,
      hint,
      bypass: this.#bypassReason(query),
      key: () => binding.key(query.sql, query.parameters),
      cancellable: options?.signal !== undefined,
    }
    if (session) return binding.engine.read(call, async () => session.inOrder(load))
    const { hitLog, engine } = binding
    return hitLog
      ? hitLog.around(query, load, (logged) => engine.read(call, logged))
      : engine.read(call, load)
  }

  #bypassReason({ parameters }: CompiledQuery): BypassReason | undefined {
    const { binding, session } = this.#context
    if (session) return session.bypassReason
    if (binding.isInManualTransaction) return 'in-transaction'
    return hasTimeWord(parameters) ? 'volatile-function' : undefined
  }

  async #write<R>(
    plan: WritePlan,
    { control, maySwitchTransaction }: PlannedQuery,
    query: CompiledQuery<R>,
    options: AbortableQueryOptions | undefined,
  ): Promise<QueryResult<R>> {
    const { binding, session } = this.#context
    const hint = this.#hint(query)
    let isSent = false
    // A write that never got a connection (the pool timed out, was destroyed) did nothing.
    const executor = this.#bare.withConnectionProvider({
      provideConnection: (consumer, connectionOptions) =>
        this.#bare.provideConnection((connection) => {
          isSent = true
          return consumer(connection)
        }, connectionOptions),
    })
    const send = () => executor.executeQuery(query, options)
    const call: WriteCall = {
      plan,
      hint,
      outcomeOf: (error) => {
        if (!isSent) return 'settled'
        // Kysely stops waiting for an aborted write; the database may go on with it.
        return options?.signal?.aborted ? 'unknown' : outcomeOf(error)
      },
    }
    if (session) {
      return control
        ? session.control(control, call, send)
        : session.write(call, send, maySwitchTransaction)
    }
    if (control === 'begin') binding.isInManualTransaction = true
    const result = await binding.engine.write(call, send)
    if (control === 'commit' || control === 'rollback') binding.isInManualTransaction = false
    return result
  }
}
