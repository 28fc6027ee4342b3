import { createTidemark, type Found, type Tidemark, type TidemarkOptions } from '@tidemark/core'
import { Gate, ManualClock, SeededRandom, SharedStore } from '@tidemark/testing'
import { describe, expect, it, vi } from 'vitest'

function open(options: TidemarkOptions = {}) {
  const clock = new ManualClock()
  const cache = createTidemark({ clock, random: new SeededRandom(1), ttlJitter: 0, ...options })
  return { cache, clock }
}

/** What was counted under one name. */
const counts = (cache: Tidemark, name: string) => {
  const { queries } = cache.metrics()
  return queries.find((query) => query.adapter === 'direct' && query.fingerprint === name)
}

function slotOf<T>(found: Found<T>) {
  if (found.isHit) throw new Error('expected a slot, got a hit')
  return found.slot
}

describe('getOrLoad', () => {
  it('loads once, and serves each caller a value of its own', async () => {
    const { cache } = open()
    const load = vi.fn<() => Promise<{ id: number; at: Date }[]>>(async () => [
      { id: 5, at: new Date(0) },
    ])
    for (let again = 0; again < 3; again += 1) {
      const user = await cache.getOrLoad('user:5', load)
      expect(user).toEqual([{ id: 5, at: new Date(0) }])
      user[0]!.at.setTime(1)
      user.pop()
    }
    expect(load).toHaveBeenCalledTimes(1)
    expect(counts(cache, 'user:?')).toMatchObject({
      kind: 'read',
      calls: 3,
      hits: { memory: 2 },
      misses: { absent: 1 },
    })
  })

  it('keeps keys apart, and takes a load that answers at once', async () => {
    const { cache } = open()
    expect(await cache.getOrLoad('a', () => 1)).toBe(1)
    expect(await cache.getOrLoad('b', () => 2)).toBe(2)
    expect(await cache.getOrLoad('a', () => 3)).toBe(1)
  })

  it('shares one load among those who come together', async () => {
    const { cache } = open()
    const gate = new Gate()
    const load = vi.fn<() => Promise<number>>(async () => {
      await gate.pass(() => undefined)
      return 1
    })
    const reading = Promise.all([1, 2, 3].map(() => cache.getOrLoad('a', load, { name: 'A' })))
    gate.open()
    expect(await reading).toEqual([1, 1, 1])
    expect(load).toHaveBeenCalledTimes(1)
    expect(counts(cache, 'A')).toMatchObject({ hits: { joined: 2 }, misses: { absent: 1 } })
  })

  it.each([
    ['its key', { keys: ['user:5'] }],
    ['a tag', { tags: ['users'] }],
    ['a table', { tables: ['person'] }],
    ['a prefix of its key', { prefix: 'user:' }],
  ])('is made old by %s', async (_, target) => {
    const { cache } = open()
    let version = 0
    const options = { tags: ['users'], tables: ['person'] }
    const read = () => cache.getOrLoad('user:5', () => version, options)
    await read()
    version = 1
    expect(await read()).toBe(0)
    await cache.invalidate(target)
    expect(await read()).toBe(1)
  })

  it('never serves what was loaded before an invalidation that came meanwhile', async () => {
    const { cache } = open()
    const gate = new Gate()
    const early = cache.getOrLoad('a', async () => {
      await gate.pass(() => undefined)
      return 'old'
    })
    await cache.delete('a')
    // It does not wait for the load that began before.
    expect(await cache.getOrLoad('a', () => 'new')).toBe('new')
    gate.open()
    expect(await early).toBe('old')
    expect(await cache.getOrLoad('a', () => 'newer')).toBe('new')
  })

  it('leaves errors to their caller, and stores none', async () => {
    const { cache } = open()
    const error = new Error('down')
    await expect(cache.getOrLoad('a', () => Promise.reject(error))).rejects.toBe(error)
    await expect(
      cache.getOrLoad('a', () => {
        throw error
      }),
    ).rejects.toBe(error)
    expect(await cache.getOrLoad('a', () => 1)).toBe(1)
  })

  it('goes by its policy', async () => {
    const { cache, clock } = open({ ttl: '1m' })
    const load = vi.fn<() => Promise<null>>(async () => null)
    const read = () => cache.getOrLoad('a', load, { ttl: '10s', negativeTtl: '1s' })
    await read()
    clock.advance(999)
    await read()
    expect(load).toHaveBeenCalledTimes(1)
    clock.advance(1)
    await read()
    expect(load).toHaveBeenCalledTimes(2)
  })

  it('keeps partitions apart, and caches for nobody in particular not at all', async () => {
    const { cache } = open()
    let tenant: string | undefined = 'acme'
    const read = (value: number) =>
      cache.getOrLoad('a', () => value, { partition: () => tenant, name: 'A' })
    expect(await read(1)).toBe(1)
    tenant = 'orion'
    expect(await read(2)).toBe(2)
    tenant = undefined
    expect(await read(3)).toBe(3)
    tenant = 'acme'
    expect(await read(4)).toBe(1)
    expect(counts(cache, 'A')).toMatchObject({ bypasses: { 'no-partition': 1 } })
  })

  it('names nothing of a key in the metrics that may be a parameter', async () => {
    const { cache } = open()
    for (const key of ['ann@example.com', 'user:ann', ':ann']) await cache.getOrLoad(key, () => 1)
    const names = cache.metrics().queries.map(({ fingerprint }) => fingerprint)
    expect(names.sort()).toEqual(['?', 'user:?'])
  })

  it('gives a ticket for what was deleted', async () => {
    const { cache } = open()
    await cache.getOrLoad('a', () => 1)
    const { ticket } = await cache.withTicket(() => cache.delete('a'))
    expect(await cache.getOrLoad('a', () => 2, { freshAfter: ticket })).toBe(2)
  })
})

