import { readFile } from 'node:fs/promises'
import type { TestDatabase } from './databases.ts'
import type { PrismaClient } from '../../prisma/derived/features-postgresql/client/client.ts'
import { type MigrationDialect, translate } from './migrations.ts'

export type FeaturesClient = PrismaClient
export type FeaturesClientClass = typeof PrismaClient

/**
 * Adds the tables of prisma/features to a database, and answers with the client for them. All have the type of
 * PostgreSQL's, as `TestDatabase.PrismaClient` has.
 */
export async function addFeatures(database: TestDatabase): Promise<FeaturesClientClass> {
  const dialect = DIALECTS[database.name]
  const url = new URL('../../prisma/features/tables.sql', import.meta.url)
  const statements = translate(await readFile(url, 'utf8'), dialect)
    // On the connection of `sql` names stand in double quotes everywhere.
    .replaceAll('`', '"')
    .split(/;\s*\n/)
    .filter((statement) => statement.trim() !== '')
  for (const statement of statements) await database.sql(statement)
  if (dialect === 'mysql') await database.sql('create fulltext index posts_title on posts (title)')
  const { PrismaClient } = await clients[dialect]()
  return PrismaClient as never
}

const DIALECTS = {
  pglite: 'postgres',
  postgres: 'postgres',
  mariadb: 'mysql',
  sqlite: 'sqlite',
} as const satisfies Record<TestDatabase['name'], MigrationDialect>

const clients: Record<MigrationDialect, () => Promise<{ readonly PrismaClient: unknown }>> = {
  postgres: () => import('../../prisma/derived/features-postgresql/client/client.ts'),
  mysql: () => import('../../prisma/derived/features-mysql/client/client.ts'),
  sqlite: () => import('../../prisma/derived/features-sqlite/client/client.ts'),
}
