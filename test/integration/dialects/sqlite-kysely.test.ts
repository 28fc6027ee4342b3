import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createTidemark, type Tidemark } from '@tidemark/core'
import { cached, withCache } from '@tidemark/kysely'
import { Gate } from '@tidemark/testing'
import { type Kysely, sql } from 'kysely'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Tables } from '../../../prisma/tables.ts'
import { describeDatabase } from '../../support/databases.ts'
import { answersOf, fillFilms } from '../kysely/films.ts'

describeDatabase('sqlite', 'Kysely on SQLite', (database) => {
  let cache: Tidemark
  let db: Kysely<Tables>

  beforeEach(async () => {
    cache = createTidemark()
    db = withCache(database.kysely, cache)
    await fillFilms(database)
    await database.sql(`insert into genres (id, name) values (1, 'Drama'), (2, 'Comedy')`)
  })
  afterEach(() => cache.close())

  const films = (from: Kysely<Tables> = db) =>
    from.selectFrom('films').select(['id', 'title']).orderBy('id').$call(cached()).execute()
  const titles = async (from?: Kysely<Tables>) => (await films(from)).map(({ title }) => title)
  const rename = (title: string, to: Kysely<Tables> = db) =>
    to.updateTable('films').set({ title }).where('id', '=', 1).execute()

  it('hazard 46: a hit does not wait for a transaction that holds the only connection', async () => {
    expect(await titles()).toEqual(['Alien', 'Heat'])
    const writing = new Gate()
    const write = db.transaction().execute(async (trx) => {
      await rename('Alien 1', trx)
      await writing.pass(() => undefined)
    })
    await writing.reached
    expect(await titles()).toEqual(['Alien', 'Heat'])
    writing.open()
    await write
    expect(await titles()).toEqual(['Alien 1', 'Heat'])
  })

  it('hazard 46: a read that missed meanwhile stores what is committed', async () => {
    const writing = new Gate()
    const abandon = new Error('abandon')
    const write = db.transaction().execute(async (trx) => {
      await rename('Never', trx)
      await writing.pass(() => undefined)
      throw abandon
    })
    await writing.reached
    const waiting = titles()
    writing.open()
    await expect(write).rejects.toBe(abandon)
    expect(await waiting).toEqual(['Alien', 'Heat'])
    expect(await titles()).toEqual(['Alien', 'Heat'])
  })

  describe('a write makes reads new:', () => {
    it.each<[string, (db: Kysely<Tables>) => Promise<unknown>]>([
      [
        'insert or replace',
        (db) => db.insertInto('films').orReplace().values({ id: 1, title: 'Replaced' }).execute(),
      ],
      ['replace', (db) => db.replaceInto('films').values({ id: 1, title: 'Replaced' }).execute()],
      [
        'insert or ignore',
        (db) => db.insertInto('films').orIgnore().values({ id: 3, title: 'New' }).execute(),
      ],
      [
        'on conflict do update',
        (db) =>
          db
            .insertInto('films')
            .values({ id: 1, title: 'x' })
            .onConflict((oc) => oc.column('id').doUpdateSet({ title: 'Upserted' }))
            .execute(),
      ],
      [
        'returning',
        (db) => db.updateTable('films').set({ title: 'Returned' }).returning('id').execute(),
      ],
      [
        'returning, cached by a hint',
        (db) =>
          db.deleteFrom('films').where('id', '=', 2).returning('id').$call(cached()).execute(),
      ],
      [
        'update or replace',
        (db) => sql`update or replace ${sql.table('films')} set id = 1 where id = 2`.execute(db),
      ],
      [
        'insert … select',
        (db) =>
          db
            .insertInto('films')
            .columns(['title'])
            .expression((eb) => eb.selectFrom('genres').select('name'))
            .execute(),
      ],
      ['its name in capitals', (db) => sql`update FILMS set title = 'Loud'`.execute(db)],
      [
        'its name in other letters',
        (db) =>
          db
            .updateTable('Films' as 'films')
            .set({ title: 'Mixed' })
            .execute(),
      ],
      ['its schema spelled out', (db) => rename('Spelled', db.withSchema('main'))],
      ['its name in brackets', (db) => sql`update [films] set title = '[films]'`.execute(db)],
      ['its name in backticks', (db) => sql`update \`films\` set title = 'Ticks'`.execute(db)],
    ])('%s', async (_, write) => {
      const before = await films()
      await write(db)
      const after = await films(database.kysely)
      expect(after, 'the write is to change something').not.toEqual(before)
      expect(await films()).toEqual(after)
    })
  })

  it('a table without rowids is cached like any other', async () => {
    await sql`create table tags (name text primary key, uses integer) without rowid`.execute(db)
    const tags = async () =>
      (await cached()(sql`select * from ${sql.table('tags')}`).execute(db)).rows
    expect(await tags()).toEqual([])
    await sql`insert into ${sql.table('tags')} values ('a', 1)`.execute(db)
    expect(await tags()).toEqual([{ name: 'a', uses: 1 }])
    await sql`drop table tags`.execute(db)
  })

  it('an error that rolls back ends the transaction, and what follows is committed at once', async () => {
    await films()
    const abandon = new Error('abandon')
    const write = db.transaction().execute(async (trx) => {
      await rename('Never', trx)
      const conflict = sql`insert or rollback into ${sql.table('films')} (id, title) values (2, 'x')`
      await expect(conflict.execute(trx)).rejects.toThrow('UNIQUE')
      await rename('After', trx)
      throw abandon
    })
    await expect(write).rejects.toThrow('cannot rollback')
    expect(await titles(database.kysely)).toEqual(['After', 'Heat'])
    expect(await titles()).toEqual(['After', 'Heat'])
  })

  describe('databases that are attached', () => {
    let file: string
    beforeEach(async () => {
      file = join(tmpdir(), `tidemark-attached-${crypto.randomUUID()}.db`)
      await sql`attach database ${file} as aux`.execute(db)
      await sql`create table aux.notes (title text)`.execute(db)
      await sql`insert into aux.notes values ('Old')`.execute(db)
    })
    afterEach(async () => {
      await sql`detach database aux`.execute(db)
      await rm(file, { force: true })
    })

    const notes = async (name: string) => {
      const query = db.selectFrom(name as 'films').select('title')
      return (await query.$call(cached()).execute()).map(({ title }) => title)
    }

    it.each(['notes', 'aux.notes'])(
      'a table read as %s is made new by either name',
      async (name) => {
        expect(await notes(name)).toEqual(['Old'])
        await db
          .withSchema('aux')
          .updateTable('notes' as 'films')
          .set({ title: 'New' })
          .execute()
        expect(await notes(name)).toEqual(['New'])
        await db
          .updateTable('notes' as 'films')
          .set({ title: 'Newer' })
          .execute()
        expect(await notes(name)).toEqual(['Newer'])
      },
    )

    it('a temporary table that comes to hide another is seen', async () => {
      expect(await notes('notes')).toEqual(['Old'])
      await db.schema.createTable('notes').temporary().addColumn('title', 'text').execute()
      expect(await notes('notes')).toEqual([])
      await sql`drop table temp.notes`.execute(db)
      expect(await notes('notes')).toEqual(['Old'])
    })
  })

  describe('is never cached:', () => {
    it.each<[string, (db: Kysely<Tables>) => { execute(): Promise<unknown> }, string]>([
      [
        'changes()',
        (db) => db.selectFrom('films').select((eb) => eb.fn('changes').as('x')),
        'volatile-function',
      ],
      [
        'last_insert_rowid()',
        (db) => db.selectFrom('films').select(sql`last_insert_rowid()`.as('x')),
        'volatile-function',
      ],
      [
        'random()',
        (db) =>
          db
            .selectFrom('films')
            .select('id')
            .orderBy(sql`random()`),
        'volatile-function',
      ],
      [
        `datetime('now')`,
        (db) => db.selectFrom('films').select(sql`datetime('now')`.as('x')),
        'volatile-function',
      ],
      [
        'a time word that is bound',
        (db) => db.selectFrom('films').select((eb) => eb.fn('date', [eb.val('now')]).as('x')),
        'volatile-function',
      ],
      [
        'unixepoch()',
        (db) => db.selectFrom('films').select((eb) => eb.fn('unixepoch').as('x')),
        'volatile-function',
      ],
      [
        'the catalogue',
        (db) => db.selectFrom('sqlite_master' as 'films').select(sql`name`.as('x')),
        'not-data',
      ],
      [
        'a pragma as a table',
        (db) => db.selectFrom(sql`pragma_table_info('films')`.as('p')).select(sql`name`.as('x')),
        'volatile-function',
      ],
    ])('%s', async (_, query, reason) => {
      const reads = query(cached()(db))
      await reads.execute()
      await reads.execute()
      expect(answersOf(cache)).toEqual({ [reason]: 2 })
    })

    it('a pragma', async () => {
      const pragma = () => cached()(sql`pragma table_info(films)`).execute(db)
      const before = (await pragma()).rows
      await db.schema.alterTable('films').addColumn('extra', 'integer').execute()
      expect((await pragma()).rows).toHaveLength(before.length + 1)
      await db.schema.alterTable('films').dropColumn('extra').execute()
    })
  })

  it('without the catalogue, what a trigger writes is not seen, unless a hint says so', async () => {
    const db = withCache(database.kysely, cache, { database: 'without', catalogue: false })
    await sql`create trigger film_renamed after update on films
      begin update genres set name = new.title where id = 1; end`.execute(db)
    const genre = async () =>
      (
        await db.selectFrom('genres').select('name').where('id', '=', 1).$call(cached()).execute()
      )[0]
    expect(await genre()).toEqual({ name: 'Drama' })
    await rename('By trigger', db)
    expect(await genre()).toEqual({ name: 'Drama' })
    await db
      .updateTable('films')
      .set({ title: 'By hint' })
      .where('id', '=', 1)
      .$call(cached({ tables: ['films', 'genres'] }))
      .execute()
    expect(await genre()).toEqual({ name: 'By hint' })
    await sql`drop trigger film_renamed`.execute(db)
  })
})
