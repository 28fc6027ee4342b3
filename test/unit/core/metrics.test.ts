import type { ReadEvent, Tag, TidemarkOptions, WriteEvent } from '@tidemark/core'
import { ManualClock, SeededRandom, SharedStore } from '@tidemark/testing'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Harness, makeCache } from './harness.ts'

const sum = (counts: Readonly<Partial<Record<string, number>>>) =>
  Object.values(counts).reduce<number>((total, count) => total + (count ?? 0), 0)

function open(options: Parameters<typeof makeCache>[0] = {}) {
  const { cache, clock } = makeCache({ ttlJitter: 0, ...options })
  return { cache, clock, harness: new Harness({ cache, clock }) }
}

describe('metrics of a query shape', () => {
  it('say how long hits and loads took, and what the hits have saved', async () => {
    const { cache, clock, harness } = open()
    for (const ms of [10, 20, 400]) {
      const load = () => clock.advance(ms)
      await harness.read(load, { parameters: [ms] })
      clock.advance(5)
      await harness.read(load, { parameters: [ms] })
      await harness.read(load, { parameters: [ms] })
    }
    const [metrics] = cache.metrics().queries
    expect(metrics).toMatchObject({
      ...{ calls: 9, hits: { memory: 6 }, misses: { absent: 3 } },
      ...{ savedMs: 2 * (10 + 20 + 400), firstHitAfterMs: 5 },
      hit: { count: 6, totalMs: 0 },
      load: { count: 3, totalMs: 430 },
    })
    const near = (ms: number | undefined, exact: number) =>
      expect(Math.abs(ms! - exact)).toBeLessThanOrEqual(exact / 16)
    near(metrics!.load.p50Ms, 20)
    near(metrics!.load.p95Ms, 400)
    near(metrics!.load.p99Ms, 400)
  })

  it('say how much was stored', async () => {
    const { cache, harness } = open()
    await harness.read(() => 'x'.repeat(1000))
    await harness.read(() => 'x'.repeat(1000))
    await harness.read(() => 'x'.repeat(1000), { parameters: [1] })
    const { stored } = cache.metrics().queries[0]!
    expect(stored.count).toBe(2)
    expect(stored.bytes).toBeGreaterThan(2000)
    expect(stored.bytes).toBeLessThan(6000)
  })

  it('say what was stored, by whomever, and nothing of what was not', async () => {
    const { cache, harness } = open({ memory: { maxEntryBytes: 2000 } })
    const stored = () =>
      cache.metrics().queries.map((each) => [each.fingerprint, each.stored.count])
    const select = () => Object.fromEntries(stored())['select']
    await harness.read(async () => {
      await harness.write(() => 1)
      return 'dead on arrival'
    })
    await harness.read(() => 'x'.repeat(9000))
    expect(select()).toBe(0)
    await harness.read(() => 'row')
    expect(select()).toBe(1)
    await harness.writeThrough(() => 'new row')
    expect(select()).toBe(2)
    expect(await harness.read(() => expect.unreachable())).toBe('new row')

    const found = await cache.get<string>('user:1')
    if (!found.isHit) await cache.set(found.slot, 'Ada')
    const late = await cache.get<string>('user:2')
    await cache.invalidate({ keys: ['user:2'] })
    if (!late.isHit) await cache.set(late.slot, 'of yesterday')
    const { stored: direct } = cache.metrics().queries.find(({ adapter }) => adapter === 'direct')!
    expect(direct.count).toBe(1)
    expect(direct.bytes).toBeGreaterThan(0)
  })

  it('take from what hits have saved what refreshes have cost', async () => {
    const { cache, clock, harness } = open({ ttl: 1000, staleWhileRevalidate: 1000 })
    const load = (ms: number) => () => clock.advance(ms)
    const saved = async () => {
      await new Promise((resolve) => setImmediate(resolve))
      return cache.metrics().totals.savedMs
    }
    await harness.read(load(50))
    await harness.read(load(1))
    expect(await saved()).toBe(50)
    clock.advance(1000)
    await harness.read(load(70))
    expect(await saved()).toBe(50 + 50 - 70)
    await harness.read(load(1))
    expect(await saved()).toBe(50 + 50 - 70 + 70)
  })

  it('take the time of a write for that of a read where they know no other', async () => {
    const { cache, clock, harness } = open()
    const write = () => harness.writeThrough(() => clock.advance(30))
    await write()
    await harness.read(() => expect.unreachable())
    expect(cache.metrics().totals.savedMs).toBe(30)
    await harness.read(() => clock.advance(4), { parameters: [1] })
    await write()
    await harness.read(() => expect.unreachable())
    expect(cache.metrics().totals.savedMs).toBe(30 + 4)
  })

  it('say what last made a result old', async () => {
    const { cache, harness } = open()
    const told: (string | undefined)[] = []
    cache.on('invalidation', ({ cause }) => told.push(cause))
    const lastOf = () =>
      cache.metrics().queries.find(({ kind }) => kind === 'read')!.lastInvalidatedBy
    await harness.read(() => 1)
    expect(lastOf()).toBeUndefined()
    await cache.invalidate({ tables: ['actor'], reason: 'not this' })
    await harness.write(() => 1)
    expect(lastOf()).toBeUndefined()
    await harness.read(() => 2)
    expect(lastOf()).toMatchObject({ origin: 'write', cause: 'update' })
    await cache.invalidate({ tables: ['film'], reason: 'import' })
    expect(lastOf()).toMatchObject({ origin: 'hand', cause: 'import' })
    expect(told).toEqual(['not this', 'update', 'import'])
  })

  it('say so of what made everything old, of which nothing is left to be found', async () => {
    const { cache, harness } = open()
    const lastOf = (name: string) =>
      cache.metrics().queries.find(({ fingerprint }) => fingerprint === name)!.lastInvalidatedBy
    await harness.read(() => 1)
    await harness.read(() => 1, { operation: 'never stored', hint: { mode: 'bypass' } })
    await harness.write(() => 1, { tables: 'unknown' })
    await harness.read(() => 1)
    expect(lastOf('select')).toMatchObject({ origin: 'write', cause: 'update' })
    await cache.clear()
    expect(lastOf('select')).toMatchObject({ origin: 'hand', cause: 'clear' })
    expect(lastOf('never stored')).toBeUndefined()
  })

  it('find the last invalidation of many shapes as of one', () => {
    const tag = fc.constantFrom('table:a', 'table:b', 'custom:c', 'key:d', '*')
    const tags = fc.array(tag, { minLength: 1, maxLength: 3 }) as unknown as fc.Arbitrary<Tag[]>
    fc.assert(
      fc.property(fc.array(tags), tags, fc.nat(6), (moved, asked, auditTrail) => {
        const { audit } = open({ auditTrail }).cache.engine
        for (const each of moved) audit.record('hand', each.join(), each)
        const fits = (each: readonly Tag[]) =>
          each.some((one) => one === '*' || (asked as string[]).includes(one))
        const last = moved.slice(auditTrail === 0 ? moved.length : -auditTrail).findLast(fits)
        expect(audit.finder()(asked)?.cause).toBe(last?.join())
        expect(audit.lastOf(asked)).toEqual(audit.finder()(asked))
      }),
    )
  })

  it('know nothing of what did not happen', async () => {
    const { cache, harness } = open()
    await harness.write(() => 1)
    expect(cache.metrics().queries[0]).toMatchObject({
      ...{ savedMs: 0, firstHitAfterMs: undefined, stored: { count: 0, bytes: 0 } },
      hit: { count: 0, totalMs: 0, p50Ms: undefined, p95Ms: undefined, p99Ms: undefined },
    })
    expect(cache.metrics().totals.reads.hitRate).toBeUndefined()
  })

  it('are those of all others together beyond maxShapes', async () => {
    const { cache, harness } = open({ maxShapes: 3 })
    for (let n = 0; n < 10; n += 1) await harness.read(() => n, { operation: `select ${n}` })
    const { queries, totals } = cache.metrics()
    expect(queries).toHaveLength(4)
    expect(queries[0]).toMatchObject({ fingerprint: '(other queries)', calls: 7 })
    expect(totals.reads.calls).toBe(10)
  })
})

