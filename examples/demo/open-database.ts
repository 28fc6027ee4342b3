import { readFile } from 'node:fs/promises'
import { PGlite } from '@electric-sql/pglite'
import { Kysely, PGliteDialect } from 'kysely'
import { PrismaPGlite } from 'pglite-prisma-adapter'
import { PrismaClient } from '../../prisma/generated/client.ts'
import type { Tables } from '../../prisma/tables.ts'

/** One database, with a Kysely instance and a Prisma Client that both ask it. */
export interface Database {
  readonly kysely: Kysely<Tables>
  readonly prisma: PrismaClient
  /** A database of its own with the same content. */
  clone(): Promise<Database>
  readonly close: () => Promise<void>
}

/** Starts PostgreSQL inside this process, in memory, with the tables of prisma/schema.prisma. */
export async function openDatabase(): Promise<Database> {
  const migration = new URL('../../prisma/migrations/0001_init/migration.sql', import.meta.url)
  const pglite = await PGlite.create()
  await pglite.exec(await readFile(migration, 'utf8'))
  return connect(pglite)
}

function connect(pglite: PGlite): Database {
  const prisma = new PrismaClient({ adapter: new PrismaPGlite(pglite) })
  return {
    kysely: new Kysely<Tables>({ dialect: new PGliteDialect({ pglite }) }),
    prisma,
    clone: async () => connect((await pglite.clone()) as PGlite),
    async close() {
      await prisma.$disconnect()
      await pglite.close()
    },
  }
}
