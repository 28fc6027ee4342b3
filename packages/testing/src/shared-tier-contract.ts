import {
  cacheKey,
  type CacheKey,
  customTag,
  EVERYTHING,
  type FoundEntry,
  type MarkToken,
  type SharedEntry,
  type SharedTier,
  systemClock,
  systemRandom,
  type Tag,
  tableTag,
  type WriterId,
} from '@tidemark/core'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

/** A place under test that several processes share. */
export interface SharedTierFixture {
  /** One more process's way to it, not yet opened. */
  readonly connect: () => SharedTier
  /** How long a lock lasts that nobody renews, in milliseconds; it is waited for. */
  readonly leaseMs: number
  /** Keeps this test apart from others that use the place. Default: `'contract'`. */
  readonly namespace?: string
  readonly end?: () => void | Promise<void>
}

/**
 * What every shared tier must do, as a suite of vitest tests.
 *
 * @param name the tier's name, in the titles of the tests
 * @param makePlace gives an empty place for each test
 */
export function sharedTierContract(
  name: string,
  makePlace: () => SharedTierFixture | Promise<SharedTierFixture>,
): void {
  describe(`${name} keeps the contract of a shared tier`, () => {
    let place: SharedTierFixture
    let one: Connected
    let other: Connected

    beforeEach(async () => {
      place = await makePlace()
      one = connect(place)
      other = connect(place)
    })

    afterEach(async () => {
      await one.tier.close()
      await other.tier.close()
      await place.end?.()
    })

    it('mints nothing when it looks something up', async () => {
      const marks = one.marksOf([EVERYTHING, film], key)
      expect(await one.tier.lookup(marks, key)).toEqual({
        marks: ['absent', 'absent'],
        entry: undefined,
      })
      expect((await one.tier.lookup(marks)).marks).toEqual(['absent', 'absent'])
    })

    it('gives all processes the same token of a mark, and each mark its own', async () => {
      const marks = one.marksOf([EVERYTHING, film, genre], key)
      const tokens = await one.tier.mint(marks)
      expect(new Set(tokens).size).toBe(3)
      expect(await other.tier.mint(marks)).toEqual(tokens)
      expect((await other.tier.lookup(marks)).marks).toEqual(tokens)
      expect((await other.tier.lookup([marks[2]!, marks[0]!])).marks).toEqual([
        tokens[2],
        tokens[0],
      ])
    })

    it('gives another process what one has stored, each time anew', async () => {
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
      const value = [{ id: 1 }]
      const storing = one.store(key, ['t'], value)
      value[0]!.id = 2
      await storing
      const { entry } = await other.tier.lookup(other.marksOf([film]), key)
      expect(readable(entry).decode()).toEqual([{ id: 1 }])
    })

    it('keeps keys apart that differ in one character, in case or in an empty part', async () => {
      const operations = ['a', 'A', 'a ', '', 'ab', 'a\0b', 'ä', 'a\u0308', '{a}', 'a:b']
      for (const operation of operations) await one.store(keyOf(operation), ['t'], { operation })
      for (const operation of operations) {
        const { entry } = await other.tier.lookup(other.marksOf([film]), keyOf(operation))
        expect(readable(entry).decode()).toEqual({ operation })
      }
    })

    it('gives the entry that was stored last, and none that has ended', async () => {
      await one.store(key, ['t'], 'old')
      await one.store(key, ['t'], 'new')
      const marks = other.marksOf([film])
      expect(readable((await other.tier.lookup(marks, key)).entry).decode()).toBe('new')
      await one.store(key, ['t'], 'ended', { ttlMs: 1000, ageMs: 999 })
      await vi.waitFor(async () => {
        expect((await other.tier.lookup(marks, key)).entry).toBeUndefined()
      })
    })

    it('is locked for all from intent to release, and then has a new token', async () => {
      const marks = one.marksOf([film])
      const [before] = await one.tier.mint(marks)
      await one.tier.intent(marks, writer('w'))
      expect((await other.tier.lookup(marks)).marks).toEqual(['locked'])
      expect(await other.tier.mint(marks)).toEqual(['locked'])
      await one.tier.release(marks, writer('w'))
      const [after] = await other.tier.mint(marks)
      expect(after).not.toBe('locked')
      expect(after).not.toBe(before)
    })

    it('locks only what it is told to', async () => {
      const [everything, ofFilm, ofGenre] = one.marksOf([EVERYTHING, film, genre], key)
      await one.tier.mint([everything!, ofFilm!, ofGenre!])
      await one.tier.intent([ofFilm!], writer('w'))
      const { marks } = await other.tier.lookup([everything!, ofFilm!, ofGenre!])
      expect(marks.map((mark) => mark === 'locked')).toEqual([false, true, false])
      await one.tier.release([ofFilm!], writer('w'))
    })

    it('stays locked until the last of several writers has let go', async () => {
      const marks = one.marksOf([film])
      await one.tier.intent(marks, writer('first'))
      await other.tier.intent(marks, writer('second'))
      await one.tier.release(marks, writer('first'))
      expect((await one.tier.lookup(marks)).marks).toEqual(['locked'])
      await other.tier.release(marks, writer('stranger'))
      expect((await one.tier.lookup(marks)).marks).toEqual(['locked'])
      await other.tier.release(marks, writer('second'))
      expect((await one.tier.lookup(marks)).marks).toEqual(['absent'])
    })

    it('takes the token away at a release whose intent never took hold', async () => {
      const marks = one.marksOf([film])
      const before = await one.tier.mint(marks)
      await other.tier.release(marks, writer('w'))
      expect(await one.tier.mint(marks)).not.toEqual(before)
    })

    it('keeps an abandoned lock until its lease ends, and that of a writer at work beyond it', async () => {
      const [ofFilm, ofGenre] = one.marksOf([film, genre])
      const [before] = await one.tier.mint([ofFilm!])
      await one.tier.intent([ofFilm!], writer('gone'))
      await one.tier.abandon([ofFilm!], writer('gone'))
      await other.tier.intent([ofGenre!], writer('at work'))
      expect((await other.tier.lookup([ofFilm!])).marks).toEqual(['locked'])
      await vi.waitFor(
        async () => expect((await other.tier.lookup([ofFilm!])).marks).toEqual(['absent']),
        { timeout: place.leaseMs * 10 },
      )
      expect(await other.tier.mint([ofFilm!])).not.toEqual([before])
      expect((await one.tier.lookup([ofGenre!])).marks).toEqual(['locked'])
      await other.tier.release([ofGenre!], writer('at work'))
    })

    it('locks until the lease ends what is abandoned and whose intent never took hold', async () => {
      const marks = one.marksOf([film])
      await one.tier.mint(marks)
      await one.tier.abandon(marks, writer('w'))
      expect((await other.tier.lookup(marks)).marks).toEqual(['locked'])
    })

    it('tells the others which marks move', async () => {
      const marks = one.marksOf([film, genre])
      // Whoever listens is told; from when on is the tier's own affair, so it is tried until it is heard.
      await vi.waitFor(
        async () => {
          await one.tier.intent(marks, writer('w'))
          await one.tier.release(marks, writer('w'))
          expect(other.moved).toEqual(expect.arrayContaining([...marks]))
        },
        { timeout: 10_000, interval: 100 },
      )
    })

    it('gives a writer that was alone the next token at its end, if it can do that at all', async () => {
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

    it('gives a claim to the first who asks, until it is over, if it knows claims at all', async () => {
      if (!one.tier.claim || !one.tier.unclaim) return
      const tokens = ['t1', 't2'] as MarkToken[]
      const claim = (from: Connected, who: string, under = tokens) =>
        from.tier.claim!(key, under, who, 60_000)
      const unclaim = (from: Connected, who: string, how: 'over' | 'free') =>
        from.tier.unclaim!(key, tokens, who, how, 60_000)
      expect(await claim(one, 'first')).toBe('yours')
      expect(await claim(other, 'second')).toBe('taken')
      expect(await other.tier.claim!(keyOf('other'), tokens, 'second', 60_000)).toBe('yours')
      expect(await claim(other, 'second', ['t1', 't3'] as MarkToken[])).toBe('yours')
      await unclaim(other, 'second', 'free')
      expect(await claim(other, 'second')).toBe('taken')
      await unclaim(one, 'first', 'free')
      expect(await claim(other, 'second')).toBe('yours')
      await unclaim(other, 'second', 'over')
      expect(await claim(one, 'first')).toBe('over')
    })

    it('ends a claim of one who has died', async () => {
      if (!one.tier.claim) return
      const claim = (from: Connected, who: string) => from.tier.claim!(key, [], who, place.leaseMs)
      expect(await claim(one, 'dead')).toBe('yours')
      await vi.waitFor(async () => expect(await claim(other, 'living')).toBe('yours'), {
        timeout: place.leaseMs * 10,
      })
    })

    it('lists every mark and its tag, or hides all names, if it lists at all', async () => {
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

    it('moves for everything each mark of everything, whatever the key', async () => {
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
  })
}

/** Those that have something. */
async function batches<T>(list: AsyncIterable<readonly T[]>): Promise<(readonly T[])[]> {
  const found: (readonly T[])[] = []
  for await (const batch of list) if (batch.length > 0) found.push(batch)
  return found
}

interface Connected {
  readonly tier: SharedTier
  readonly moved: Tag[]
  readonly marksOf: (tags: readonly Tag[], key?: CacheKey) => readonly Tag[]
  readonly store: (
    key: CacheKey,
    tokens: readonly string[],
    value: unknown,
    times?: { readonly ttlMs: number; readonly ageMs: number; readonly keepMs?: number },
  ) => Promise<void>
}

function connect({ connect: make, leaseMs, namespace = 'contract' }: SharedTierFixture): Connected {
  const tier = make()
  const moved: Tag[] = []
  tier.open({
    namespace,
    clock: systemClock,
    random: systemRandom,
    valueTypes: [],
    leaseMs,
    onMoved: (tags) => moved.push(...tags),
    onLost: () => undefined,
    onReplaced: () => undefined,
  })
  return {
    tier,
    moved,
    marksOf: (tags, key) => tier.marksOf?.(tags, key) ?? tags,
    store: (storeKey, tokens, value, times = { ttlMs: 60_000, ageMs: 0 }) =>
      tier.store(storeKey, {
        ...{ tokens: tokens as MarkToken[], tags, loadMs: 2.5, value, keepMs: times.ttlMs },
        ...times,
      }),
  }
}

const film = tableTag('film')
const genre = tableTag('genre')
const tags = [EVERYTHING, film, customTag('"vip", \ud83c')]
const writer = (name: string) => name as WriterId
const key = keyOf('select')

function keyOf(operation: string): CacheKey {
  return cacheKey({
    adapter: 'contract',
    database: 'default',
    partition: '',
    operation,
    parameters: [],
  })
}

function readable(entry: FoundEntry | undefined): SharedEntry {
  if (typeof entry !== 'object') throw new Error(`expected an entry, got ${entry ?? 'none'}`)
  return entry
}
