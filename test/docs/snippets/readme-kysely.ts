import type { Kysely } from 'kysely'
import type { Tables } from '../../../prisma/tables.ts'
// snippet: readme-kysely
import { createTidemark } from '@tidemark/core'
import { cached, uncached, withCache } from '@tidemark/kysely'

// end
export async function run(kysely: Kysely<Tables>) {
  // snippet: readme-kysely
  const cache = createTidemark({ ttl: '5m' })
  const db = withCache(kysely, cache, {
    tables: { genres: { ttl: '1h' } }, // every read of genres alone is cached
  })

  // One query, by a hint:
  const film = await db
    .selectFrom('films')
    .selectAll()
    .where('id', '=', 1)
    .$call(cached({ ttl: '1m' }))
    .executeTakeFirst()

  // The write makes it new. Nothing else is needed:
  await db.updateTable('films').set({ title: 'Dune' }).where('id', '=', 1).execute()

  // This one query never uses the cache:
  await db.selectFrom('genres').selectAll().$call(uncached()).execute()
  // end
  return { cache, film }
}
