import { type BypassReason, type Tidemark, TidemarkError } from '@tidemark/core'
import { describe, expect, it } from 'vitest'
import { makeCache } from './harness.ts'

/** Reads through a cache that was made the public way. */
function readFrom(
  { engine }: Tidemark,
  load: () => unknown,
  { id = 1, obstacle, options = { cacheByDefault: true } }: ReadOptions = {},
) {
  const plan = engine.plan(
    { adapter: 'test', fingerprint: 'select' },
    { kind: 'read', tables: ['film'], ...(obstacle && { obstacle }) },
    engine.policies(options),
  )
  const key = () => ({
    adapter: 'test',
    database: '',
    partition: '',
    operation: 'select',
    parameters: [id],
  })
  return engine.read({ plan, key }, async () => load())
}

interface ReadOptions {
  readonly id?: number
  readonly obstacle?: BypassReason
  readonly options?: Parameters<Tidemark['engine']['policies']>[0]
}

const reasons = (cache: Tidemark) => cache.metrics().queries[0]?.bypasses

describe('a cache made by createTidemark', () => {
  it('goes by its ttl, and by no jitter where that is switched off', async () => {
    const { cache, clock } = makeCache({ ttl: '10s', ttlJitter: 0 })
    await readFrom(cache, () => 1)
    clock.advance(9_999)
    expect(await readFrom(cache, () => 2)).toBe(1)
    clock.advance(1)
    expect(await readFrom(cache, () => 3)).toBe(3)
  })

  it('ends entries early by its jitter', async () => {
    const { cache, clock } = makeCache({ ttl: '10s', ttlJitter: 0.9 })
    for (let id = 0; id < 20; id += 1) await readFrom(cache, () => 'old', { id })
    clock.advance(5_000)
    const again = []
    for (let id = 0; id < 20; id += 1) again.push(await readFrom(cache, () => 'new', { id }))
    expect(new Set(again)).toEqual(new Set(['old', 'new']))
  })

  it('goes by the shorter time of a table policy', async () => {
    const { cache, clock } = makeCache({ ttl: '1h', ttlJitter: 0 })
    const options = { tables: { film: { ttl: '1s' } } } as const
    await readFrom(cache, () => 1, { options })
    clock.advance(1_000)
    expect(await readFrom(cache, () => 2, { options })).toBe(2)
  })

  it('goes by its lease', async () => {
    const { cache, clock } = makeCache({ lease: '2s' })
    const { engine } = cache
    const plan = engine.plan(
      { adapter: 'test', fingerprint: 'update' },
      { kind: 'write', tables: ['film'] },
      engine.policies({}),
    )
    const lost = () => Promise.reject(new Error('lost'))
    await expect(engine.write({ plan, outcomeOf: () => 'unknown' }, lost)).rejects.toThrow('lost')
    clock.advance(1_999)
    await readFrom(cache, () => 1)
    expect(await readFrom(cache, () => 2)).toBe(2)
    clock.advance(1)
    await readFrom(cache, () => 3)
    expect(await readFrom(cache, () => 4)).toBe(3)
  })

  it('keeps to its bounds', async () => {
    const { cache } = makeCache({
      memory: { maxEntries: 5, maxBytes: '16kb', maxEntryBytes: '2kb' },
    })
    await readFrom(cache, () => 'x'.repeat(2_000))
    expect(reasons(cache)).toEqual({ 'too-large': 1 })
    for (let id = 0; id < 10; id += 1) await readFrom(cache, () => 'x', { id })
    expect(cache.metrics().memory.entries).toBe(5)
    for (let id = 0; id < 20; id += 1) await readFrom(cache, () => 'x'.repeat(900), { id })
    expect(cache.metrics().memory.bytes).toBeLessThanOrEqual(16 * 1024)
  })

  it('keeps its memory when one table of many is written', async () => {
    const { cache } = makeCache()
    await readFrom(cache, () => 1)
    await cache.invalidate({ tables: ['other'] })
    expect(cache.metrics().memory.entries).toBe(1)
    expect(await readFrom(cache, () => 2)).toBe(1)
  })

  it('leaves to the database what has an obstacle, or no policy', async () => {
    const { cache } = makeCache()
    await readFrom(cache, () => 1, { obstacle: 'locking-read' })
    await readFrom(cache, () => 1, { options: {} })
    await readFrom(cache, () => 1, { options: { tables: { film: false } } })
    expect(reasons(cache)).toEqual({ 'locking-read': 1, 'no-policy': 1, 'policy-off': 1 })
  })

  it('answers a hit without a promise of its own', async () => {
    const { cache } = makeCache()
    await readFrom(cache, () => 'row')
    expect(readFrom(cache, () => 'not asked')).toBe('row')
  })
})

describe('the databases of a cache', () => {
  it('are told apart by name, and a second one without is refused', () => {
    const { databases } = makeCache().cache.engine
    const [first, second] = [{}, {}]
    const unnamed = databases.claim('kysely', undefined, first)
    expect(databases.claim('kysely', undefined, first)).toBe(unnamed)
    expect(() => databases.claim('kysely', undefined, second)).toThrow(
      expect.objectContaining({ code: 'AMBIGUOUS_DATABASE' }),
    )
    expect(() => databases.claim('kysely', '', second)).toThrow(TidemarkError)
    expect(databases.claim('prisma', undefined, second)).toBe(unnamed)
    const named = databases.claim('kysely', 'default', second)
    expect(named).not.toBe(unnamed)
    expect(databases.claim('kysely', 'default', first)).toBe(named)
  })
})
