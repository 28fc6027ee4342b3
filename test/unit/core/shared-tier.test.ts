import { createTidemark, TidemarkError, type TidemarkOptions } from '@tidemark/core'
import {
  type ConnectedStore,
  Gate,
  ManualClock,
  SeededRandom,
  SharedStore,
} from '@tidemark/testing'
import { describe, expect, it, vi } from 'vitest'
import { Harness } from './harness.ts'

const LEASE_MS = 10_000

/** Several caches, as in several processes, over one shared store and one row. */
class Cluster {
  readonly clock = new ManualClock()
  readonly random = new SeededRandom(1)
  readonly store = new SharedStore({ clock: this.clock, random: this.random, leaseMs: LEASE_MS })
  row = 0

  join(options: TidemarkOptions = {}): Process {
    const { clock, random } = this
    const link = this.store.connect()
    const cache = createTidemark({ clock, random, shared: link, ttlJitter: 0, ...options })
    const harness = new Harness({ cache, clock })
    return {
      harness,
      link,
      read: (hint = {}) => harness.read(() => this.row, { hint }),
      write: (options = {}) => harness.write(() => (this.row += 1), options),
      counts: () => harness.counts(),
    }
  }
}

interface Process {
  readonly harness: Harness
  readonly link: ConnectedStore
  readonly read: (hint?: object) => Promise<number>
  readonly write: (options?: Parameters<Harness['write']>[1]) => Promise<number>
  readonly counts: Harness['counts']
}

const lost = () => Promise.reject(new Error('connection lost'))

describe('what one process has read', () => {
  it('is a hit in another, and then a hit in the memory of that one', async () => {
    const cluster = new Cluster()
    const [one, other] = [cluster.join(), cluster.join()]
    expect(await one.read()).toBe(0)
    expect(await other.read()).toBe(0)
    expect(await other.read()).toBe(0)
    expect(one.counts()).toMatchObject({ hits: {}, misses: { absent: 1 } })
    expect(other.counts()).toMatchObject({ hits: { shared: 1, memory: 1 }, misses: {} })
    expect(other.link.calls.map(({ method }) => method)).toEqual(['lookup'])
  })

  it('says what it depends on, and how long the database took, wherever it is kept', async () => {
    const cluster = new Cluster()
    const [one, other] = [cluster.join(), cluster.join()]
    const load = () => {
      cluster.clock.advance(120)
      return 'row'
    }
    await one.harness.read(load, { hint: { tags: ['vip'] } })
    await other.harness.read(load, { hint: { tags: ['vip'] } })
    const [key] = [...cluster.store.entries.keys()]
    for (const { harness } of [one, other]) {
      const entry = await harness.engine.tier.get(key!)
      expect(entry).toMatchObject({ loadMs: 120, tags: ['*', 'custom:vip', 'table:film'] })
    }
  })

  it('is kept in memory for a share of its time to live', async () => {
    const cluster = new Cluster()
    const one = cluster.join({ ttl: 100_000, memory: { ttlShare: 0.25 }, maxStaleness: '1d' })
    await one.read()
    cluster.clock.advance(24_999)
    await one.read()
    cluster.clock.advance(1)
    await one.read()
    expect(one.counts().hits).toEqual({ memory: 1, shared: 1 })
    // Its copy of the shared entry is no younger for having been fetched.
    cluster.clock.advance(74_999)
    await one.read()
    cluster.clock.advance(1)
    await one.read()
    expect(one.counts().misses).toEqual({ absent: 1, expired: 1 })
  })

  it('is a miss for a caller who accepts only what is younger', async () => {
    const cluster = new Cluster()
    const [one, other] = [cluster.join(), cluster.join()]
    await one.read()
    cluster.clock.advance(5000)
    await other.read({ ttl: 5000 })
    expect(other.counts().misses).toEqual({ expired: 1 })
  })

  it('is shared without any memory of its own where that is switched off', async () => {
    const cluster = new Cluster()
    const one = cluster.join({ memory: false })
    await one.read()
    await one.read()
    await one.read()
    expect(one.counts()).toMatchObject({ hits: { shared: 2 }, misses: { absent: 1 } })
  })
})

describe('an invalidation', () => {
  it('moves its marks where it could not lock them, and leaves nothing held', async () => {
    const cluster = new Cluster()
    const [one, other] = [cluster.join(), cluster.join()]
    for (const { read } of [one, other]) await read()
    one.link.hold = ({ method }) => (method === 'intent' ? lost() : Promise.resolve())
    expect(await one.harness.cache.invalidate({ tables: ['film'] })).toMatchObject({
      marks: 1,
    })
    cluster.row = 1
    expect([await one.read(), await one.read(), await other.read()]).toEqual([1, 1, 1])
    expect(one.counts()).toMatchObject({ hits: { memory: 1 }, bypasses: {} })
  })
})

