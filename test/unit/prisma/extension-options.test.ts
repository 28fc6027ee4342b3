import { createTidemark, TidemarkError } from '@tidemark/core'
import { cacheExtension, withCache } from '@tidemark/prisma'
import { describe, expect, it } from 'vitest'
import { unconnectedClient } from './models.ts'

const cache = createTidemark()

describe('options that are refused', () => {
  it.each<[unknown, string]>([
    [{ tll: 1 }, 'options: unknown option "tll", expected one of cacheByDefault, tables, models,'],
    [null, 'options: expected an object, got null'],
    [{ cacheByDefault: 1 }, 'cacheByDefault: expected true or false, got 1'],
    [{ tables: { films: { ttl: 0 } } }, 'tables.films.ttl: expected a duration above 0'],
    [{ tables: { films: 1 } }, 'tables.films: expected an object with an optional ttl, or false'],
    [{ models: [] }, 'models: expected an object, got an array of 0'],
    [{ models: { Film: { ttl: 'x' } } }, 'models.Film.ttl: expected a duration above 0'],
    [{ views: [] }, 'views: expected an object, got an array of 0'],
    [{ views: { Totals: 'films' } }, 'views.Totals: expected '],
    [{ views: { Totals: [] } }, 'views.Totals: expected at least one table'],
    [{ database: '' }, 'database: expected a string that is not empty, got ""'],
    [{ defaultSchema: 1 }, 'defaultSchema: expected a string that is not empty, got 1'],
    [{ partition: 1 }, 'partition: expected a string, or a function that returns one, got 1'],
  ])('%j', (options, message) => {
    expect(() => cacheExtension(cache, options as never)).toThrow(message)
    expect(() => cacheExtension(cache, options as never)).toThrow(TidemarkError)
  })

  it('a cache that is none', () => {
    expect(() => cacheExtension({} as never)).toThrow(
      'cache: expected a cache made by createTidemark, got an object with keys []',
    )
  })

  it('a model that the client does not have', () => {
    const extend = () => withCache(unconnectedClient(), createTidemark(), { models: { Movie: {} } })
    expect(extend).toThrow('models: unknown model "Movie", expected one of Film, Genre,')
  })

  it('a view that is none', () => {
    const extend = () =>
      withCache(unconnectedClient(), createTidemark(), { views: { Film: ['films'] } })
    expect(extend).toThrow('views: unknown view "Film", expected one of (the schema has none)')
  })
})
