import {
  type AccessMode,
  type IsolationLevel,
  type Kysely,
  Transaction,
  TransactionBuilder,
} from 'kysely'
import type { WriteOutcome } from '@tidemark/core'
import { CachingExecutor } from './caching-executor.ts'
import type { ExecutorContext } from './execution.ts'
import { Session } from './session.ts'
import { standInProps } from './stand-in-props.ts'
import { outcomeOf } from './write-outcome.ts'

/** `db.transaction()`: its writes are made old at its COMMIT, which Kysely's own builder sends. */
export class CachedTransactionBuilder<DB> extends TransactionBuilder<DB> {
  readonly #inner: Kysely<DB>
  readonly #builder: TransactionBuilder<DB>
  readonly #context: ExecutorContext

  constructor(inner: Kysely<DB>, context: ExecutorContext, builder = inner.transaction()) {
    super(standInProps(inner, inner.getExecutor()))
    this.#inner = inner
    this.#builder = builder
    this.#context = context
  }

  override setAccessMode(accessMode: AccessMode): TransactionBuilder<DB> {
    return this.#with(this.#builder.setAccessMode(accessMode))
  }

  override setIsolationLevel(isolationLevel: IsolationLevel): TransactionBuilder<DB> {
    return this.#with(this.#builder.setIsolationLevel(isolationLevel))
  }

  override async execute<T>(callback: (trx: Transaction<DB>) => Promise<T>): Promise<T> {
    const { binding, session: outer } = this.#context
    const session = new Session(binding, 'in-transaction', outer)
    let outcome: WriteOutcome | undefined
    // Inside it would be too late.
    if (!outer) await binding.catalogue.load()
    try {
      return await this.#builder.execute(async (inner) => {
        const executor = new CachingExecutor(inner.getExecutor(), { ...this.#context, session })
        const result = await callback(new Transaction(standInProps(inner, executor)))
        // When this returns, Kysely sends the COMMIT.
        await session.beforeCommit(binding.everything)
        outcome = 'settled'
        return result
      })
    } catch (error) {
      // Only a COMMIT that was on its way can have an unknown outcome.
      outcome &&= outcomeOf(error)
      throw error
    } finally {
      await (outcome ? session.afterCommit(outcome, false) : session.afterRollback())
    }
  }

  #with(builder: TransactionBuilder<DB>): TransactionBuilder<DB> {
    return new CachedTransactionBuilder(this.#inner, this.#context, builder)
  }
}
