import { setImmediate } from 'node:timers/promises'
import {
  createTidemark,
  type ReadHint,
  resolveHint,
  type TablePolicy,
  type TidemarkOptions,
} from '@tidemark/core'
import { Gate, ManualClock, SeededRandom, SharedStore } from '@tidemark/testing'
import { describe, expect, it } from 'vitest'
import { Harness } from './harness.ts'

const quiet = () => setImmediate()

function make(options: TidemarkOptions = {}) {
  const clock = new ManualClock()
  const cache = createTidemark({ clock, random: new SeededRandom(1), ttlJitter: 0, ...options })
  return { clock, cache, harness: new Harness({ cache, clock }) }
}

describe('what is said nearer to the query counts', () => {
  /** What holds for a read of these tables. */
  function policyOf(
    defaults: TidemarkOptions,
    tables: Readonly<Record<string, TablePolicy>>,
    hint?: ReadHint,
    cacheByDefault = false,
  ) {
    const { engine } = createTidemark(defaults)
    const plan = engine.plan(
      { adapter: 'test', fingerprint: 'select' },
      { kind: 'read', tables: ['film', 'genre'] },
      engine.policies({ tables, cacheByDefault }),
    )
    return plan.policy(hint && resolveHint(hint))
  }

  it('part by part: the hint, the tables, the cache', () => {
    const defaults = { ttl: '1h', staleIfError: '1d', staleWhileRevalidate: '1m' } as const
    const film = { ttl: '10m', staleWhileRevalidate: '5m' } as const
    const policy = policyOf(defaults, { film, genre: { ttl: '20m' } }, { hardTimeout: '2s' })
    expect(policy).toMatchObject({
      ttlMs: 600_000,
      staleIfErrorMs: 86_400_000,
      staleWhileRevalidateMs: 60_000,
      hardTimeoutMs: 2_000,
      softTimeoutMs: Infinity,
      isolation: 'copy',
    })
  })

  it('of several tables the most demanding', () => {
    const film: TablePolicy = {
      ...{ ttl: '1h', negativeTtl: '10s', staleWhileRevalidate: '1m', staleIfError: 0 },
      ...{ refreshAhead: 0.8, softTimeout: '1s', hardTimeout: '2s', isolation: 'frozen' },
    }
    const genre: TablePolicy = {
      ...{ ttl: '2h', negativeTtl: '20s', staleWhileRevalidate: '2m', staleIfError: '1h' },
      ...{
        earlyRefresh: 2,
        softTimeout: '2s',
        hardTimeout: '3s',
        coalesce: 'shared',
        writeThrough: true,
      },
    }
    expect(policyOf({}, { film, genre })).toEqual({
      ...{ ttlMs: 3_600_000, negativeTtlMs: 10_000, staleWhileRevalidateMs: 60_000 },
      ...{ staleIfErrorMs: 0, refreshAhead: 0.8, earlyRefresh: 0, softTimeoutMs: 1_000 },
      ...{ hardTimeoutMs: 2_000, isolation: 'copy', coalesce: 'shared', writeThrough: false },
    })
    // The cache's own options stand for a table without a policy.
    const defaults = { ttl: '5m', staleWhileRevalidate: 0, earlyRefresh: 1 } as const
    expect(policyOf(defaults, { genre }, undefined, true)).toMatchObject({
      ...{ ttlMs: 300_000, staleWhileRevalidateMs: 0, earlyRefresh: 2, isolation: 'copy' },
    })
  })

  it('one way to load anew takes the place of the other, and none of either', () => {
    const defaults = { refreshAhead: 0.8 } as const
    const tables = { film: {}, genre: {} }
    const early = policyOf(defaults, tables, { earlyRefresh: 1 })
    expect(early).toMatchObject({ refreshAhead: 1, earlyRefresh: 1 })
    const none = policyOf(defaults, tables, { earlyRefresh: false })
    expect(none).toMatchObject({ refreshAhead: 1, earlyRefresh: 0 })
  })

  it('a hint counts for the query that it is given for, whoever asked before', async () => {
    const { clock, harness } = make({ ttl: '1m' })
    await harness.read(() => 'old')
    clock.advance(70_000)
    expect(await harness.read(() => 'new', { hint: { ttl: '1m' } })).toBe('new')
    clock.advance(70_000)
    const stale = { ttl: '1m', staleWhileRevalidate: '1m' } as const
    expect(await harness.read(() => 'newer', { hint: stale })).toBe('new')
    await quiet()
    expect(await harness.read(() => 'newest')).toBe('newer')
  })
})