describe('a write in one process', () => {
  it('makes the memory of another old as soon as word of it arrives', async () => {
    const cluster = new Cluster()
    const [one, other] = [cluster.join({ maxStaleness: '1d' }), cluster.join()]
    expect(await one.read()).toBe(0)
    await other.write()
    await vi.waitFor(() => expect(one.link.calls.at(-1)?.method).toBe('message'))
    expect(await one.read()).toBe(1)
  })

  it('is seen after maxStaleness in another where no word of it arrives', async () => {
    const cluster = new Cluster()
    const [one, other] = [cluster.join({ maxStaleness: 1000 }), cluster.join()]
    one.link.hold = ({ method }) => (method === 'message' ? lost() : Promise.resolve())
    expect(await one.read()).toBe(0)
    await other.write()
    cluster.clock.advance(999)
    expect(await one.read()).toBe(0)
    cluster.clock.advance(1)
    expect(await one.read()).toBe(1)
  })

  it.each([{ maxStaleness: 0 as const }, { consistency: 'strict' as const }])(
    'is seen at once in another that asks each time (%j)',
    async ({ maxStaleness, consistency }) => {
      const cluster = new Cluster()
      const hint = consistency ? { consistency } : {}
      const [one, other] = [cluster.join({ maxStaleness: maxStaleness ?? '1d' }), cluster.join()]
      one.link.hold = ({ method }) => (method === 'message' ? lost() : Promise.resolve())
      await one.read(hint)
      await one.read(hint)
      expect(one.counts().hits).toEqual({ memory: 1 })
      await other.write()
      expect(await one.read(hint)).toBe(1)
    },
  )

  it('hazard 49: keeps no copy that was asked for before word of a write came and answered after it', async () => {
    const cluster = new Cluster()
    const [one, other] = [cluster.join({ maxStaleness: '1d' }), cluster.join()]
    await other.read()
    // The lookup has its answer, which is on its way while the write begins and ends elsewhere.
    const lookup = one.link.lookup.bind(one.link)
    one.link.lookup = async (...call) => {
      const answer = await lookup(...call)
      one.link.lookup = lookup
      await other.write()
      await vi.waitFor(() => {
        expect(one.link.calls.filter(({ method }) => method === 'message')).toHaveLength(2)
      })
      return answer
    }
    expect(await one.read()).toBe(0)
    expect(await one.read()).toBe(1)
  })

  it('forgets what it knows when word may have been missed', async () => {
    const cluster = new Cluster()
    const [one, other] = [cluster.join({ maxStaleness: '1d' }), cluster.join()]
    let onLost!: () => void
    const link = cluster.store.connect()
    const open = link.open.bind(link)
    link.open = (context) => {
      onLost = context.onLost
      open(context)
    }
    link.hold = ({ method }) => (method === 'message' ? lost() : Promise.resolve())
    const cache = createTidemark({ clock: cluster.clock, shared: link, maxStaleness: '1d' })
    const third = new Harness({ cache, clock: cluster.clock })
    await one.read()
    expect(await third.read(() => cluster.row)).toBe(0)
    await other.write()
    expect(await third.read(() => cluster.row)).toBe(0)
    onLost()
    expect(await third.read(() => cluster.row)).toBe(1)
  })
})

describe('a process that writes', () => {
  it('serves nothing of its own memory from before the write, though no word of it arrives', async () => {
    const cluster = new Cluster()
    const one = cluster.join({ maxStaleness: '1d' })
    const [intent, acknowledged] = [new Gate(), new Gate()]
    one.link.hold = async ({ method }) => {
      if (method === 'message') return lost()
      if (method === 'intent') return intent.pass(() => undefined)
    }
    await one.read()
    const write = one.harness.write(async () => {
      cluster.row = 1
      await acknowledged.pass(() => undefined)
    })
    // The marks are still as they were, and known again.
    expect(await one.read()).toBe(0)
    intent.open()
    await vi.waitFor(() => expect(cluster.row).toBe(1))
    expect(await one.read()).toBe(1)
    acknowledged.open()
    await write
    expect(await one.read()).toBe(1)
  })
})

