import { type MarkStore, type MarkToken, type Tag, tableTag, type WriterId } from '@tidemark/core'
import { describe, expect, it } from 'vitest'

/** A mark store under test, and the way to let time pass for it. */
export interface MarkStoreFixture {
  readonly marks: MarkStore
  /** Lets at least the store's lease go by. */
  readonly endLease: () => void | Promise<void>
}

/**
 * What every mark store must do, as a suite of vitest tests.
 *
 * @param name the store's name, in the titles of the tests
 * @param makeStore gives a store without marks for each test
 */
export function markStoreContract(
  name: string,
  makeStore: () => MarkStoreFixture | Promise<MarkStoreFixture>,
): void {
  describe(`${name} keeps the contract of a mark store`, () => {
    it('gives each tag a token, and the same one until it is written', async () => {
      const { marks } = await makeStore()
      const tokens = await open(marks, [film, genre])
      expect(tokens).toHaveLength(2)
      expect(new Set(tokens).size).toBe(2)
      expect(await open(marks, [film, genre])).toEqual(tokens)
      expect(marks.match([film, genre], tokens)).toBe('current')
    })

    it('matches only the same tokens for the same tags in the same order', async () => {
      const { marks } = await makeStore()
      const [a, b] = await open(marks, [film, genre])
      expect(marks.match([genre, film], [a!, b!])).not.toBe('current')
      expect(marks.match([film], [a!, b!])).not.toBe('current')
      expect(marks.match([film, genre], [a!])).not.toBe('current')
      expect(marks.match([film], ['another' as MarkToken])).not.toBe('current')
    })

    it('does not match a token of a tag that was never read', async () => {
      const { marks } = await makeStore()
      expect(marks.match([film], ['any' as MarkToken])).not.toBe('current')
    })

    it('is locked for readers from intent to release, also beside open tags', async () => {
      const { marks } = await makeStore()
      const tokens = await open(marks, [film, genre])
      await marks.intent([film], writer('w'))
      expect((await marks.read([film])).state).toBe('locked')
      expect((await marks.read([genre, film])).state).toBe('locked')
      expect((await marks.read([genre])).state).toBe('open')
      expect(marks.match([film, genre], tokens)).not.toBe('current')
      await marks.release([film], writer('w'))
      expect((await marks.read([film])).state).toBe('open')
    })

    it('has another token after a write, and never an earlier one', async () => {
      const { marks } = await makeStore()
      const seen = new Set<MarkToken>()
      for (let write = 0; write < 50; write += 1) {
        const tokens = await open(marks, [film])
        expect(seen.has(tokens[0]!)).toBe(false)
        seen.add(tokens[0]!)
        await marks.intent([film], writer(`w${write}`))
        await marks.release([film], writer(`w${write}`))
        expect(marks.match([film], tokens)).not.toBe('current')
      }
    })

    it('stays locked until the last of several writers has let go', async () => {
      const { marks } = await makeStore()
      await marks.intent([film], writer('first'))
      await marks.intent([film], writer('second'))
      await marks.release([film], writer('first'))
      expect((await marks.read([film])).state).toBe('locked')
      await marks.release([film], writer('second'))
      expect((await marks.read([film])).state).toBe('open')
    })

    it('ignores a release by a writer that holds nothing', async () => {
      const { marks } = await makeStore()
      await marks.intent([film], writer('holder'))
      await marks.release([film], writer('stranger'))
      expect((await marks.read([film])).state).toBe('locked')
    })

    it('keeps an abandoned intent until its lease ends, then gives a new token', async () => {
      const { marks, endLease } = await makeStore()
      const before = await open(marks, [film])
      await marks.intent([film], writer('gone'))
      await marks.abandon([film], writer('gone'))
      expect((await marks.read([film])).state).toBe('locked')
      await endLease()
      const after = await open(marks, [film])
      expect(after).not.toEqual(before)
      expect(marks.match([film], before)).not.toBe('current')
    })

    it('takes the token away at a release whose intent never took hold', async () => {
      const { marks } = await makeStore()
      const before = await open(marks, [film])
      await marks.release([film], writer('w'))
      expect(marks.match([film], before)).not.toBe('current')
      expect(await open(marks, [film])).not.toEqual(before)
    })

    it('locks until the lease ends what is abandoned and whose intent never took hold', async () => {
      const { marks, endLease } = await makeStore()
      const before = await open(marks, [film])
      await marks.abandon([film], writer('w'))
      expect((await marks.read([film])).state).toBe('locked')
      await endLease()
      expect(await open(marks, [film])).not.toEqual(before)
    })

    it('keeps the lock of a writer at work when the lease of another has ended', async () => {
      const { marks, endLease } = await makeStore()
      await marks.intent([film], writer('gone'))
      await marks.intent([film], writer('at work'))
      await marks.abandon([film], writer('gone'))
      await endLease()
      expect((await marks.read([film])).state).toBe('locked')
      await marks.release([film], writer('at work'))
      expect((await marks.read([film])).state).toBe('open')
    })
  })
}

const film = tableTag('film')
const genre = tableTag('genre')
const writer = (name: string) => name as WriterId

async function open(marks: MarkStore, tags: readonly Tag[]): Promise<readonly MarkToken[]> {
  const reading = await marks.read(tags)
  if (reading.state !== 'open') throw new Error(`expected open marks, got ${reading.state}`)
  return reading.tokens
}
