import { createTidemark, TidemarkError, type TidemarkErrorCode } from '@tidemark/core'
import { cached, withCache } from '@tidemark/kysely'
import { afterEach, describe, expect, it } from 'vitest'
import { compilerFor } from './dialects.ts'

const cache = createTidemark()
afterEach(() => cache.clear())

function refusalOf(act: () => unknown): [TidemarkErrorCode, string] {
  try {
    act()
  } catch (error) {
    if (error instanceof TidemarkError) return [error.code, error.message]
    throw error
  }
  throw new Error('it was accepted')
}

describe('withCache refuses, and says what was expected and what came', () => {
  const db = compilerFor('postgres')
  it.each<[unknown, string]>([
    [{ ttl: '1m' }, 'withCache: unknown option "ttl", expected one of'],
    [null, 'withCache: expected an object, got null'],
    [{ database: '' }, 'database: expected a string that is not empty, got ""'],
    [{ defaultSchema: 1 }, 'defaultSchema: expected a string that is not empty, got 1'],
    [{ partition: {} }, 'partition: expected a string, or a function that returns one, got'],
    [{ stableFunctions: 'x' }, 'stableFunctions: expected an array of strings, got "x"'],
    [
      { volatileFunctions: [1] },
      'volatileFunctions[0]: expected a string that is not empty, got 1',
    ],
    [
      { logHits: true },
      "logHits: expected a function, or an array of 'query' and 'error', got true",
    ],
    [{ logHits: ['hit'] }, "logHits: expected a function, or an array of 'query' and 'error', got"],
    [{ cacheByDefault: 'yes' }, 'cacheByDefault: expected true or false, got "yes"'],
    [{ tables: { film: { ttl: 0 } } }, 'tables.film.ttl: expected a duration above 0'],
    [{ tables: { film: { for: 1 } } }, 'tables.film: unknown option "for", expected one of ttl'],
  ])('options %j', (options, message) => {
    const [code, text] = refusalOf(() => withCache(db, cache, options as never))
    expect(code).toBe('INVALID_OPTION')
    expect(text).toContain(message)
  })

  it('a client that is no Kysely instance', () => {
    const [code, message] = refusalOf(() => withCache({} as never, cache))
    expect(code).toBe('UNSUPPORTED_CLIENT')
    expect(message).toBe(
      "db: expected an instance of Kysely, of this package's kysely, got an object with keys []",
    )
  })

  it('an instance that is cached already', () => {
    const [code, message] = refusalOf(() => withCache(withCache(db, cache), cache))
    expect(code).toBe('UNSUPPORTED_CLIENT')
    expect(message).toContain('got one that withCache() returned')
  })

  it('a transaction', async () => {
    await db.transaction().execute(async (trx) => {
      const [code, message] = refusalOf(() => withCache(trx, cache))
      expect(code).toBe('UNSUPPORTED_CLIENT')
      expect(message).toContain('got a transaction')
    })
  })

  it('something else in the place of the cache', () => {
    const [code, message] = refusalOf(() => withCache(db, {} as never))
    expect(code).toBe('INVALID_OPTION')
    expect(message).toContain('cache: expected what createTidemark() returns')
  })

  it('a second database that has no name of its own', () => {
    const own = createTidemark()
    const first = compilerFor('postgres')
    withCache(first, own)
    expect(() => withCache(first.withSchema('audit'), own)).not.toThrow()
    const second = compilerFor('postgres')
    const [code, message] = refusalOf(() => withCache(second, own))
    expect(code).toBe('AMBIGUOUS_DATABASE')
    expect(message).toContain('a second kysely client')
    expect(() => withCache(second, own, { database: 'second' })).not.toThrow()
  })
})

describe('a hint refuses', () => {
  it.each<[unknown, string]>([
    [{ ttl: -5 }, 'cached.ttl: expected a duration above 0'],
    [{ ttl: 'soon' }, 'cached.ttl: expected a duration above 0'],
    [{ tags: 'vip' }, 'cached.tags: expected an array of strings, got "vip"'],
    [{ tags: [''] }, 'cached.tags[0]: expected a string that is not empty, got ""'],
    [{ tables: [1] }, 'cached.tables[0]: expected a string that is not empty, got 1'],
    [{ tll: '1m' }, 'cached: unknown option "tll", expected one of ttl, tags, tables'],
    ['1m', 'cached: expected an object, or false, got "1m"'],
    [null, 'cached: expected an object, or false, got null'],
  ])('%j', (hint, message) => {
    const [code, text] = refusalOf(() => cached(hint as never))
    expect(code).toBe('INVALID_OPTION')
    expect(text).toContain(message)
  })

  it('the same time again, whatever else is wrong with it', () => {
    cached({ ttl: '7m' })
    expect(() => cached({ ttl: '7m', tll: 1 } as never)).toThrow('unknown option "tll"')
    expect(() => cached({ ttl: NaN })).toThrow('cached.ttl')
    expect(() => cached({ ttl: NaN })).toThrow('cached.ttl')
  })
})

it('does nothing to an instance without a cache, nor to what it compiles', async () => {
  const db = compilerFor('postgres')
  const query = db
    .selectFrom('films')
    .selectAll()
    .$call(cached({ ttl: '1m' }))
  expect(query.compile().sql).toBe('select * from "films"')
  expect(await query.execute()).toEqual([])
})
