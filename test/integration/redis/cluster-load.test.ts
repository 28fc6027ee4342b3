import { createTidemark } from '@tidemark/core'
import { redisTier } from '@tidemark/redis'
import { Cluster, Redis } from 'ioredis'
import { expect, it, vi } from 'vitest'
import { RedisCluster } from '../../support/redis-cluster.ts'
import { Harness } from '../../unit/core/harness.ts'

const TABLES = 40
const KEYS_PER_TABLE = 10
const HITS = TABLES * KEYS_PER_TABLE

it('hazard 50: hits touch no key that all of them touch, and are spread over the servers of a Cluster', async () => {
  await using stack = new AsyncDisposableStack()
  const servers = stack.use(await RedisCluster.start())
  const client = new Cluster(servers.startupNodes, servers.options)
  const shared = redisTier(client, { timeout: '5s', heartbeat: '1h' })
  const cache = createTidemark({ shared, memory: false, lease: '20s' })
  stack.defer(() => {
    client.disconnect()
    return cache.close()
  })
  const harness = new Harness({ cache })
  const readAll = async () => {
    for (let table = 0; table < TABLES; table += 1) {
      const film = (key: number) => ({
        tables: [`t${table}`],
        operation: `film ${table}`,
        parameters: [key],
      })
      const reads = Array.from({ length: KEYS_PER_TABLE }, (_, key) =>
        harness.read(() => 1, film(key)),
      )
      expect(await Promise.all(reads)).toEqual(reads.map(() => 1))
    }
  }
  const hits = () =>
    cache.metrics().queries.reduce((sum, { hits: { shared: found = 0 } }) => sum + found, 0)
  await vi.waitFor(
    async () => {
      const before = hits()
      await readAll()
      expect(hits() - before).toBe(HITS)
    },
    { timeout: 15_000, interval: 100 },
  )

  /** By server, and by key, how often it was asked. */
  const asked = { servers: new Map<number, number>(), keys: new Map<string, number>() }
  const add = <T>(counts: Map<T, number>, what: T) => counts.set(what, (counts.get(what) ?? 0) + 1)
  for (const server of servers.primaries) {
    const listener = new Redis(server.options)
    const monitor = await listener.monitor()
    stack.defer(() => {
      monitor.disconnect()
      listener.disconnect()
    })
    monitor.on('monitor', (_time: string, [command, key]: string[]) => {
      if (!['get', 'pttl'].includes(command!.toLowerCase())) return
      add(asked.servers, server.port)
      add(asked.keys, key!)
    })
  }
  await readAll()
  const sum = (counts: Map<unknown, number>) => [...counts.values()].reduce((a, b) => a + b, 0)
  // The entry and how long it is kept, the mark of its table, and a copy of the mark for everything.
  await vi.waitFor(() => expect(sum(asked.servers)).toBe(HITS * 4), {
    timeout: 10_000,
    interval: 20,
  })
  expect(Math.max(...asked.keys.values())).toBeLessThan(HITS / 10)
  expect(asked.servers.size).toBe(3)
  for (const count of asked.servers.values()) {
    expect(count).toBeGreaterThan((HITS * 4) / 3 / 2)
    expect(count).toBeLessThan(((HITS * 4) / 3) * 2)
  }
})
