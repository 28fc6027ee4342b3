import { KeptValue, SCHEMA } from '@tidemark/core'
import { Gate } from '@tidemark/testing'
import { beforeEach, describe, expect, it } from 'vitest'
import { Harness } from './harness.ts'

describe('a kept value', () => {
  let harness: Harness
  let loads: number
  let load: () => Promise<object>
  let kept: KeptValue<object>

  beforeEach(() => {
    harness = new Harness()
    loads = 0
    load = async () => ({ load: loads })
    kept = new KeptValue(harness.engine, SCHEMA, () => {
      loads += 1
      return load()
    })
  })

  it('is loaded once, however many ask', async () => {
    expect(kept.current).toBeUndefined()
    const [first, second] = await Promise.all([kept.get(), kept.get()])
    expect(first).toBe(second)
    expect(await kept.get()).toBe(first)
    expect(kept.current).toBe(first)
    expect(loads).toBe(1)
  })

  it('is old when its mark moves, as it does with clear()', async () => {
    await kept.get()
    await harness.cache.clear()
    expect(kept.current).toBeUndefined()
    await kept.get()
    expect(loads).toBe(2)
  })

  it('is not kept where its mark moved while it was loaded', async () => {
    const gate = new Gate()
    load = () => gate.pass(() => ({}))
    const early = kept.get()
    await gate.reached
    await harness.cache.clear()
    gate.open()
    expect(await early).toBeUndefined()
    expect(kept.current).toBeUndefined()
  })

  it('is not loaded while somebody changes what it is made of', async () => {
    const { marks, random } = harness.engine
    const writer = random.token() as never
    await marks.intent([SCHEMA], writer)
    expect(await kept.get()).toBeUndefined()
    expect(loads).toBe(0)
    await marks.release([SCHEMA], writer)
    expect(await kept.get()).toBeDefined()
  })

  it('is tried again a while after a load that failed, and later each time', async () => {
    load = () => Promise.reject(new Error('down'))
    expect(await kept.get()).toBeUndefined()
    expect(await kept.get()).toBeUndefined()
    expect(loads).toBe(1)
    harness.clock.advance(1_000)
    await kept.get()
    expect(loads).toBe(2)
    harness.clock.advance(1_000)
    await kept.get()
    expect(loads).toBe(2)
    load = async () => ({})
    harness.clock.advance(1_000)
    expect(await kept.get()).toBeDefined()
  })

  it('is loaded anew on request, and not again and again where it stays the same', async () => {
    const same = {}
    load = async () => same
    await kept.get()
    await kept.reload()
    expect(loads).toBe(2)
    expect(kept.mayReload).toBe(false)
    await kept.reload()
    expect(loads).toBe(2)
    // A mark that moves is another matter.
    await harness.cache.clear()
    expect(await kept.get()).toBe(same)
    expect(loads).toBe(3)
    harness.clock.advance(1_000)
    await kept.reload()
    expect(loads).toBe(4)
  })

  it('is not loaded for a cache that is closed', async () => {
    await harness.cache.close()
    expect(await kept.get()).toBeUndefined()
    expect(loads).toBe(0)
  })
})
