import pg from 'pg'
import { inject } from 'vitest'
import type { TestDatabase } from '../../support/databases.ts'

/** A login that row-level security holds for, unlike the owner of the tables. */
export class Tenants implements AsyncDisposable {
  /** A role that sees only the films whose `source` is the setting `app.tenant`. */
  readonly role: string
  readonly #database: TestDatabase
  readonly #url: string
  readonly #pools: pg.Pool[] = []

  private constructor(database: TestDatabase, url: string, role: string) {
    this.#database = database
    this.#url = url
    this.role = role
  }

  /** @param database a Postgres. Its films belong to tenants from here on */
  static async create(database: TestDatabase): Promise<Tenants> {
    const [row] = await database.sql<{ name: string }>('select current_database() as name')
    const url = new URL(inject('postgresUrl'))
    url.pathname = `/${row!.name}`
    const role = `tenants_${crypto.randomUUID().replaceAll('-', '')}`
    const tenants = new Tenants(database, url.href, role)
    const isTenant = `source = current_setting('app.tenant', true)`
    for (const statement of [
      `create role ${role}`,
      `grant all on all tables in schema public to ${role}`,
      `grant all on all sequences in schema public to ${role}`,
      'alter table films enable row level security',
      `create policy tenant on films using (${isTenant}) with check (${isTenant})`,
    ]) {
      await database.sql(statement)
    }
    return tenants
  }

  /** How to connect as that role. */
  get connection(): pg.PoolConfig {
    return { connectionString: this.#url, options: `-c role=${this.role}` }
  }

  /** A pool of such connections. */
  pool(): pg.Pool {
    const pool = new pg.Pool({ ...this.connection, max: 4 })
    this.#pools.push(pool)
    return pool
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const pool of this.#pools) if (!pool.ended) await pool.end()
    for (const statement of [
      'drop policy tenant on films',
      'alter table films disable row level security',
      `drop owned by ${this.role}`,
      `drop role ${this.role}`,
    ]) {
      await this.#database.sql(statement)
    }
  }
}

/** A row of films for a tenant, past the cache. */
export async function addFilm(
  database: TestDatabase,
  id: number,
  tenant: string,
  title: string,
): Promise<void> {
  await database.sql('insert into films (id, title, source) values ($1, $2, $3)', [
    id,
    title,
    tenant,
  ])
}
