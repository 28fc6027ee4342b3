import { setImmediate } from 'node:timers/promises'
import { createTidemark, type ReadHint, systemClock } from '@tidemark/core'
import { Gate, ManualClock, SeededRandom, SharedStore } from '@tidemark/testing'
import { describe, expect, it } from 'vitest'
import { Harness, makeCache, type ReadOptions } from './harness.ts'

function under(hint: ReadHint, store?: SharedStore, clock = new ManualClock()) {
  const random = new SeededRandom(1)
  const shared = store?.connect()
  const cache = createTidemark({ clock, random, ttlJitter: 0, ...(shared && { shared }) })
  const harness = new Harness({ cache, clock })
  return {
    ...{ cache, clock, harness },
    read: <T>(load: () => T | Promise<T>, options: ReadOptions = {}) =>
      harness.read(load, { hint, ...options }),
  }
}

const quiet = () => setImmediate()
const down = new Error('connection refused')
const fail = () => Promise.reject(down)

describe('staleIfError', () => {
  const hint = { ttl: '10s', staleIfError: '1m' } as const

  it('serves what is too old where the database fails, as long as its window lasts', async () => {
    const { clock, read, harness } = under(hint)
    await read(() => 'old')
    clock.advance(69_999)
    expect(await read(fail)).toBe('old')
    expect(harness.loads).toBe(2)
    clock.advance(1)
    await expect(read(fail)).rejects.toBe(down)
    expect(harness.counts()).toEqual({
      hits: { 'stale-on-error': 1 },
      misses: { absent: 1, expired: 1 },
      bypasses: {},
    })
  })

  it('asks the database each time, and serves its answer as soon as there is one', async () => {
    const { clock, read } = under(hint)
    await read(() => 'old')
    clock.advance(20_000)
    expect(await read(fail)).toBe('old')
    expect(await read(() => 'new')).toBe('new')
  })

  it('passes on what a read without anything stored fails by', async () => {
    const { read } = under(hint)
    await expect(read(fail)).rejects.toBe(down)
  })

  it('never serves what was written to', async () => {
    const { clock, read, harness } = under(hint)
    await read(() => 'old')
    clock.advance(20_000)
    await harness.write(() => undefined)
    await expect(read(fail)).rejects.toBe(down)
  })

  it('never serves what was written to while the database was failing', async () => {
    const { clock, read, harness } = under(hint)
    await read(() => 'old')
    clock.advance(20_000)
    const gate = new Gate()
    const reading = read(() => gate.pass(fail))
    await gate.reached
    await harness.write(() => undefined)
    gate.open()
    await expect(reading).rejects.toBe(down)
  })

  it('never serves what is being written to when the database has failed', async () => {
    const { clock, read, harness } = under(hint)
    await read(() => 'old')
    clock.advance(20_000)
    const [loading, writing] = [new Gate(), new Gate()]
    const reading = read(() => loading.pass(fail))
    await loading.reached
    const write = harness.write(() => writing.pass(() => undefined))
    await writing.reached
    loading.open()
    await expect(reading).rejects.toBe(down)
    writing.open()
    await write
  })

  it('hides no error that says what is wrong with the query', async () => {
    const { clock, read } = under(hint)
    await read(() => 'old')
    clock.advance(20_000)
    const isOutage = (error: unknown) => error !== down
    await expect(read(fail, { isOutage })).rejects.toBe(down)
    const other = () => Promise.reject(new Error('too many connections'))
    expect(await read(other, { isOutage })).toBe('old')
  })

  it('serves each of those who wait for a load that fails', async () => {
    const { clock, read, harness } = under(hint)
    await read(() => ['old'])
    clock.advance(20_000)
    const results = await Promise.all([read(fail), read(fail), read(fail)])
    expect(results).toEqual([['old'], ['old'], ['old']])
    expect(new Set(results).size).toBe(3)
    expect(harness.counts().hits).toEqual({ 'stale-on-error': 3 })
  })

  it('counts its window at the moment at which it serves', async () => {
    const { clock, read } = under(hint)
    await read(() => 'old')
    clock.advance(69_999)
    const slowly = () => {
      clock.advance(1)
      return fail()
    }
    await expect(read(slowly)).rejects.toBe(down)
  })

  it('serves what another process has stored, for as long as its reader accepts', async () => {
    const clock = new ManualClock()
    const store = new SharedStore({ clock, random: new SeededRandom(2), leaseMs: 10_000 })
    const [one, other] = [under(hint, store, clock), under(hint, store, clock)]
    await one.read(() => 'old')
    clock.advance(69_999)
    expect(await other.read(fail)).toBe('old')
    expect(other.harness.counts().hits).toEqual({ 'stale-on-error': 1 })
    await expect(
      other.harness.read(fail, { hint: { ttl: '10s', staleIfError: '59s' } }),
    ).rejects.toBe(down)
    clock.advance(1)
    await expect(other.read(fail)).rejects.toBe(down)
    expect(store.entries.size).toBe(1)
  })

  it('believes its own memory no longer than others have not written', async () => {
    const clock = new ManualClock()
    const store = new SharedStore({ clock, random: new SeededRandom(2), leaseMs: 10_000 })
    const [one, other] = [under(hint, store, clock), under(hint, store, clock)]
    await one.read(() => 'old')
    clock.advance(20_000)
    await other.harness.write(() => undefined)
    await expect(one.read(fail)).rejects.toBe(down)
  })

  it('serves nothing where nobody can say whether it was written to', async () => {
    const clock = new ManualClock()
    const store = new SharedStore({ clock, random: new SeededRandom(2), leaseMs: 10_000 })
    const link = store.connect()
    const cache = createTidemark({ clock, shared: link, ttlJitter: 0 })
    const harness = new Harness({ cache, clock })
    await harness.read(() => 'old', { hint })
    clock.advance(20_000)
    const cut = () => {
      link.hold = () => Promise.reject(new Error('cut'))
      return fail()
    }
    await expect(harness.read(cut, { hint })).rejects.toBe(down)
  })
})

