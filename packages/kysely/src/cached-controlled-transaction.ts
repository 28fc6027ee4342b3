import {
  type AccessMode,
  Command,
  ControlledTransaction,
  ControlledTransactionBuilder,
  type DrainOuterGeneric,
  type IsolationLevel,
  type Kysely,
  type KyselyPlugin,
} from 'kysely'
import type { WriteOutcome } from '@tidemark/core'
import { CachingExecutor } from './caching-executor.ts'
import type { ExecutorContext } from './execution.ts'
import { HintPlugin } from './hints.ts'
import { Session } from './session.ts'
import { standInProps } from './stand-in-props.ts'
import { outcomeOf } from './write-outcome.ts'

/** `db.startTransaction()`. */
export class CachedControlledTransactionBuilder<DB> extends ControlledTransactionBuilder<DB> {
  readonly #inner: Kysely<DB>
  readonly #builder: ControlledTransactionBuilder<DB>
  readonly #context: ExecutorContext

  constructor(inner: Kysely<DB>, context: ExecutorContext, builder = inner.startTransaction()) {
    super(standInProps(inner, inner.getExecutor()))
    this.#inner = inner
    this.#builder = builder
    this.#context = context
  }

  override setAccessMode(accessMode: AccessMode): ControlledTransactionBuilder<DB> {
    return this.#with(this.#builder.setAccessMode(accessMode))
  }

  override setIsolationLevel(isolationLevel: IsolationLevel): ControlledTransactionBuilder<DB> {
    return this.#with(this.#builder.setIsolationLevel(isolationLevel))
  }

  override async execute(): Promise<ControlledTransaction<DB>> {
    const { binding, session: outer } = this.#context
    // Inside it would be too late.
    if (!outer) await binding.catalogue.load()
    const inner = await this.#builder.execute()
    const session = new Session(binding, 'in-transaction', outer)
    return new CachedControlledTransaction(inner, { ...this.#context, session })
  }

  #with(builder: ControlledTransactionBuilder<DB>): ControlledTransactionBuilder<DB> {
    return new CachedControlledTransactionBuilder(this.#inner, this.#context, builder)
  }
}

/** The context of an executor in a transaction. */
interface TransactionContext extends ExecutorContext {
  readonly session: Session
}

/**
 * The transaction that `startTransaction()` opens. Commands go to Kysely's own, which sends them and
 * knows what state the transaction is in.
 */
class CachedControlledTransaction<DB, S extends string[] = []> extends ControlledTransaction<
  DB,
  S
> {
  readonly #inner: ControlledTransaction<DB, S>
  readonly #context: TransactionContext

  constructor(inner: ControlledTransaction<DB, S>, context: TransactionContext) {
    super({
      ...standInProps(inner, new CachingExecutor(inner.getExecutor(), context)),
      // Kysely's own transaction holds the connection, and knows the state of both.
      transactionState: { status: 'active' },
    } as never)
    this.#inner = inner
    this.#context = context
  }

  override get isCommitted(): boolean {
    return this.#inner.isCommitted
  }

  override get isRolledBack(): boolean {
    return this.#inner.isRolledBack
  }

  override commit(): Command<void> {
    return new Command(() => this.#commit())
  }

  override rollback(): Command<void> {
    return new Command(async () => {
      try {
        await this.#inner.rollback().execute()
      } finally {
        await this.#context.session.afterRollback()
      }
    })
  }

  override savepoint<SN extends string>(
    name: SN extends S ? never : SN,
  ): Command<ControlledTransaction<DB, [...S, SN]>> {
    return this.#command(this.#inner.savepoint<SN>(name))
  }

  // The types that these return are Kysely's own secret. `never` fits them, and nobody sees this class.
  override rollbackToSavepoint(name: S[number]): never {
    return this.#command(this.#inner.rollbackToSavepoint(name) as never) as never
  }

  override releaseSavepoint(name: S[number]): never {
    return this.#command(this.#inner.releaseSavepoint(name) as never) as never
  }

  override withPlugin(plugin: KyselyPlugin): ControlledTransaction<DB, S> {
    return plugin instanceof HintPlugin
      ? new CachedControlledTransaction(this.#inner, { ...this.#context, hint: plugin.hint })
      : this.#wrap(this.#inner.withPlugin(plugin))
  }

  override withoutPlugins(): ControlledTransaction<DB, S> {
    return this.#wrap(this.#inner.withoutPlugins())
  }

  override withSchema(schema: string): ControlledTransaction<DB, S> {
    return this.#wrap(this.#inner.withSchema(schema))
  }

  override $extendTables<T extends Tables>(): ControlledTransaction<DrainOuterGeneric<DB & T>, S> {
    return this.#wrap(this.#inner.$extendTables<T>())
  }

  override $omitTables<T extends keyof DB>(): ControlledTransaction<
    DB extends object ? Omit<DB, T> : DB,
    S
  > {
    return this.#wrap(this.#inner.$omitTables<T>())
  }

  override $pickTables<T extends keyof DB>(): ControlledTransaction<
    DB extends object ? Pick<DB, T> : DB,
    S
  > {
    return this.#wrap(this.#inner.$pickTables<T>())
  }

  override withTables<T extends Tables>(): ControlledTransaction<DrainOuterGeneric<DB & T>, S> {
    return this.$extendTables<T>()
  }

  async #commit(): Promise<void> {
    const { binding, session } = this.#context
    // Kysely refuses, and nothing is sent.
    if (this.#inner.isCommitted || this.#inner.isRolledBack) return this.#inner.commit().execute()
    await session.beforeCommit(binding.everything)
    let outcome: WriteOutcome = 'settled'
    try {
      await this.#inner.commit().execute()
    } catch (error) {
      outcome = outcomeOf(error)
      throw error
    } finally {
      await session.afterCommit(outcome, !this.#inner.isCommitted)
    }
  }

  #command<T, U extends string[]>(
    command: Command<ControlledTransaction<T, U>>,
  ): Command<ControlledTransaction<T, U>> {
    return new Command(async () => this.#wrap(await command.execute()))
  }

  #wrap<T, U extends string[]>(inner: ControlledTransaction<T, U>): ControlledTransaction<T, U> {
    return new CachedControlledTransaction(inner, this.#context)
  }
}

// oxlint-disable-next-line typescript/no-explicit-any -- as Kysely declares it
type Tables = Record<string, Record<string, any>>
