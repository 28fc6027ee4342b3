import { type CachedKey, createTidemark, TidemarkError } from '@tidemark/core'
import { type ConnectedStore, ManualClock, SeededRandom, SharedStore } from '@tidemark/testing'
import { describe, expect, it } from 'vitest'
import { Harness } from './harness.ts'

function join(store?: SharedStore) {
  const clock = store?.clock ?? new ManualClock()
  const shared: ConnectedStore | undefined = store?.connect()
  const random = new SeededRandom(1)
  const cache = createTidemark({ clock, random, ttlJitter: 0, ...(shared && { shared }) })
  return { cache, shared, harness: new Harness({ cache, clock: clock as ManualClock }) }
}

function makeStore(): SharedStore {
  const clock = new ManualClock()
  return new SharedStore({ clock, random: new SeededRandom(1), leaseMs: 10_000 })
}

const vip = { tags: ['vip'] }

describe('cache.tags', () => {
  it('lists tables and names by kind and name, and nothing that every cache has', async () => {
    const { cache, harness } = join()
    expect(await cache.tags()).toEqual({ tags: [], complete: true })
    await harness.read(() => 1, { tables: ['Genre', 'audit.log'], hint: vip })
    expect(await cache.tags()).toEqual({
      tags: [
        { kind: 'table', name: 'audit.log' },
        { kind: 'table', name: 'genre' },
        { kind: 'tag', name: 'vip' },
      ],
      complete: true,
    })
  })

  it('gives no more than it is asked for, and says so', async () => {
    for (const { cache, harness } of [join(), join(makeStore())]) {
      const tables = ['a', 'b', 'c']
      for (const table of tables) await harness.read(() => 1, { tables: [table], operation: table })
      const some = await cache.tags({ limit: 2 })
      expect(some.tags.length).toBe(2)
      expect(some.complete).toBe(false)
      expect(await cache.tags({ limit: 3 })).toMatchObject({ complete: true })
    }
  })

  it('lists what other processes have read', async () => {
    const store = makeStore()
    const [one, other] = [join(store), join(store)]
    await one.harness.read(() => 1, { hint: vip })
    expect((await other.cache.tags()).tags.map(({ name }) => name)).toEqual(['film', 'vip'])
  })

  it('knows by name what it has read itself where the tier hides names, and the rest as hidden', async () => {
    const store = makeStore()
    const [one, other] = [join(store), join(store)]
    for (const { shared } of [one, other]) {
      const list = shared!.listMarks.bind(shared)
      Object.assign(shared!, {
        hidesNames: true,
        async *listMarks() {
          for await (const batch of list('')) {
            yield batch.map(({ mark }) => ({ mark, tag: undefined }))
          }
        },
      })
    }
    await one.harness.read(() => 1)
    expect((await one.cache.tags()).tags).toEqual([{ kind: 'table', name: 'film' }])
  })

  it('is about this process alone where the shared tier can list nothing, and says so', async () => {
    const { cache, harness, shared } = join(makeStore())
    Object.assign(shared!, { listMarks: undefined, listEntries: undefined })
    await harness.read(() => 1)
    expect(await cache.tags()).toEqual({
      tags: [{ kind: 'table', name: 'film' }],
      complete: false,
    })
    const list = await cache.keysByTag({ table: 'film' })
    expect(list).toMatchObject({ keys: [{ operation: 'select' }], complete: false })
  })

  it('rejects with a reason where the shared tier does not answer', async () => {
    const { cache, shared } = join(makeStore())
    shared!.hold = () => Promise.reject(new Error('connection lost'))
    const refused = new TidemarkError(
      'INSPECTION_FAILED',
      'expected to list what is in shared store, but it failed: connection lost',
    )
    await expect(cache.tags()).rejects.toEqual(refused)
    await expect(cache.keysByTag('vip')).rejects.toEqual(refused)
    await expect(cache.tagsOfKey('1:a1:b1:c0:1:d[1:d1;')).rejects.toEqual(refused)
  })
})

