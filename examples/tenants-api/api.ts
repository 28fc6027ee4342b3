import type { Tidemark } from '@tidemark/core'
import { withCache } from '@tidemark/kysely'
import { Hono } from 'hono'
import type { Kysely } from 'kysely'
import { type Tables, tenants } from './database.ts'
import { prometheus } from './metrics.ts'

/** An API for several tenants, whose rows PostgreSQL keeps apart, and the cache as well. */
export function ordersApi(kysely: Kysely<Tables>, cache: Tidemark): Hono {
  const db = withCache(kysely, cache, {
    tables: { orders: { ttl: '10m' } },
    // Nobody's reads are not cached.
    partition: () => tenants.getStore(),
  })
  const api = new Hono()

  api.get('/metrics', async (c) => {
    if (c.req.header('accept')?.includes('application/json')) return c.json(cache.metrics())
    const { text, contentType } = await prometheus(cache)
    return c.text(text, 200, { 'content-type': contentType })
  })

  // In the place of what proves who asks.
  api.use('/orders/*', async (c, next) => {
    const tenant = c.req.header('x-tenant')
    return tenant ? tenants.run(tenant, next) : c.text('x-tenant: expected a tenant, got none', 401)
  })

  // Each tenant has another answer to the same SQL.
  api.get('/orders', async (c) => {
    return c.json(await db.selectFrom('orders').select(['item', 'amount']).orderBy('id').execute())
  })

  api.get('/orders/total', async (c) => {
    const total = db.selectFrom('orders').select(({ fn }) => fn.sum('amount').as('total'))
    return c.json(await total.executeTakeFirst())
  })

  api.post('/orders', async (c) => {
    const { item, amount } = await c.req.json<{ item: string; amount: number }>()
    await db.insertInto('orders').values({ item, amount }).execute()
    return c.body(null, 201)
  })
  return api
}
