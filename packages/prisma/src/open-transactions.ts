import { type Engine, type TransactionScope, type WriteCall } from '@tidemark/core'
import { outcomeOf } from './write-outcome.ts'

interface OpenTransaction {
  readonly scope: TransactionScope
  /** How many `$transaction` are open in one another. All but the outermost are savepoints. */
  depth: number
}

/** The interactive transactions of one client, by Prisma's id. */
export class OpenTransactions {
  readonly #engine: Engine
  readonly #provider: string
  readonly #open = new Map<string | undefined, OpenTransaction>()

  /** @param provider of the database, as the schema names it */
  constructor(engine: Engine, provider: string) {
    this.#engine = engine
    this.#provider = provider
  }

  get areOpen(): boolean {
    return this.#open.size > 0
  }

  started(id: string): void {
    const outer = this.#open.get(id)
    if (outer) outer.depth += 1
    else {
      const scope = this.#engine.beginTransaction()
      this.#open.set(id, { scope, depth: 1 })
    }
  }

  /** Passes on a read in the transaction, at once. */
  read<T>(id: string | undefined, run: () => Promise<T>): Promise<T> {
    return this.#noticingErrors(this.#open.get(id), run())
  }

  /** Runs mutations inside the transaction, in one request. */
  async write<T>(
    id: string | undefined,
    calls: readonly WriteCall[],
    run: () => Promise<T>,
  ): Promise<T> {
    const transaction = this.#open.get(id)
    if (!transaction) return this.#writeUnknown(calls, run)
    return this.#noticingErrors(transaction, writeAll(transaction.scope, calls, run))
  }

  /** Sends a COMMIT, or what ends a nested transaction well. */
  async commit<T>(id: string | undefined, send: () => Promise<T>): Promise<T> {
    const transaction = this.#open.get(id)
    if (!transaction) return send()
    if (transaction.depth > 1) return this.#leave(transaction, send)
    try {
      return await transaction.scope.commit(send, outcomeOf)
    } finally {
      this.#open.delete(id)
    }
  }

  /** Sends a ROLLBACK, to a savepoint where the transaction is nested. */
  async rollback<T>(id: string | undefined, send: () => Promise<T>): Promise<T> {
    const transaction = this.#open.get(id)
    if (!transaction) return send()
    const { scope, depth } = transaction
    // Its driver has one connection, which all requests share: others have read and written inside of the transaction.
    if (this.#provider === 'sqlite') await this.#listEverything(scope)
    if (depth > 1) return this.#leave(transaction, send)
    this.#open.delete(id)
    // MySQL has tables without transactions, such as MyISAM's, which keep what they were given.
    if (this.#provider === 'sqlite' || this.#provider === 'mysql') {
      return scope.commit(send, outcomeOf)
    }
    try {
      return await send()
    } finally {
      await scope.end('settled')
    }
  }

  /**
   * On PostgreSQL a failed statement leaves the transaction open, and good for nothing but a rollback. On
   * MySQL a deadlock rolls it back.
   */
  #noticingErrors<T>(transaction: OpenTransaction | undefined, result: Promise<T>): Promise<T> {
    if (!transaction || this.#provider === 'postgresql') return result
    return result.catch((error: unknown) => {
      transaction.scope.mayCommitByItself()
      throw error
    })
  }

  async #listEverything(scope: TransactionScope): Promise<void> {
    const plan = this.#engine.plan(
      { adapter: 'prisma', fingerprint: '$transaction (rolled back)' },
      { kind: 'write', tables: 'unknown' },
    )
    await scope.write({ plan, outcomeOf }, () => Promise.resolve())
  }

  async #leave<T>(transaction: OpenTransaction, send: () => Promise<T>): Promise<T> {
    try {
      return await send()
    } finally {
      transaction.depth -= 1
    }
  }

  /** A transaction that began before we looked: its marks are held for as long as it may take to end. */
  async #writeUnknown<T>(calls: readonly WriteCall[], run: () => Promise<T>): Promise<T> {
    const scope = this.#engine.beginTransaction()
    let isRefused = false
    try {
      return await writeAll(scope, calls, run)
    } catch (error) {
      isRefused = isRefusal(error)
      throw error
    } finally {
      if (!isRefused) {
        await scope.beforeCommit()
        await scope.end('unknown')
      }
    }
  }
}

/** Prisma sent nothing: the transaction has ended, or ran out of time. */
function isRefusal(error: unknown): boolean {
  return (error as { code?: unknown } | null)?.code === 'P2028'
}

/** Runs mutations that commit together, at the end of `run`. */
export async function runUnder<T>(
  scope: TransactionScope,
  calls: readonly WriteCall[],
  run: () => Promise<T>,
): Promise<T> {
  let finish = (): void => {}
  const finished = new Promise<void>((resolve) => (finish = resolve))
  const writes = calls.map((call) => scope.write(call, () => finished))
  try {
    return await scope.commit(run, outcomeOf)
  } finally {
    finish()
    await Promise.all(writes)
  }
}

/** Runs one request that holds several mutations. */
async function writeAll<T>(
  scope: TransactionScope,
  calls: readonly WriteCall[],
  run: () => Promise<T>,
): Promise<T> {
  const [first, ...others] = calls
  if (!first) return run()
  return scope.write(first, () => writeAll(scope, others, run))
}
