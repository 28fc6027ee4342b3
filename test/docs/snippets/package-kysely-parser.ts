import type { Tidemark } from '@tidemark/core'
import { withCache } from '@tidemark/kysely'
import type { Kysely } from 'kysely'
import type { Tables } from '../../../prisma/tables.ts'
// snippet: package-kysely-parser
import { postgresParser } from '@tidemark/kysely/libpg-query'

// end
export async function withParser(kysely: Kysely<Tables>, cache: Tidemark) {
  // snippet: package-kysely-parser
  const db = withCache(kysely, cache, { parser: await postgresParser() })
  // end
  return db
}
