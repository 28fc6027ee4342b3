import { AsyncLocalStorage } from 'node:async_hooks'
import { setImmediate } from 'node:timers/promises'
import { createTidemark, type ReadHint } from '@tidemark/core'
import { Gate, ManualClock, SeededRandom, SharedStore } from '@tidemark/testing'
import { describe, expect, it } from 'vitest'
import { Harness, type ReadOptions } from './harness.ts'

/** Reads under one hint what `row` is, and tells how often that was asked. */
function under(hint: ReadHint, random = new SeededRandom(1)) {
  const clock = new ManualClock()
  const cache = createTidemark({ clock, random, ttlJitter: 0 })
  const harness = new Harness({ cache, clock })
  const state = { row: 0, loadMs: 0 }
  const load = () => {
    clock.advance(state.loadMs)
    return state.row
  }
  return {
    ...{ cache, clock, harness, state },
    read: (options: ReadOptions = {}) => harness.read(load, { hint, ...options }),
    counts: () => harness.counts(),
    refreshes: () => cache.metrics().queries.find(({ kind }) => kind === 'read')?.refreshes,
  }
}

/** Whatever goes on in the background and waits for nothing has then been done. */
const quiet = () => setImmediate()

describe('refreshAhead', () => {
  it('loads anew what is asked for after its share of the ttl, and serves the old one meanwhile', async () => {
    const { clock, state, read, counts, refreshes, harness } = under({
      ttl: '10s',
      refreshAhead: 0.8,
    })
    await read()
    state.row = 1
    clock.advance(7_999)
    expect(await read()).toBe(0)
    await quiet()
    expect(harness.loads).toBe(1)
    clock.advance(1)
    expect(await read()).toBe(0)
    await quiet()
    expect(await read()).toBe(1)
    expect(harness.loads).toBe(2)
    expect(refreshes()).toEqual({ count: 1, failed: 0 })
    expect(counts()).toEqual({ hits: { memory: 3 }, misses: { absent: 1 }, bypasses: {} })
    // The new one has its own time.
    clock.advance(7_999)
    expect(await read()).toBe(1)
    clock.advance(2_001)
    state.row = 2
    expect(await read()).toBe(2)
  })

  it('leaves alone what nobody asks for', async () => {
    const { clock, read, harness } = under({ ttl: '10s', refreshAhead: 0.1 })
    await read()
    clock.advance(9_000)
    await quiet()
    expect(harness.loads).toBe(1)
  })
})

describe('earlyRefresh', () => {
  const drawing = (fraction: () => number) => Object.assign(new SeededRandom(1), { fraction })

  it.each([
    { beta: 1, drawn: 2, beforeMs: 2_000 },
    { beta: 2, drawn: 2, beforeMs: 4_000 },
    { beta: 0.5, drawn: 1, beforeMs: 500 },
  ])(
    'looks $beforeMs ms ahead with beta $beta, where it draws $drawn and the load took 1 s',
    async ({ beta, drawn, beforeMs }) => {
      const random = drawing(() => Math.exp(-drawn))
      const { clock, state, read, harness } = under({ ttl: '20s', earlyRefresh: beta }, random)
      state.loadMs = 1_000
      await read()
      state.loadMs = 0
      clock.advance(19_000 - beforeMs - 1)
      await read()
      await quiet()
      expect(harness.loads).toBe(1)
      // The logarithm of a fraction is rounded.
      clock.advance(1.001)
      await read()
      await quiet()
      expect(harness.loads).toBe(2)
    },
  )

  it('is as probable as the formula says', async () => {
    const { clock, state, read, refreshes } = under({ ttl: '20s', earlyRefresh: 1 })
    const keys = Array.from({ length: 2_000 }, (_, id) => ({ parameters: [id] }))
    state.loadMs = 1_000
    let refreshed = 0
    for (const key of keys) {
      await read(key)
      clock.advance(18_000)
      const before = refreshes()!.count
      await read(key)
      await quiet()
      refreshed += refreshes()!.count - before
    }
    // One load's time before the end.
    expect(refreshed / keys.length).toBeCloseTo(Math.exp(-1), 1)
  })

  it('draws nothing for what was loaded in no time, or long before its end', async () => {
    let draws = 0
    const random = drawing(() => {
      draws += 1
      return 0
    })
    const { clock, state, read, harness } = under({ ttl: '60s', earlyRefresh: 1 }, random)
    await read()
    clock.advance(59_999)
    await read()
    state.loadMs = 1_000
    await read({ parameters: [1] })
    const before = draws
    clock.advance(36_000)
    await read({ parameters: [1] })
    await quiet()
    expect(draws).toBe(before)
    expect(harness.loads).toBe(2)
    clock.advance(1_000)
    await read({ parameters: [1] })
    await quiet()
    expect(draws).toBeGreaterThan(before)
    expect(harness.loads).toBe(3)
  })
})

