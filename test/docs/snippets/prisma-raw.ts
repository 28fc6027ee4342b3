import type { Tidemark } from '@tidemark/core'
import type { TypedSql } from '@prisma/client/runtime/client'
import { type CachedClient, withCache } from '@tidemark/prisma'
import { Prisma } from '../../../prisma/generated/client.ts'
import type { FeaturesClient } from '../../support/features.ts'
// snippet: prisma-raw
import { cached } from '@tidemark/prisma'

// end
type TopPosts = (count: number) => TypedSql<[number], { title: string }>

export async function readRaw(
  prisma: CachedClient<FeaturesClient>,
  topPosts: TopPosts,
  id: number,
) {
  // snippet: prisma-raw
  // A read: `tables` names everything that it depends on.
  const [post] = await prisma.$queryRaw<{ title: string }[]>(
    cached(Prisma.sql`SELECT title FROM posts WHERE id = ${id}`, { tables: ['posts'], ttl: '1m' }),
  )
  const top = await prisma.$queryRawTyped(cached(topPosts(10), { tables: ['posts', 'authors'] }))

  // A write: `tables` names everything that it changes, by cascades and triggers too, instead of everything.
  await prisma.$executeRaw(
    cached(Prisma.sql`UPDATE posts SET title = ${'Two'}`, { tables: ['posts'] }),
  )
  // end
  return { post, top }
}

export function withViews(prisma: FeaturesClient, cache: Tidemark) {
  // snippet: prisma-views
  const db = withCache(prisma, cache, { views: { ActiveAuthor: ['authors', 'posts'] } })
  // end
  return db
}
