// Prisma with a cache, on PostgreSQL in this process.
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { PGlite } from '@electric-sql/pglite'
import { createTidemark } from '@tidemark/core'
import { cacheExtension } from '@tidemark/prisma'
import { PrismaPGlite } from 'pglite-prisma-adapter'
import { PrismaClient } from '../../prisma/generated/client.ts'

const pglite = await PGlite.create()
const tables = new URL('../../prisma/migrations/0001_init/migration.sql', import.meta.url)
await pglite.exec(await readFile(tables, 'utf8'))

const cache = createTidemark({ ttl: '5m' })
const client = new PrismaClient({ adapter: new PrismaPGlite(pglite) })
const prisma = client.$extends(cacheExtension(cache))
await prisma.director.create({
  data: { id: 7, name: 'Villeneuve', films: { create: { title: 'Dune' } } },
})
const director = () =>
  prisma.director.findUnique({ where: { id: 7 }, include: { films: true }, cache: { ttl: '1m' } })

assert.equal((await director())?.films[0]?.title, 'Dune') // from the database
assert.equal((await director())?.films[0]?.title, 'Dune') // from the cache
await prisma.film.updateMany({ data: { title: 'Dune: Part One' } })
assert.equal((await director())?.films[0]?.title, 'Dune: Part One') // the new one

console.log(cache.metrics().queries[0])
await cache.close()
await prisma.$disconnect()
await pglite.close()
