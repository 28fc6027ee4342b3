import {
  type Awaitable,
  type BypassReason,
  type Engine,
  isPromise,
  type TransactionScope,
  type WriteCall,
  type WriteOutcome,
} from '@tidemark/core'
import type { SqlDialect, TransactionControl } from '@tidemark/sql'
import type { Binding } from './binding.ts'

/** Why this connection is held: its reads never use the cache, whatever is open on it. */
export type SessionKind = 'in-transaction' | 'pinned-connection'

type Send<T> = () => Promise<T>

/**
 * One connection for as long as somebody holds it: what is written on it, and whether a transaction
 * holds that back. Kysely's own transactions say when they begin and end; those that are spelled out
 * in raw SQL are recognised by their text.
 *
 * Where it is not certain whether a transaction is open (several statements in one text; DDL that
 * commits by itself; an error that may have rolled back), each write moves its marks at once *and* when
 * the session or transaction ends, in whatever way it ends.
 */
export class Session {
  readonly #engine: Engine
  readonly #dialect: SqlDialect
  readonly #kind: SessionKind
  /** The held connection that a transaction was started on. */
  readonly #outer: Session | undefined
  #scope: TransactionScope | undefined
  #isCertain = true
  /** A COMMIT failed, and the database may have kept the transaction open, with writes that are no longer listed. */
  #lost = false
  #last: Promise<unknown> = Promise.resolve()

  constructor({ engine, dialect }: Binding, kind: SessionKind, outer?: Session) {
    this.#engine = engine
    this.#dialect = dialect
    this.#kind = kind
    this.#outer = outer
    if (kind === 'in-transaction') this.#scope = engine.beginTransaction()
  }

  get bypassReason(): BypassReason {
    return this.#scope ? 'in-transaction' : this.#kind
  }

  /**
   * Keeps what is sent in the order in which it was asked for: a write waits for its marks, and must not
   * be overtaken by a read or a COMMIT behind it. In a transaction of Kysely's a write waits for nothing.
   */
  inOrder<T>(run: () => Awaitable<T>): Awaitable<T> {
    if (this.#kind === 'in-transaction') return this.#noticingErrors(run())
    const result = this.#last.then(() => this.#noticingErrors(run()))
    this.#last = result.catch(() => undefined)
    return result
  }

  /**
   * On Postgres a failed statement leaves the transaction open, and good for nothing but a rollback.
   * Elsewhere an error may have rolled it back (a deadlock on MySQL, `or rollback` on SQLite), and what
   * is sent after it is committed at once.
   */
  #noticingErrors<T>(result: Awaitable<T>): Awaitable<T> {
    if (this.#dialect === 'postgres' || !isPromise(result)) return result
    return result.catch((error: unknown) => {
      if (this.#scope) this.#doubt(this.#scope)
      throw error
    })
  }

  /** Runs a mutation. It is listed before anything is awaited, so that a COMMIT behind it includes it. */
  write<T>(call: WriteCall, send: Send<T>, maySwitchTransaction = false): Promise<T> {
    if (maySwitchTransaction) {
      this.#scope ??= this.#engine.beginTransaction()
      this.#doubt(this.#scope)
    }
    if (!this.#scope) return this.#engine.write(call, send)
    return this.#scope.write(call, send)
  }

  /** Runs a statement that opens or ends a transaction. */
  control<T>(control: TransactionControl, call: WriteCall, send: Send<T>): Promise<T> {
    switch (control) {
      case 'begin':
        return this.#begin(call, send)
      case 'commit':
      case 'commit-and-chain':
        return this.#commit(call, send, control === 'commit-and-chain')
      case 'rollback':
      case 'rollback-and-chain':
        return this.#rollback(call, send, control === 'rollback-and-chain')
    }
  }

  /** To be awaited before Kysely sends its COMMIT. */
  async beforeCommit(call: WriteCall): Promise<void> {
    if (this.#lost) await this.#listEverything(call)
    await this.#scope?.beforeCommit()
    await this.#outer?.beforeCommit(call)
  }

  /** To be awaited when Kysely's COMMIT was answered, or failed. */
  async afterCommit(outcome: WriteOutcome, hasFailed: boolean): Promise<void> {
    const scope = this.#scope
    this.#close(hasFailed)
    await scope?.end(outcome)
    await this.#outer?.afterCommit(outcome, hasFailed)
  }

  /** To be awaited when Kysely has rolled back. */
  async afterRollback(): Promise<void> {
    const scope = this.#scope
    if (!this.#rollbackUndoesAll) await scope?.beforeCommit()
    this.#close(false)
    await scope?.end('settled')
    await this.#outer?.afterRollback()
  }

  /** The connection goes back. Whoever gets it next may commit what was left open on it. */
  async release(): Promise<void> {
    const scope = this.#scope
    const outcome = this.#isCertain ? 'unknown' : 'settled'
    await scope?.beforeCommit()
    this.#close(false)
    await scope?.end(outcome)
  }

  /** MySQL has tables without transactions, such as MyISAM's, and does not say which they are. */
  get #rollbackUndoesAll(): boolean {
    return this.#isCertain && this.#dialect !== 'mysql'
  }

  async #begin<T>(call: WriteCall, send: Send<T>): Promise<T> {
    // A transaction is open: databases disagree on whether BEGIN commits it.
    if (this.#scope) return this.write(call, send, true)
    // Before the answer: what is sent right behind BEGIN is inside.
    const scope = this.#engine.beginTransaction()
    this.#scope = scope
    try {
      return await send()
    } catch (error) {
      this.#doubt(scope)
      throw error
    }
  }

  async #commit<T>(call: WriteCall, send: Send<T>, chains: boolean): Promise<T> {
    if (!this.#scope) await this.#listEverything(call)
    const scope = this.#scope as TransactionScope
    let hasFailed = true
    try {
      return await scope.commit(async () => {
        const result = await send()
        hasFailed = false
        return result
      }, call.outcomeOf)
    } finally {
      this.#close(hasFailed)
      if (chains && !hasFailed) this.#scope = this.#engine.beginTransaction()
    }
  }

  async #rollback<T>(call: WriteCall, send: Send<T>, chains: boolean): Promise<T> {
    const scope = this.#scope
    // What a rollback may not have undone moves its marks like what is committed.
    if (!scope || !this.#rollbackUndoesAll) return this.#commit(call, send, chains)
    try {
      return await send()
    } finally {
      this.#close(false)
      await scope.end('settled')
      if (chains) this.#scope = this.#engine.beginTransaction()
    }
  }

  #doubt(scope: TransactionScope): void {
    this.#isCertain = false
    scope.mayCommitByItself()
  }

  #close(lost: boolean): void {
    this.#scope = undefined
    this.#isCertain = true
    this.#lost = lost
  }

  /** For a COMMIT of which it is not known what it commits. `call` is that of a write that moves everything. */
  async #listEverything(call: WriteCall): Promise<void> {
    this.#lost = false
    this.#scope ??= this.#engine.beginTransaction()
    await this.#scope.write(call, () => Promise.resolve())
  }
}