describe('negativeTtl', () => {
  const hint = { ttl: '1m', negativeTtl: '5s' } as const

  it.each([[[]], [null], [undefined]])('is for %o', async (nothing) => {
    const { clock, harness } = make()
    await harness.read<unknown>(() => nothing, { hint })
    clock.advance(4_999)
    expect(await harness.read<unknown>(() => 'new', { hint })).toEqual(nothing)
    clock.advance(1)
    expect(await harness.read<unknown>(() => 'new', { hint })).toBe('new')
  })

  it.each([[[null]], [0], [''], [false], [{}]])('is not for %o', async (something) => {
    const { clock, harness } = make()
    await harness.read<unknown>(() => something, { hint })
    clock.advance(59_999)
    expect(await harness.read<unknown>(() => 'new', { hint })).toEqual(something)
    clock.advance(1)
    expect(await harness.read<unknown>(() => 'new', { hint })).toBe('new')
  })

  it('is for what the adapter says', async () => {
    const { clock, harness } = make()
    const isEmpty = (value: unknown) => (value as { rows: unknown[] }).rows.length === 0
    const read = (rows: unknown[]) => harness.read(() => ({ rows }), { hint, isEmpty })
    await read([])
    clock.advance(5_000)
    expect(await read([1])).toEqual({ rows: [1] })
  })

  it('is what each reader says, here and of what others have stored', async () => {
    const clock = new ManualClock()
    const store = new SharedStore({ clock, random: new SeededRandom(1), leaseMs: 10_000 })
    const [one, other] = [1, 2].map(() => make({ clock, shared: store.connect() }))
    await one!.harness.read(() => [] as number[], { hint: { ttl: '1m' } })
    clock.advance(5_000)
    expect(await one!.harness.read(() => [1], { hint: { ttl: '1m' } })).toEqual([])
    expect(await one!.harness.read(() => [2], { hint })).toEqual([2])
    const key = { parameters: [1] }
    await one!.harness.read(() => [] as number[], { hint: { ttl: '1m' }, ...key })
    clock.advance(5_000)
    expect(await other!.harness.read(() => [3], { hint, ...key })).toEqual([3])
    expect(other!.harness.counts().misses).toEqual({ expired: 1 })
  })

  it('is followed by the windows of what is stale', async () => {
    const { clock, harness } = make()
    const read = (rows: number[]) =>
      harness.read(() => rows, { hint: { ...hint, staleWhileRevalidate: '2s' } })
    await read([])
    clock.advance(6_999)
    expect(await read([1])).toEqual([])
    await quiet()
    expect(await read([2])).toEqual([1])
  })
})

