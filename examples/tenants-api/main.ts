// An HTTP API on PostgreSQL for several tenants, with metrics. It is asked a few things and ends; with --port N it serves:
//   curl -H 'x-tenant: acme' localhost:N/orders
//   curl localhost:N/metrics
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { parseArgs } from 'node:util'
import { serve } from '@hono/node-server'
import { createTidemark } from '@tidemark/core'
import { PostgresServer } from '../../test/support/postgres-server.ts'
import { ordersApi } from './api.ts'
import { connect, makeDatabase } from './database.ts'

const { port } = parseArgs({ options: { port: { type: 'string' } } }).values
await using server = await PostgresServer.start()
await makeDatabase(server.url())
await using kysely = connect(server.url())
await using cache = createTidemark()
const api = ordersApi(kysely, cache)

const ask = async (tenant: string, path: string, order?: object) => {
  const init = { method: 'POST', body: JSON.stringify(order) }
  const headers = { 'x-tenant': tenant, 'content-type': 'application/json' }
  const response = await api.request(path, { ...(order && init), headers })
  return response.status === 200 ? ((await response.json()) as unknown) : response.status
}
await ask('acme', '/orders', { item: 'anvil', amount: 2 })
await ask('orion', '/orders', { item: 'telescope', amount: 1 })
for (let again = 0; again < 3; again += 1) {
  assert.deepEqual(await ask('acme', '/orders'), [{ item: 'anvil', amount: 2 }])
  assert.deepEqual(await ask('orion', '/orders'), [{ item: 'telescope', amount: 1 }])
}
assert.equal(await ask('', '/orders'), 401)
assert.deepEqual(await ask('acme', '/orders/total'), { total: '2' })
await ask('acme', '/orders', { item: 'rocket', amount: 1 })
assert.deepEqual(await ask('acme', '/orders/total'), { total: '3' })
console.log(await (await api.request('/metrics')).text())

if (port !== undefined) {
  const listening = serve({ fetch: api.fetch, hostname: '127.0.0.1', port: Number(port) })
  console.log(`Serving on http://127.0.0.1:${port} until Ctrl-C`)
  await once(process, 'SIGINT')
  listening.close()
}