it('a shape is recognised by its start where it is long', async () => {
  const { cache, harness } = open()
  const operation = 'x'.repeat(100_000)
  await harness.read(() => 1, { operation: `${operation}1` })
  await harness.read(() => 2, { operation: `${operation}2` })
  const { queries } = cache.metrics()
  expect(queries).toMatchObject([{ calls: 2, misses: { absent: 2 } }])
  expect(queries[0]!.fingerprint.length).toBeLessThan(2100)
})

/** One call, or something that happens between calls. */
const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('read' as const),
      table: fc.nat(2),
      parameter: fc.nat(2),
      how: fc.constantFrom(
        ...(['default', 'default', 'refresh', 'only-if-cached', 'bypass', 'opaque'] as const),
        ...(['fails', 'big', 'is cancellable', 'is never answered', 'is explained'] as const),
      ),
    }),
  },
  fc.record({ kind: fc.constant('write' as const), table: fc.nat(2) }),
  fc.record({ kind: fc.constant('advance' as const), ms: fc.integer({ min: 1, max: 400 }) }),
  fc.record({
    kind: fc.constantFrom(
      ...(['write through', 'clear', 'lose the connection', 'find it again', 'wait'] as const),
    ),
  }),
)

describe('however calls go on beside each other', () => {
  const settings: [name: string, options: TidemarkOptions, isShared: boolean][] = [
    ['in memory', {}, false],
    ['with few shapes', { maxShapes: 2 }, false],
    ['where others share', { coalesce: 'shared', maxStaleness: 50 }, true],
    ['without memory', { memory: false }, true],
  ]

  it.each(settings)(
    'calls are hits, misses and bypasses, for each shape and in all: %s',
    { timeout: 60_000 },
    async (_, options, isShared) => {
      await fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
          const clock = new ManualClock()
          const random = new SeededRandom(2)
          const store = new SharedStore({ clock, random, leaseMs: 10_000 })
          const link = store.connect()
          const { cache } = makeCache({
            ...{ ttl: 300, staleWhileRevalidate: 200, staleIfError: 300, hardTimeout: 100 },
            ...{ ttlJitter: 0, memory: { maxEntryBytes: 4000 }, clock, random },
            ...options,
            ...(isShared && { shared: link }),
          })
          const harness = new Harness({ cache, clock })
          const calls = new Map<string, number>()
          const told: ReadEvent[] = []
          const writes: WriteEvent[] = []
          cache.on('read', (event) => told.push(event))
          cache.on('write', (event) => writes.push(event))
          const happens = async (each: (typeof steps)[number]) => {
            switch (each.kind) {
              case 'advance':
                return clock.advance(each.ms)
              case 'write':
                return harness.write(() => Promise.resolve(), { tables: [`t${each.table}`] })
              case 'write through':
                return harness.writeThrough(() => 'row')
              case 'clear':
                return cache.clear()
              case 'lose the connection':
                link.hold = () => Promise.reject(new Error('connection lost'))
                return
              case 'find it again':
                link.hold = () => Promise.resolve()
                return
              case 'wait':
                return
              case 'read': {
                const { table, parameter, how } = each
                const operation = `select ${table}`
                const isMode = ['refresh', 'only-if-cached', 'bypass'].includes(how)
                const load = async () => {
                  await Promise.resolve()
                  if (how === 'fails') throw new Error('gone')
                  if (how === 'is never answered') return new Promise<never>(() => {})
                  return how === 'big' ? 'x'.repeat(9000) : parameter
                }
                const send = () =>
                  harness.read(load, {
                    ...{ operation, parameters: [parameter] },
                    cancellable: how === 'is cancellable',
                    tables: how === 'opaque' ? 'unknown' : [`t${table}`],
                    ...(isMode && { hint: { mode: how as 'refresh' } }),
                  })
                if (how === 'is explained') return cache.explain(send)
                calls.set(operation, (calls.get(operation) ?? 0) + 1)
                return send()
              }
            }
          }
          const running: Promise<unknown>[] = []
          for (const each of steps) {
            running.push(happens(each).catch(() => {}))
            if (each.kind === 'wait') await new Promise((resolve) => setImmediate(resolve))
          }
          // What is never answered is given up, and whoever waits for it.
          for (const _turn of [1, 2, 3, 4]) {
            await new Promise((resolve) => setImmediate(resolve))
            clock.advance(100)
          }
          await Promise.all(running)

          const { queries, totals } = cache.metrics()
          const reads = queries.filter(({ kind }) => kind === 'read')
          for (const read of reads) {
            const parts = sum(read.hits) + sum(read.misses) + sum(read.bypasses)
            expect([read.fingerprint, parts]).toEqual([read.fingerprint, read.calls])
            expect(read.hit.count).toBe(sum(read.hits))
            if (options.maxShapes === undefined) {
              expect([read.fingerprint, read.calls]).toEqual([
                ...[read.fingerprint, calls.get(read.fingerprint)],
              ])
            }
          }
          const all = [...calls.values()].reduce((a, b) => a + b, 0)
          const { hits, misses, bypasses } = totals.reads
          expect(totals.reads.calls).toBe(all)
          expect(hits + misses + bypasses).toBe(all)
          expect(told).toHaveLength(all)
          expect(told.filter(({ outcome }) => outcome === 'hit')).toHaveLength(hits)
          expect(totals.hit.count).toBe(hits)
          expect(writes).toHaveLength(totals.writes.calls)
        }),
        { numRuns: 150 },
      )
    },
  )
})