describe('staleWhileRevalidate', () => {
  const hint = { ttl: '10s', staleWhileRevalidate: '5s' } as const

  it('serves what is a little too old, and what was loaded meanwhile from then on', async () => {
    const { clock, state, read, counts, refreshes } = under(hint)
    await read()
    state.row = 1
    clock.advance(14_999)
    expect(await read()).toBe(0)
    await quiet()
    expect(await read()).toBe(1)
    expect(refreshes()).toEqual({ count: 1, failed: 0 })
    expect(counts()).toEqual({ hits: { stale: 1, memory: 1 }, misses: { absent: 1 }, bypasses: {} })
  })

  it('ends with its window', async () => {
    const { clock, state, read, counts } = under(hint)
    await read()
    state.row = 1
    clock.advance(15_000)
    expect(await read()).toBe(1)
    expect(counts()).toEqual({ hits: {}, misses: { absent: 1, expired: 1 }, bypasses: {} })
  })

  it('never serves what was written to, however little it is too old', async () => {
    const { clock, state, read, harness } = under(hint)
    await read()
    clock.advance(10_000)
    await harness.write(() => (state.row = 1))
    expect(await read()).toBe(1)
    expect(harness.counts().misses).toEqual({ absent: 1, 'marks-moved': 1 })
  })

  it('loads once for all who are served meanwhile', async () => {
    const { clock, harness, read } = under(hint)
    await read()
    clock.advance(10_000)
    const gate = new Gate()
    const load = () => gate.pass(() => 1)
    for (let time = 0; time < 50; time += 1) expect(await harness.read(load, { hint })).toBe(0)
    await gate.reached
    expect(harness.loads).toBe(2)
    gate.open()
    await quiet()
    expect(await read()).toBe(1)
  })

  it('stores nothing that is served, where a write came while it was loading', async () => {
    const { clock, harness, state, read } = under(hint)
    await read()
    clock.advance(10_000)
    const gate = new Gate()
    const load = () => {
      const seen = state.row
      return gate.pass(() => seen)
    }
    expect(await harness.read(load, { hint })).toBe(0)
    await gate.reached
    await harness.write(() => (state.row = 1))
    gate.open()
    await quiet()
    expect(await read()).toBe(1)
    expect(harness.counts().misses).toEqual({ absent: 1, 'marks-moved': 1 })
  })

  it('counts a load that fails, tells nobody, and tries again with the next who asks', async () => {
    const { clock, harness, state, read, refreshes } = under(hint)
    await read()
    clock.advance(10_000)
    const failing = () => Promise.reject(new Error('connection refused'))
    expect(await harness.read(failing, { hint })).toBe(0)
    await quiet()
    expect(refreshes()).toEqual({ count: 1, failed: 1 })
    state.row = 1
    expect(await read()).toBe(0)
    await quiet()
    expect(await read()).toBe(1)
    expect(refreshes()).toEqual({ count: 2, failed: 1 })
  })

  it('loads eight at once, and the others when they are asked for again', async () => {
    const { clock, harness, read } = under(hint)
    const keys = Array.from({ length: 12 }, (_, id) => ({ parameters: [id] }))
    for (const key of keys) await read(key)
    clock.advance(10_000)
    const gate = new Gate()
    const all = () =>
      Promise.all(keys.map((key) => harness.read(() => gate.pass(() => 1), { hint, ...key })))
    expect(await all()).toEqual(keys.map(() => 0))
    await quiet()
    expect(harness.loads).toBe(12 + 8)
    gate.open()
    await quiet()
    await all()
    await quiet()
    expect(harness.loads).toBe(12 + 12)
  })

  it('loads on behalf of the reader who was served', async () => {
    const tenant = new AsyncLocalStorage<string>()
    const { clock, harness, read } = under(hint)
    await read()
    clock.advance(10_000)
    const load = () => Promise.resolve(tenant.getStore())
    expect(await tenant.run('acme', () => harness.read<unknown>(load, { hint }))).toBe(0)
    await quiet()
    expect(await harness.read<unknown>(() => 'not asked', { hint })).toBe('acme')
  })

  it('serves one who can cancel, and loads nothing for him', async () => {
    const { clock, harness, read } = under(hint)
    await read()
    clock.advance(10_000)
    expect(await read({ cancellable: true })).toBe(0)
    await quiet()
    expect(harness.loads).toBe(1)
  })

  it('loads nothing where a query that is sent now might see what is not committed', async () => {
    const { clock, harness, read } = under(hint)
    const origin = { mayReload: true }
    await read()
    clock.advance(10_000)
    const reading = read({ origin })
    origin.mayReload = false
    expect(await reading).toBe(0)
    await quiet()
    expect(harness.loads).toBe(1)
    // Nor is stored what was loaded when that began.
    origin.mayReload = true
    const gate = new Gate()
    expect(await harness.read(() => gate.pass(() => 1), { hint, origin })).toBe(0)
    await gate.reached
    origin.mayReload = false
    gate.open()
    await quiet()
    expect(await read()).toBe(0)
  })

  it('loads nothing where the reader has changed what it asked for', async () => {
    const { clock, harness, read } = under(hint)
    const id = Buffer.from('a')
    await read({ parameters: [id] })
    clock.advance(10_000)
    const reading = read({ parameters: [id] })
    id.write('b')
    expect(await reading).toBe(0)
    await quiet()
    expect(harness.loads).toBe(1)
  })

  it('is for whoever asks for it, of what others have stored', async () => {
    const { clock, state, harness, read } = under(hint)
    await harness.read(() => 0, { hint: { ttl: '1m' } })
    state.row = 1
    clock.advance(14_999)
    expect(await read()).toBe(0)
    await quiet()
    expect(await read()).toBe(1)
    clock.advance(12_000)
    expect(await harness.read(() => 2, { hint: { ttl: '10s' } })).toBe(2)
  })
})

