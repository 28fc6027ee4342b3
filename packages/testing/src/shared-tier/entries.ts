import { expect, it, vi } from 'vitest'
import { film, key, keyOf, readable, tags, type Processes } from './processes.ts'

/** What is stored, and found again by every process. */
export function entriesContract(processes: Processes): void {
  it('gives another process what one has stored, each time anew', async () => {
    const { one, other } = processes()
    const value = [{ id: 1, at: new Date(0), big: 2n ** 70n, nothing: null, text: 'ä\0' }]
    await one.store(key, ['t1', 't2'], value, { ttlMs: 60_000, ageMs: 10_000 })
    const { entry } = await other.tier.lookup(other.marksOf([film]), key)
    const found = readable(entry)
    expect(found.tokens).toEqual(['t1', 't2'])
    expect(found.ttlMs).toBe(60_000)
    expect(found.loadMs).toBe(2.5)
    // By name, or by what stands for it where names are hidden.
    expect(found.tags.length).toBe(tags.length)
    for (const [at, tag] of tags.entries()) {
      expect([tag, ...one.marksOf([tag], key)]).toContain(found.tags[at])
    }
    // Longer than when it was stored, and not by much more than this test takes.
    expect(found.ageMs).toBeGreaterThanOrEqual(10_000)
    expect(found.ageMs).toBeLessThan(40_000)
    expect(found.decode()).toEqual(value)
    expect(found.decode()).not.toBe(found.decode())
    const kept = found.keep?.()
    if (!kept) return
    expect(kept.bytes).toBeGreaterThan(0)
    expect(kept.decode()).toEqual(value)
    expect(kept.decode()).not.toBe(kept.decode())
  })

  it('keeps an entry after its ttl, for those who may still serve it', async () => {
    const { one, other } = processes()
    const times = { ttlMs: 10_000, keepMs: 60_000, ageMs: 20_000 }
    await one.store(key, ['t1'], 'old', times)
    const { entry } = await other.tier.lookup(other.marksOf([film]), key)
    const found = readable(entry)
    expect(found.ttlMs).toBe(10_000)
    expect(found.ageMs).toBeGreaterThanOrEqual(20_000)
    expect(found.ageMs).toBeLessThan(50_000)
    expect(found.decode()).toBe('old')
  })

  it('has done with a value when it is given', async () => {
    const { one, other } = processes()
    const value = [{ id: 1 }]
    const storing = one.store(key, ['t'], value)
    value[0]!.id = 2
    await storing
    const { entry } = await other.tier.lookup(other.marksOf([film]), key)
    expect(readable(entry).decode()).toEqual([{ id: 1 }])
  })

  it('keeps keys apart that differ in one character, in case or in an empty part', async () => {
    const { one, other } = processes()
    const operations = ['a', 'A', 'a ', '', 'ab', 'a\0b', 'ä', 'a\u0308', '{a}', 'a:b']
    for (const operation of operations) await one.store(keyOf(operation), ['t'], { operation })
    for (const operation of operations) {
      const { entry } = await other.tier.lookup(other.marksOf([film]), keyOf(operation))
      expect(readable(entry).decode()).toEqual({ operation })
    }
  })

  it('gives the entry that was stored last, and none that has ended', async () => {
    const { one, other } = processes()
    await one.store(key, ['t'], 'old')
    await one.store(key, ['t'], 'new')
    const marks = other.marksOf([film])
    expect(readable((await other.tier.lookup(marks, key)).entry).decode()).toBe('new')
    await one.store(key, ['t'], 'ended', { ttlMs: 1000, ageMs: 999 })
    await vi.waitFor(async () => {
      expect((await other.tier.lookup(marks, key)).entry).toBeUndefined()
    })
  })
}
