import { isDeepStrictEqual } from 'node:util'
import { createTidemark, type Tidemark } from '@tidemark/core'
import { withCache } from '@tidemark/kysely'
import { type Kysely, sql } from 'kysely'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { describeEachDatabase } from '../../support/databases.ts'
import { outcome } from './corpus/outcome.ts'
import { answersOf } from './films.ts'

interface Notes {
  notes: { id: number; body: string }
  old_notes: { id: number; body: string }
  other: { id: number; label?: string; text?: string; note_id?: number | null }
  short_notes: { id: number; body: string }
}

type Db = Kysely<Notes>

describeEachDatabase('schema changes', (database) => {
  let cache: Tidemark
  let db: Db
  let plain: Db

  beforeEach(async () => {
    cache = createTidemark()
    plain = database.kysely as unknown as Db
    db = withCache(plain, cache, { cacheByDefault: true })
    await dropAll()
    await db.schema
      .createTable('notes')
      .addColumn('id', 'integer', (column) => column.primaryKey())
      .addColumn('body', 'varchar(50)', (column) => column.notNull().defaultTo('empty'))
      .execute()
    await db.insertInto('notes').values({ id: 1, body: 'first' }).execute()
  })
  afterEach(async () => {
    await dropAll()
    await cache.close()
  })

  async function dropAll(): Promise<void> {
    await plain.schema.dropView('short_notes').ifExists().execute()
    for (const table of ['other', 'notes', 'old_notes']) {
      await plain.schema.dropTable(table).ifExists().execute()
    }
  }

  /** What is read of every table and view, those included that are not there. */
  const reads = {
    notes: (from: Db) => from.selectFrom('notes').selectAll().orderBy('id'),
    old: (from: Db) => from.selectFrom('old_notes').selectAll().orderBy('id'),
    other: (from: Db) => from.selectFrom('other').selectAll().orderBy('id'),
    view: (from: Db) => from.selectFrom('short_notes').selectAll().orderBy('id'),
    joined: (from: Db) =>
      from.selectFrom('notes').innerJoin('other', 'note_id', 'notes.id').selectAll(),
  }

  async function readAll(from: Db): Promise<Record<string, unknown>> {
    const all: Record<string, unknown> = {}
    for (const [name, read] of Object.entries(reads))
      all[name] = await outcome(() => read(from), from as never)
    return all
  }

  /** Each is followed by the reads, so that the next one finds all of them cached. */
  const steps: readonly (readonly [string, (db: Db) => Promise<unknown>])[] = [
    [
      'add a column',
      (db) =>
        db.schema
          .alterTable('notes')
          .addColumn('extra', 'integer', (c) => c.defaultTo(7))
          .execute(),
    ],
    [
      'rename a column',
      (db) => db.schema.alterTable('notes').renameColumn('extra', 'more').execute(),
    ],
    ['drop a column', (db) => db.schema.alterTable('notes').dropColumn('more').execute()],
    [
      'create a table that refers to another',
      (db) =>
        db.schema
          .createTable('other')
          .addColumn('id', 'integer', (c) => c.primaryKey())
          .addColumn('note_id', 'integer', (c) => c.references('notes.id').onDelete('set null'))
          .execute(),
    ],
    ['fill it', (db) => db.insertInto('other').values({ id: 1, note_id: 1 }).execute()],
    [
      'create an index',
      (db) => db.schema.createIndex('by_body').on('notes').columns(['body', 'id']).execute(),
    ],
    [
      'drop an index',
      async (db) => {
        const drop = db.schema.dropIndex('by_body')
        await (database.name === 'mariadb' ? drop.on('notes') : drop).execute()
      },
    ],
    [
      'create a view',
      (db) =>
        db.schema
          .createView('short_notes')
          .as(
            db
              .selectFrom('notes')
              .selectAll()
              .where(sql<boolean>`length(body) < 6`),
          )
          .execute(),
    ],
    ['drop a view', (db) => db.schema.dropView('short_notes').execute()],
    ['drop a table', (db) => db.schema.dropTable('other').execute()],
    ['rename a table', (db) => db.schema.alterTable('notes').renameTo('old_notes').execute()],
    [
      'create a table from a select',
      (db) => db.schema.createTable('notes').as(db.selectFrom('old_notes').selectAll()).execute(),
    ],
    ['raw DDL', (db) => sql`alter table notes add column raw_column integer`.execute(db)],
    ['drop a table if it exists', (db) => db.schema.dropTable('notes').ifExists().execute()],
    ['rename it back', (db) => db.schema.alterTable('old_notes').renameTo('notes').execute()],
  ]

  it('make what is read new, the errors of what is missing included', async () => {
    expect(await readAll(db)).toStrictEqual(await readAll(plain))
    let visible = 0
    let seen = await readAll(plain)
    for (const [name, change] of steps) {
      const { error } = await outcome(() => change(db), db as never)
      expect(error, name).toBeUndefined()
      const after = await readAll(plain)
      expect(await readAll(db), `${name}, at once`).toStrictEqual(after)
      expect(await readAll(db), `${name}, again`).toStrictEqual(after)
      if (!isDeepStrictEqual(seen, after)) visible += 1
      seen = after
    }
    expect(visible, 'steps that change what is read').toBeGreaterThan(10)
    expect(answersOf(cache).memory).toBeGreaterThan(steps.length)
  })
})