describe('where processes share', () => {
  const hint = { ttl: '10s', staleWhileRevalidate: '5s' } as const

  function processes(options: ReadHint = hint) {
    const clock = new ManualClock()
    const random = new SeededRandom(1)
    const store = new SharedStore({ clock, random, leaseMs: 10_000 })
    const join = () => {
      const link = store.connect()
      const cache = createTidemark({ clock, random, shared: link, ttlJitter: 0 })
      const harness = new Harness({ cache, clock })
      const read = <T>(load: () => T | Promise<T>) => harness.read(load, { hint: options })
      return { link, harness, read, count: () => harness.counts() }
    }
    return { clock, join }
  }

  it('serves what another has stored and is a little too old, and shares what it loads anew', async () => {
    const { clock, join } = processes()
    const [one, other] = [join(), join()]
    await one.read(() => 'old')
    clock.advance(14_999)
    expect(await other.read(() => 'new')).toBe('old')
    await quiet()
    expect(other.count().hits).toEqual({ stale: 1 })
    expect(await one.read(() => 'not asked')).toBe('old')
    await quiet()
    expect(await one.read(() => 'not asked')).toBe('new')
    expect([one.harness.loads, other.harness.loads]).toEqual([1, 1])
  })

  it('keeps an entry as long as whoever stored it may serve it', async () => {
    const { clock, join } = processes()
    const [one, other] = [join(), join()]
    await one.read(() => 'old')
    clock.advance(15_000)
    expect(await other.read(() => 'new')).toBe('new')
    expect(other.count().misses).toEqual({ absent: 1 })
  })

  it('loads once for those who are served while the marks are being read', async () => {
    const { clock, join } = processes()
    const one = join()
    await one.read(() => 'old')
    clock.advance(10_000)
    await one.read(() => 'new')
    await quiet()
    clock.advance(10_000)
    const gate = new Gate()
    // Makes the marks known, and begins nothing that is not held.
    let lookups = 0
    one.link.hold = ({ method }) => {
      if (method !== 'lookup') return Promise.resolve()
      lookups += 1
      return lookups > 1 ? gate.pass(() => {}) : Promise.resolve()
    }
    const reads = [one.read(() => 'newer'), one.read(() => 'newer')]
    await gate.reached
    gate.open()
    expect(await Promise.all(reads)).toEqual(['new', 'new'])
    await quiet()
    expect(one.harness.loads).toBe(3)
  })

  it('loads nothing where another has written since', async () => {
    const { clock, join } = processes()
    const [one, other] = [join(), join()]
    one.link.hold = ({ method }) =>
      method === 'message' ? Promise.reject(new Error('lost')) : Promise.resolve()
    await one.read(() => 'old')
    clock.advance(10_000)
    const gate = new Gate()
    let lookups = 0
    one.link.hold = ({ method }) => {
      if (method === 'message') return Promise.reject(new Error('lost'))
      lookups += method === 'lookup' ? 1 : 0
      return lookups === 2 ? gate.pass(() => {}) : Promise.resolve()
    }
    // It was current when it was served; the refresh is held at its own look at the marks.
    expect(await one.read(() => 'not asked')).toBe('old')
    await gate.reached
    await other.harness.write(() => undefined)
    gate.open()
    await quiet()
    expect(one.harness.loads).toBe(1)
    expect(await one.read(() => 'new')).toBe('new')
  })

  it("loads once for all with coalesce: 'shared'", async () => {
    const { clock, join } = processes({ ...hint, coalesce: 'shared' })
    const [one, other] = [join(), join()]
    await one.read(() => 'old')
    await quiet()
    clock.advance(10_000)
    const gate = new Gate()
    expect(await one.read(() => gate.pass(() => 'new'))).toBe('old')
    await gate.reached
    expect(await other.read(() => 'not asked')).toBe('old')
    await quiet()
    gate.open()
    await quiet()
    expect(await other.read(() => 'not asked')).toBe('old')
    await quiet()
    expect(await other.read(() => 'not asked')).toBe('new')
    expect([one.harness.loads, other.harness.loads]).toEqual([2, 0])
  })
})

it('what is being loaded for a reader is not loaded for another in the background', async () => {
  const hint = { ttl: '10s', staleWhileRevalidate: '5s' } as const
  const { clock, harness, read } = under(hint)
  await read()
  clock.advance(10_000)
  const gate = new Gate()
  const asking = harness.read(() => gate.pass(() => 1), { hint: { ...hint, mode: 'refresh' } })
  await gate.reached
  expect(await read()).toBe(0)
  await quiet()
  gate.open()
  expect(await asking).toBe(1)
  expect(harness.loads).toBe(2)
})

it('a cache that is closed waits for what it loads anew', async () => {
  const { clock, cache, harness, read } = under({ ttl: '10s', staleWhileRevalidate: '5s' })
  await read()
  clock.advance(10_000)
  const gate = new Gate()
  await harness.read(() => gate.pass(() => 1), { hint: { staleWhileRevalidate: '5s', ttl: '10s' } })
  await gate.reached
  let isClosed = false
  const closing = cache.close().then(() => (isClosed = true))
  await quiet()
  expect(isClosed).toBe(false)
  gate.open()
  await closing
})
