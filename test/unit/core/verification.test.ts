import { createTidemark, type StaleEvent, type VerifyOptions } from '@tidemark/core'
import {
  type ConnectedStore,
  Gate,
  ManualClock,
  SeededRandom,
  SharedStore,
} from '@tidemark/testing'
import { describe, expect, it, vi } from 'vitest'
import { Harness } from './harness.ts'

type Row = { readonly id: number; readonly name: string }

/** A cache that compares every hit, unless `verify` says otherwise, and the rows that a load would find. */
function open(verify: Partial<VerifyOptions> = {}, shared?: ConnectedStore) {
  const clock = new ManualClock()
  const cache = createTidemark({
    ...{ clock, random: new SeededRandom(1), ttlJitter: 0 },
    ...(shared && { shared, memory: false }),
    verify: { sample: 1, settle: 1, ...verify },
  })
  const harness = new Harness({ cache, clock })
  let rows: readonly Row[] = [
    { id: 1, name: 'Drama' },
    { id: 2, name: 'Comedy' },
  ]
  const stale: StaleEvent[] = []
  cache.on('stale', (event) => stale.push(event))
  return {
    ...{ cache, clock, harness, stale },
    setRows: (others: readonly Row[]) => (rows = others),
    rows: () => rows,
    read: (load: () => unknown = () => rows, parameters: readonly unknown[] = []) =>
      harness.read(load, { tables: ['film', 'genre'], parameters }),
    /** What is known once nothing is under way. */
    report: async () => {
      await vi.waitFor(() => expect(total(cache.metrics().verification!)).toBeGreaterThan(0))
      return cache.metrics().verification!
    },
  }
}

type Report = NonNullable<ReturnType<ReturnType<typeof createTidemark>['metrics']>['verification']>

function total({ freshConfirmed, staleConfirmed, inconclusive }: Report): number {
  return [freshConfirmed, staleConfirmed, ...Object.values(inconclusive)].reduce((a, b) => a + b, 0)
}

describe('a hit that is compared with the database', () => {
  it('is confirmed where the rows are the same, and served before they are asked for', async () => {
    const { read, rows, report, harness, cache } = open()
    await read()
    const before = harness.loads
    expect(await read()).toEqual(rows())
    expect(harness.loads).toBe(before)
    expect(await report()).toMatchObject({
      ...{ freshConfirmed: 1, staleConfirmed: 0, inconclusive: {} },
      ...{ staleRate: 0, staleRateAtMost: 1, switchedOff: [] },
    })
    expect(harness.loads).toBe(before + 1)
    // It is no call of anybody's.
    expect(cache.metrics().queries[0]).toMatchObject({ calls: 2, hits: { memory: 1 } })
  })

  it('is stale where a row has changed and no mark has moved: told once, and served to nobody again', async () => {
    const { read, setRows, report, stale, clock } = open()
    await read()
    setRows([{ id: 1, name: 'Tragedy' }])
    clock.advance(500)
    await read()
    expect(await report()).toMatchObject({ freshConfirmed: 0, staleConfirmed: 1, staleRate: 1 })
    const tags = ['*', 'table:film', 'table:genre'].slice(1)
    expect(stale).toEqual([{ adapter: 'test', fingerprint: 'select', tags, ageMs: 500 }])
    expect(await read()).toEqual([{ id: 1, name: 'Tragedy' }])
  })

  it('from the shared tier as well', async () => {
    const store = new SharedStore({
      ...{ clock: new ManualClock(), random: new SeededRandom(2), leaseMs: 10_000 },
    })
    const { read, setRows, report, harness } = open({}, store.connect())
    await read()
    setRows([])
    await read()
    expect(harness.counts().hits).toEqual({ shared: 1 })
    expect(await report()).toMatchObject({ staleConfirmed: 1 })
    expect(await read()).toEqual([])
  })

  it('is stale, too, where its marks cannot be moved at the moment; nothing stays locked for that', async () => {
    const clock = new ManualClock()
    const store = new SharedStore({ clock, random: new SeededRandom(2), leaseMs: 10_000 })
    const link = store.connect()
    const { read, setRows, report, harness, stale } = open({}, link)
    await read()
    link.hold = ({ method }) =>
      method === 'intent' ? Promise.reject(new Error('connection lost')) : Promise.resolve()
    setRows([])
    await read()
    expect(await report()).toMatchObject({ staleConfirmed: 1, inconclusive: {} })
    expect(stale).toHaveLength(1)
    await vi.waitFor(async () => expect(await read()).toEqual([]))
    await read()
    expect(harness.counts().hits).toEqual({ shared: 2 })
  })

  it('says nothing where the same rows come in another order', async () => {
    const { read, setRows, rows, report } = open()
    await read()
    setRows(rows().toReversed())
    await read()
    expect(await report()).toMatchObject({ staleConfirmed: 0, inconclusive: { order: 1 } })
  })

  it.each(['before the question', 'during it', 'after it'])(
    'says nothing where a write came %s',
    async (when) => {
      const { read, setRows, report, harness, stale } = open({ settle: '50ms' })
      await read()
      let loads = 0
      const write = () => harness.write(() => setRows([]), { tables: ['film'] })
      const load = async () => {
        loads += 1
        if (when === 'during it') await write()
        // As under 'fresh': the row is there, and its mark moves later.
        if (when === 'after it') setTimeout(() => void write(), 10)
        return []
      }
      await read(load)
      if (when === 'before the question') await write()
      expect(await report()).toMatchObject({
        ...{ freshConfirmed: 0, staleConfirmed: 0 },
        inconclusive: { 'marks-moved': 1 },
      })
      expect(loads).toBe(when === 'before the question' ? 0 : 1)
      expect(stale).toEqual([])
    },
  )

  it('says nothing where the database fails, or a parameter was changed meanwhile', async () => {
    const { read, report, cache } = open()
    const parameters = [{ id: 1 }]
    await read(undefined, parameters)
    await read(() => Promise.reject(new Error('gone')), parameters)
    expect(await report()).toMatchObject({ inconclusive: { failed: 1 } })
    await read(() => [], parameters)
    parameters[0]!.id = 2
    await vi.waitFor(() =>
      expect(cache.metrics().verification!.inconclusive).toEqual({ failed: 2 }),
    )
  })

  it('is left out where four comparisons are under way', async () => {
    const { read, cache, rows } = open()
    await read()
    const gate = new Gate()
    const load = () => gate.pass(rows)
    for (let time = 0; time < 6; time += 1) await read(load)
    gate.open()
    await vi.waitFor(() =>
      expect(cache.metrics().verification).toMatchObject({
        ...{ freshConfirmed: 4, inconclusive: { busy: 2 } },
      }),
    )
  })

  it('is one of as many as sample says', async () => {
    const { read, cache, report } = open({ sample: 0.02 })
    await read()
    for (let time = 0; time < 1000; time += 1) await read()
    await report()
    expect(total(cache.metrics().verification!)).toBeGreaterThan(5)
    expect(total(cache.metrics().verification!)).toBeLessThan(50)
  })

  it('is none where sample is 0, and there is no report where nothing is to be compared', async () => {
    const { read, cache, harness } = open({ sample: 0 })
    await read()
    await read()
    await new Promise(setImmediate)
    expect(harness.loads).toBe(1)
    expect(cache.metrics().verification).toMatchObject({ staleRateAtMost: undefined })
    expect(createTidemark().metrics().verification).toBeUndefined()
  })
})

