import { createTidemark, MemoryTier, systemRandom, TidemarkError } from '@tidemark/core'
import { faulty, Gate, RemoteTier, SeededRandom } from '@tidemark/testing'
import { describe, expect, it } from 'vitest'
import { Harness } from './harness.ts'

describe('invalidate', () => {
  it('makes old what depends on the tables and tags that it names, and nothing else', async () => {
    const harness = new Harness()
    const film = () => harness.read(() => harness.loads, { operation: 'film' })
    const genre = () => harness.read(() => harness.loads, { operation: 'genre', tables: ['genre'] })
    const before = [await film(), await genre()]
    expect(
      await harness.cache.invalidate({ tables: ['film', 'FILM'], tags: ['vip'] }),
    ).toMatchObject({
      marks: 2,
    })
    expect(await genre()).toBe(before[1])
    expect(await film()).not.toBe(before[0])
  })

  it('takes a table with or without its schema, whichever the adapters do', async () => {
    const harness = new Harness()
    await harness.read(() => 'old')
    await harness.cache.invalidate({ tables: ['public.film'] })
    expect(await harness.read(() => 'new')).toBe('new')
  })

  it('fails where the marks could not be moved', async () => {
    let marks!: ReturnType<typeof faulty>
    const harness = new Harness({ wrapMarks: (inner) => (marks = faulty(inner)) })
    marks.fail('release' as never)
    await expect(harness.cache.invalidate({ tables: ['film'] })).rejects.toThrow(
      expect.objectContaining({ code: 'INVALIDATION_FAILED' }),
    )
    await expect(harness.cache.clear()).rejects.toThrow(TidemarkError)
  })
})

describe('clear', () => {
  it('makes everything old by moving one mark, and frees the memory', async () => {
    const cache = createTidemark()
    const { engine } = cache
    const policies = engine.policies({ cacheByDefault: true })
    const plan = engine.plan(
      { adapter: 'test', fingerprint: 'select' },
      { kind: 'read', tables: ['film'] },
      policies,
    )
    const read = (id: number, value: string) =>
      engine.read(
        {
          plan,
          key: () => ({
            adapter: 'test',
            database: 'd',
            partition: '',
            operation: 'o',
            parameters: [id],
          }),
        },
        async () => value,
      )
    for (let id = 0; id < 50; id += 1) await read(id, 'old')
    expect(cache.metrics().memory.entries).toBe(50)
    await cache.clear()
    expect(cache.metrics().memory.entries).toBe(0)
    expect(await read(7, 'new')).toBe('new')
  })

  it('kills what was being loaded when it was called', async () => {
    const harness = new Harness()
    const gate = new Gate()
    const loading = harness.read(() => gate.pass(() => 'old'))
    await gate.reached
    await harness.cache.clear()
    gate.open()
    await loading
    expect(await harness.read(() => 'new')).toBe('new')
  })
})

describe('close', () => {
  it('leaves reads to the database and writes as they are', async () => {
    const harness = new Harness()
    await harness.read(() => 'old')
    await harness.cache.close()
    expect(await harness.read(() => 'new')).toBe('new')
    expect(await harness.write(() => 'written')).toBe('written')
    expect(harness.counts().bypasses).toEqual({ closed: 1 })
    expect(harness.cache.metrics().memory.entries).toBe(0)
  })

  it('waits for what is still being stored', async () => {
    const tier = new RemoteTier(new MemoryTier({ maxEntries: 10, maxBytes: 100_000 }))
    const harness = new Harness({ tier })
    const gate = new Gate()
    tier.hold = ({ method }) => (method === 'set' ? gate.pass(() => undefined) : Promise.resolve())
    expect(await harness.read(() => 'row')).toBe('row')
    await gate.reached
    let isClosed = false
    const closing = harness.cache.close().then(() => (isClosed = true))
    // Long enough for all that does not wait for the gate.
    for (let turn = 0; turn < 50; turn += 1) await Promise.resolve()
    expect(isClosed).toBe(false)
    gate.open()
    await closing
    expect(tier.calls.map(({ method }) => method)).toEqual(['get', 'set', 'close'])
  })

  it('does not mind what failed to be stored', async () => {
    const tier = new RemoteTier(new MemoryTier({ maxEntries: 10, maxBytes: 100_000 }))
    const harness = new Harness({ tier })
    tier.hold = ({ method }) =>
      method === 'set' ? Promise.reject(new Error('connection reset')) : Promise.resolve()
    expect(await harness.read(() => 'row')).toBe('row')
    await harness.cache.close()
  })

  it('stores nothing that was being loaded when it was called', async () => {
    const harness = new Harness()
    const gate = new Gate()
    const loading = harness.read(() => gate.pass(() => 'row'))
    await gate.reached
    await harness.cache.close()
    gate.open()
    expect(await loading).toBe('row')
    expect(harness.cache.metrics().memory.entries).toBe(0)
  })

  it('may be called twice, and by `await using`', async () => {
    const harness = new Harness()
    {
      await using cache = harness.cache
      await cache.close()
    }
    await harness.read(() => 'row')
    expect(harness.counts().bypasses).toEqual({ closed: 1 })
  })
})

