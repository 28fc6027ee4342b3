import { createTidemark } from '@tidemark/core'
import { redisTier } from '@tidemark/redis'
import { Cluster, Redis } from 'ioredis'
import { expect, it, vi } from 'vitest'
import { RedisCluster } from '../../support/redis-cluster.ts'

const TAGS = Array.from({ length: 100 }, (_, at) => `tag-${at + 100}`)

it('what a Cluster is told of many marks grows with their number, and others hear of them as of one', async () => {
  await using stack = new AsyncDisposableStack()
  const servers = stack.use(await RedisCluster.start())
  const join = () => {
    const client = new Cluster(servers.startupNodes, servers.options)
    const shared = redisTier(client, { timeout: '5s', heartbeat: '1h' })
    // What another process has moved is known by its word alone.
    const cache = createTidemark({ shared, lease: '20s', maxStaleness: '1h' })
    stack.defer(() => {
      client.disconnect()
      return cache.close()
    })
    return cache
  }
  const [one, other] = [join(), join()]
  const publisher = new Cluster(servers.startupNodes, servers.options)
  stack.defer(() => publisher.disconnect())
  const isHit = async (tag: string) => {
    let loads = 0
    await other.getOrLoad(tag, () => (loads += 1), { tags: [tag] })
    return loads === 0
  }
  const sharedHits = () =>
    other.metrics().queries.reduce((sum, { hits: { shared = 0 } }) => sum + shared, 0)
  /** Whether its memory was believed. */
  const isHitInMemory = async (tag: string) => {
    const before = sharedHits()
    return (await isHit(tag)) && sharedHits() === before
  }
  const allHits = async () => (await Promise.all(TAGS.map(isHit))).every(Boolean)
  // Once it listens it has forgotten what it knew before.
  await vi.waitFor(async () => expect(await allHits()).toBe(true), {
    timeout: 15_000,
    interval: 50,
  })
  await one.invalidate({ tags: ['first'] })
  await vi.waitFor(() => expect(other.invalidations().length).toBeGreaterThan(0), {
    timeout: 10_000,
    interval: 20,
  })

  /** What was published, on whichever server. */
  const published: string[] = []
  for (const server of servers.primaries) {
    const listener = new Redis(server.options)
    const monitor = await listener.monitor()
    stack.defer(() => {
      monitor.disconnect()
      listener.disconnect()
    })
    monitor.on('monitor', (_time: string, [command, channel, message]: string[]) => {
      if (command!.toLowerCase() === 'publish' && channel!.endsWith(':bus'))
        published.push(message!)
    })
  }
  await one.invalidate({ tags: TAGS })
  await vi.waitFor(() => expect(published.length).toBe(TAGS.length), { timeout: 10_000 })
  const bytes = published.reduce((sum, message) => sum + message.length, 0)
  const whole = Math.max(...published.map((message) => message.length))
  // One tells of all, and each other of its own. Were each to tell of all, it would be a hundred times as much.
  expect(bytes).toBeLessThan(whole * 4)

  const heard = () => other.invalidations().filter(({ marks }) => marks > 1)
  await vi.waitFor(() => expect(heard().length).toBe(1), { timeout: 10_000, interval: 20 })
  expect(heard()[0]).toMatchObject({ origin: 'elsewhere', marks: TAGS.length })
  await vi.waitFor(async () => expect(await isHit('tag-199')).toBe(false))
  expect(other.invalidations().map(({ marks }) => marks)).toEqual([TAGS.length, 1])

  // Word of one alone counts as well: its mark may have been read after the word of all, and before it moved.
  await vi.waitFor(async () => expect(await allHits()).toBe(true), { timeout: 10_000 })
  const ofOne = published.find((message) => message.includes('tag-150') && message.length < whole)
  await publisher.publish('tidemark:bus', ofOne!)
  await vi.waitFor(async () => expect(await isHitInMemory('tag-150')).toBe(false), {
    timeout: 10_000,
  })
  expect(await isHitInMemory('tag-151')).toBe(true)
})
