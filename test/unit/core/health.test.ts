import { createTidemark } from '@tidemark/core'
import { ManualClock, SeededRandom, SharedStore } from '@tidemark/testing'
import { describe, expect, it } from 'vitest'

describe('cache.health()', () => {
  const join = (shared?: ReturnType<SharedStore['connect']>) => {
    const clock = new ManualClock()
    return {
      clock,
      cache: createTidemark({ clock, ...(shared && { shared, memory: false as const }) }),
    }
  }
  const store = () =>
    new SharedStore({ clock: new ManualClock(), random: new SeededRandom(1), leaseMs: 1000 })

  it('tells of memory where there is nothing else', async () => {
    const { cache } = join()
    expect(await cache.health()).toEqual({
      up: true,
      memory: { name: 'memory', entries: 0, bytes: 0, evictions: 0 },
      shared: undefined,
      warnings: [],
    })
  })

  it('asks a shared tier that does not tell by itself', async () => {
    const link = store().connect()
    const { cache, clock } = join(link)
    link.hold = async () => clock.advance(3)
    expect(await cache.health()).toEqual({
      up: true,
      memory: undefined,
      shared: { name: 'shared store', up: true, latencyMs: 3, warnings: [] },
      warnings: [],
    })
  })

  it('says that a tier is down, and why', async () => {
    const link = store().connect()
    const { cache } = join(link)
    link.hold = () => Promise.reject(new Error('connection lost'))
    expect(await cache.health()).toMatchObject({
      up: false,
      shared: { up: false, reason: 'connection lost' },
      warnings: ['shared store is down: connection lost'],
    })
  })

  it('does not reject where the tier does', async () => {
    const link = Object.assign(store().connect(), {
      health: () => {
        throw new Error('broken')
      },
    })
    const { cache } = join(link)
    expect(await cache.health()).toMatchObject({ up: false, shared: { reason: 'broken' } })
  })

  it('says that the cache is closed', async () => {
    const { cache } = join(store().connect())
    await cache.close()
    expect(await cache.health()).toMatchObject({
      up: false,
      warnings: [expect.stringContaining('closed')],
    })
  })
})
