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
  type KeyMaterial,
  type QueryPlan,
  type ReadCall,
  type ReadPlan,
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
import { orAborted } from './or-aborted.ts'
import { transformResult } from './transform-result.ts'
import { isOutage } from './outage.ts'
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
  /** The one that was asked for last with a hint: most queries of a place in the code come with the same. */
  #hinted: CachingExecutor | undefined

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
    const planned = this.#plan(query)
    const lacking = this.#loadWhatLacks(query, planned)
    const answer = lacking
      ? await this.#answerLater(query, planned, lacking, options)
      : this.#answer(query, planned, () => this.#key(query), options)
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
    const planned = this.#plan(query)
    const { plan, maySwitchTransaction } = planned
    const rows = this.#inner.stream<R>(query, chunkSize, options)
    if (plan.kind === 'read') {
      const explained = binding.engine.explained({ plan, hint, bypass: 'stream', key: noKey })
      if (explained) return rejecting(explained)
      plan.shape.bypass('stream')
      return rows
    }
    const call: WriteCall = {
      plan,
      hint,
      outcomeOf: (error) => (options?.signal?.aborted ? 'unknown' : outcomeOf(error)),
    }
    const explained = binding.engine.explained(call)
    if (explained) return rejecting(explained)
    return streamUntilSettled(rows, (wait) => {
      const run = () => this.#underOneCatalogue(planned, wait)
      return session
        ? session.write(call, run, maySwitchTransaction)
        : binding.engine.write(call, run)
    })
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
      ? this.#withHint(plugin.hint)
      : this.#with(this.#inner.withPlugin(plugin))
  }

  withPlugins(plugins: readonly KyselyPlugin[]): CachingExecutor {
    const others = plugins.filter((plugin) => !(plugin instanceof HintPlugin))
    const inner = others.length === 0 ? this.#inner : this.#inner.withPlugins(others)
    return this.#with(inner, hintOf(plugins, this.#context.hint))
  }

  withPluginAtFront(plugin: KyselyPlugin): CachingExecutor {
    return plugin instanceof HintPlugin
      ? this.#withHint(plugin.hint)
      : this.#with(this.#inner.withPluginAtFront(plugin))
  }

  withoutPlugins(): CachingExecutor {
    return this.#with(this.#bare)
  }

  #withHint(hint: ResolvedHint): CachingExecutor {
    if (this.#hinted?.context.hint !== hint) this.#hinted = this.#with(this.#inner, hint)
    return this.#hinted
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

  #chosenPlan(query: CompiledQuery, planned: PlannedQuery): QueryPlan {
    const { session } = this.#context
    const isVouchedFor = this.#hint(query)?.cached
    return (
      (session && planned.onHeldConnection) || (isVouchedFor && planned.vouched) || planned.plan
    )
  }

  /**
   * How to read the catalogue, where the query needs it and it is not known, or does not have a table of the query's. Nothing is
   * read on a held connection: it may be in a transaction.
   */
  #loadWhatLacks(query: CompiledQuery, planned: PlannedQuery): (() => Promise<void>) | undefined {
    const { binding, session } = this.#context
    const { catalogue } = binding
    if (!catalogue.isRead || session || binding.isInManualTransaction) return undefined
    const plan = this.#chosenPlan(query, planned)
    return catalogue.remedyFor(
      plan.kind === 'write' ? this.#lacksOfWrite(query, planned) : this.#lacksOfRead(query, plan),
    )
  }

  #lacksOfWrite(query: CompiledQuery, { lacks, catalogue }: PlannedQuery): PlannedQuery['lacks'] {
    const hint = this.#hint(query)
    // What raw SQL writes is known by its hint alone.
    const isNamed = hint?.cached && hint.tables !== undefined
    return isNamed && !catalogue ? 'catalogue' : lacks
  }

  #lacksOfRead(query: CompiledQuery, plan: ReadPlan): PlannedQuery['lacks'] {
    const lacks = plan.lacks(this.#hint(query))
    return lacks && !this.#bypassReason(query) ? lacks : undefined
  }

  #key(query: CompiledQuery): KeyMaterial | undefined {
    return this.#context.binding.key(query.sql, query.parameters)
  }

  async #answerLater<R>(
    query: CompiledQuery<R>,
    planned: PlannedQuery,
    lacking: () => Promise<void>,
    options: AbortableQueryOptions | undefined,
  ): Promise<QueryResult<R>> {
    const isRead = this.#chosenPlan(query, planned).kind === 'read'
    // Asked now: whoever says on whose behalf it is may say another by the time that the catalogue is there.
    const partition = isRead ? this.#key(query)?.partition : undefined
    await orAborted(lacking(), options?.signal)
    if (this.#context.binding.isDestroyed) return this.#bare.executeQuery(query, options)
    const key = () => {
      const material = this.#key(query)
      return material?.partition === partition ? material : undefined
    }
    return this.#answer(query, this.#plan(query), key, options)
  }

  #answer<R>(
    query: CompiledQuery<R>,
    planned: PlannedQuery,
    key: () => KeyMaterial | undefined,
    options: AbortableQueryOptions | undefined,
  ): Awaitable<QueryResult<R>> {
    const { binding, session } = this.#context
    const hint = this.#hint(query)
    const plan = this.#chosenPlan(query, planned)
    if (plan.kind === 'write') {
      // Before the session, to which an error of a write says something.
      const explained = binding.engine.explained({ plan, hint, outcomeOf })
      if (explained) return explained
      const write = () => this.#write(plan, planned, query, options)
      return session ? session.inOrder(write) : write()
    }
    const send = () => this.#bare.executeQuery<R>(query, options)
    const load =
      planned.point && !session
        ? async () => {
            const result = await send()
            binding.points.learn(query.sql, planned, hint, result)
            return result
          }
        : send
    const call: ReadCall = {
      plan,
      hint,
      bypass: this.#bypassReason(query),
      key,
      cancellable: options?.signal !== undefined,
      isEmpty: hasNoRows,
      // Plugins may write into what they are given.
      changesResult: this.#plugins.length > 0,
      isOutage: options?.signal ? (error) => !options.signal!.aborted && isOutage(error) : isOutage,
      origin: binding,
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

  /**
   * Runs a write, which may have waited for somebody who defined tables meanwhile: a trigger that its plan knows nothing of
   * has then been at work.
   */
  async #underOneCatalogue<T>(
    { catalogue: planned, plan }: PlannedQuery,
    run: () => Promise<T>,
  ): Promise<T> {
    const { binding, session } = this.#context
    try {
      return await run()
    } finally {
      const isNarrow = plan.kind === 'write' && plan.tables !== 'unknown' && !plan.changesSchema
      if (isNarrow && planned !== binding.catalogue.current) await binding.moveEverything(session)
    }
  }

  async #write<R>(
    plan: WritePlan,
    planned: PlannedQuery,
    query: CompiledQuery<R>,
    options: AbortableQueryOptions | undefined,
  ): Promise<QueryResult<R>> {
    const { binding, session } = this.#context
    const { control, maySwitchTransaction } = planned
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
    const send = () => this.#underOneCatalogue(planned, () => executor.executeQuery(query, options))
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
    const through =
      control || binding.isInManualTransaction ? undefined : binding.points.through(planned)
    const partition = through && this.#key(query)?.partition
    const result = await binding.engine.write({ ...call, through }, send)
    through?.store(() => binding.points.answers(planned, query.parameters, result, partition))
    if (control === 'commit' || control === 'rollback') binding.isInManualTransaction = false
    return result
  }
}

const noKey = () => undefined

/** A stream that ends with an error before its first row. */
async function* rejecting(error: Promise<never>): AsyncIterableIterator<never> {
  yield await error
}

function hasNoRows(result: unknown): boolean {
  return (result as QueryResult<unknown>).rows.length === 0
}
