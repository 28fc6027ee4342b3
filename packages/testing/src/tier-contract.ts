import {
  cacheKey,
  type CacheKey,
  type Entry,
  EVERYTHING,
  type MarkToken,
  structuralCodec,
  tableTag,
  type Tier,
} from '@tidemark/core'
import { describe, expect, it } from 'vitest'

/**
 * What every tier must do, as a suite of vitest tests.
 *
 * @param name the tier's name, in the titles of the tests
 * @param makeTier gives an empty tier for each test
 * @example
 * tierContract('memory', () => new MemoryTier({ maxEntries: 100, maxBytes: 1e6 }))
 */
export function tierContract(name: string, makeTier: () => Tier | Promise<Tier>): void {
  describe(`${name} keeps the contract of a tier`, () => {
    it('gives nothing for a key that was never set', async () => {
      const tier = await makeTier()
      expect(await tier.get(keyOf('a'))).toBeUndefined()
    })

    it('gives back the entry that was set, with its tokens, tags, times and value', async () => {
      const tier = await makeTier()
      const entry = entryOf({ id: 1, name: 'a', at: new Date(0), big: 1n, nothing: null })
      await tier.set(keyOf('a'), entry)
      const found = await tier.get(keyOf('a'))
      expect(found?.tokens).toEqual(entry.tokens)
      expect(found?.expiresAt).toBe(entry.expiresAt)
      expect(found?.readAt).toBe(entry.readAt)
      expect(found?.loadMs).toBe(entry.loadMs)
      expect(found?.tags).toEqual(entry.tags)
      expect(valueOf(found)).toEqual(valueOf(entry))
    })

    it('keeps keys apart that differ in one character, in case or in an empty part', async () => {
      const tier = await makeTier()
      const operations = ['a', 'A', 'a ', '', 'ab', 'a\0b', 'ä', 'a\u0308']
      for (const operation of operations) await tier.set(keyOf(operation), entryOf({ operation }))
      for (const operation of operations) {
        expect(valueOf(await tier.get(keyOf(operation)))).toEqual({ operation })
      }
    })

    it('replaces an entry when its key is set again', async () => {
      const tier = await makeTier()
      await tier.set(keyOf('a'), entryOf({ version: 1 }))
      await tier.set(keyOf('a'), entryOf({ version: 2 }))
      expect(valueOf(await tier.get(keyOf('a')))).toEqual({ version: 2 })
      expect(tier.stats().entries).toBe(1)
    })

    it('forgets everything when it is cleared, and goes on working', async () => {
      const tier = await makeTier()
      await tier.set(keyOf('a'), entryOf({ id: 'a' }))
      await tier.clear()
      expect(await tier.get(keyOf('a'))).toBeUndefined()
      expect(tier.stats().entries).toBe(0)
      await tier.set(keyOf('a'), entryOf({ id: 'again' }))
      expect(valueOf(await tier.get(keyOf('a')))).toEqual({ id: 'again' })
    })

    it('counts its entries and their bytes', async () => {
      const tier = await makeTier()
      expect(tier.stats()).toMatchObject({ entries: 0, bytes: 0, evictions: 0 })
      await tier.set(keyOf('a'), entryOf({ id: 'a' }))
      expect(tier.stats().entries).toBe(1)
      expect(tier.stats().bytes).toBeGreaterThan(0)
    })
  })
}

const codec = structuralCodec()

function keyOf(operation: string): CacheKey {
  return cacheKey({
    adapter: 'contract',
    database: 'default',
    partition: '',
    operation,
    parameters: [],
  })
}

function entryOf(value: unknown): Entry {
  const encoding = codec.encode(value, { maxBytes: Infinity })
  if (encoding.state !== 'encoded') throw new Error(`cannot encode: ${encoding.reason}`)
  const { stored, bytes } = encoding
  const tokens = ['one', 'two'] as MarkToken[]
  const tags = [EVERYTHING, tableTag('film')]
  return {
    tokens,
    tags,
    stored,
    bytes,
    ...{ readAt: 10, loadMs: 2.5, ttlMs: 990, expiresAt: 1000, isEmpty: false },
  }
}

function valueOf(entry: Entry | undefined): unknown {
  return entry && codec.decode(entry.stored)
}
