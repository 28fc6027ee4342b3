import { createTidemark, type Tidemark } from '@tidemark/core'
import { type CachedClient, withCache } from '@tidemark/prisma'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import type { PrismaClient } from '../../../prisma/generated/client.ts'
import {
  describeDatabase,
  describeEachDatabase,
  type TestDatabase,
} from '../../support/databases.ts'

/** A client whose every hit is compared, on one genre. */
function verifying(database: TestDatabase) {
  let cache: Tidemark
  let base: PrismaClient
  let prisma: CachedClient<PrismaClient>
  beforeEach(async () => {
    cache = createTidemark({ verify: { sample: 1, settle: 1 } })
    base = new database.PrismaClient({ adapter: database.prismaAdapter() })
    prisma = withCache(base, cache, { cacheByDefault: true })
    await base.genre.create({ data: { name: 'Drama' } })
  })
  afterEach(() => Promise.all([base.$disconnect(), cache.close()]))
  return {
    client: () => prisma,
    isReported: (report: object) =>
      vi.waitFor(() => expect(cache.metrics().verification).toMatchObject(report)),
  }
}

describeEachDatabase('a hit that must be there', (database) => {
  const { client, isReported } = verifying(database)

  it.each(['findUniqueOrThrow', 'findFirstOrThrow'] as const)(
    'of %s is stale where somebody else has deleted it',
    async (operation) => {
      const read = () => client().genre[operation]({ where: { id: 1 } })
      await read()
      await read()
      await isReported({ freshConfirmed: 1 })
      await database.sql('delete from genres')
      expect(await read()).toMatchObject({ name: 'Drama' })
      await isReported({ freshConfirmed: 1, staleConfirmed: 1, inconclusive: {} })
      await expect(read()).rejects.toMatchObject({ code: 'P2025' })
    },
  )
})

describeDatabase(
  'sqlite',
  'a hit beside an open transaction, on the one connection',
  (database) => {
    const { client, isReported } = verifying(database)

    it('is not compared with what that has written', async () => {
      await client().genre.findMany()
      await client().$transaction(async (tx) => {
        await tx.genre.updateMany({ data: { name: 'Tragedy' } })
        expect(await client().genre.findMany()).toMatchObject([{ name: 'Drama' }])
        await isReported({ staleConfirmed: 0, inconclusive: { failed: 1 } })
      })
    })
  },
)
