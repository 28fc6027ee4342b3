import { createTidemark } from '@tidemark/core'
import { Gate, ManualClock, SeededRandom, SharedStore } from '@tidemark/testing'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { Harness } from './harness.ts'

const hint = { coalesce: 'shared' } as const

describe("with coalesce: 'shared'", () => {
  let clock: ManualClock
  let store: SharedStore
  let random: SeededRandom
  let row: number

  beforeEach(() => {
    clock = new ManualClock()
    // One for all: tokens never repeat.
    random = new SeededRandom(1)
    store = new SharedStore({ clock, random, leaseMs: 10_000 })
    row = 0
  })

  function join() {
    const link = store.connect()
    const cache = createTidemark({ clock, random, shared: link, ttlJitter: 0 })
    const harness = new Harness({ cache, clock })
    return { cache, link, harness, read: () => harness.read(() => row, { hint }) }
  }

  it('one process loads, and the others are served what it stores', async () => {
    const all = [1, 2, 3, 4].map(() => join())
    const reads = all.flatMap(({ read }) => Array.from({ length: 50 }, read))
    expect(new Set(await Promise.all(reads))).toEqual(new Set([0]))
    expect(all.reduce((sum, { harness }) => sum + harness.loads, 0)).toBe(1)
    const waited = all.map(({ harness }) => harness.counts().hits.waited ?? 0)
    expect(waited.reduce((sum, count) => sum + count)).toBe(3)
    for (const { harness } of all) {
      const { hits, misses, bypasses } = harness.counts()
      const counted = [hits, misses, bypasses].flatMap((counts) => Object.values(counts))
      expect(counted.reduce((sum, count) => sum + count)).toBe(50)
    }
  })

  it('each process loads for itself where nobody asks for that', async () => {
    const all = [1, 2].map(() => join())
    await Promise.all(all.map(({ harness }) => harness.read(() => row)))
    expect(all.map(({ harness }) => harness.loads)).toEqual([1, 1])
    expect(all[0]!.link.calls.map(({ method }) => method)).not.toContain('claim')
  })

  it('a load that fails is tried by another, and its error is its own', async () => {
    const [one, other] = [join(), join()]
    const gate = new Gate()
    const failing = one.harness.read(
      async () => {
        await gate.pass(() => {
          throw new Error('of the database')
        })
      },
      { hint },
    )
    await gate.reached
    const waiting = other.read()
    await vi.waitFor(() => expect(methods(other)).toContain('claim'))
    gate.open()
    await expect(failing).rejects.toThrow('of the database')
    expect(await waiting).toBe(0)
    expect(other.harness.loads).toBe(1)
  })

  it('a result that is not stored keeps nobody waiting for another', async () => {
    const all = [1, 2, 3].map(() => join())
    const gate = new Gate()
    const large = 'x'.repeat(2_000_000)
    const first = all[0]!.harness.read(() => gate.pass(() => large), { hint })
    await gate.reached
    const others = all.slice(1).map(({ harness }) => harness.read(() => large, { hint }))
    await vi.waitFor(() => expect(all.slice(1).flatMap(methods)).toContain('claim'))
    gate.open()
    expect(await Promise.all([first, ...others])).toEqual([large, large, large])
    // The first has said that it is over; nobody has claimed it after that.
    expect([...store.claims.values()].map(({ who }) => who)).toEqual(['over'])
  })

  it('a write in between is seen by those who wait', async () => {
    const [one, other] = [join(), join()]
    const gate = new Gate()
    const loading = one.harness.read(
      async () => {
        const found = row
        return gate.pass(() => found)
      },
      { hint },
    )
    await gate.reached
    const waiting = other.read()
    await vi.waitFor(() => expect(methods(other)).toContain('claim'))
    await other.harness.write(() => (row = 1))
    // While the old load is still under way: nobody waits across a write.
    expect(await other.read()).toBe(1)
    gate.open()
    // It began before the write, and could be served either; it was not served what is old by then.
    expect(await waiting).toBe(1)
    expect(await loading).toBe(0)
    expect(await other.read()).toBe(1)
  })

  it('what was stored for those who wait is not served once a write has made it old', async () => {
    const [one, other, third] = [join(), join(), join()]
    const [loading, looking] = [new Gate(), new Gate()]
    const first = one.harness.read(() => loading.pass(() => row), { hint })
    await loading.reached
    const waiting = other.read()
    await vi.waitFor(() => expect(methods(other)).toContain('claim'))
    other.link.hold = ({ method }) =>
      method === 'lookup' ? looking.pass(() => {}) : Promise.resolve()
    await looking.reached
    loading.open()
    expect(await first).toBe(0)
    await vi.waitFor(() => expect(store.entries.size).toBe(1))
    await third.harness.write(() => (row = 1))
    expect(await third.harness.read(() => row, { hint, tables: ['film'], parameters: [1] })).toBe(1)
    looking.open()
    expect(await waiting).toBe(1)
    expect(other.harness.counts().hits).toEqual({})
  })

  it('nobody waits longer than three seconds', async () => {
    const [one, other] = [join(), join()]
    const gate = new Gate()
    const stuck = one.harness.read(() => gate.pass(() => row), { hint })
    await gate.reached
    const waiting = other.read()
    await vi.waitFor(() => expect(methods(other)).toContain('claim'))
    clock.advance(2999)
    expect(other.harness.loads).toBe(0)
    clock.advance(1)
    expect(await waiting).toBe(0)
    expect(other.harness.loads).toBe(1)
    gate.open()
    await stuck
  })

  it('nobody waits where claims fail', async () => {
    const one = join()
    one.link.hold = ({ method }) =>
      method === 'claim' ? Promise.reject(new Error('connection lost')) : Promise.resolve()
    expect(await one.read()).toBe(0)
    expect(one.harness.loads).toBe(1)
    expect(await one.read()).toBe(0)
    expect(one.harness.loads).toBe(1)
  })

  it('nobody waits whose query can be cancelled', async () => {
    const one = join()
    await one.harness.read(() => row, { hint, cancellable: true })
    expect(methods(one)).not.toContain('claim')
  })

  it('a policy of one of its tables is enough', () => {
    const { engine } = createTidemark()
    const policies = engine.policies({
      tables: { film: { coalesce: 'shared' }, genre: { ttl: '1m' } },
      cacheByDefault: true,
    })
    const of = (...tables: string[]) => policies.ofTables(tables)
    expect(of('film', 'genre')).toMatchObject({ policy: { coalesce: 'shared' } })
    expect(of('film', 'other')).toMatchObject({ policy: { coalesce: 'shared' } })
    expect(of('genre')).toMatchObject({ policy: { coalesce: 'process' } })
  })
})

const methods = ({ link }: { link: { calls: readonly { method: string }[] } }) =>
  link.calls.map(({ method }) => method)