describe('get and set', () => {
  it('store what was made in between', async () => {
    const { cache } = open()
    const value = [{ id: 5 }]
    await cache.set(slotOf(await cache.get<typeof value>('a')), value)
    value.pop()
    for (let again = 0; again < 2; again += 1) {
      const found = await cache.get<typeof value>('a')
      expect(found).toEqual({ isHit: true, value: [{ id: 5 }] })
      if (found.isHit) found.value.pop()
    }
    expect(counts(cache, '?')).toMatchObject({
      calls: 3,
      hits: { memory: 2 },
      misses: { absent: 1 },
      load: { count: 1 },
    })
  })

  it.each([
    ['its key', (cache: Tidemark) => cache.delete('a')],
    ['a tag', (cache: Tidemark) => cache.invalidate({ tags: ['t'] })],
    ['everything', (cache: Tidemark) => cache.clear()],
  ])('store nothing that is served where %s was made old in between', async (_, makeOld) => {
    const { cache } = open()
    const slot = slotOf(await cache.get('a', { tags: ['t'] }))
    await makeOld(cache)
    await cache.set(slot, 'old')
    expect(await cache.get('a', { tags: ['t'] })).toMatchObject({ isHit: false })
    expect(cache.metrics().memory.entries).toBe(0)
  })

  it('do not wait for each other, nor for a load', async () => {
    const { cache } = open()
    const [one, other] = [await cache.get<number>('a'), await cache.get<number>('a')]
    await cache.set(slotOf(other), 2)
    await cache.set(slotOf(one), 1)
    expect(await cache.getOrLoad('a', () => 3)).toBe(1)
    expect(await cache.get('a')).toEqual({ isHit: true, value: 1 })
  })

  it('store nothing while a writer is at work', async () => {
    const { cache } = open()
    const { engine } = cache
    const write = engine.plan(
      { adapter: 'test', fingerprint: 'w' },
      { kind: 'write', tables: ['film'] },
    )
    const gate = new Gate()
    const writing = engine.write({ plan: write, outcomeOf: () => 'settled' as const }, () =>
      gate.pass(() => undefined),
    )
    const slot = slotOf(await cache.get('a', { tables: ['film'] }))
    gate.open()
    await writing
    await cache.set(slot, 'old')
    expect(await cache.get('a', { tables: ['film'] })).toMatchObject({ isHit: false })
    expect(counts(cache, '?')?.bypasses).toEqual({ 'marks-locked': 1 })
  })

  it('store what is asked for under the policy of the get, and refresh nothing', async () => {
    const { cache, clock } = open({ staleWhileRevalidate: '1h', staleIfError: '1h' })
    await cache.set(slotOf(await cache.get('a', { ttl: '1s' })), 1)
    clock.advance(999)
    expect(await cache.get('a', { ttl: '1s' })).toMatchObject({ isHit: true })
    clock.advance(1)
    expect(await cache.get('a', { ttl: '1s' })).toMatchObject({ isHit: false })
    expect(counts(cache, '?')?.refreshes.count).toBe(0)
  })

  it('store nothing that cannot be copied, and nothing in a cache that is closed', async () => {
    const { cache } = open()
    await cache.set(slotOf(await cache.get('a')), () => 1)
    expect(await cache.get('a')).toMatchObject({ isHit: false })
    const slot = slotOf(await cache.get('b'))
    await cache.close()
    await cache.set(slot, 1)
    await cache.set(slotOf(await cache.get('b')), 1)
    expect(await cache.get('b')).toMatchObject({ isHit: false })
  })

  it('store it for other processes', async () => {
    const clock = new ManualClock()
    const random = new SeededRandom(1)
    const store = new SharedStore({ clock, random, leaseMs: 10_000 })
    const join = () => createTidemark({ clock, random, shared: store.connect() })
    const [one, other] = [join(), join()]
    await one.set(slotOf(await one.get('a')), { id: 5 })
    expect(await other.get('a')).toEqual({ isHit: true, value: { id: 5 } })
    await other.delete('a')
    await vi.waitFor(async () => expect(await one.get('a')).toMatchObject({ isHit: false }))
  })
})

