import { randomBytes } from 'node:crypto'
import { createTidemark, type TidemarkOptions } from '@tidemark/core'
import { redisTier, type RedisTierOptions } from '@tidemark/redis'
import { Cluster, Redis } from 'ioredis'
import { afterEach, beforeEach, describe, expect, inject, it, vi } from 'vitest'
import { RedisCluster } from '../../support/redis-cluster.ts'
import { RedisServer } from '../../support/redis-server.ts'
import { Harness } from '../../unit/core/harness.ts'

const secret = randomBytes(32)
const encryption = { keys: [{ id: 'a', key: secret }] }

let ends: (() => unknown)[]
let namespace: string
beforeEach(() => {
  ends = []
  namespace = `test-${randomBytes(9).toString('base64url')}`
})
afterEach(async () => {
  for (const end of ends.toReversed()) await end()
})

function joinBy(
  client: Redis | Cluster,
  options: TidemarkOptions = {},
  ofTier: RedisTierOptions = {},
) {
  client.on('error', () => {})
  const shared = redisTier(client, ofTier)
  const cache = createTidemark({ namespace, shared, memory: false, ...options })
  ends.push(() => {
    client.disconnect()
    return cache.close()
  })
  const harness = new Harness({ cache })
  return {
    cache,
    client,
    shared,
    harness,
    /** Reads under a tag until the read is a hit. */
    keep: (tag: string) =>
      vi.waitFor(async () => {
        const { loads } = harness
        await harness.read(() => 1, { operation: `under ${tag}`, hint: { tags: [tag] } })
        expect(harness.loads).toBe(loads)
      }),
    /** Whether a read under the tag is served without a load. */
    isHit: async (tag: string) => {
      const { loads } = harness
      await harness.read(() => 1, { operation: `under ${tag}`, hint: { tags: [tag] } })
      return harness.loads === loads
    },
  }
}

const namesOf = async (cache: ReturnType<typeof joinBy>['cache']) =>
  (await cache.tags()).tags.map(({ kind, name }) => `${kind} ${name}`)

