import type { Tidemark } from '@tidemark/core'
import { withCache } from '@tidemark/kysely'
import { cacheExtension } from '@tidemark/prisma'
import type { Database } from './open-database.ts'

/** The two clients that the workload asks its queries of. */
export type Clients = ReturnType<typeof cachedClients>

/** Both clients of a database, bound to one cache: this is all that an application has to add. */
export function cachedClients({ kysely, prisma }: Database, cache: Tidemark) {
  return {
    kysely: withCache(kysely, cache, { cacheByDefault: true }),
    prisma: prisma.$extends(cacheExtension(cache, { cacheByDefault: true })),
  }
}

/** The same clients as they are without a cache. */
export function plainClients({ kysely, prisma }: Database): Clients {
  // The workload uses no argument of the extension, so that a plain client can stand in for it.
  return { kysely, prisma: prisma as unknown as Clients['prisma'] }
}
