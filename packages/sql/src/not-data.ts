/** The schemas in which databases keep what they know about themselves. */
const SCHEMAS = new Set(['information_schema', 'pg_catalog', 'performance_schema', 'sys', 'mysql'])

/** Kysely's own record of migrations, which a deployment reads to decide what to run. */
const MIGRATIONS = new Set(['kysely_migration', 'kysely_migration_lock'])

/** A table that holds no data of the application's: the catalogue of the database, or migrations. */
export function isNotData(table: string, schema: string | undefined): boolean {
  const name = table.toLowerCase()
  if (MIGRATIONS.has(name)) return true
  if (schema !== undefined) return SCHEMAS.has(schema.toLowerCase())
  return name.startsWith('sqlite_') || name.startsWith('pg_') || name.startsWith('pragma_')
}
