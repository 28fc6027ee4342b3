import type { SqlDriverAdapterFactory } from '@prisma/client/runtime/client'
import type { PrismaClient as Client } from '../../../prisma/generated/client.ts'
// snippet: readme-prisma
import { createTidemark } from '@tidemark/core'
import { cacheExtension } from '@tidemark/prisma'

// end
export async function run(adapter: SqlDriverAdapterFactory, PrismaClient: typeof Client) {
  // snippet: readme-prisma
  const cache = createTidemark({ ttl: '5m' })
  const prisma = new PrismaClient({ adapter }).$extends(cacheExtension(cache))

  // Every read takes a `cache` argument:
  const film = await prisma.film.findUnique({
    where: { id: 1 },
    include: { director: true, reviews: true },
    cache: { ttl: '1m' },
  })

  // A nested write makes it new, and so do cascades and many-to-many changes:
  await prisma.director.update({
    where: { id: 7 },
    data: { films: { update: { where: { id: 1 }, data: { title: 'Dune' } } } },
  })
  // end
  return { cache, prisma, film }
}