describe('a cache that is closed', () => {
  it('waits for no comparison, neither for its question nor for word of a write', async () => {
    const { read, rows, cache } = open({ settle: '1h' })
    const gate = new Gate()
    await read()
    await read(() => gate.pass(rows))
    await read(() => [])
    await gate.reached
    await cache.close()
    gate.open()
    await new Promise(setImmediate)
    expect(total(cache.metrics().verification!)).toBe(0)
  })

  it('asks the database nothing more', async () => {
    const { read, cache, harness } = open()
    await read()
    await read()
    await cache.close()
    await new Promise(setImmediate)
    await new Promise(setImmediate)
    expect(harness.loads).toBe(1)
  })
})

describe('with switchOff', () => {
  it('the tables of a stale hit are not cached any more, until the cache is cleared', async () => {
    const { read, setRows, report, harness, cache } = open({ switchOff: true })
    await read()
    setRows([])
    await read()
    expect(await report()).toMatchObject({ switchedOff: ['film', 'genre'] })
    await read()
    await harness.read(() => 1, { tables: ['genre', 'actor'], operation: 'other' })
    expect(harness.counts().bypasses).toEqual({ 'switched-off': 1 })
    expect(harness.counts('other').bypasses).toEqual({ 'switched-off': 1 })
    await harness.read(() => 1, { tables: ['actor'], operation: 'actors' })
    expect(harness.counts('actors').bypasses).toEqual({})
    await cache.clear()
    await read()
    expect(harness.counts().bypasses).toEqual({ 'switched-off': 1 })
    expect(cache.metrics().verification!.switchedOff).toEqual([])
  })
})

it('the rate that is reported is at most what its bound says', async () => {
  const { read, setRows, cache } = open()
  const verified = async (times: number) => {
    for (let time = 0; time < times; time += 1) {
      const before = total(cache.metrics().verification!)
      await read()
      await vi.waitFor(() => expect(total(cache.metrics().verification!)).toBe(before + 1))
    }
    return cache.metrics().verification!
  }
  await read()
  expect((await verified(30)).staleRateAtMost).toBeCloseTo(3 / 30)
  setRows([])
  const { staleRate, staleRateAtMost } = await verified(1)
  expect(staleRate).toBeCloseTo(1 / 31)
  // Wilson's one-sided bound of 95 % for 1 of 31.
  expect(staleRateAtMost).toBeCloseTo(0.1324, 3)
})

describe('a listener', () => {
  it('is told until it says that it wants no more', async () => {
    const { cache } = open()
    const told: string[] = []
    const stop = cache.on('stale', () => told.push('one'))
    cache.on('stale', () => told.push('other'))
    const event = () => ({ adapter: 'a', fingerprint: 'f', tags: [], ageMs: 0 })
    cache.engine.events.emit('stale', event)
    stop()
    stop()
    cache.engine.events.emit('stale', event)
    expect(told).toEqual(['one', 'other', 'other'])
  })

  it.each<[string, () => unknown]>([
    [
      'throws',
      () => {
        throw new Error('of the listener')
      },
    ],
    ['rejects', () => Promise.reject(new Error('of the listener'))],
  ])('that %s is a warning, and the others are told all the same', async (_, listener) => {
    const { cache, stale } = open()
    const warned = new Promise<Error>((resolve) => process.once('warning', resolve))
    cache.on('stale', listener)
    const told: unknown[] = []
    cache.on('stale', (event) => told.push(event))
    cache.engine.events.emit('stale', () => ({
      ...{ adapter: 'a', fingerprint: 'f', tags: [], ageMs: 0 },
    }))
    expect((await warned).message).toBe('of the listener')
    expect([stale.length, told.length]).toEqual([1, 1])
  })
})
