import type { SqlDriverAdapterFactory } from '@prisma/client/runtime/client'
import type { PrismaClient as Client } from '../../../prisma/generated/client.ts'
// snippet: package-prisma
import { createTidemark } from '@tidemark/core'
import { cacheExtension } from '@tidemark/prisma'

// end
export async function read(adapter: SqlDriverAdapterFactory, PrismaClient: typeof Client) {
  // snippet: package-prisma
  const cache = createTidemark({ ttl: '5m' })
  const prisma = new PrismaClient({ adapter }).$extends(cacheExtension(cache))

  const films = await prisma.film.findMany({ where: { genreId: 3 }, cache: { ttl: '1m' } })
  // end
  return { cache, prisma, films }
}