describe('softTimeout', () => {
  const hint = { ttl: '10s', staleIfError: '1m', softTimeout: '50ms', hardTimeout: '2s' } as const

  it('serves what is too old when the database takes long, and stores what comes later', async () => {
    const { clock, read, harness } = under(hint)
    await read(() => 'old')
    clock.advance(20_000)
    const gate = new Gate()
    const reading = read(() => gate.pass(() => 'new'))
    await gate.reached
    clock.advance(49)
    expect(await Promise.race([reading, quiet().then(() => 'waits')])).toBe('waits')
    clock.advance(1)
    expect(await reading).toBe('old')
    expect(harness.counts().hits).toEqual({ 'stale-on-timeout': 1 })
    gate.open()
    await quiet()
    expect(await read(() => 'not asked')).toBe('new')
    expect(harness.loads).toBe(2)
  })

  it('serves the answer of the database where that comes in time', async () => {
    const { clock, read } = under(hint)
    await read(() => 'old')
    clock.advance(20_000)
    const gate = new Gate()
    const reading = read(() => gate.pass(() => 'new'))
    await gate.reached
    clock.advance(49)
    gate.open()
    expect(await reading).toBe('new')
  })

  it('waits on where something was written, or nothing is stored', async () => {
    const { clock, read, harness } = under(hint)
    const first = new Gate()
    const reading = read(() => first.pass(() => 'old'))
    await first.reached
    clock.advance(50)
    first.open()
    expect(await reading).toBe('old')
    clock.advance(20_000)
    const second = new Gate()
    const again = read(() => second.pass(() => 'new'))
    await second.reached
    await harness.write(() => undefined)
    clock.advance(50)
    await quiet()
    second.open()
    expect(await again).toBe('new')
  })

  it('counts no call twice whose load goes on', async () => {
    const { clock, cache, read } = under(hint)
    await read(() => 'old')
    clock.advance(20_000)
    const gate = new Gate()
    const reads = [read(() => gate.pass(fail)), read(() => 'joins')]
    await gate.reached
    clock.advance(50)
    expect(await Promise.all(reads)).toEqual(['old', 'old'])
    gate.open()
    await quiet()
    const [shape] = cache.metrics().queries
    expect(shape).toMatchObject({
      calls: 3,
      hits: { 'stale-on-timeout': 2 },
      misses: { absent: 1 },
    })
  })
})

