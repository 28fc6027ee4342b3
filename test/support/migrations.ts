import { readdir, readFile } from 'node:fs/promises'

const folder = new URL('../../prisma/migrations/', import.meta.url)

export type MigrationDialect = 'postgres' | 'mysql' | 'sqlite'

/** What other databases write where PostgreSQL's SQL has something of its own. */
const substitutions: Readonly<Record<MigrationDialect, readonly (readonly [RegExp, string])[]>> = {
  postgres: [],
  mysql: [
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
    // As the primary key it counts up by itself.
    [/ SERIAL\b/g, ' INTEGER'],
    [/ UUID\b/g, ' TEXT'],
    [/ TIMESTAMPTZ\(3\)/g, ' DATETIME'],
    [/ DATE\b/g, ' DATETIME'],
    [/ DECIMAL\(\d+,\d+\)/g, ' DECIMAL'],
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
  return migrations.map((text) => translate(text, dialect))
}

/** @param sql as PostgreSQL has it */
export function translate(sql: string, dialect: MigrationDialect): string {
  if (dialect === 'postgres') return sql
  const [, type = '', values = ''] = /CREATE TYPE "(\w+)" AS ENUM (\(.*\));/.exec(sql) ?? []
  const common = sql
    // Lists of scalars and several schemas are PostgreSQL's.
    .replace(
      /^.*\[\],?\n|CREATE SCHEMA .*;\n|CREATE TABLE archive\.[^;]*;\n|CREATE TYPE .*;\n/gm,
      '',
    )
    .replaceAll(
      new RegExp(`(?<=" )"${type}"`, 'g'),
      dialect === 'mysql' ? `ENUM ${values}` : 'TEXT',
    )
  return substitutions[dialect].reduce(
    (text, [pattern, replacement]) => text.replace(pattern, replacement),
    common,
  )
}
