import { type Tidemark } from '@tidemark/core'
import { cached, withCache } from '@tidemark/kysely'
import type { Kysely } from 'kysely'
import type { Tables } from '../../../prisma/tables.ts'

export async function topFilms(kysely: Kysely<Tables>, cache: Tidemark) {
  // snippet: redis-coalesce
  const db = withCache(kysely, cache, { tables: { films: { ttl: '1h', coalesce: 'shared' } } })

  const top = await db
    .selectFrom('films')
    .select('title')
    .orderBy('imdb_rating', 'desc')
    .limit(10)
    .$call(cached({ ttl: '1m', coalesce: 'shared' }))
    .execute()
  // end
  return top
}
