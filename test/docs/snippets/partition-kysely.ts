import type { Pool } from 'pg'
import type { Tables } from '../../../prisma/tables.ts'
// snippet: partition-kysely
import { AsyncLocalStorage } from 'node:async_hooks'
import { createTidemark } from '@tidemark/core'
import { withCache } from '@tidemark/kysely'
import { CompiledQuery, Kysely, PostgresDialect } from 'kysely'

// end
export async function run(pool: Pool) {
  // snippet: partition-kysely
  const tenants = new AsyncLocalStorage<string>()

  const kysely = new Kysely<Tables>({
    dialect: new PostgresDialect({
      pool,
      // Each time a connection is taken. It still has the tenant of whoever had it before.
      onReserveConnection: async (connection) => {
        const tenant = tenants.getStore() ?? ''
        const setTenant = `select set_config('app.tenant', $1, false)`
        await connection.executeQuery(CompiledQuery.raw(setTenant, [tenant]))
      },
    }),
  })

  const cache = createTidemark()
  const db = withCache(kysely, cache, {
    cacheByDefault: true,
    partition: () => tenants.getStore(), // outside of a tenant: undefined, and not cached
  })

  // In the middleware of each request:
  const films = await tenants.run('acme', () => db.selectFrom('films').select('title').execute())
  // end
  return { cache, db, films, kysely, tenants }
}