describe('hardTimeout', () => {
  const hint = { ttl: '10s', hardTimeout: '2s' } as const
  const message =
    'expected an answer within 2000 ms (hardTimeout), got none; the load goes on: select'

  it('names the key that was asked for, which the metrics do not', async () => {
    const { cache, clock } = makeCache()
    const gate = new Gate()
    const reading = cache.getOrLoad('user:5', () => gate.pass(() => 1), { hardTimeout: '2s' })
    await gate.reached
    clock.advance(2000)
    await expect(reading).rejects.toThrow(/goes on: user:5$/)
    gate.open()
  })

  it('ends the wait with an error of its own, and stores what comes later', async () => {
    const { clock, read, harness } = under(hint)
    const gate = new Gate()
    const reading = read(() => gate.pass(() => 'late'))
    await gate.reached
    clock.advance(1_999)
    expect(await Promise.race([reading.catch(() => 'over'), quiet().then(() => 'waits')])).toBe(
      'waits',
    )
    clock.advance(1)
    await expect(reading).rejects.toMatchObject({ code: 'LOAD_TIMEOUT', message })
    gate.open()
    await quiet()
    expect(await read(() => 'not asked')).toBe('late')
    expect(harness.counts()).toEqual({ hits: { memory: 1 }, misses: { absent: 1 }, bypasses: {} })
  })

  it('lets an error that comes later concern nobody', async () => {
    const { clock, read } = under(hint)
    const gate = new Gate()
    const reading = read(() => gate.pass(fail))
    await gate.reached
    clock.advance(2_000)
    await expect(reading).rejects.toMatchObject({ code: 'LOAD_TIMEOUT' })
    gate.open()
    // A rejection that nobody handles would end the test.
    await quiet()
    expect(await read(() => 'row')).toBe('row')
  })

  it('counts from when each one began to wait', async () => {
    const { clock, read } = under(hint)
    const gate = new Gate()
    const first = read(() => gate.pass(() => 'row'))
    await gate.reached
    clock.advance(1_500)
    const second = read(() => 'joins')
    await quiet()
    clock.advance(500)
    await expect(first).rejects.toMatchObject({ code: 'LOAD_TIMEOUT' })
    gate.open()
    expect(await second).toBe('row')
  })

  it('serves what staleIfError lets it, where there is no softTimeout', async () => {
    const { clock, read, harness } = under({ ...hint, staleIfError: '1m' })
    await read(() => 'old')
    clock.advance(20_000)
    const gate = new Gate()
    const reading = read(() => gate.pass(() => 'late'))
    await gate.reached
    clock.advance(2_000)
    expect(await reading).toBe('old')
    expect(harness.counts().hits).toEqual({ 'stale-on-timeout': 1 })
    gate.open()
    await quiet()
  })

  it('holds for a read that a writer keeps from the cache', async () => {
    const { clock, read, harness } = under(hint)
    const [writing, loading] = [new Gate(), new Gate()]
    const write = harness.write(() => writing.pass(() => undefined))
    await writing.reached
    const reading = read(() => loading.pass(() => 'row'))
    await loading.reached
    clock.advance(2_000)
    await expect(reading).rejects.toMatchObject({ code: 'LOAD_TIMEOUT', message })
    expect(harness.counts().bypasses).toEqual({ 'marks-locked': 1 })
    loading.open()
    writing.open()
    await write
  })

  it('leaves no timer behind', async () => {
    const timers = new Set<number>()
    const clock = Object.assign(new ManualClock(), {
      after: (ms: number) => {
        timers.add(ms)
        return () => timers.delete(ms)
      },
    })
    const { read } = under(hint, undefined, clock)
    await read(() => 'row')
    await expect(read(fail, { parameters: [1] })).rejects.toBe(down)
    expect(timers).toEqual(new Set())
  })

  it('goes by the platform where its clock has no timers', async () => {
    const clock = { now: () => systemClock.now() }
    const harness = new Harness({ cache: createTidemark({ clock }) })
    const never = new Gate()
    const reading = harness.read(() => never.pass(() => 'row'), { hint: { hardTimeout: 1 } })
    await expect(reading).rejects.toMatchObject({ code: 'LOAD_TIMEOUT' })
  })
})
