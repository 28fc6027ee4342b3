import fs from 'node:fs/promises'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { createTidemark, type Tidemark } from '@tidemark/core'
import { withCache } from '@tidemark/kysely'
import type { Kysely } from 'kysely'
import { FileMigrationProvider, Migrator, NO_MIGRATIONS } from 'kysely/migration'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { describeEachDatabase } from '../../support/databases.ts'
import { outcome } from './corpus/outcome.ts'

type Db = Kysely<{ notes: { id: number; body: string } }>

const provider = new FileMigrationProvider({
  fs,
  path,
  migrationFolder: fileURLToPath(new URL('migrations', import.meta.url)),
  import: (file) => import(file) as Promise<unknown>,
})

describeEachDatabase('migrations', (database) => {
  let cache: Tidemark
  let db: Db
  let plain: Db
  let migrator: Migrator

  beforeEach(() => {
    cache = createTidemark()
    plain = database.kysely as unknown as Db
    db = withCache(plain, cache, { cacheByDefault: true })
    migrator = new Migrator({ db, provider })
  })
  afterEach(async () => {
    for (const table of ['notes', 'kysely_migration', 'kysely_migration_lock']) {
      await plain.schema.dropTable(table).ifExists().execute()
    }
    await cache.close()
  })

  const read = (from: Db) =>
    outcome(() => from.selectFrom('notes').selectAll().orderBy('id'), from as never)

  /** Each time it is cached for the next. */
  async function expectFresh(rows?: number): Promise<void> {
    const expected = await read(plain)
    expect(await read(db)).toStrictEqual(expected)
    expect(await read(db)).toStrictEqual(expected)
    expect((expected.result as unknown[] | undefined)?.length).toBe(rows)
  }

  it('of a folder are run up and down, and what was read before is new', async () => {
    await expectFresh(undefined)
    const names = (await migrator.getMigrations()).map(({ name }) => name)
    expect(names).toEqual(['01-create-notes', '02-fill-notes', '03-fail'])
    await migrator.migrateUp()
    await expectFresh(0)
    await migrator.migrateUp()
    await expectFresh(2)
    await migrator.migrateDown()
    await expectFresh(0)
    await migrator.migrateTo('02-fill-notes')
    await expectFresh(2)
    await migrator.migrateTo(NO_MIGRATIONS)
    await expectFresh(undefined)
  })

  it('that fail leave what the database says', async () => {
    await migrator.migrateTo('02-fill-notes')
    await expectFresh(2)
    const { error, results } = await migrator.migrateToLatest()
    expect(error).toBeInstanceOf(Error)
    expect(results?.at(-1)).toMatchObject({ migrationName: '03-fail', status: 'Error' })
    await expectFresh(2)
    const executed = (await migrator.getMigrations()).filter(({ executedAt }) => executedAt)
    expect(executed.map(({ name }) => name)).toEqual(['01-create-notes', '02-fill-notes'])
  })

  it('that were run show in the introspection, which is never cached', async () => {
    const introspect = async (from: Db) => ({
      tables: await from.introspection.getTables({ withInternalKyselyTables: true }),
      // Of the server's other databases, some come and go with other tests.
      schemas: new Set((await from.introspection.getSchemas()).map(({ name }) => typeof name)),
    })
    const before = await introspect(db)
    expect(before).toStrictEqual(await introspect(plain))
    await migrator.migrateTo('02-fill-notes')
    const after = await introspect(db)
    expect(after).toStrictEqual(await introspect(plain))
    const isNotes = ({ name }: { name: string }) => name === 'notes'
    expect([before, after].map(({ tables }) => tables.some(isNotes))).toEqual([false, true])
  })
})