describe('mode', () => {
  it("'refresh' asks the database whatever is stored, and stores its answer", async () => {
    const { harness } = make()
    await harness.read(() => 'old')
    expect(await harness.read(() => 'new', { hint: { mode: 'refresh' } })).toBe('new')
    expect(await harness.read(() => 'not asked')).toBe('new')
    expect(harness.counts().misses).toEqual({ absent: 1, refresh: 1 })
  })

  it("'refresh' is no answer to what was asked before, and others may join it", async () => {
    const { harness } = make()
    const [before, now] = [new Gate(), new Gate()]
    const slow = harness.read(() => before.pass(() => 'old'))
    await before.reached
    const refresh = harness.read(() => now.pass(() => 'new'), { hint: { mode: 'refresh' } })
    await now.reached
    const joining = harness.read(() => 'not asked')
    now.open()
    expect(await Promise.all([refresh, joining])).toEqual(['new', 'new'])
    before.open()
    expect(await slow).toBe('old')
    expect(harness.loads).toBe(2)
  })

  it("'refresh' passes on the error of the database, whatever is stored", async () => {
    const { harness } = make({ staleIfError: '1h' })
    await harness.read(() => 'old')
    const failing = harness.read(() => Promise.reject(new Error('down')), {
      hint: { mode: 'refresh' },
    })
    await expect(failing).rejects.toThrow('down')
  })

  it("'refresh' takes nothing that another process has stored", async () => {
    const clock = new ManualClock()
    const store = new SharedStore({ clock, random: new SeededRandom(1), leaseMs: 10_000 })
    const [one, other] = [1, 2].map(() => make({ clock, shared: store.connect() }))
    await one!.harness.read(() => 'old')
    const hint = { mode: 'refresh', coalesce: 'shared' } as const
    expect(await other!.harness.read(() => 'new', { hint })).toBe('new')
    await quiet()
    expect([...store.entries.values()].length).toBe(1)
    const third = make({ clock, shared: store.connect() })
    expect(await third.harness.read(() => 'not asked')).toBe('new')
  })

  const only = { mode: 'only-if-cached' } as const
  const notCached = (reason: string) => ({
    code: 'NOT_CACHED',
    message: `expected a result in the cache (mode: 'only-if-cached'), got none (${reason}): select`,
  })

  it("'only-if-cached' never asks the database", async () => {
    const { clock, harness } = make({ ttl: '10s' })
    const read = (options = {}) =>
      harness.read(() => 'not asked', { hint: { ...only, ...options } })
    await expect(read()).rejects.toMatchObject(notCached('absent'))
    await harness.read(() => 'row')
    expect(await read()).toBe('row')
    await expect(read({ tags: ['other'] })).rejects.toMatchObject(notCached('absent'))
    clock.advance(10_000)
    await expect(read()).rejects.toMatchObject(notCached('expired'))
    expect(await read({ staleWhileRevalidate: '1s' })).toBe('row')
    await harness.write(() => undefined)
    await expect(read()).rejects.toMatchObject(notCached('marks-moved'))
    await quiet()
    expect(harness.loads).toBe(1)
    expect(harness.counts()).toEqual({
      hits: { memory: 1, stale: 1 },
      misses: { absent: 3, expired: 1, 'marks-moved': 1 },
      bypasses: {},
    })
  })

  it("'only-if-cached' is not answered where the cache may not answer", async () => {
    const { harness, cache } = make()
    await harness.read(() => 'row')
    const inTransaction = harness.read(() => 'not asked', { hint: only, bypass: 'in-transaction' })
    await expect(inTransaction).rejects.toMatchObject(notCached('in-transaction'))
    await cache.close()
    await expect(harness.read(() => 'not asked', { hint: only })).rejects.toMatchObject(
      notCached('closed'),
    )
    expect(harness.loads).toBe(1)
    expect(harness.counts().bypasses).toEqual({ 'in-transaction': 1, closed: 1 })
  })

  it("'only-if-cached' is answered by what another process has stored", async () => {
    const clock = new ManualClock()
    const store = new SharedStore({ clock, random: new SeededRandom(1), leaseMs: 10_000 })
    const [one, other] = [1, 2].map(() => make({ clock, shared: store.connect() }))
    await one!.harness.read(() => 'row')
    await quiet()
    expect(await other!.harness.read(() => 'not asked', { hint: only })).toBe('row')
  })

  it("'bypass' asks the database, and stores nothing", async () => {
    const { harness } = make()
    await harness.read(() => 'old')
    const hint = { mode: 'bypass', ttl: '1m' } as const
    expect(await harness.read(() => 'new', { hint })).toBe('new')
    expect(await harness.read(() => 'not asked')).toBe('old')
    expect(harness.counts().bypasses).toEqual({ 'bypass-hint': 1 })
  })
})

