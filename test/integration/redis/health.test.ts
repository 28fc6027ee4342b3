import { createTidemark, type HealthReport } from '@tidemark/core'
import { redisTier } from '@tidemark/redis'
import { Cluster, Redis } from 'ioredis'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { RedisCluster } from '../../support/redis-cluster.ts'
import { RedisServer } from '../../support/redis-server.ts'
import { Harness } from '../../unit/core/harness.ts'

const ends: (() => unknown)[] = []

afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end()
})

function join(client: Redis | Cluster) {
  client.on('error', () => {})
  const shared = redisTier(client, {
    timeout: '200ms',
    breaker: { retry: '100ms' },
    heartbeat: '100ms',
  })
  const cache = createTidemark({ shared, lease: '1s' })
  ends.push(() => {
    client.disconnect()
    return cache.close()
  })
  return cache
}

const eventually = (check: () => void | Promise<void>) =>
  vi.waitFor(check, { timeout: 15_000, interval: 20 })

describe('the health of Redis', () => {
  let server: RedisServer
  const settings = { maxmemory: '64mb', 'maxmemory-policy': 'noeviction' }

  beforeEach(async () => {
    server = await RedisServer.start({ settings })
    ends.push(() => server.stop())
  })

  const connect = (options: { username?: string; password?: string } = {}) =>
    join(new Redis({ ...server.options, retryStrategy: () => 50, ...options }))

  it('warns of keys of others that never end, and of none of its own', async () => {
    const cache = connect()
    const harness = new Harness({ cache })
    await harness.read(() => 1)
    await harness.write(() => 2)
    await harness.read(() => 2)
    await eventually(async () => expect((await cache.health()).warnings).toEqual([]))
    const other = new Redis(server.options)
    ends.push(() => other.disconnect())
    await other.set('session', 'x')
    await other.set('ends', 'x', 'EX', 100)
    const { warnings, shared } = await cache.health()
    expect(shared!.servers![0]!.endlessKeys).toBe(1)
    expect(warnings).toEqual([expect.stringContaining('1 of its keys have no time to live')])
  })

  it('is told with what endangers it', async () => {
    const cache = connect()
    let health: HealthReport | undefined
    await eventually(async () => {
      health = await cache.health()
      expect(health.shared?.bus).toBe('up')
    })
    expect(health).toMatchObject({
      up: true,
      memory: { name: 'memory' },
      shared: { name: 'redis', up: true, breaker: 'closed', reason: undefined },
      warnings: [],
    })
    expect(health!.shared!.latencyMs).toBeGreaterThan(0)
    const [told] = health!.shared!.servers!
    expect(told).toMatchObject({
      address: `127.0.0.1:${server.port}`,
      role: 'master',
      maxBytes: 64 * 1024 * 1024,
      evictionPolicy: 'noeviction',
      evictedKeys: 0,
    })
    expect(told!.version).toMatch(/^\d+\.\d+/)
    expect(told!.usedBytes).toBeGreaterThan(0)
    await server.command('CONFIG', 'SET', 'maxmemory-policy', 'volatile-ttl')
    expect((await cache.health()).warnings).toEqual([
      expect.stringContaining('maxmemory-policy is volatile-ttl'),
    ])
  })

  it('leaves nothing behind, and is not heard as a write', async () => {
    const cache = connect()
    await cache.health()
    expect(await server.command('KEYS', '*')).toEqual([])
    expect(cache.metrics().markFailures).toBe(0)
  })

  it('is told while it is gone, and when it is back', async () => {
    const cache = connect()
    expect(await cache.health()).toMatchObject({ up: true })
    await server.kill()
    expect(await cache.health()).toMatchObject({
      up: false,
      shared: { up: false, bus: 'down' },
      warnings: [expect.stringContaining('is down')],
    })
    await server.restart()
    await eventually(async () => {
      expect(await cache.health()).toMatchObject({ up: true, shared: { bus: 'up' } })
    })
  })

  it('is told while it is frozen', async () => {
    const cache = connect()
    await cache.health()
    server.freeze()
    try {
      expect(await cache.health()).toMatchObject({
        up: false,
        shared: { up: false, reason: 'no answer within 200 ms' },
      })
    } finally {
      server.thaw()
    }
  })

  it('says which permission is missing', async () => {
    await server.command('ACL', 'SETUSER', 'app', 'on', '>secret', '~*', '&*', '+@all', '-evalsha')
    const cache = connect({ username: 'app', password: 'secret' })
    const health = await cache.health()
    expect(health).toMatchObject({ up: false, shared: { up: false } })
    expect(health.warnings[0]).toMatch(/NOPERM.*evalsha.*docs\/redis\.md/s)
  })

  it('does not end in reads and writes being refused, however often it is asked', async () => {
    // All that they need, and not what is tried out.
    const keys = ['~*:v:*', '~*:all', '~*:m:*', '~*:c:*']
    await server.command('ACL', 'SETUSER', 'app', 'on', '>secret', ...keys, '&*', '+@all')
    const cache = connect({ username: 'app', password: 'secret' })
    const harness = new Harness({ cache })
    await harness.read(() => 1)
    for (let time = 0; time < 10; time += 1) {
      expect(await cache.health()).toMatchObject({ up: false, shared: { breaker: 'closed' } })
    }
    await harness.write(() => 2)
    expect(cache.metrics().markFailures).toBe(0)
    expect(await harness.read(() => 2)).toBe(2)
    expect(harness.counts().bypasses).toEqual({})
  })

  it('says that its memory is full', async () => {
    const cache = connect()
    await server.command('CONFIG', 'SET', 'maxmemory', '1kb')
    const { up, warnings } = await cache.health()
    expect(up).toBe(false)
    expect(warnings.join('\n')).toMatch(/OOM.*raise maxmemory/s)
  })

  it('says that it is a replica', async () => {
    await using primary = await RedisServer.start({ password: server.password })
    await server.command('REPLICAOF', '127.0.0.1', primary.port)
    const { up, warnings } = await connect().health()
    expect(up).toBe(false)
    expect(warnings[0]).toContain('it is a replica')
  })

  it('rejects nobody who asks with a wrong password', async () => {
    const { up } = await connect({ password: 'wrong' }).health()
    expect(up).toBe(false)
  })
})

it('the health of a Cluster is that of each primary', { timeout: 60_000 }, async () => {
  const servers = await RedisCluster.start()
  ends.push(() => servers.stop())
  const cache = join(new Cluster(servers.startupNodes, servers.options))
  const health = await cache.health()
  expect(health.shared).toMatchObject({ up: true, breaker: 'closed' })
  expect(health.shared?.servers).toHaveLength(3)
  expect(new Set(health.shared?.servers?.map(({ address }) => address)).size).toBe(3)
})
