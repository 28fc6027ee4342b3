import type { TestDatabase } from './databases.ts'

/** Empties the tables of a PostgreSQL, whichever way it is reached. */
export async function truncatePostgres(sql: TestDatabase['sql']): Promise<void> {
  const tables = await sql<{ name: string }>(
    `select format('%I.%I', schemaname, tablename) as name from pg_tables
     where schemaname not in ('pg_catalog', 'information_schema')`,
  )
  if (tables.length === 0) return
  const names = tables.map(({ name }) => name).join(', ')
  await sql(`truncate ${names} restart identity cascade`)
}
