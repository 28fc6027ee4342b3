import { describe, expect, it } from 'vitest'
import { ReadHints } from '../../../packages/prisma/src/read-hint.ts'

describe('hints of reads', () => {
  it('are resolved once, by their content', () => {
    const hints = new ReadHints()
    expect(hints.resolve({ ttl: '1m' })).toBe(hints.resolve({ ttl: '1m' }))
    expect(hints.resolve({ ttl: '1m', tags: ['a'] })).toBe(
      hints.resolve({ ttl: '1m', tags: ['a'] }),
    )
  })

  it('are told apart by everything that they say', () => {
    const hints = new ReadHints()
    const given = [
      { ttl: '1m' },
      { ttl: '2m' },
      { ttl: '1m', tags: ['a'] },
      { ttl: '1m', tags: ['b'] },
      { ttl: 60_000, key: 'a' },
      {},
      false,
    ]
    const resolved = given.map((hint) => hints.resolve(hint))
    expect(new Set(resolved).size).toBe(given.length)
    expect(given.map((hint) => hints.resolve(hint))).toEqual(resolved)
    expect(resolved[2]).toMatchObject({ tags: ['a'], policy: { ttlMs: 60_000 } })
    expect(resolved[0]).toMatchObject({ tags: [], policy: { ttlMs: 60_000 } })
  })

  it('are refused each time where they are wrong', () => {
    const hints = new ReadHints()
    for (const _ of [1, 2]) expect(() => hints.resolve({ ttl: 'soon' })).toThrow('cache.ttl')
  })
})
