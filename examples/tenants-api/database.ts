import { AsyncLocalStorage } from 'node:async_hooks'
import { CompiledQuery, type Generated, Kysely, PostgresDialect, sql } from 'kysely'
import pg from 'pg'

export interface Tables {
  orders: { id: Generated<number>; tenant: Generated<string>; item: string; amount: number }
}

/** Who asks: the database goes by it, and so does the cache. */
export const tenants = new AsyncLocalStorage<string>()

/** A database in which each tenant sees its own rows alone, and a login that this holds for. */
export async function makeDatabase(url: string): Promise<void> {
  const pool = new pg.Pool({ connectionString: url, max: 1 })
  await using owner = new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) })
  const isTenant = sql`tenant = current_setting('app.tenant', true)`
  for (const statement of [
    sql`create table orders (
      id integer generated always as identity primary key,
      tenant text not null default current_setting('app.tenant'),
      item text not null,
      amount integer not null
    )`,
    sql`alter table orders enable row level security`,
    sql`create policy tenant on orders using (${isTenant}) with check (${isTenant})`,
    sql`create role api`,
    sql`grant all on orders to api`,
  ]) {
    await statement.execute(owner)
  }
}

export function connect(url: string): Kysely<Tables> {
  const pool = new pg.Pool({ connectionString: url, options: '-c role=api' })
  return new Kysely({
    dialect: new PostgresDialect({
      pool,
      // Each time a connection is taken. A hit takes none.
      onReserveConnection: async (connection) => {
        const setTenant = `select set_config('app.tenant', $1, false)`
        await connection.executeQuery(CompiledQuery.raw(setTenant, [tenants.getStore() ?? '']))
      },
    }),
  })
}
