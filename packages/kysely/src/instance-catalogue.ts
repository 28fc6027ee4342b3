import {
  CompiledQuery,
  type DatabaseConnection,
  type QueryExecutor,
  type QueryResult,
} from 'kysely'
import { type Engine, KeptValue, SCHEMA } from '@tidemark/core'
import { DatabaseCatalogue, type DatabaseCatalogueParts } from '@tidemark/sql'

/** @param isBusy whether a transaction is open that statements sent to the instance would be part of */
export function catalogueOfInstance(
  engine: Engine,
  executor: QueryExecutor,
  isBusy: () => boolean,
  options: Pick<DatabaseCatalogueParts, 'settings' | 'isWanted'>,
): DatabaseCatalogue {
  return new DatabaseCatalogue({
    ...options,
    isBusy,
    keep: (load) => new KeptValue(engine, SCHEMA, load),
    query: (sql) =>
      executor.provideConnection(async (connection) => {
        // A raw BEGIN may have come before it to the only connection.
        if (isBusy()) throw new Error('expected a connection without a transaction')
        const { rows } = await sendUnlogged(connection, CompiledQuery.raw(sql))
        return rows as readonly Readonly<Record<string, unknown>>[]
      }),
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
