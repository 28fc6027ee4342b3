import { readdir, readFile } from 'node:fs/promises'

const folder = new URL('../../prisma/migrations/', import.meta.url)

/**
 * The SQL that makes the tables of prisma/schema.prisma, oldest migration first.
 *
 * It is applied through the database driver: Prisma's own `migrate` needs an engine that closed networks cannot download.
 */
export async function readMigrations(): Promise<readonly string[]> {
  const entries = await readdir(folder, { withFileTypes: true })
  const names = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name)
  return Promise.all(
    names.sort().map((name) => readFile(new URL(`${name}/migration.sql`, folder), 'utf8')),
  )
}
