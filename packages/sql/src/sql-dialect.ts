/** The SQL that a database speaks. `'other'`: nothing is taken for granted. */
export type SqlDialect = 'postgres' | 'mysql' | 'sqlite' | 'mssql' | 'other'

/**
 * The schema that an unqualified table is in, where that is certain. On MySQL it is the database's own name, which we
 * do not know; on SQLite `person` may be that of a database that is attached, or a temporary one.
 */
export function defaultSchemaOf(dialect: SqlDialect): string | undefined {
  switch (dialect) {
    case 'postgres':
      return 'public'
    case 'mssql':
      return 'dbo'
    default:
      return undefined
  }
}

/** Whether `id in favourites`, without parentheses, reads a table. */
export function takesTableBehindIn(dialect: SqlDialect): boolean {
  return dialect === 'sqlite' || dialect === 'other'
}
