import type { Kysely } from 'kysely'
import type { Tables } from '../../../prisma/tables.ts'
// snippet: package-kysely
import { createTidemark } from '@tidemark/core'
import { cached, withCache } from '@tidemark/kysely'

// end
export async function read(kysely: Kysely<Tables>) {
  // snippet: package-kysely
  const cache = createTidemark({ ttl: '5m' })
  const db = withCache(kysely, cache, { tables: { genres: { ttl: '1h' } } })

  const films = await db
    .selectFrom('films')
    .selectAll()
    .$call(cached({ ttl: '1m' }))
    .execute()
  // end
  return { cache, db, films }
}
