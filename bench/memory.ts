// What a hit from memory, a miss and a write cost.
import { createTidemark } from '@tidemark/core'
import { cached, withCache } from '@tidemark/kysely'
import { cacheExtension } from '@tidemark/prisma'
import type { Database } from '../examples/demo/open-database.ts'
import { each, measure, type MeasureOptions } from './measure.ts'
import { bentocacheInMemory } from './peers.ts'
import { Ratios } from './ratios.ts'

export async function benchMemory(
  { kysely, prisma }: Database,
  options: MeasureOptions,
): Promise<void> {
  await using cache = createTidemark({ ttl: '1h' })
  const db = withCache(kysely, cache)
  // Has nothing to lose to the others when it is cleared.
  await using cold = createTidemark({ ttl: '1h' })
  const coldDb = withCache(kysely, cold)
  const hint = cached({ ttl: '1h' })
  // Over as soon as it is stored: each call is a miss, with all that a miss does.
  const expired = cached({ ttl: Number.MIN_VALUE })
  const film = (from: typeof kysely) => from.selectFrom('films').selectAll().where('id', '=', 1)
  const films = (from: typeof kysely) => from.selectFrom('films').selectAll().where('id', '<=', 100)
  const touch = (from: typeof kysely) =>
    from.updateTable('genres').set({ name: 'Adventure!' }).where('id', '=', 1).execute()

  const cachedPrisma = prisma.$extends(cacheExtension(cache))
  const bare = new Map<string, unknown>()
  const barePrisma = prisma.$extends({
    query: {
      $allModels: {
        async $allOperations({ args, query }) {
          const key = JSON.stringify(args)
          if (!bare.has(key)) bare.set(key, await query(args))
          return bare.get(key) as never
        },
      },
    },
  })
  const where = { id: 1 }
  const bento = bentocacheInMemory()
  const factory = () => films(kysely).execute()

  const us = await measure(
    {
      'build and compile': each(() => film(kysely).compile()),
      'Kysely hit, 1 row': each(() => film(db).$call(hint).execute()),
      'Kysely hit, 100 rows': each(() => films(db).$call(hint).execute()),
      'bentocache hit, 100 rows': each(() => bento.getOrSet({ key: 'films', factory })),
      'Prisma hit': each(() => cachedPrisma.film.findUnique({ where, cache: { ttl: '1h' } })),
      'Map in an extension': each(() => barePrisma.film.findUnique({ where })),
      'Kysely query': each(() => film(kysely).execute()),
      'Kysely miss': each(() => film(coldDb).$call(expired).execute()),
      'Kysely write': each(() => touch(kysely)),
      'write through Tidemark': each(() => touch(coldDb)),
      'thousand misses at once': each(async () => {
        await cold.clear()
        await Promise.all(Array.from({ length: 1000 }, () => film(coldDb).$call(hint).execute()))
      }),
    },
    options,
  )
  const ratios = new Ratios(us)
    .add('Kysely hit, 1 row', 'build and compile', ['S1', '≤ 2.0'])
    .add('Kysely hit, 100 rows', 'bentocache hit, 100 rows', ['S2', '≤ 0.25'])
    .add('Kysely hit, 100 rows', 'Kysely query')
    .add('Prisma hit', 'Map in an extension', ['S3', '≤ 1.3'])
    .add('Kysely miss', 'Kysely query')
    .add('write through Tidemark', 'Kysely write')
    .add('thousand misses at once', 'Kysely query')
  console.log(`Memory alone, on PostgreSQL in this process (PGlite):\n${ratios.toString()}`)
  console.log(
    'S2: of the hundred rows, their hundred dates are two thirds (by profile). Node 26 works out the day of a Date as it is made, ' +
      'in a quarter of a microsecond; Node 20 did not. bentocache gives back texts in their place.',
  )
}
