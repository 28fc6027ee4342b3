import { createTidemark, type Tidemark, TidemarkError } from '@tidemark/core'
import { cached, withCache } from '@tidemark/kysely'
import { cacheExtension } from '@tidemark/prisma'
import type { Kysely } from 'kysely'
import type { PrismaClient } from '../../../prisma/generated/client.ts'
import type { Tables } from '../../../prisma/tables.ts'

export function makeCache() {
  // snippet: policies-cache
  const cache = createTidemark({
    ttl: '5m',
    staleIfError: '1h', // a database that is down for less is not noticed by those who read again
    hardTimeout: '10s',
  })
  // end
  return cache
}

export async function pageByKysely(kysely: Kysely<Tables>, cache: Tidemark) {
  // snippet: policies-kysely
  const db = withCache(kysely, cache, {
    tables: {
      genres: { ttl: '1d', refreshAhead: 0.9 },
      films: { ttl: '1m', staleWhileRevalidate: '10m', negativeTtl: '5s' },
    },
  })

  const page = await db
    .selectFrom('films')
    .select(['id', 'title'])
    .$call(cached({ ttl: '10s', softTimeout: '200ms', isolation: 'frozen', key: 'front page' }))
    .execute()
  // end
  return page
}

export async function topByPrisma(client: PrismaClient, cache: Tidemark) {
  // snippet: policies-prisma
  const prisma = client.$extends(
    cacheExtension(cache, { models: { Genre: { ttl: '1d', refreshAhead: 0.9 } } }),
  )

  const top = await prisma.film.findMany({
    orderBy: { imdbRating: 'desc' },
    take: 10,
    cache: { ttl: '10s', staleWhileRevalidate: '1m', earlyRefresh: 1 },
  })
  // end
  return top
}

export async function orLater(topFilms: () => Promise<unknown>) {
  // snippet: policies-errors
  try {
    return await topFilms()
  } catch (error) {
    if (error instanceof TidemarkError && error.code === 'LOAD_TIMEOUT') return 'try again later'
    throw error
  }
  // end
}
