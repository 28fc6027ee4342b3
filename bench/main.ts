// What a hit, a miss and a write cost, each beside what it is divided by, from one interleaved run.
// Times differ from machine to machine and from moment to moment; the ratios are what is to be read.
import { createTidemark } from '@tidemark/core'
import { cached, withCache } from '@tidemark/kysely'
import { cacheExtension } from '@tidemark/prisma'
import Table from 'cli-table3'
import { loadDataset } from '../examples/demo/load-dataset.ts'
import { openDatabase } from '../examples/demo/open-database.ts'
import { readDataset } from '../examples/demo/read-dataset.ts'
import { each, measure } from './measure.ts'

const { kysely, prisma, close } = await openDatabase()
await loadDataset(kysely, await readDataset())

const cache = createTidemark({ ttl: '1h' })
const db = withCache(kysely, cache)
// Has nothing to lose to the others when it is cleared.
const cold = createTidemark({ ttl: '1h' })
const coldDb = withCache(kysely, cold)
const hint = cached({ ttl: '1h' })
// Over as soon as it is stored: each call is a miss, with all that a miss does.
const expired = cached({ ttl: Number.MIN_VALUE })
const film = (from: typeof kysely) => from.selectFrom('films').selectAll().where('id', '=', 1)
const films = (from: typeof kysely) => from.selectFrom('films').selectAll().where('id', '<=', 100)

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

const us = await measure({
  'build and compile': each(() => film(kysely).compile()),
  'Kysely hit, 1 row': each(() => film(db).$call(hint).execute()),
  'Kysely hit, 100 rows': each(() => films(db).$call(hint).execute()),
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
})

const table = new Table({
  head: ['what', 'µs', 'divided by', 'µs', 'ratio', 'target'],
  colAligns: ['left', 'right', 'left', 'right', 'right', 'right'],
  style: { head: [], border: [] },
})
row('Kysely hit, 1 row', 'build and compile', '≤ 2.0')
row('Kysely hit, 100 rows', 'Kysely query')
row('Prisma hit', 'Map in an extension', '≤ 1.3')
row('Kysely miss', 'Kysely query', '≤ 1.10 (PostgreSQL)')
row('write through Tidemark', 'Kysely write', '≤ 1.10 (PostgreSQL)')
row('thousand misses at once', 'Kysely query')
console.log(table.toString())
console.log('The database is PostgreSQL in this process (PGlite).')
await cache.close()
await cold.close()
await close()

function touch(from: typeof kysely) {
  return from.updateTable('genres').set({ name: 'Adventure!' }).where('id', '=', 1).execute()
}

function row(what: keyof typeof us, dividedBy: keyof typeof us, target = ''): void {
  const ratio = (us[what] / us[dividedBy]).toFixed(2)
  table.push([what, us[what].toFixed(1), dividedBy, us[dividedBy].toFixed(1), ratio, target])
}
