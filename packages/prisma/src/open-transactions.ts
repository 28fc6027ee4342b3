import type { Engine, TransactionScope, WriteCall } from '@tidemark/core'
import { outcomeOf } from './write-outcome.ts'

interface OpenTransaction {
  readonly scope: TransactionScope
  /** How many `$transaction` are open in one another. All but the outermost are savepoints. */
  depth: number
  /** Set once the COMMIT is on its way; settles with it and never rejects. */
  committing: Promise<void> | undefined
}

/** The interactive transactions of one client, by Prisma's id. */
export class OpenTransactions {
  readonly #engine: Engine
  readonly #open = new Map<string | undefined, OpenTransaction>()

  constructor(engine: Engine) {
    this.#engine = engine
  }

  started(id: string): void {
    const outer = this.#open.get(id)
    if (outer) outer.depth += 1
    else {
      const scope = this.#engine.beginTransaction()
      this.#open.set(id, { scope, depth: 1, committing: undefined })
    }
  }

  /** Runs mutations inside the transaction, in one request. */
  async write<T>(
    id: string | undefined,
    calls: readonly WriteCall[],
    run: () => Promise<T>,
  ): Promise<T> {
    const transaction = this.#open.get(id)
    if (!transaction) return this.#writeUnknown(calls, run)
    const { scope, committing } = transaction
    if (!committing) return writeAll(scope, calls, run)
    // Nobody awaited this write before the COMMIT was sent, and it may have come in time all the same.
    return runUnder(this.#engine.beginTransaction(), calls, async () => {
      try {
        return await run()
      } finally {
        await committing
      }
    })
  }

  /** Sends a COMMIT, or what ends a nested transaction well. */
  async commit<T>(id: string | undefined, send: () => Promise<T>): Promise<T> {
    const transaction = this.#open.get(id)
    if (!transaction) return send()
    if (transaction.depth > 1) return this.#leave(transaction, send)
    const commit = transaction.scope.commit(send, outcomeOf)
    transaction.committing = commit.then(
      () => undefined,
      () => undefined,
    )
    try {
      return await commit
    } finally {
      this.#open.delete(id)
    }
  }

  /** Sends a ROLLBACK, to a savepoint where the transaction is nested. */
  async rollback<T>(id: string | undefined, send: () => Promise<T>): Promise<T> {
    const transaction = this.#open.get(id)
    if (!transaction) return send()
    if (transaction.depth > 1) return this.#leave(transaction, send)
    this.#open.delete(id)
    try {
      return await send()
    } finally {
      await transaction.scope.end('settled')
    }
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
    try {
      return await writeAll(scope, calls, run)
    } finally {
      await scope.beforeCommit()
      await scope.end('unknown')
    }
  }
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
