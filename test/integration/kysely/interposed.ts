import {
  CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  Kysely,
  type KyselyPlugin,
  type LogConfig,
  MysqlAdapter,
  MysqlQueryCompiler,
  PGliteAdapter,
  PostgresAdapter,
  PostgresQueryCompiler,
  type QueryResult,
  SqliteAdapter,
  SqliteQueryCompiler,
  type TransactionSettings,
} from 'kysely'
import { CATALOGUE_MARK } from '@tidemark/sql'
import type { Tables } from '../../../prisma/tables.ts'
import { throwAbortedTransactionError } from './kysely-features.ts'
import type { TestDatabase } from '../../support/databases.ts'

export function isPostgres({ name }: TestDatabase): boolean {
  return name === 'postgres' || name === 'pglite'
}

/** Whether one connection can be held while another works. */
export function hasPool({ name }: TestDatabase): boolean {
  return name === 'postgres' || name === 'mariadb'
}

/** Where a test stands between Kysely and its database. */
export interface Interposition {
  /** Sees each statement, BEGIN and COMMIT included, and sends it when it likes. */
  statement?: (
    sql: string,
    send: () => Promise<QueryResult<unknown>>,
  ) => Promise<QueryResult<unknown>>
  /** The same for the statements that read the catalogue, which `statement` does not see. */
  catalogue?: Interposition['statement']
  /** How often a connection was taken. */
  connections: number
}

const parts = {
  pglite: [PGliteAdapter, PostgresQueryCompiler],
  postgres: [PostgresAdapter, PostgresQueryCompiler],
  mariadb: [MysqlAdapter, MysqlQueryCompiler],
  sqlite: [SqliteAdapter, SqliteQueryCompiler],
} as const

/** Kysely on this database, with the test in between. It streams as well, by chunks of what it read. */
export function interpose(
  database: TestDatabase,
  between: Interposition,
  plugins: KyselyPlugin[] = [],
  log: LogConfig = [],
): Kysely<Tables> {
  const [Adapter, QueryCompiler] = parts[database.name]
  const dialect: Dialect = {
    createAdapter: () => new Adapter(),
    createDriver: () => new InterposedDriver(database, between),
    createIntrospector: () => database.kysely.introspection,
    createQueryCompiler: () => new QueryCompiler(),
  }
  return new Kysely<Tables>({ dialect, plugins, log })
}

/** Kysely on this database by a way of its own: it works while the one connection of `interpose` is held. */
export function besides(database: TestDatabase): Kysely<Tables> {
  const [Adapter, QueryCompiler] = parts[database.name]
  const connection: DatabaseConnection = {
    executeQuery: async ({ sql, parameters }) => ({
      rows: (await database.sql(sql, parameters)) as never,
    }),
    streamQuery: () => {
      throw new Error('expected no stream beside the held connection')
    },
  }
  const driver: Driver = {
    init: () => Promise.resolve(),
    acquireConnection: () => Promise.resolve(connection),
    beginTransaction: () => Promise.reject(new Error('expected no transaction beside')),
    commitTransaction: () => Promise.resolve(),
    rollbackTransaction: () => Promise.resolve(),
    releaseConnection: () => Promise.resolve(),
    destroy: () => Promise.resolve(),
  }
  const dialect: Dialect = {
    createAdapter: () => new Adapter(),
    createDriver: () => driver,
    createIntrospector: () => database.kysely.introspection,
    createQueryCompiler: () => new QueryCompiler(),
  }
  return new Kysely<Tables>({ dialect })
}

class InterposedDriver implements Driver {
  readonly #database: TestDatabase
  readonly #between: Interposition
  readonly #release = new WeakMap<DatabaseConnection, () => void>()
  #destroyed = false

  constructor(database: TestDatabase, between: Interposition) {
    this.#database = database
    this.#between = between
  }

  async init(): Promise<void> {}

  acquireConnection(): Promise<DatabaseConnection> {
    if (this.#destroyed) return Promise.reject(new Error('this driver is destroyed'))
    this.#between.connections += 1
    return new Promise((resolve, reject) => {
      const provide = (own: DatabaseConnection) =>
        new Promise<void>((release) => {
          const connection = new InterposedConnection(own, this.#between)
          this.#release.set(connection, release)
          resolve(connection)
        })
      this.#database.kysely.getExecutor().provideConnection(provide).catch(reject)
    })
  }

  async releaseConnection(connection: DatabaseConnection): Promise<void> {
    this.#release.get(connection)?.()
  }

  async beginTransaction(
    connection: DatabaseConnection,
    { isolationLevel, accessMode }: TransactionSettings,
  ): Promise<void> {
    const isolation = isolationLevel && `isolation level ${isolationLevel}`
    if (isPostgres(this.#database)) {
      await run(connection, ['begin', isolation, accessMode].filter(Boolean).join(' '))
      return
    }
    // SQLite has the one level, and no other word for it.
    if (isolation && this.#database.name === 'mariadb') {
      await run(connection, `set transaction ${isolation}`)
    }
    await run(connection, 'begin')
  }

  async commitTransaction(connection: DatabaseConnection): Promise<void> {
    const { rows } = await run(connection, 'commit')
    const [row] = rows as { command?: string }[]
    if (row?.command === 'ROLLBACK') throwAbortedTransactionError()
  }

  async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    await run(connection, 'rollback')
  }

  async savepoint(connection: DatabaseConnection, name: string): Promise<void> {
    await run(connection, `savepoint ${name}`)
  }

  async rollbackToSavepoint(connection: DatabaseConnection, name: string): Promise<void> {
    await run(connection, `rollback to ${name}`)
  }

  async releaseSavepoint(connection: DatabaseConnection, name: string): Promise<void> {
    await run(connection, `release savepoint ${name}`)
  }

  async destroy(): Promise<void> {
    this.#destroyed = true
  }
}

function run(connection: DatabaseConnection, sql: string): Promise<QueryResult<unknown>> {
  return connection.executeQuery(CompiledQuery.raw(sql))
}

class InterposedConnection implements DatabaseConnection {
  readonly #own: DatabaseConnection
  readonly #between: Interposition

  constructor(own: DatabaseConnection, between: Interposition) {
    this.#own = own
    this.#between = between
  }

  executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    const send = () => this.#own.executeQuery<R>(query)
    const isCatalogue = query.sql.startsWith(CATALOGUE_MARK)
    const { statement: ofTest, catalogue } = this.#between
    const statement = isCatalogue ? catalogue : ofTest
    return statement ? (statement(query.sql, send) as Promise<QueryResult<R>>) : send()
  }

  async *streamQuery<R>(
    query: CompiledQuery,
    chunkSize = 1,
  ): AsyncIterableIterator<QueryResult<R>> {
    const { rows } = await this.executeQuery<R>(query)
    for (let at = 0; at < rows.length; at += chunkSize) {
      yield { rows: rows.slice(at, at + chunkSize) }
    }
  }
}
