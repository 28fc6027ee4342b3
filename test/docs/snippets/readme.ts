import type { SqlDriverAdapterFactory } from '@prisma/client/runtime/client'
import { createTidemark, type Explainable, type Tidemark } from '@tidemark/core'
import { withCache } from '@tidemark/kysely'
import { cacheExtension } from '@tidemark/prisma'
import type { Kysely } from 'kysely'
import type { PrismaClient as Client } from '../../../prisma/generated/client.ts'
import type { Tables } from '../../../prisma/tables.ts'

export function bind(
  kysely: Kysely<Tables>,
  adapter: SqlDriverAdapterFactory,
  PrismaClient: typeof Client,
) {
  // snippet: readme-bind
  const cache = createTidemark({ ttl: '5m' })

  const db = withCache(kysely, cache) // Kysely
  const prisma = new PrismaClient({ adapter }).$extends(cacheExtension(cache)) // Prisma, on the same database
  // end
  return { cache, db, prisma }
}

export async function useMethods(cache: Tidemark, query: Explainable) {
  // snippet: readme-methods
  cache.metrics() // per query shape: calls, hits, misses and bypasses by reason, times
  await cache.explain(query) // would it be a hit, and if not, why
  await cache.invalidate({ tables: ['films'] }) // for what Tidemark could not see
  await cache.clear() // everything, at the same cost whatever its number
  await cache.close() // afterwards the database answers
  // end
}
