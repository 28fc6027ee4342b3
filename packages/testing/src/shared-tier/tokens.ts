import { EVERYTHING } from '@tidemark/core'
import { expect, it } from 'vitest'
import { film, genre, key, keyOf, writer, type Processes } from './processes.ts'

/** What marks are: tokens that are minted once, the same for all, and new after each write. */
export function tokensContract(processes: Processes): void {
  it('mints nothing when it looks something up', async () => {
    const { one } = processes()
    const marks = one.marksOf([EVERYTHING, film], key)
    expect(await one.tier.lookup(marks, key)).toEqual({
      marks: ['absent', 'absent'],
      entry: undefined,
    })
    expect((await one.tier.lookup(marks)).marks).toEqual(['absent', 'absent'])
  })

  it('gives all processes the same token of a mark, and each mark its own', async () => {
    const { one, other } = processes()
    const marks = one.marksOf([EVERYTHING, film, genre], key)
    const tokens = await one.tier.mint(marks)
    expect(new Set(tokens).size).toBe(3)
    expect(await other.tier.mint(marks)).toEqual(tokens)
    expect((await other.tier.lookup(marks)).marks).toEqual(tokens)
    expect((await other.tier.lookup([marks[2]!, marks[0]!])).marks).toEqual([tokens[2], tokens[0]])
  })

  it('takes the token away at a release whose intent never took hold', async () => {
    const { one, other } = processes()
    const marks = one.marksOf([film])
    const before = await one.tier.mint(marks)
    await other.tier.release(marks, writer('w'))
    expect(await one.tier.mint(marks)).not.toEqual(before)
  })

  it('gives a writer that was alone the next token at its end, if it can do that at all', async () => {
    const { one, other } = processes()
    if (!one.tier.replace || !one.tier.nextTokens) return
    const marks = one.marksOf([film, genre])
    const before = await one.tier.mint(marks)
    const next = await one.tier.nextTokens(marks)
    await one.tier.intent(marks, writer('w'))
    const tokens = new Map([[marks[0]!, next[0]!]])
    expect(await one.tier.replace(marks, writer('w'), tokens)).toEqual(['replaced', 'released'])
    expect((await other.tier.lookup(marks)).marks).toEqual([next[0], 'absent'])
    expect(await other.tier.mint(marks)).toEqual([next[0], expect.not.stringMatching(before[1]!)])
    expect(next[0]).not.toBe(before[0])
    // Not twice, and not without a lock.
    expect(await one.tier.replace(marks, writer('w'), tokens)).toEqual(['lost', 'lost'])
    expect((await other.tier.lookup(marks)).marks).toEqual(['absent', 'absent'])
  })

  it('gives none to a writer that was not alone, whoever came or went first', async () => {
    const { one, other } = processes()
    if (!one.tier.replace || !one.tier.nextTokens) return
    const [marks, others] = [one.marksOf([film]), one.marksOf([genre])]
    const [token, another] = await one.tier.nextTokens([...marks, ...others])
    const tokens = new Map([
      [marks[0]!, token!],
      [others[0]!, another!],
    ])
    const replace = async (name: string, what = marks) =>
      (await one.tier.replace!(what, writer(name), tokens))[0]
    const joined: Readonly<Record<string, () => Promise<unknown>>> = {
      'by one who is still there': async () => other.tier.intent(marks, writer('other')),
      'by one who has ended': async () => {
        await other.tier.intent(marks, writer('other'))
        await other.tier.release(marks, writer('other'))
      },
      'by one whose lock was lost': async () => other.tier.release(marks, writer('other')),
      'by one who was abandoned': async () => other.tier.abandon(marks, writer('other')),
    }
    for (const [how, join] of Object.entries(joined)) {
      await one.tier.intent(marks, writer('w'))
      await join()
      expect(await replace('w'), how).toBe('released')
      expect((await other.tier.lookup(marks)).marks, how).not.toEqual([token])
      await other.tier.release(marks, writer('other'))
    }
    await other.tier.intent(others, writer('other'))
    await one.tier.intent(others, writer('w'))
    await other.tier.release(others, writer('other'))
    expect(await replace('w', others)).toBe('released')
    // Once it was open again, whoever comes first is alone.
    await one.tier.intent(others, writer('w'))
    expect(await replace('w', others)).toBe('replaced')
  })

  it('moves for everything each mark of everything, whatever the key', async () => {
    const { one, other } = processes()
    const keys = Array.from({ length: 50 }, (_, index) => keyOf(`select ${index}`))
    const marksOfKeys = keys.map((each) => one.marksOf([EVERYTHING], each)[0]!)
    const before = await one.tier.mint(marksOfKeys)
    const all = one.marksOf([EVERYTHING])
    await one.tier.intent(all, writer('w'))
    expect(new Set((await other.tier.lookup(marksOfKeys)).marks)).toEqual(new Set(['locked']))
    await one.tier.release(all, writer('w'))
    const after = await other.tier.mint(marksOfKeys)
    expect(after.filter((token, index) => token === before[index])).toEqual([])
  })
}
