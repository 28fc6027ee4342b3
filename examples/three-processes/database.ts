import { Kysely, PostgresDialect } from 'kysely'
import pg from 'pg'
import type { Tables } from './api.ts'

/** Makes the one table, with films in version 0. */
export async function makeFilms(url: string, count: number): Promise<void> {
  const pool = new pg.Pool({ connectionString: url, max: 1 })
  await using db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) })
  await db.schema
    .createTable('films')
    .addColumn('id', 'integer', (column) => column.primaryKey())
    .addColumn('title', 'text', (column) => column.notNull())
    .addColumn('version', 'integer', (column) => column.notNull())
    .execute()
  const films = Array.from({ length: count }, (_, id) => ({ id, title: `Film ${id}`, version: 0 }))
  await db.insertInto('films').values(films).execute()
}
