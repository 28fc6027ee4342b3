import { createTidemark } from '@tidemark/core'
import { redisTier } from '@tidemark/redis'
import { Cluster, Redis } from 'ioredis'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { RedisCluster } from '../../support/redis-cluster.ts'
import { RedisSentinels } from '../../support/redis-sentinels.ts'
import { Harness } from '../../unit/core/harness.ts'

const eventually = (check: () => void | Promise<void>) =>
  vi.waitFor(check, { timeout: 30_000, interval: 50 })

describe('hazard 11: a failover that loses an acknowledged invalidation makes the cache cold, not wrong', () => {
  const clients: { disconnect(): void }[] = []
  const caches: { close(): Promise<void> }[] = []

  afterEach(async () => {
    for (const client of clients.splice(0)) client.disconnect()
    for (const cache of caches.splice(0)) await cache.close()
  })

  function join(client: Redis | Cluster) {
    client.on('error', () => {})
    const shared = redisTier(client, { breaker: { retry: '100ms' }, heartbeat: '100ms' })
    const cache = createTidemark({ shared, lease: '2s', memory: false })
    clients.push(client)
    caches.push(cache)
    return new Harness({ cache })
  }

  it('with Sentinels', { timeout: 120_000 }, async () => {
    await using sentinels = await RedisSentinels.start()
    const [one, other] = [join(new Redis(sentinels.options)), join(new Redis(sentinels.options))]
    let row = 0
    const read = (harness: Harness) => harness.read(() => row)
    await eventually(async () => {
      await read(one)
      expect(await read(other)).toBe(0)
      expect(other.counts().hits).not.toEqual({})
    })
    // The replica has the entry and its marks, and does not hear of the write.
    await eventually(async () => {
      expect(Number(await sentinels.replica.command('DBSIZE'))).toBeGreaterThanOrEqual(3)
    })
    await sentinels.cutReplicaOff()
    await one.write(() => (row = 1))
    expect(await read(other)).toBe(1)
    await sentinels.crashPrimary()
    const before = other.counts().hits['shared'] ?? 0
    await eventually(async () => {
      expect(await read(one)).toBe(1)
      expect(await read(other)).toBe(1)
      // It is in use again, and has not served what the new primary still holds.
      expect(other.counts().hits['shared'] ?? 0).toBeGreaterThan(before)
    })
  })

  it('on a Cluster', { timeout: 120_000 }, async () => {
    await using servers = await RedisCluster.start()
    const [one, other] = [
      join(new Cluster(servers.startupNodes, servers.options)),
      join(new Cluster(servers.startupNodes, servers.options)),
    ]
    const tables = ['film', 'genre', 'actor', 'person', 'award', 'studio']
    const rows = new Map(tables.map((table) => [table, 0]))
    const read = (harness: Harness, table: string) =>
      harness.read(() => rows.get(table)!, { tables: [table], operation: table })
    await eventually(async () => {
      for (const table of tables) {
        await read(one, table)
        await read(other, table)
        expect(other.counts(table).hits).not.toEqual({})
      }
    })
    for (const shard of [0, 1, 2]) {
      await servers.failover(shard)
      for (const table of tables) {
        await one.write(() => rows.set(table, rows.get(table)! + 1), { tables: [table] })
        expect(await read(other, table)).toBe(rows.get(table))
      }
    }
    await eventually(async () => {
      for (const table of tables) {
        const before = other.counts(table).hits['shared'] ?? 0
        expect(await read(one, table)).toBe(rows.get(table))
        expect(await read(other, table)).toBe(rows.get(table))
        expect(other.counts(table).hits['shared'] ?? 0).toBeGreaterThan(before)
      }
    })
  })
})
