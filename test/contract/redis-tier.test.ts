import { randomBytes } from 'node:crypto'
import { Cluster } from 'ioredis'
import { afterAll, beforeAll, describe } from 'vitest'
import { RedisCluster } from '../support/redis-cluster.ts'
import { redisTier } from '@tidemark/redis'
import { sharedTierContract } from '@tidemark/testing/contracts'
import { ioredisVersions, openRedis } from '../support/redis.ts'

/** Short, for it is waited for; yet it takes four timeouts, and a busy machine answers late. */
const leaseMs = 1600
const nameSecret = randomBytes(32)

for (const [version, Client] of Object.entries(ioredisVersions)) {
  sharedTierContract(`Redis by ${version}`, () => {
    const redis = openRedis(Client)
    return {
      connect: (lease) => redisTier(redis.client, { timeout: lease / 4 }),
      leaseMs,
      namespace: redis.namespace,
      end: () => redis[Symbol.asyncDispose](),
    }
  })
}

const secrets = {
  'with hidden names': { nameSecret },
  encrypted: { nameSecret, encryption: { keys: [{ id: 'a', key: nameSecret }] } },
}
for (const [how, options] of Object.entries(secrets)) {
  sharedTierContract(`Redis, ${how},`, () => {
    const redis = openRedis()
    return {
      connect: (lease) => redisTier(redis.client, { timeout: lease / 4, ...options }),
      leaseMs,
      namespace: redis.namespace,
      end: () => redis[Symbol.asyncDispose](),
    }
  })
}

describe('on a Cluster', () => {
  let cluster: RedisCluster
  let clients: Cluster[] = []

  beforeAll(async () => {
    cluster = await RedisCluster.start()
  })
  afterAll(async () => {
    await cluster.stop()
  })

  sharedTierContract('Redis Cluster', () => {
    const namespace = `test-${randomBytes(9).toString('base64url')}`
    return {
      connect: (lease) => {
        const client = new Cluster(cluster.startupNodes, cluster.options)
        clients.push(client)
        return redisTier(client, { timeout: lease / 4 })
      },
      leaseMs,
      namespace,
      end: () => {
        for (const client of clients) client.disconnect()
        clients = []
      },
    }
  })
})
