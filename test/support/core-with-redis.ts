import { randomBytes } from 'node:crypto'
import { redisTier } from '@tidemark/redis'
import { Redis } from 'ioredis'
import { afterAll, inject } from 'vitest'
import {
  createTidemark as createInOneProcess,
  type Tidemark,
  type TidemarkOptions,
} from '../../packages/core/src/index.ts'

export * from '../../packages/core/src/index.ts'

/**
 * Stands in for `@tidemark/core` in the project `shared` (vitest.config.ts): the tests of the adapters then run with a
 * cache that is shared in Redis, without knowing it.
 */
export function createTidemark(options: TidemarkOptions = {}): Tidemark {
  const client = new Redis(inject('redisUrl'))
  client.on('error', () => {})
  const cache = createInOneProcess({
    namespace: `test-${randomBytes(9).toString('base64url')}`,
    // The machine may be busy with servers; what times out would be a bypass, and no hit.
    shared: redisTier(client, { timeout: '2s' }),
    ...options,
  })
  opened.push({ cache, client })
  return cache
}

const opened: { readonly cache: Tidemark; readonly client: Redis }[] = []

afterAll(async () => {
  for (const { cache, client } of opened.splice(0)) {
    await cache.close()
    client.disconnect()
  }
})
