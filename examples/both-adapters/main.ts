// Kysely and Prisma on one database with one cache: what one writes is new for the other.
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { PGlite } from '@electric-sql/pglite'
import { createTidemark } from '@tidemark/core'
import { withCache } from '@tidemark/kysely'
import { cacheExtension } from '@tidemark/prisma'
import { Kysely, PGliteDialect } from 'kysely'
import { PrismaPGlite } from 'pglite-prisma-adapter'
import { PrismaClient } from '../../prisma/generated/client.ts'
import type { Tables } from '../../prisma/tables.ts'

const pglite = await PGlite.create()
const tables = new URL('../../prisma/migrations/0001_init/migration.sql', import.meta.url)
await pglite.exec(await readFile(tables, 'utf8'))

const cache = createTidemark()
// Each table for as long as it says, through either of them.
const policies = { tables: { genres: { ttl: '1h' }, films: { ttl: '1m' } } } as const
const kysely = new Kysely<Tables>({ dialect: new PGliteDialect({ pglite }) })
const db = withCache(kysely, cache, policies)
const client = new PrismaClient({ adapter: new PrismaPGlite(pglite) })
const prisma = client.$extends(cacheExtension(cache, policies))

// By columns and fields of their own names; the table is the same.
const byKysely = () => db.selectFrom('films').select(['title', 'imdb_votes']).execute()
const byPrisma = () => prisma.film.findMany({ select: { title: true, imdbVotes: true } })

await prisma.film.create({ data: { title: 'Dune', imdbVotes: 1 } })
for (const [write, votes] of [
  [() => db.updateTable('films').set({ imdb_votes: 2 }).execute(), 2],
  [() => prisma.film.updateMany({ data: { imdbVotes: 3 } }), 3],
] as const) {
  await write()
  for (let again = 0; again < 3; again += 1) {
    assert.deepEqual(await byKysely(), [{ title: 'Dune', imdb_votes: votes }])
    assert.deepEqual(await byPrisma(), [{ title: 'Dune', imdbVotes: votes }])
  }
}

const reads = cache.metrics().queries.filter(({ kind }) => kind === 'read')
for (const { adapter, hits, misses } of reads) console.log(adapter, hits, misses)
await cache.close()
await prisma.$disconnect()
await pglite.close()
