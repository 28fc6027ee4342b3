import { Cluster, Redis } from 'ioredis'
import { Cluster as Cluster5, Redis as Redis5 } from 'ioredis-5'
import { describe, expect, it } from 'vitest'
import { ioredisVersions, openRedis } from '../../support/redis.ts'
import { RedisCluster } from '../../support/redis-cluster.ts'
import { RedisSentinels } from '../../support/redis-sentinels.ts'
import { RedisServer } from '../../support/redis-server.ts'

describe('the shared Redis', () => {
  it.each(Object.entries(ioredisVersions))('answers %s', async (_name, Client) => {
    await using redis = openRedis(Client)
    const { client, namespace } = redis
    await client.set(`${namespace}:key`, Buffer.from([0, 255]))
    expect(await client.getBuffer(`${namespace}:key`)).toEqual(Buffer.from([0, 255]))
  })

  it('gives each test a namespace of its own', async () => {
    await using one = openRedis()
    await using other = openRedis()
    expect(one.namespace).not.toBe(other.namespace)
  })
})

describe('a Redis server', () => {
  it('that is killed comes back empty, and with another replication id', async () => {
    await using server = await RedisServer.start()
    await server.command('SET', 'key', 'value')
    const before = await server.info('master_replid')
    await server.kill()
    await expect(server.command('PING')).rejects.toThrow(/ECONNREFUSED|closed/)
    await server.restart()
    expect(await server.command('GET', 'key')).toBeNull()
    expect(await server.info('master_replid')).not.toBe(before)
  })

  it('that keeps its data comes back with all that it acknowledged, and another replication id', async () => {
    await using server = await RedisServer.start({ data: 'kept' })
    await server.command('SET', 'key', 'value')
    const before = await server.info('master_replid')
    await server.kill()
    await server.restart()
    expect(await server.command('GET', 'key')).toBe('value')
    expect(await server.info('master_replid')).not.toBe(before)
  })

  it('that is frozen answers nothing, and everything when it thaws', async () => {
    await using server = await RedisServer.start()
    const client = new Redis(server.options)
    await client.ping()
    try {
      server.freeze()
      let answered = false
      const answer = client.set('key', 'value').then((reply) => {
        answered = true
        return reply
      })
      // The kernel takes another connection, and it gets no answer either.
      const other = client.duplicate({ commandTimeout: 100, enableReadyCheck: false })
      other.on('error', () => {})
      await expect(other.get('key')).rejects.toThrow('Command timed out')
      other.disconnect()
      expect(answered).toBe(false)
      server.thaw()
      expect(await answer).toBe('OK')
    } finally {
      client.disconnect()
    }
  })

  it('answers nobody without its password', async () => {
    await using server = await RedisServer.start()
    const stranger = new Redis5({ port: server.port, enableReadyCheck: false })
    await expect(stranger.get('key')).rejects.toThrow('NOAUTH')
    stranger.disconnect()
  })
})

describe('Sentinels', () => {
  it('promote the replica, which changes the replication id and loses what it had not heard of', async () => {
    await using sentinels = await RedisSentinels.start()
    const { primary, replica } = sentinels
    const client = new Redis(sentinels.options)
    await client.set('kept', '1')
    await client.wait(1, 0)
    const before = await primary.info('master_replid')
    expect(await replica.info('master_replid')).toBe(before)
    await sentinels.cutReplicaOff()
    expect(await client.set('lost', '1')).toBe('OK')
    client.disconnect()

    await sentinels.failover()
    expect(await sentinels.currentPrimary()).toBe(replica)
    expect(await replica.info('master_replid')).not.toBe(before)
    const next = new Redis5(sentinels.options)
    expect(await next.mget('kept', 'lost')).toEqual(['1', null])
    next.disconnect()
  }, 60_000)

  it('promote the replica of a primary that crashed', async () => {
    await using sentinels = await RedisSentinels.start()
    const client = new Redis({ ...sentinels.options, maxRetriesPerRequest: null })
    // It tells of the lost connection, and looks for the new primary.
    client.on('error', () => {})
    await client.set('key', 'value')
    await client.wait(1, 0)
    const before = await sentinels.primary.info('master_replid')
    await sentinels.crashPrimary()
    expect(await client.get('key')).toBe('value')
    expect(await sentinels.replica.info('master_replid')).not.toBe(before)
    client.disconnect()
  }, 60_000)
})

describe('a Redis Cluster', () => {
  const clients = { 'ioredis 6': Cluster, 'ioredis 5.3': Cluster5 as unknown as typeof Cluster }

  it('answers on all slots, fails over, and survives the crash of a primary', async () => {
    await using cluster = await RedisCluster.start()
    for (const Client of Object.values(clients)) {
      const client = new Client(cluster.startupNodes, cluster.options)
      try {
        const keys = Array.from({ length: 300 }, (_, index) => `key-${index}`)
        await Promise.all(keys.map((key) => client.set(key, key)))
        expect(await Promise.all(keys.map((key) => client.get(key)))).toEqual(keys)
      } finally {
        client.disconnect()
      }
    }
    for (const primary of cluster.primaries) {
      expect(Number(await primary.command('DBSIZE'))).toBeGreaterThan(0)
      const [, assigned] = /cluster_slots_ok:(\d+)/.exec(
        String(await primary.command('CLUSTER', 'INFO')),
      )!
      expect(assigned).toBe('16384')
    }

    const [, replica] = cluster.replicas
    const before = await replica!.info('master_replid')
    await cluster.failover(1)
    expect(await replica!.info('role')).toBe('master')
    expect(await replica!.info('master_replid')).not.toBe(before)

    await cluster.crashPrimary(0)
    const client = new Cluster(cluster.startupNodes, cluster.options)
    try {
      const keys = Array.from({ length: 300 }, (_, index) => `key-${index}`)
      expect(await Promise.all(keys.map((key) => client.get(key)))).toEqual(keys)
    } finally {
      client.disconnect()
    }
  }, 90_000)
})