describe('where the shared tier cannot be reached', () => {
  it('the database answers, and nothing is stored', async () => {
    const cluster = new Cluster()
    const one = cluster.join()
    one.link.hold = lost
    expect(await one.read()).toBe(0)
    cluster.row = 5
    expect(await one.read()).toBe(5)
    expect(one.counts().bypasses).toEqual({ 'tier-down': 2 })
  })

  it("a 'strict' write fails before it is sent", async () => {
    const cluster = new Cluster()
    const one = cluster.join({ consistency: 'strict' })
    one.link.hold = lost
    const failed = one.write()
    await expect(failed).rejects.toBeInstanceOf(TidemarkError)
    await expect(failed).rejects.toMatchObject({ code: 'MARKS_UNAVAILABLE' })
    expect(cluster.row).toBe(0)
  })

  it("a 'strict' write that failed leaves nothing locked, however much is under way", async () => {
    const cluster = new Cluster()
    const one = cluster.join({ consistency: 'strict' })
    const { engine } = one.harness
    const stuck = new Gate()
    for (let at = 0; at < 1000; at += 1) {
      void engine.runInBackground(() => stuck.pass(() => undefined))
    }
    one.link.hold = ({ method }) => (method === 'intent' ? lost() : Promise.resolve())
    await expect(one.write()).rejects.toMatchObject({ code: 'MARKS_UNAVAILABLE' })
    stuck.open()
    await one.read()
    await one.read()
    expect(one.counts()).toMatchObject({ hits: { memory: 1 }, bypasses: {} })
  })

  it("a 'strict' transaction can be told so before its COMMIT, and may try again", async () => {
    const cluster = new Cluster()
    const one = cluster.join({ consistency: 'strict' })
    const scope = one.harness.engine.beginTransaction()
    await one.harness.write(() => undefined, { scope })
    one.link.hold = lost
    await expect(scope.beforeCommit()).rejects.toMatchObject({ code: 'MARKS_UNAVAILABLE' })
    one.link.hold = () => Promise.resolve()
    await scope.beforeCommit()
    await scope.end('settled')
    expect(await one.read()).toBe(0)
  })

  it.each(['available', 'fresh'] as const)('an %j write goes on', async (consistency) => {
    const cluster = new Cluster()
    const one = cluster.join({ consistency })
    one.link.hold = lost
    expect(await one.write()).toBe(1)
    expect(one.harness.cache.metrics().markFailures).toBeGreaterThan(0)
  })

  it.each(['settled', 'unknown'] as const)(
    'the writer itself never reads what was before its write, whatever becomes of the tier (%s)',
    async (outcome) => {
      const cluster = new Cluster()
      const [one, other] = [cluster.join({ maxStaleness: '1d' }), cluster.join()]
      await one.read()
      await other.read()
      one.link.hold = lost
      await one.write({ outcome })
      expect(await one.read()).toBe(1)
      // The tier is back, and holds the old entry under marks that look current.
      one.link.hold = () => Promise.resolve()
      expect(await one.read()).toBe(1)
      expect(await one.read()).toBe(1)
      // What it owed has been sent, so the others see it as well.
      expect(await other.read()).toBe(1)
    },
  )
})

describe('where another server has taken over', () => {
  it('what was written lately is said again, since others may have asked the one that had not heard', async () => {
    const cluster = new Cluster()
    const link = cluster.store.connect()
    let onReplaced!: () => void
    const open = link.open.bind(link)
    link.open = (context) => {
      onReplaced = context.onReplaced
      open(context)
    }
    const { clock } = cluster
    const cache = createTidemark({ clock, shared: link })
    const one = new Harness({ cache, clock })
    await one.write(() => undefined)
    await one.write(() => undefined, { tables: ['genre'] })
    clock.advance(60_001)
    await one.write(() => undefined, { tables: ['actor'] })
    link.calls.length = 0
    onReplaced()
    const released = vi.spyOn(cluster.store.marks, 'release')
    await vi.waitFor(() => expect(released).toHaveBeenCalledOnce())
    // Of what was written longer ago everybody has heard.
    expect(released.mock.calls[0]![0]).toEqual(['table:actor'])
  })
})

describe('the round trips', () => {
  it.each([
    { consistency: 'strict' as const, trips: ['intent', 'release'] },
    { consistency: 'available' as const, trips: ['intent', 'release'] },
    { consistency: 'fresh' as const, trips: ['release'] },
  ])('of a $consistency write are $trips', async ({ consistency, trips }) => {
    const one = new Cluster().join()
    await one.write({ hint: { consistency } })
    const methods = one.link.calls.map(({ method }) => method)
    expect(methods.filter((method) => method !== 'message')).toEqual(trips)
  })

  it('of a transaction are those of the strictest of its writes', async () => {
    const one = new Cluster().join({ consistency: 'fresh' })
    const scope = one.harness.engine.beginTransaction()
    await one.harness.write(() => undefined, { scope, hint: { consistency: 'available' } })
    await one.harness.write(() => undefined, { scope })
    await scope.commit(
      async () => undefined,
      () => 'settled',
    )
    const methods = one.link.calls.map(({ method }) => method)
    expect(methods.filter((method) => method !== 'message')).toEqual(['intent', 'release'])
  })
})

describe('a process that dies between its COMMIT and its release', () => {
  it('leaves its readers at the database until its lease ends, and then never the old row', async () => {
    const cluster = new Cluster()
    const [one, other] = [cluster.join(), cluster.join()]
    expect(await other.read()).toBe(0)
    one.link.hold = ({ method }) =>
      method === 'release' ? new Promise(() => {}) : Promise.resolve()
    void one.write()
    await vi.waitFor(() => expect(cluster.row).toBe(1))
    one.link.crash()
    await vi.waitFor(() =>
      expect(other.link.calls.map(({ method }) => method)).toContain('message'),
    )
    expect(await other.read()).toBe(1)
    expect(other.counts().bypasses).toEqual({ 'marks-locked': 1 })
    cluster.clock.advance(LEASE_MS)
    expect(await other.read()).toBe(1)
    expect(await other.read()).toBe(1)
    expect(other.counts().hits).toEqual({ memory: 1 })
  })
})
