import {
  type ConnectionBuilder,
  type ControlledTransactionBuilder,
  type DrainOuterGeneric,
  Kysely,
  type KyselyPlugin,
  type TransactionBuilder,
} from 'kysely'
import { CachedConnectionBuilder } from './cached-connection.ts'
import { CachedControlledTransactionBuilder } from './cached-controlled-transaction.ts'
import { CachedTransactionBuilder } from './cached-transaction.ts'
import { CachingExecutor } from './caching-executor.ts'
import type { ExecutorContext } from './execution.ts'
import { HintPlugin } from './hints.ts'
import { standInProps } from './stand-in-props.ts'

/**
 * A Kysely instance whose queries go through the cache. What it cannot do itself, because Kysely keeps
 * driver and dialect private, it asks of the instance that it wraps: transactions above all, so that
 * Kysely's own code sends BEGIN and COMMIT.
 */
export class CachedKysely<DB> extends Kysely<DB> {
  readonly #inner: Kysely<DB>
  readonly #context: ExecutorContext

  constructor(inner: Kysely<DB>, context: ExecutorContext) {
    super(standInProps(inner, new CachingExecutor(inner.getExecutor(), context)))
    this.#inner = inner
    this.#context = context
  }

  override transaction(): TransactionBuilder<DB> {
    return new CachedTransactionBuilder(this.#inner, this.#context)
  }

  override startTransaction(): ControlledTransactionBuilder<DB> {
    return new CachedControlledTransactionBuilder(this.#inner, this.#context)
  }

  override connection(): ConnectionBuilder<DB> {
    return new CachedConnectionBuilder(
      this.#inner,
      this.#context,
      (inner, context) => new CachedKysely(inner, context),
    )
  }

  override withPlugin(plugin: KyselyPlugin): Kysely<DB> {
    return plugin instanceof HintPlugin
      ? new CachedKysely(this.#inner, { ...this.#context, hint: plugin.hint })
      : this.#wrap(this.#inner.withPlugin(plugin))
  }

  override withoutPlugins(): Kysely<DB> {
    return this.#wrap(this.#inner.withoutPlugins())
  }

  override withSchema(schema: string): Kysely<DB> {
    return this.#wrap(this.#inner.withSchema(schema))
  }

  override $extendTables<T extends Tables>(): Kysely<DrainOuterGeneric<DB & T>> {
    return this.#wrap(this.#inner.$extendTables<T>())
  }

  override $omitTables<T extends keyof DB>(): Kysely<DB extends object ? Omit<DB, T> : DB> {
    return this.#wrap(this.#inner.$omitTables<T>())
  }

  override $pickTables<T extends keyof DB>(): Kysely<DB extends object ? Pick<DB, T> : DB> {
    return this.#wrap(this.#inner.$pickTables<T>())
  }

  override withTables<T extends Tables>(): Kysely<DrainOuterGeneric<DB & T>> {
    return this.$extendTables<T>()
  }

  /** Hits stop as well: whatever is asked afterwards is up to the driver. */
  override async destroy(): Promise<void> {
    this.#context.binding.isDestroyed = true
    await this.#inner.destroy()
  }

  #wrap<T>(inner: Kysely<T>): Kysely<T> {
    return new CachedKysely(inner, this.#context)
  }
}

// oxlint-disable-next-line typescript/no-explicit-any -- as Kysely declares it
type Tables = Record<string, Record<string, any>>