describe('cache.keysByTag', () => {
  it('shows what was asked, and what is kept of it where', async () => {
    const store = makeStore()
    const [one, other] = [join(store), join(store)]
    const parameters = [1, 'two', new Date(0)]
    const load = () => {
      one.harness.clock.advance(40)
      return 'row'
    }
    await one.harness.read(load, { parameters, hint: { ...vip, ttl: 100_000 } })
    await one.harness.read(load, { operation: 'another', tables: ['genre'] })
    one.harness.clock.advance(1000)
    const { keys, ...rest } = await one.cache.keysByTag('vip')
    expect(rest).toEqual({ complete: true, unreadable: 0 })
    expect(keys).toEqual([
      {
        key: expect.any(String) as string,
        ...{ adapter: 'test', database: 'default', partition: '', operation: 'select', parameters },
        memory: {
          ageMs: 1080,
          expiresInMs: 23_920,
          loadMs: 40,
          bytes: expect.any(Number) as number,
        },
        shared: {
          ageMs: 1080,
          expiresInMs: 98_920,
          loadMs: 40,
          bytes: expect.any(Number) as number,
        },
      },
    ])
    const [{ memory, ...elsewhere }] = keys as [CachedKey]
    expect(memory).toBeDefined()
    expect((await other.cache.keysByTag({ table: 'public.Film' })).keys).toEqual([elsewhere])
    expect((await other.cache.keysByTag({ tag: 'film' })).keys).toEqual([])
    expect((await other.cache.keysByTag({ key: 'vip' })).keys).toEqual([])
  })

  it('gives no more than it is asked for, and says so', async () => {
    for (const { cache, harness } of [join(), join(makeStore())]) {
      for (const operation of ['a', 'b', 'c']) await harness.read(() => 1, { operation })
      const some = await cache.keysByTag({ table: 'film' }, { limit: 2 })
      expect(some.keys.length).toBe(2)
      expect(some.complete).toBe(false)
      expect(await cache.keysByTag({ table: 'film' }, { limit: 3 })).toMatchObject({
        complete: true,
      })
    }
  })

  it('shows nothing whose time is over', async () => {
    const { cache, harness } = join()
    await harness.read(() => 1, { hint: { ttl: 1000 } })
    harness.clock.advance(999)
    expect((await cache.keysByTag({ table: 'film' })).keys.length).toBe(1)
    harness.clock.advance(1)
    expect((await cache.keysByTag({ table: 'film' })).keys).toEqual([])
  })

  it('counts what it cannot read', async () => {
    const { cache, shared } = join(makeStore())
    Object.assign(shared!, {
      async *listEntries() {
        yield [{ key: undefined, entry: 'foreign-entry', bytes: 5 }]
      },
    })
    expect(await cache.keysByTag('vip')).toEqual({ keys: [], complete: true, unreadable: 1 })
  })

  it('changes nothing about which entries make room for others', async () => {
    const clock = new ManualClock()
    const cache = createTidemark({ clock, ttlJitter: 0, memory: { maxEntries: 2 } })
    const harness = new Harness({ cache, clock })
    const read = (operation: string) => harness.read(() => 1, { operation })
    await read('old')
    await read('new')
    await cache.keysByTag({ table: 'film' })
    await read('newest')
    const { keys } = await cache.keysByTag({ table: 'film' })
    expect(keys.map(({ operation }) => operation).toSorted()).toEqual(['new', 'newest'])
  })
})

describe('cache.tagsOfKey', () => {
  it('tells what a result depends on, and what of it has moved', async () => {
    const store = makeStore()
    const [one, other] = [join(store), join(store)]
    await one.harness.read(() => 1, { tables: ['film', 'genre'], hint: vip })
    const [{ key }] = (await one.cache.keysByTag('vip')).keys as [CachedKey]
    const film = { kind: 'table', name: 'film' }
    const genre = { kind: 'table', name: 'genre' }
    const tag = { kind: 'tag', name: 'vip' }
    const everything = { kind: 'everything', name: '*' }
    const current = { memory: 'current', shared: 'current' }
    expect(await one.cache.tagsOfKey(key)).toEqual(
      [everything, tag, film, genre].map((each) => ({ ...each, ...current })),
    )
    await other.harness.write(() => 1, { tables: ['genre'] })
    expect(await one.cache.tagsOfKey(key)).toContainEqual({
      ...genre,
      ...{ memory: 'moved', shared: 'moved' },
    })
    await other.harness.write(
      async () => {
        expect(await other.cache.tagsOfKey(key)).toContainEqual({ ...film, shared: 'locked' })
      },
      { tables: ['film'] },
    )
    expect(await other.cache.tagsOfKey(key)).toContainEqual({ ...tag, shared: 'current' })
    one.harness.clock.advance(1000)
    expect(await one.cache.tagsOfKey(key)).toContainEqual({
      ...tag,
      ...{ memory: 'unknown', shared: 'current' },
    })
  })

  it('is undefined for what is not cached', async () => {
    const { cache, harness } = join()
    await harness.read(() => 1)
    const [{ key }] = (await cache.keysByTag({ table: 'film' })).keys as [CachedKey]
    await cache.clear()
    expect(await cache.tagsOfKey(key)).toBeUndefined()
  })

  it('mints nothing', async () => {
    const store = makeStore()
    const [one, other] = [join(store), join(store)]
    await one.harness.read(() => 1)
    const [{ key }] = (await other.cache.keysByTag({ table: 'film' })).keys as [CachedKey]
    await other.cache.tagsOfKey(key)
    await other.cache.tags()
    expect(new Set(other.shared!.calls.map(({ method }) => method))).toEqual(
      new Set(['list', 'lookup']),
    )
  })
})
