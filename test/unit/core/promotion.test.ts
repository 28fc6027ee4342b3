import { createTidemark, type KeptResult, type MemoryOptions } from '@tidemark/core'
import { ManualClock, SeededRandom, SharedStore } from '@tidemark/testing'
import { describe, expect, it } from 'vitest'
import { Harness } from './harness.ts'

const rows = () => [{ id: 1, at: new Date(0) }]

/**
 * A process that reads what another has stored.
 *
 * @param keep what stands in the place of the tier's own way to keep a result
 */
async function promoted(
  memory: MemoryOptions | false = {},
  keep?: ((kept: KeptResult) => KeptResult) | 'none',
) {
  const clock = new ManualClock()
  const random = new SeededRandom(1)
  const store = new SharedStore({ clock, random, leaseMs: 10_000 })
  const join = (link: ReturnType<typeof store.connect>, options: MemoryOptions | false = {}) => {
    const cache = createTidemark({ clock, random, shared: link, ttlJitter: 0, memory: options })
    return new Harness({ cache, clock })
  }
  await join(store.connect()).read(rows)
  const link = store.connect()
  const asked = { keep: 0, decode: 0 }
  const lookup = link.lookup.bind(link)
  link.lookup = async (tags, key) => {
    const { marks, entry } = await lookup(tags, key)
    if (typeof entry !== 'object') return { marks, entry }
    const { tokens, tags: dependencies, ttlMs, ageMs, loadMs } = entry
    const facts = { tokens, tags: dependencies, ttlMs, ageMs, loadMs }
    const found = { ...facts, decode: () => entry.decode() }
    const kept = (): KeptResult => {
      asked.keep += 1
      const result = entry.keep!()
      const counted = { ...result, decode: () => ((asked.decode += 1), result.decode()) }
      return typeof keep === 'function' ? keep(counted) : counted
    }
    return { marks, entry: keep === 'none' ? found : { ...found, keep: kept } }
  }
  const harness = join(link, memory)
  return { harness, asked, read: () => harness.read(rows) }
}

describe('what the shared tier has brought', () => {
  it('is kept as it came, and given the form of this process when it is asked for again', async () => {
    const { asked, harness, read } = await promoted()
    expect(await read()).toEqual(rows())
    expect(asked).toEqual({ keep: 1, decode: 0 })
    const bytes = harness.cache.metrics().memory.bytes
    for (let again = 0; again < 3; again += 1) expect(await read()).toEqual(rows())
    expect(asked).toEqual({ keep: 1, decode: 1 })
    expect(harness.counts()).toMatchObject({ hits: { shared: 1, memory: 3 }, misses: {} })
    // It is counted as what it is now.
    expect(harness.cache.metrics().memory).toMatchObject({ entries: 1 })
    expect(harness.cache.metrics().memory.bytes).not.toBe(bytes)
  })

  it("is each caller's own", async () => {
    const { read } = await promoted()
    for (let again = 0; again < 4; again += 1) {
      const found = await read()
      expect(found).toEqual(rows())
      found[0]!.at.setTime(1)
      found.pop()
    }
  })

  it('is copied where the tier has no form in which it may be kept', async () => {
    const { asked, harness, read } = await promoted({}, 'none')
    for (let again = 0; again < 3; again += 1) expect(await read()).toEqual(rows())
    expect(asked).toEqual({ keep: 0, decode: 0 })
    expect(harness.counts().hits).toEqual({ shared: 1, memory: 2 })
  })

  it('is not kept where it takes more than an entry may', async () => {
    const larger = (kept: KeptResult) => ({ ...kept, bytes: 2001 })
    const { harness, read } = await promoted({ maxEntryBytes: 2000 }, larger)
    for (let again = 0; again < 3; again += 1) await read()
    expect(harness.counts().hits).toEqual({ shared: 3 })
  })

  it('is not even asked for where nothing is kept in this process', async () => {
    const { asked, harness, read } = await promoted(false)
    for (let again = 0; again < 3; again += 1) expect(await read()).toEqual(rows())
    expect(asked).toEqual({ keep: 0, decode: 0 })
    expect(harness.counts().hits).toEqual({ shared: 3 })
  })

  it('stays as it came where only that is small enough', async () => {
    const { asked, harness, read } = await promoted({ maxEntryBytes: 150 })
    for (let again = 0; again < 4; again += 1) expect(await read()).toEqual(rows())
    expect(harness.counts().hits).toEqual({ shared: 1, memory: 3 })
    expect(asked).toEqual({ keep: 1, decode: 3 })
  })

  it('is a miss where it cannot be read back', async () => {
    const broken = (): KeptResult => ({
      bytes: 1,
      decode: () => {
        throw new Error('broken')
      },
    })
    const { harness, read } = await promoted({}, broken)
    await read()
    expect(await read()).toEqual(rows())
    // Memory cannot read it, so the tier is asked again.
    expect(harness.counts()).toMatchObject({ hits: { shared: 2 }, misses: {} })
  })
})
