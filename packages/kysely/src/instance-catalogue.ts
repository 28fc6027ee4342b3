import {
  CompiledQuery,
  type DatabaseConnection,
  type QueryExecutor,
  type QueryResult,
} from 'kysely'
import { type Engine, KeptValue, SCHEMA } from '@tidemark/core'
import { Catalogue, CatalogueReader, type CatalogueSettings, hasCatalogue } from '@tidemark/sql'

/**
 * What an instance knows of its database's catalogue. It is read when a query first needs it, and again when a statement that
 * defines tables was seen; never inside of a transaction, which it could fail, or give its snapshot to.
 */
export class InstanceCatalogue {
  readonly #kept: KeptValue<Catalogue> | undefined
  /** Where no catalogue is read: what the options say, and every table stands for itself. */
  readonly #declared: Catalogue | undefined

  /**
   * @param isRead whether the option allows it; some dialects have none that could be read
   * @param isBusy whether a transaction is open that statements sent to the instance would be part of
   */
  constructor(
    engine: Engine,
    settings: Omit<CatalogueSettings, 'isComplete'>,
    executor: QueryExecutor,
    isRead: boolean,
    isBusy: () => boolean,
  ) {
    if (!isRead || !hasCatalogue(settings.dialect)) {
      this.#declared = new Catalogue({ relations: [] }, { ...settings, isComplete: false })
      return
    }
    const reader = new CatalogueReader({ ...settings, isComplete: true }, (sql) =>
      send(executor, sql, isBusy),
    )
    this.#kept = new KeptValue(engine, SCHEMA, (previous) => reader.read(previous))
  }

  /** Whether there is a catalogue to read. */
  get isRead(): boolean {
    return this.#kept !== undefined
  }

  /** `undefined`: not read yet, or old. Asked for with every query, so it neither waits nor reads. */
  get current(): Catalogue | undefined {
    return this.#declared ?? this.#kept?.current
  }

  /** Resolves when it is there, or could not be read. Never rejects. */
  async load(): Promise<void> {
    await this.#kept?.get()
  }

  /** Whether `reload` would ask the database: not again and again for a table that stays unknown. */
  get mayReload(): boolean {
    return this.#kept?.mayReload ?? false
  }

  async reload(): Promise<void> {
    await this.#kept?.reload()
  }
}

async function send(
  executor: QueryExecutor,
  sql: string,
  isBusy: () => boolean,
): Promise<readonly Readonly<Record<string, unknown>>[]> {
  return executor.provideConnection(async (connection) => {
    // A raw BEGIN may have come before it to the only connection.
    if (isBusy()) throw new Error('expected a connection without a transaction')
    const { rows } = await sendUnlogged(connection, CompiledQuery.raw(sql))
    return rows as readonly Readonly<Record<string, unknown>>[]
  })
}

/**
 * Kysely logs by replacing `executeQuery` on the connection itself. That of its class is still the driver's own, and the
 * application's log should tell of what the application has sent.
 */
async function sendUnlogged(
  connection: DatabaseConnection,
  query: CompiledQuery,
): Promise<QueryResult<unknown>> {
  const driverOwn = Object.getPrototypeOf(connection) as Partial<DatabaseConnection> | null
  if (!Object.hasOwn(connection, 'executeQuery') || !driverOwn?.executeQuery) {
    return connection.executeQuery(query)
  }
  try {
    return await driverOwn.executeQuery.call(connection, query)
  } catch (error) {
    // A proxy in front of a connection has its class, and not its private fields. Nothing was sent.
    if (error instanceof TypeError) return connection.executeQuery(query)
    throw error
  }
}