describe('key', () => {
  it('names a result beside its query: two queries of one name have answers of their own', async () => {
    const { harness } = make()
    const hint = { key: 'front page' }
    for (const [id, answer] of ['one', 'other'].entries()) {
      expect(await harness.read(() => answer, { hint, parameters: [id] })).toBe(answer)
    }
    expect(await harness.read(() => 'not asked', { hint, parameters: [0] })).toBe('one')
    expect(await harness.read(() => 'without', { parameters: [0] })).toBe('without')
    expect(await harness.read(() => 'another', { hint: { key: 'other' }, parameters: [0] })).toBe(
      'another',
    )
    expect(
      await harness.read(() => 'tagged', { hint: { tags: ['front page'] }, parameters: [0] }),
    ).toBe('tagged')
  })

  it('makes old what it names, and nothing else', async () => {
    const { harness } = make()
    const read = (answer: string, key?: string) =>
      harness.read(() => answer, key === undefined ? {} : { hint: { key } })
    await read('a', 'a')
    await read('b', 'b')
    await read('none')
    await harness.write(() => undefined, { tables: ['genre'], hint: { key: 'a' } })
    expect(await read('new', 'a')).toBe('new')
    expect(await read('new', 'b')).toBe('b')
    expect(await read('new')).toBe('none')
    await harness.write(() => undefined)
    expect(await read('newer', 'b')).toBe('newer')
  })
})

describe("isolation: 'frozen'", () => {
  const hint = { isolation: 'frozen' } as const

  it('gives all one object that nobody can change, the first as well', async () => {
    const { harness } = make()
    const rows = () => [{ id: 1, tags: ['a'], nested: { deep: [{ x: 1n }] }, nothing: null }]
    const loaded = rows()
    const first = await harness.read(() => loaded, { hint })
    const second = await harness.read(rows, { hint })
    expect(first).toEqual(rows())
    expect(second).toBe(first)
    const { tags, nested } = second[0]!
    for (const part of [second, second[0], tags, nested, nested.deep, nested.deep[0]]) {
      expect(Object.isFrozen(part)).toBe(true)
    }
    expect(() => tags.push('b')).toThrow(TypeError)
    expect(() => (second[0]!.id = 2)).toThrow(TypeError)
    // What the load gave is whoever's it was.
    expect(Object.isFrozen(loaded)).toBe(false)
  })

  it('freezes nothing that others are given copies of', async () => {
    const { harness } = make()
    const rows = () => [{ id: 1, tags: ['a'], more: [['b']] }]
    await harness.read(rows, { hint })
    const copy = await harness.read(rows)
    copy[0]!.tags.push('changed')
    copy[0]!.more[0]!.push('changed')
    copy[0]!.id = 2
    copy.push(...rows())
    expect(await harness.read(rows, { hint })).toEqual(rows())
    expect(await harness.read(rows)).toEqual(rows())
  })

  it.each([
    ['a Date', () => new Date(5)],
    ['bytes', () => Buffer.from('abc')],
    ['a Map', () => new Map([['a', 1]])],
    ['a Set', () => new Set([1])],
  ])('gives each a copy of what holds %s, which cannot be frozen', async (_name, value) => {
    const { harness } = make()
    const read = () => harness.read(() => [{ id: 1, value: value() }], { hint })
    const results = [await read(), await read(), await read()]
    for (const rows of results) expect(rows).toEqual([{ id: 1, value: value() }])
    expect(new Set(results).size).toBe(3)
    expect(new Set(results.map(([row]) => row!.value)).size).toBe(3)
  })

  it('gives each a copy where somebody writes into what he is given', async () => {
    const { harness } = make()
    const read = () => harness.read(() => [1], { hint, changesResult: true })
    const [one, other] = [await read(), await read()]
    expect(Object.isFrozen(other)).toBe(false)
    expect(other).not.toBe(one)
  })

  it('gives those who join a load what all are given', async () => {
    const { harness } = make()
    const reads = await Promise.all([1, 2, 3].map(() => harness.read(() => [{ id: 1 }], { hint })))
    expect(new Set(reads).size).toBe(1)
    expect(harness.loads).toBe(1)
  })
})
