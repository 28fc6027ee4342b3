import { Kysely, PostgresDialect } from 'kysely'
import pg from 'pg'
import type { Tables } from '../../prisma/tables.ts'
import { readMigrations } from '../support/migrations.ts'
import { PostgresServer } from '../support/postgres-server.ts'
import { insertRows } from './rows.ts'

const NAME = 'checked'

/** A PostgreSQL server with the tables of the check and their rows, all in version 0. */
export class CheckedDatabase implements AsyncDisposable {
  readonly #server: PostgresServer

  private constructor(server: PostgresServer) {
    this.#server = server
  }

  static async start(): Promise<CheckedDatabase> {
    await using stack = new AsyncDisposableStack()
    const server = stack.use(await PostgresServer.start())
    const maintenance = new pg.Client({ connectionString: server.url() })
    await maintenance.connect()
    await maintenance.query(`create database ${NAME}`)
    await maintenance.end()
    const pool = new pg.Pool({ connectionString: server.url(NAME), max: 1 })
    await using db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) })
    for (const statement of await readMigrations()) await pool.query(statement)
    await insertRows(db)
    stack.move()
    return new CheckedDatabase(server)
  }

  get url(): string {
    return this.#server.url(NAME)
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#server.stop()
  }
}
