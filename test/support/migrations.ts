import { readdir, readFile } from 'node:fs/promises'

const folder = new URL('../../prisma/migrations/', import.meta.url)

export type MigrationDialect = 'postgres' | 'mysql' | 'sqlite'

/** What other databases write where PostgreSQL's SQL has something of its own. */
const substitutions: Readonly<Record<MigrationDialect, readonly (readonly [RegExp, string])[]>> = {
  postgres: [],
  mysql: [
    [/"mpaa_rating" "mpaa_rating"/, '"mpaa_rating" ENUM MPAA_RATINGS'],
    [/ SERIAL\b/g, ' INTEGER AUTO_INCREMENT'],
    // A key must have a length.
    [/ TEXT\b/g, ' VARCHAR(191)'],
    [/"body" VARCHAR\(191\)/, '"body" TEXT'],
    [/ UUID\b/g, ' CHAR(36)'],
    [/ TIMESTAMPTZ/g, ' DATETIME'],
    [/CURRENT_TIMESTAMP/g, 'CURRENT_TIMESTAMP(3)'],
    [/ JSONB\b/g, ' JSON'],
    [/ BYTEA\b/g, ' LONGBLOB'],
    [/"/g, '`'],
  ],
  sqlite: [
    [/"mpaa_rating" "mpaa_rating"/, '"mpaa_rating" TEXT'],
    // As the primary key it counts up by itself.
    [/ SERIAL\b/g, ' INTEGER'],
    [/ UUID\b/g, ' TEXT'],
    [/ TIMESTAMPTZ\(3\)/g, ' DATETIME'],
    [/ DATE\b/g, ' DATETIME'],
    [/ DECIMAL\(3,1\)/g, ' DECIMAL'],
    [/ BYTEA\b/g, ' BLOB'],
  ],
}

/**
 * The SQL that makes the tables of prisma/schema.prisma, oldest migration first.
 *
 * It is applied through the database driver: Prisma's own `migrate` needs an engine that closed networks cannot download.
 */
export async function readMigrations(
  dialect: MigrationDialect = 'postgres',
): Promise<readonly string[]> {
  const entries = await readdir(folder, { withFileTypes: true })
  const names = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name)
  const migrations = await Promise.all(
    names.sort().map((name) => readFile(new URL(`${name}/migration.sql`, folder), 'utf8')),
  )
  return dialect === 'postgres' ? migrations : migrations.map((text) => translate(text, dialect))
}

function translate(migration: string, dialect: MigrationDialect): string {
  const ratings = /CREATE TYPE "mpaa_rating" AS ENUM (\(.*\));/.exec(migration)?.[1] ?? ''
  const common = migration
    .replace(/CREATE TYPE .*;\n/g, '')
    // Lists of scalars are PostgreSQL's.
    .replace(/^.*TEXT\[\].*\n/gm, '')
  return substitutions[dialect]
    .reduce((text, [pattern, replacement]) => text.replace(pattern, replacement), common)
    .replace('MPAA_RATINGS', ratings)
}
