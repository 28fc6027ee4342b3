import { AsyncLocalStorage } from 'node:async_hooks'
import { createTidemark } from '@tidemark/core'
import { withCache } from '@tidemark/kysely'
import { cacheExtension } from '@tidemark/prisma'
import { PrismaPg } from '@prisma/adapter-pg'
import fc from 'fast-check'
import { CompiledQuery, Kysely, PostgresDialect } from 'kysely'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Tables } from '../../../prisma/tables.ts'
import { describeDatabase } from '../../support/databases.ts'
import { answersOf } from '../kysely/films.ts'
import { Tenants } from './tenants.ts'

const NAMES = ['acme', 'orion', 'zenith'] as const

/** What one request does, on ids from a small range so that requests meet. */
const step = fc.record({
  tenant: fc.constantFrom(...NAMES),
  kind: fc.constantFrom(
    'list',
    'one',
    'prisma',
    'prismaOne',
    'insert',
    'update',
    'delete',
    'moved',
  ),
  id: fc.integer({ min: 1, max: 4 }),
})

type Step = typeof step extends fc.Arbitrary<infer T> ? T : never

interface Row {
  readonly title: string
  readonly source: string | null
}

describeDatabase('postgres', 'Several tenants at once', (database) => {
  let tenants: Tenants
  let plain: Kysely<Tables>
  const storage = new AsyncLocalStorage<string>()

  beforeAll(async () => {
    tenants = await Tenants.create(database)
    plain = new Kysely<Tables>({
      dialect: new PostgresDialect({
        pool: tenants.pool(),
        onReserveConnection: async (connection) => {
          const tenant = storage.getStore() ?? ''
          const set = `select set_config('app.tenant', $1, false)`
          await connection.executeQuery(CompiledQuery.raw(set, [tenant]))
        },
      }),
    })
  })
  afterAll(async () => {
    await plain.destroy()
    await tenants[Symbol.asyncDispose]()
  })

  it('never see a row of another, and see their own as the database has them', async () => {
    const clients = NAMES.map((tenant) => {
      const { options, ...connection } = tenants.connection
      const own = `${options} -c app.tenant=${tenant}`
      const adapter = new PrismaPg({ ...connection, options: own, max: 2 })
      return new database.PrismaClient({ adapter })
    })
    let hits = 0
    let count = 0
    const property = fc.asyncProperty(
      fc.array(fc.array(step, { minLength: 1, maxLength: 8 }), { minLength: 3, maxLength: 10 }),
      async (rounds) => {
        await database.sql('truncate films restart identity cascade')
        const cache = createTidemark()
        const shared = { cacheByDefault: true, database: 'main' }
        const db = withCache(plain, cache, { ...shared, partition: () => storage.getStore() })
        const prismas = clients.map((client, index) =>
          client.$extends(cacheExtension(cache, { ...shared, partition: NAMES[index]! })),
        )
        const list = (from: Kysely<Tables>): Promise<Row[]> =>
          from.selectFrom('films').select(['title', 'source']).orderBy('id').execute()
        const run = async ({ tenant, kind, id }: Step): Promise<readonly Row[]> => {
          const prisma = prismas[NAMES.indexOf(tenant)]!
          count += 1
          // No two tenants write one row: what one may not see, it cannot update either.
          const own = NAMES.indexOf(tenant) * 10 + id
          const title = `${tenant} ${count}`
          switch (kind) {
            case 'list':
              return list(db)
            case 'one':
              return db.selectFrom('films').selectAll().where('id', '=', own).execute()
            case 'prisma':
              return prisma.film.findMany({ select: { title: true, source: true } })
            case 'prismaOne': {
              const film = await prisma.film.findUnique({ where: { id: own } })
              return film ? [film] : []
            }
            case 'insert':
              await db
                .insertInto('films')
                .values({ id: own, title, source: tenant })
                .onConflict((c) => c.column('id').doUpdateSet({ title }))
                .execute()
              return []
            case 'update':
              await prisma.film.updateMany({ where: { id: own }, data: { title } })
              return []
            case 'delete':
              await db.deleteFrom('films').where('id', '=', own).execute()
              return []
            case 'moved':
              return db.transaction().execute(async (trx) => {
                await trx.updateTable('films').set({ title }).where('id', '=', own).execute()
                return list(trx)
              })
          }
        }
        for (const round of rounds) {
          const answers = await Promise.all(
            round.map((each) => storage.run(each.tenant, () => run(each))),
          )
          for (const [index, rows] of answers.entries()) {
            const { tenant } = round[index]!
            for (const row of rows) expect(row.source).toBe(tenant)
          }
          for (const tenant of NAMES) {
            const [ours, theirs] = await storage.run(tenant, async () => [
              await list(db),
              await list(plain),
            ])
            expect(ours).toEqual(theirs)
          }
        }
        hits += answersOf(cache).memory ?? 0
        await cache.close()
      },
    )
    await fc.assert(property, { numRuns: 25, seed: 20_26 })
    expect(hits).toBeGreaterThan(100)
    await Promise.all(clients.map((client) => client.$disconnect()))
  }, 60_000)
})