describe('many keys', () => {
  it('load those together that are not there', async () => {
    const { cache } = open()
    await cache.getOrLoad('n:2', () => 'two')
    const load = vi.fn<(keys: readonly string[]) => Promise<Map<string, string>>>(
      async (keys) => new Map(keys.map((key) => [key, key])),
    )
    expect(await cache.getOrLoadMany(['n:1', 'n:2', 'n:3', 'n:1'], load)).toEqual(
      new Map([
        ['n:1', 'n:1'],
        ['n:2', 'two'],
        ['n:3', 'n:3'],
      ]),
    )
    expect(load.mock.calls).toEqual([[['n:1', 'n:3']]])
    await cache.getOrLoadMany(['n:1', 'n:3'], load)
    expect(load).toHaveBeenCalledTimes(1)
    expect(counts(cache, 'n:?')).toMatchObject({ hits: { memory: 3 }, misses: { absent: 3 } })
  })

  it('leave out what there is nothing for, and remember that', async () => {
    const { cache } = open()
    const load = vi.fn<() => Promise<Map<string, number>>>(async () => new Map([['a', 1]]))
    for (let again = 0; again < 2; again += 1) {
      expect([...(await cache.getOrLoadMany(['b', 'a'], load))]).toEqual([['a', 1]])
    }
    expect(load).toHaveBeenCalledTimes(1)
  })

  it('do not wait for each other in a circle', async () => {
    const { cache } = open()
    const load = async (keys: readonly string[]) => new Map(keys.map((key) => [key, key]))
    const all = await Promise.all([
      cache.getOrLoadMany(['a', 'b'], load),
      cache.getOrLoadMany(['b', 'a'], load),
      cache.getOrLoadMany(['b', 'c'], load),
    ])
    expect(all.map((found) => [...found.keys()])).toEqual([
      ['a', 'b'],
      ['b', 'a'],
      ['b', 'c'],
    ])
  })

  it('reject with the error of their load', async () => {
    const { cache } = open()
    const error = new Error('down')
    const load = () => Promise.reject(error)
    await expect(cache.getOrLoadMany(['a', 'b'], load)).rejects.toBe(error)
    expect(await cache.getOrLoadMany([], load)).toEqual(new Map())
    const atOnce = () => {
      throw error
    }
    await expect(cache.getOrLoadMany(['a', 'b'], atOnce)).rejects.toBe(error)
  })

  it('can be asked for, stored and deleted', async () => {
    const { cache } = open()
    const found = await cache.getMany<number>(['a', 'b'])
    await cache.setMany(
      found,
      [...found.keys()].map((key) => [key, key.length]),
    )
    expect(await cache.getMany(['b', 'a'])).toEqual(
      new Map([
        ['b', { isHit: true, value: 1 }],
        ['a', { isHit: true, value: 1 }],
      ]),
    )
    expect(await cache.delete(['a', 'b'])).toEqual(expect.objectContaining({ marks: 2 }))
    expect([...(await cache.getMany(['a', 'b'])).values()].every(({ isHit }) => !isHit)).toBe(true)
  })

  it('are set where there was nothing, as far as there is something to set', async () => {
    const { cache } = open()
    await cache.set(slotOf(await cache.get('a')), 'kept')
    const found = await cache.getMany<string | undefined>(['a', 'b', 'c', 'd'])
    await cache.delete('d')
    await cache.setMany(
      found,
      new Map([
        ['a', 'not taken'],
        ['b', undefined],
        ['d', 'old'],
      ]),
    )
    expect([...(await cache.getMany(['a', 'b', 'c', 'd']))]).toEqual([
      ['a', { isHit: true, value: 'kept' }],
      ['b', { isHit: true, value: undefined }],
      ['c', expect.objectContaining({ isHit: false })],
      ['d', expect.objectContaining({ isHit: false })],
    ])
  })

  it('are set all or none, where something about them is wrong', async () => {
    const { cache } = open()
    const found = await cache.getMany<number>(['a'])
    const pairs = [
      ['a', 1],
      ['b', 1],
    ] as const
    await expect(cache.setMany(found, pairs)).rejects.toThrow('got "b"')
    expect(await cache.get('a')).toMatchObject({ isHit: false })
  })

  it('are set for other processes, however many', async () => {
    const clock = new ManualClock()
    const random = new SeededRandom(1)
    const store = new SharedStore({ clock, random, leaseMs: 10_000 })
    const join = () => createTidemark({ clock, random, shared: store.connect() })
    const [one, other] = [join(), join()]
    const keys = Array.from({ length: 2500 }, (_, at) => `n:${at}`)
    await one.setMany(
      await one.getMany(keys),
      keys.map((key) => [key, key]),
    )
    const found = await other.getMany(keys)
    expect([...found.values()].filter(({ isHit }) => !isHit)).toEqual([])
  })

  it('may be none', async () => {
    const { cache } = open()
    await cache.setMany(await cache.getMany([]), [])
    expect(await cache.delete([])).toMatchObject({ marks: 0, tags: [] })
    expect(cache.invalidations()).toEqual([])
  })
})
