import { type AbortableOperationOptions, ConnectionBuilder, type Kysely } from 'kysely'
import type { ExecutorContext } from './execution.ts'
import { orAborted } from './or-aborted.ts'
import { Session } from './session.ts'
import { standInProps } from './stand-in-props.ts'

/** `db.connection()`: the settings of that session are unknown, so its reads ask the database. */
export class CachedConnectionBuilder<DB> extends ConnectionBuilder<DB> {
  readonly #inner: Kysely<DB>
  readonly #context: ExecutorContext

  readonly #wrap: (inner: Kysely<DB>, context: ExecutorContext) => Kysely<DB>

  constructor(
    inner: Kysely<DB>,
    context: ExecutorContext,
    wrap: (inner: Kysely<DB>, context: ExecutorContext) => Kysely<DB>,
  ) {
    super(standInProps(inner, inner.getExecutor()))
    this.#inner = inner
    this.#context = context
    this.#wrap = wrap
  }

  override async execute<T>(
    callback: (db: Kysely<DB>) => Promise<T>,
    options?: AbortableOperationOptions,
  ): Promise<T> {
    const { binding, session: outer } = this.#context
    // On the held connection a transaction may be open.
    if (!outer) await orAborted(binding.catalogue.load(), options?.signal)
    return this.#inner.connection().execute(async (inner) => {
      const session = new Session(binding, 'pinned-connection')
      try {
        return await callback(this.#wrap(inner, { ...this.#context, session }))
      } finally {
        await session.release()
      }
    }, options)
  }
}
