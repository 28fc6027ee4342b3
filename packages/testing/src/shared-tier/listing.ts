import { customTag } from '@tidemark/core'
import { expect, it } from 'vitest'
import { film, keyOf, readable, tags, type Processes } from './processes.ts'

/** What administration sees, where a tier lists. */
export function listingContract(processes: Processes): void {
  it('lists every mark and its tag, or hides all names, if it lists at all', async () => {
    const { one, other } = processes()
    const { tier } = other
    if (!tier.listMarks) return
    const named = Array.from({ length: 300 }, (_, index) => customTag(`a*[${index}`))
    const marks = one.marksOf([film, ...named])
    await one.tier.mint(marks)
    const isHidden = tier.hidesNames === true
    const all = (await batches(tier.listMarks(''))).flat()
    for (const [at, mark] of marks.entries()) {
      const tag = isHidden ? undefined : [film, ...named][at]
      expect(all).toContainEqual({ mark, tag })
    }
    if (isHidden) return
    const some = (await batches(tier.listMarks('custom:a*[1'))).flat().map(({ tag }) => tag)
    expect(new Set(some)).toEqual(new Set(named.filter((tag) => tag.startsWith('custom:a*[1'))))
    expect(await batches(tier.listMarks('custom:a?'))).toEqual([])
  })

  it('lists every entry with its key and what it depends on, if it lists at all', async () => {
    const { one, other } = processes()
    const { tier } = other
    if (!tier.listEntries) return
    expect((await batches(tier.listEntries())).flat()).toEqual([])
    const keys = Array.from({ length: 50 }, (_, index) => keyOf(`select ${index} -- ü\ud800`))
    for (const each of keys) await one.store(each, ['t1', 't2'], 'value')
    const all = (await batches(tier.listEntries())).flat()
    expect(new Set(all.map((each) => each.key))).toEqual(new Set(keys))
    for (const { entry, bytes } of all) {
      expect(bytes).toBeGreaterThan(0)
      expect(readable(entry)).toMatchObject({ tokens: ['t1', 't2'], ttlMs: 60_000, loadMs: 2.5 })
      expect(readable(entry).tags.length).toBe(tags.length)
    }
  })
}

/** Those that have something. */
async function batches<T>(list: AsyncIterable<readonly T[]>): Promise<(readonly T[])[]> {
  const found: (readonly T[])[] = []
  for await (const batch of list) if (batch.length > 0) found.push(batch)
  return found
}
