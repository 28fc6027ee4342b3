import { createTidemark, tableTag, type TidemarkOptions } from '@tidemark/core'
import { redisTier } from '@tidemark/redis'
import { Redis } from 'ioredis'
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest'
import { CountingProxy } from '../../support/counting-proxy.ts'
import { openRedis, type TestRedis } from '../../support/redis.ts'
import { Harness } from '../../unit/core/harness.ts'

describe('round trips to Redis, counted on the wire', () => {
  let redis: TestRedis
  let proxy: CountingProxy
  let ends: (() => unknown)[]

  beforeEach(async () => {
    redis = openRedis()
    proxy = await CountingProxy.start(Number(new URL(inject('redisUrl')).port))
    ends = []
  })

  afterEach(async () => {
    for (const end of ends.toReversed()) await end()
    await proxy[Symbol.asyncDispose]()
    await redis[Symbol.asyncDispose]()
  })

  function join(options: TidemarkOptions = {}): Harness {
    const url = new URL(inject('redisUrl'))
    url.port = String(proxy.port)
    const client = new Redis(url.href)
    // Nothing but what is counted goes that way.
    const shared = redisTier(client, { heartbeat: '1h', timeout: '2s' })
    const cache = createTidemark({ shared, namespace: redis.namespace, ...options })
    ends.push(
      () => {
        client.disconnect()
      },
      () => cache.close(),
    )
    return new Harness({ cache })
  }

  async function count(work: () => Promise<unknown>): Promise<number> {
    const before = proxy.roundTrips
    await work()
    return proxy.roundTrips - before
  }

  it('of a shared hit: one', async () => {
    const [one, other] = [join(), join({ memory: false })]
    await one.read(() => 1)
    // The first read of a connection also asks who answers.
    await other.read(() => 2, { tables: ['genre'], operation: 'other' })
    expect(await count(() => other.read(() => 2))).toBe(1)
    expect(other.counts().hits).toEqual({ shared: 1 })
  })

  it('of ten shared hits of one tick: one', async () => {
    const one = join({ memory: false })
    const reads = () =>
      Promise.all(Array.from({ length: 10 }, (_, n) => one.read(() => n, { parameters: [n] })))
    await reads()
    expect(await count(reads)).toBe(1)
    expect(one.counts().hits).toEqual({ shared: 10 })
  })

  it('of many keys that are there, or of one that is not: one', async () => {
    const { cache } = join({ memory: false })
    const keys = Array.from({ length: 50 }, (_, n) => `n:${n}`)
    const load = async (missing: readonly string[]) => new Map(missing.map((key) => [key, key]))
    const options = { tags: ['numbers'] }
    await cache.getOrLoadMany(keys, load, options)
    await expect.poll(() => redis.client.keys(`${redis.namespace}:*:v:*`)).toHaveLength(50)
    const nothing = async () => new Map<string, string>()
    expect(await count(() => cache.getOrLoadMany(keys, nothing, options))).toBe(1)
    expect(await count(() => cache.getMany(keys, options))).toBe(1)
    // The mark of a key that is asked for the first time has to be made.
    await cache.get('other', options)
    expect(await count(() => cache.get('other', options))).toBe(1)
  })

  it('of many keys that are set, and of keys that are deleted: one', async () => {
    const { cache } = join({ memory: false })
    const keys = Array.from({ length: 50 }, (_, n) => `n:${n}`)
    // The first sends the text of the scripts.
    await cache.delete('first')
    const found = await cache.getMany<number>(keys)
    expect(
      await count(() =>
        cache.setMany(
          found,
          keys.map((key, at) => [key, at]),
        ),
      ),
    ).toBe(1)
    expect([...(await cache.getMany(keys)).values()].every(({ isHit }) => isHit)).toBe(true)
    expect(await count(() => cache.delete(keys))).toBe(1)
    expect(await count(() => cache.invalidate({ tags: ['a'], tables: ['b'] }))).toBe(1)
  })

  it('of a hit in memory: none, or one where each is checked', async () => {
    const one = join()
    await one.read(() => 1)
    // Once it listens for messages it has forgotten what it knew before, and the entry has been stored.
    await expect.poll(() => count(() => one.read(() => 2))).toBe(0)
    const strict = () => one.read(() => 2, { hint: { consistency: 'strict' } })
    expect(await count(strict)).toBe(1)
    expect(one.counts().misses).toEqual({ absent: 1 })
  })

  it.each([
    { consistency: 'fresh' as const, trips: 1 },
    { consistency: 'available' as const, trips: 2 },
    { consistency: 'strict' as const, trips: 2 },
  ])('of a $consistency write: $trips', async ({ consistency, trips }) => {
    const one = join({ consistency })
    // The first sends the text of the scripts.
    await one.write(() => 1, { hint: { consistency: 'strict' } })
    expect(await count(() => one.write(() => 1))).toBe(trips)
  })

  it('of a write that leaves its row behind, and the read of it: as many, and one that nobody waits for', async () => {
    const one = join()
    await one.read(() => 0)
    // The first sends the text of the scripts.
    await one.writeThrough(() => 1)
    await expect.poll(() => count(() => one.read(() => -1))).toBe(0)
    const write = async () => {
      await one.writeThrough(() => 2)
      await one.engine.shared!.lookup([tableTag('other')])
    }
    // Locks, their end, what it leaves, and the lookup that waits for that.
    expect(await count(write)).toBeLessThanOrEqual(4)
    expect(await count(async () => expect(await one.read(() => -1)).toBe(2))).toBe(0)
  })

  it('of a rollback: none', async () => {
    const one = join()
    await one.read(() => 1)
    const rollBack = async () => {
      const scope = one.engine.beginTransaction()
      await one.write(() => 1, { scope })
      await scope.end('settled')
    }
    expect(await count(rollBack)).toBe(0)
  })

  it('leaves no key without a time to live', async () => {
    const one = join({ ttl: Infinity })
    await one.read(() => 1)
    await one.write(() => 1)
    await one.read(() => 1)
    await expect.poll(() => redis.client.keys(`${redis.namespace}:*:v:*`)).toHaveLength(1)
    const keys = await redis.client.keys(`${redis.namespace}:*`)
    const remaining = await Promise.all(keys.map((key) => redis.client.pttl(key)))
    expect(keys.length).toBeGreaterThanOrEqual(3)
    expect(remaining.filter((ms) => ms < 0)).toEqual([])
  })
})
