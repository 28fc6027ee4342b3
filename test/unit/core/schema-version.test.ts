import { createTidemark, type TidemarkOptions } from '@tidemark/core'
import { ManualClock, SeededRandom, SharedStore } from '@tidemark/testing'
import { describe, expect, it } from 'vitest'
import { Harness } from './harness.ts'

describe('hazard 48: versions of an application on one namespace', () => {
  const clock = new ManualClock()
  const random = new SeededRandom(1)
  const store = new SharedStore({ clock, random, leaseMs: 10_000 })
  const join = (options: TidemarkOptions) =>
    new Harness({
      clock,
      cache: createTidemark({
        clock,
        random,
        shared: store.connect(),
        maxStaleness: 0,
        ...options,
      }),
    })

  it('are not served rows of another shape, and make them old', async () => {
    const [old, new1, new2] = ['1', '2', '2'].map((schemaVersion) => join({ schemaVersion }))
    const [none] = [join({})]
    expect(await old!.read(() => ({ name: 'a' }))).toEqual({ name: 'a' })
    expect(await new1!.read(() => ({ first: 'a' }))).toEqual({ first: 'a' })
    expect(await none.read(() => ({ id: 1 }))).toEqual({ id: 1 })
    expect(await new2!.read(() => 'a load')).toEqual({ first: 'a' })
    expect(await old!.read(() => 'a load')).toEqual({ name: 'a' })
    await new1!.write(() => 1)
    for (const each of [old!, new2!, none]) expect(await each.read(() => 'new')).toBe('new')
  })

  it('show theirs with their keys', async () => {
    const harness = join({ schemaVersion: 'of 3:4' })
    await harness.read(() => 1, { hint: { tags: ['vip'] } })
    expect((await harness.cache.keysByTag('vip')).keys).toMatchObject([
      { schemaVersion: 'of 3:4', database: 'default', operation: 'select' },
    ])
  })

  it('differ whatever their names are', async () => {
    // Beside what a hint adds to the key.
    const versions = ['1', '11', '1:1', 'v1:1', '*', '*\ncustom:a']
    const hints = [{}, { tags: ['a'] }, { tags: ['a', '1'] }]
    const all = versions.map((schemaVersion) => join({ schemaVersion }))
    let loads = 0
    for (const harness of [...all, join({})]) {
      for (const hint of hints) {
        await harness.read(() => (loads += 1), { operation: 'differ', hint })
      }
    }
    expect(loads).toBe(7 * 3)
  })
})