describe('on one server', () => {
  const join = (
    { keyPrefix = '' } = {},
    options: TidemarkOptions = {},
    ofTier: RedisTierOptions = {},
  ) => joinBy(new Redis(inject('redisUrl'), { keyPrefix }), options, ofTier)

  it('finds what is its own, whatever the namespace and the prefix of the client look like', async () => {
    const prefixes = ['', 'a*', 'ab', 'a?[b]\\']
    const namespaces = ['x*', 'xy', 'x[y]', 'x^-\\']
    const all = prefixes.flatMap((keyPrefix) =>
      namespaces.map((end) => {
        const own = `${namespace}${end}`
        return { own: `${keyPrefix} ${own}`, ...join({ keyPrefix }, { namespace: own }) }
      }),
    )
    for (const each of all) await each.keep(`tag of ${each.own}`)
    for (const { cache, own } of all) {
      expect(await namesOf(cache)).toEqual(['table film', `tag tag of ${own}`])
      const { keys } = await cache.keysByTag({ table: 'film' })
      expect(keys.map(({ operation }) => operation)).toEqual([`under tag of ${own}`])
    }
    const [first, ...others] = all
    expect(await first!.cache.invalidate({ pattern: '*' })).toMatchObject({ marks: 1 })
    expect(await first!.isHit(`tag of ${first!.own}`)).toBe(false)
    for (const { isHit, own } of others) expect(await isHit(`tag of ${own}`)).toBe(true)
  })

  it('finds every one of many, and moves just those', async () => {
    const { cache, shared, harness } = join()
    await harness.read(() => 1)
    const tags = Array.from({ length: 5000 }, (_, index) => `custom:user:${index}` as never)
    for (let at = 0; at < tags.length; at += 500) await shared.mint(tags.slice(at, at + 500))
    const before = (await shared.lookup(tags)).marks
    expect(await cache.invalidate({ prefix: 'user:1' })).toMatchObject({ marks: 1111 })
    const { marks } = await shared.lookup(tags)
    const moved = tags.filter((_, index) => marks[index] !== before[index])
    expect(moved).toEqual(tags.filter((tag) => String(tag).startsWith('custom:user:1')))
    expect(await cache.tags({ limit: 3000 })).toMatchObject({ complete: false })
  })

  it('finds a mark that a write holds', async () => {
    const { cache, harness, isHit, keep } = join()
    await keep('user:5')
    await harness.write(
      async () => {
        expect(await cache.invalidate({ prefix: 'user' })).toMatchObject({ marks: 1 })
      },
      { tables: ['genre'], hint: { tags: ['user:5'] } },
    )
    expect(await isHit('user:5')).toBe(false)
  })

  it('says what it can where names are hidden, and refuses to invalidate by them', async () => {
    const ofTier = { nameSecret: secret }
    const [one, other] = [
      join({}, { memory: {} }, ofTier),
      join({}, { memory: false }, { ...ofTier, encryption }),
    ]
    await one.keep('vip')
    expect(await namesOf(one.cache)).toEqual(['table film', 'tag vip'])
    // It knows the names of nothing that it has not read itself.
    expect(await namesOf(other.cache)).toEqual([
      expect.stringMatching(/^hidden [\w-]{43}$/),
      expect.stringMatching(/^hidden [\w-]{43}$/),
    ])
    const { keys } = await one.cache.keysByTag('vip')
    expect(keys).toMatchObject([{ operation: 'under vip', shared: {} }])
    const states = (await one.cache.tagsOfKey(keys[0]!.key))!.map(
      ({ kind, name, memory, shared }) => `${kind} ${name} ${memory} ${shared}`,
    )
    expect(states).toEqual([
      'everything * current current',
      'tag vip current current',
      'table film current current',
    ])
    for (const { cache } of [one, other]) {
      await expect(cache.invalidate({ prefix: 'v' })).rejects.toThrow('but redis hides them')
    }
    await one.cache.invalidate({ tags: ['vip'] })
    expect(await one.isHit('vip')).toBe(false)
  })

  it('reads what is encrypted with its key, and counts what is not', async () => {
    const ofTier = { nameSecret: secret, encryption }
    const one = join({}, {}, ofTier)
    await one.keep('vip')
    expect(await join({}, {}, ofTier).cache.keysByTag('vip')).toMatchObject({
      keys: [{ operation: 'under vip' }],
      unreadable: 0,
    })
    const stranger = join({}, {}, { nameSecret: secret })
    expect(await stranger.cache.keysByTag('vip')).toMatchObject({ keys: [], unreadable: 1 })
  })

  it('is an error where the server goes down on the way', async () => {
    await using server = await RedisServer.start()
    const { cache, shared, keep } = joinBy(
      new Redis({ ...server.options }),
      {},
      { timeout: '100ms' },
    )
    await keep('vip')
    const tags = Array.from({ length: 3000 }, (_, index) => `custom:user:${index}` as never)
    await shared.mint(tags)
    const list = shared.listMarks!('')[Symbol.asyncIterator]()
    await list.next()
    await server.kill()
    const rest = async () => {
      while (!(await list.next()).done);
    }
    await expect(rest()).rejects.toThrow(/connection|closed|ECONN|no answer/i)
    await expect(cache.tags()).rejects.toThrow('expected to list what is in redis, but it failed:')
    await expect(cache.invalidate({ prefix: 'v' })).rejects.toThrow('; try again')
  })

  it('has no others refused where it takes too long', async () => {
    await using server = await RedisServer.start()
    const { cache, keep } = joinBy(
      new Redis({ ...server.options }),
      {},
      { timeout: '100ms', breaker: { retry: '1m' }, heartbeat: '1h' },
    )
    await keep('vip')
    server.freeze()
    try {
      for (const list of [() => cache.tags(), () => cache.keysByTag('vip')]) {
        await expect(list()).rejects.toThrow('no answer within 100 ms')
      }
      await expect(cache.invalidate({ prefix: 'v' })).rejects.toThrow('no answer within 100 ms')
    } finally {
      server.thaw()
    }
    expect(await cache.health()).toMatchObject({ shared: { breaker: 'closed' } })
  })

  it('is an error where another server has taken its place on the way', async () => {
    await using server = await RedisServer.start({ data: 'kept' })
    const { shared } = joinBy(new Redis({ ...server.options, retryStrategy: () => 20 }))
    const tags = Array.from({ length: 3000 }, (_, index) => `custom:user:${index}` as never)
    await vi.waitFor(() => shared.mint(tags))
    const list = shared.listMarks!('')[Symbol.asyncIterator]()
    await list.next()
    await server.kill()
    await server.restart()
    await vi.waitFor(() => shared.lookup(tags.slice(0, 1)), { timeout: 10_000 })
    const rest = async () => {
      while (!(await list.next()).done);
    }
    await expect(rest()).rejects.toThrow('another server has taken over')
  })
})

describe('on a Cluster', { timeout: 60_000 }, () => {
  it('finds what is on any of its primaries, and nothing where slots are on the move', async () => {
    await using servers = await RedisCluster.start()
    const connect = (keyPrefix = '') =>
      joinBy(new Cluster(servers.startupNodes, { ...servers.options, keyPrefix }))
    const [one, other, prefixed] = [connect(), connect(), connect('pre*:')]
    const tags = Array.from({ length: 30 }, (_, index) => `user:${index}`)
    for (const tag of tags) await one.keep(tag)
    await prefixed.keep('user:of another')
    expect((await namesOf(other.cache)).length).toBe(31)
    expect(await namesOf(prefixed.cache)).toEqual(['table film', 'tag user:of another'])
    const { keys, complete } = await other.cache.keysByTag({ table: 'film' })
    expect([keys.length, complete]).toEqual([30, true])
    expect(await other.cache.invalidate({ pattern: 'user:1*' })).toMatchObject({ marks: 11 })
    for (const tag of tags) expect(await one.isHit(tag), tag).toBe(!tag.startsWith('user:1'))

    const [from, to] = servers.primaries
    const idOf = async (node = from) => String(await node!.command('CLUSTER', 'MYID'))
    await from!.command('CLUSTER', 'SETSLOT', 0, 'MIGRATING', await idOf(to))
    await expect(other.cache.invalidate({ prefix: 'user:' })).rejects.toThrow(
      'expected a Cluster at rest, got one whose slots are being moved',
    )
    await from!.command('CLUSTER', 'SETSLOT', 0, 'STABLE')
    const list = other.shared.listMarks!('')[Symbol.asyncIterator]()
    await list.next()
    for (const node of servers.primaries) {
      await node.command('CLUSTER', 'SETSLOT', 0, 'NODE', await idOf(to))
    }
    const rest = async () => {
      while (!(await list.next()).done);
    }
    await expect(rest()).rejects.toThrow('slots of the Cluster moved on the way')
  })
})