describe('metrics', () => {
  it('add up: calls are hits, misses and bypasses together', async () => {
    const harness = new Harness()
    await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        harness.read(() => index, {
          parameters: [index % 4],
          ...(index % 5 === 0 && { hint: false }),
        }),
      ),
    )
    await harness.write(() => undefined)
    await harness.read(() => 0, { parameters: [1] })
    for (const { calls, hits, misses, bypasses, kind } of harness.cache.metrics().queries) {
      const sum = [hits, misses, bypasses]
        .flatMap((counts) => Object.values(counts))
        .reduce((total, count) => total + count, 0)
      if (kind === 'read') expect(calls).toBe(sum)
      else expect(calls).toBe(1)
    }
  })

  it('count the shapes beyond their bound together', async () => {
    const harness = new Harness()
    for (let shape = 0; shape < 150; shape += 1) {
      await harness.read(() => 1, { operation: `select ${shape}` })
    }
    const { queries } = harness.cache.metrics()
    expect(queries.length).toBeLessThanOrEqual(101)
    expect(queries[0]).toMatchObject({ fingerprint: '(other queries)', calls: 50 })
  })

  it('time hits and loads on the injected clock', async () => {
    const harness = new Harness()
    await harness.read(() => harness.clock.advance(30))
    await harness.read(() => undefined)
    expect(harness.cache.metrics().queries[0]).toMatchObject({
      load: { count: 1, totalMs: 30 },
      hit: { count: 1, totalMs: 0 },
    })
  })
})

describe('the memory tier', () => {
  it('keeps within its bound of entries, and counts what made room', async () => {
    const harness = new Harness({ tier: new MemoryTier({ maxEntries: 3, maxBytes: 1_000_000 }) })
    for (let id = 0; id < 5; id += 1) await harness.read(() => id, { parameters: [id] })
    expect(harness.cache.metrics().memory).toMatchObject({ entries: 3, evictions: 2 })
  })

  it('keeps within its bound of bytes', async () => {
    const harness = new Harness({ tier: new MemoryTier({ maxEntries: 100, maxBytes: 20_000 }) })
    for (let id = 0; id < 20; id += 1) {
      await harness.read(() => 'x'.repeat(1000), { parameters: [id] })
    }
    const { entries, bytes } = harness.cache.metrics().memory
    expect(bytes).toBeLessThanOrEqual(20_000)
    expect(entries).toBeGreaterThan(1)
    expect(entries).toBeLessThan(20)
  })
})

describe('chance', () => {
  it('spreads a time to live by its jitter, downwards', async () => {
    const harness = new Harness()
    Object.assign(harness.engine.settings, { ttlJitter: 0.5 })
    const ends = new Set<number>()
    for (let id = 0; id < 20; id += 1) {
      const tier = harness.engine.tier as MemoryTier
      const set = tier.set.bind(tier)
      tier.set = (key, entry) => {
        ends.add(entry.expiresAt)
        expect(entry.expiresAt).toBeGreaterThan(30_000)
        expect(entry.expiresAt).toBeLessThanOrEqual(60_000)
        set(key, entry)
      }
      await harness.read(() => id, { parameters: [id] })
      tier.set = set
    }
    expect(ends.size).toBeGreaterThan(10)
  })

  it('never gives a token twice, and fractions from 0 to below 1', () => {
    for (const random of [systemRandom, new SeededRandom(1)]) {
      const tokens = new Set(Array.from({ length: 10_000 }, () => random.token()))
      expect(tokens.size).toBe(10_000)
      const fractions = Array.from({ length: 1000 }, () => random.fraction())
      expect(Math.min(...fractions)).toBeGreaterThanOrEqual(0)
      expect(Math.max(...fractions)).toBeLessThan(1)
      expect(new Set(fractions).size).toBeGreaterThan(900)
    }
  })
})
