import { createTidemark, type Tidemark } from '@tidemark/core'
import { cached, withCache } from '@tidemark/kysely'
import { ManualClock } from '@tidemark/testing'
import { Kysely, MysqlDialect, sql } from 'kysely'
import { createPool } from 'mysql2'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Tables } from '../../../prisma/tables.ts'
import { describeDatabase } from '../../support/databases.ts'
import { MariadbServer } from '../../support/mariadb-server.ts'
import { answersOf, fillFilms } from '../kysely/films.ts'

describeDatabase('mariadb', 'Kysely on MySQL', (database) => {
  let cache: Tidemark
  let db: Kysely<Tables>

  beforeEach(async () => {
    cache = createTidemark()
    db = withCache(database.kysely, cache)
    await fillFilms(database)
    await database.sql(`insert into genres (id, name) values (1, 'Drama'), (2, 'Comedy')`)
    await database.sql(`update films set genre_id = 1`)
  })
  afterEach(() => cache.close())

  const films = (from: Kysely<Tables> = db) =>
    from.selectFrom('films').select(['id', 'title']).orderBy('id').$call(cached()).execute()
  const genres = (from: Kysely<Tables> = db) =>
    from.selectFrom('genres').select(['id', 'name']).orderBy('id').$call(cached()).execute()
  const titles = async (from?: Kysely<Tables>) => (await films(from)).map(({ title }) => title)

  /** Reads what is cached by now, writes, and expects both reads to be those of the database. */
  async function expectFreshAfter(write: () => Promise<unknown>): Promise<void> {
    const before = [await films(), await genres()]
    await write()
    const after = [await films(database.kysely), await genres(database.kysely)]
    expect(after, 'the write is to change something').not.toEqual(before)
    expect([await films(), await genres()]).toEqual(after)
  }

  describe('a write makes reads new:', () => {
    const writes: Record<string, (db: Kysely<Tables>) => Promise<unknown>> = {
      'on duplicate key update': (db) =>
        db
          .insertInto('films')
          .values({ id: 1, title: 'x' })
          .onDuplicateKeyUpdate({ title: 'Alien 1' })
          .execute(),
      'insert ignore': (db) =>
        db.insertInto('films').ignore().values({ id: 3, title: 'New' }).execute(),
      replace: (db) => db.replaceInto('films').values({ id: 1, title: 'Replaced' }).execute(),
      'insert … select': (db) =>
        db
          .insertInto('genres')
          .columns(['name'])
          .expression((eb) => eb.selectFrom('films').select('title'))
          .execute(),
      'an update of two tables': (db) =>
        db
          .updateTable(['films', 'genres'])
          .set('films.title', 'Both')
          .set('genres.name', 'Both')
          .whereRef('films.genre_id', '=', 'genres.id')
          .where('films.id', '=', 1)
          .execute(),
      'a raw update through a join': (db) =>
        sql`update ${sql.table('films')} f join ${sql.table('genres')} g on g.id = f.genre_id
          set g.name = 'Joined'`.execute(db),
      'a delete from two tables': (db) =>
        db
          .deleteFrom(['films', 'genres'])
          .using('films')
          .innerJoin('genres', 'genres.id', 'films.genre_id')
          .execute(),
      'a delete that names an alias': (db) =>
        db
          .deleteFrom('f' as never)
          .using('films as f')
          .execute(),
      'update … limit': (db) =>
        db.updateTable('films').set({ title: 'One' }).orderBy('id').limit(1).execute(),
      'a database spelled out': async (db) => {
        const [row] = await database.sql<{ name: string }>('select database() as name')
        await db.withSchema(row!.name).updateTable('films').set({ title: 'Spelled' }).execute()
      },
      'raw SQL with a comment of MySQL’s': (db) =>
        sql`# it's a comment
          update films set title = 'Raw' -- it's another`.execute(db),
      'raw SQL in a comment that is executed': (db) =>
        sql`/*!50000 update films set title = 'Hidden' */`.execute(db),
      'a procedure': async (db) => {
        await database.sql(`create procedure rename_films() update films set title = 'Called'`)
        await sql`call rename_films()`.execute(db)
        await database.sql('drop procedure rename_films')
      },
      'a function that writes': async (db) => {
        await database.sql(
          `create function rename_film() returns int modifies sql data
           begin update films set title = 'Function' where id = 1; return 1; end`,
        )
        await sql`select rename_film()`.execute(db)
        await database.sql('drop function rename_film')
      },
      'raw TRUNCATE': async (db) => {
        await db.connection().execute(async (connection) => {
          await sql`set foreign_key_checks = 0`.execute(connection)
          await sql`truncate ${sql.table('films')}`.execute(connection)
          await sql`set foreign_key_checks = 1`.execute(connection)
        })
      },
    }
    it.each(Object.entries(writes))('%s', (_, write) => expectFreshAfter(() => write(db)))

    it('a swap of two tables by RENAME', async () => {
      await sql`create table films_new as select id, concat(title, '!') as title from films`.execute(
        db,
      )
      await expectFreshAfter(() =>
        sql`rename table films to films_old, films_new to films`.execute(db),
      )
      await expectFreshAfter(() =>
        sql`rename table films to films_new, films_old to films`.execute(db),
      )
      await sql`drop table films_new`.execute(db)
    })
  })

  describe('in a transaction', () => {
    const abandon = new Error('abandon')

    it.each<[string, (trx: Kysely<Tables>) => Promise<unknown>]>([
      [
        'CREATE TABLE',
        (trx) => trx.schema.createTable('extra').addColumn('x', 'integer').execute(),
      ],
      ['raw CREATE TABLE', (trx) => sql`create table extra (x int)`.execute(trx)],
      ['ANALYZE TABLE', (trx) => sql`analyze table films`.execute(trx)],
      ['FLUSH', (trx) => sql`flush tables`.execute(trx)],
      [
        'LOCK TABLES',
        async (trx) => {
          await sql`lock tables viewers write`.execute(trx)
          await sql`unlock tables`.execute(trx)
        },
      ],
      ['BEGIN', (trx) => sql`begin`.execute(trx)],
      [
        'SET autocommit',
        async (trx) => {
          await sql`set autocommit = 0`.execute(trx)
          await sql`set autocommit = 1`.execute(trx)
        },
      ],
    ])('%s commits what was written before it', async (_, commit) => {
      await films()
      const write = db.transaction().execute(async (trx) => {
        await trx.updateTable('films').set({ title: 'Kept' }).where('id', '=', 1).execute()
        await commit(trx)
        expect(await titles()).toEqual(await titles(database.kysely))
        await trx.updateTable('films').set({ title: 'Late' }).where('id', '=', 2).execute()
        throw abandon
      })
      await expect(write).rejects.toBe(abandon)
      await database.sql('drop table if exists extra')
      expect(await titles(database.kysely)).toContain('Kept')
      expect(await titles()).toEqual(await titles(database.kysely))
    })

    it('a table without transactions keeps what is rolled back', async () => {
      await database.sql(`create table notes (id int primary key, title text) engine = MyISAM`)
      await database.sql(`insert into notes values (1, 'Old')`)
      const notes = () =>
        cached()(sql<{ title: string }>`select title from ${sql.table('notes')}`).execute(db)
      expect((await notes()).rows).toEqual([{ title: 'Old' }])
      const write = db.transaction().execute(async (trx) => {
        await sql`update ${sql.table('notes')} set title = 'Stays'`.execute(trx)
        throw abandon
      })
      await expect(write).rejects.toBe(abandon)
      expect((await notes()).rows).toEqual([{ title: 'Stays' }])

      const trx = await db.startTransaction().execute()
      await sql`update ${sql.table('notes')} set title = 'Stays too'`.execute(trx)
      await trx.rollback().execute()
      expect((await notes()).rows).toEqual([{ title: 'Stays too' }])

      await db.connection().execute(async (connection) => {
        await sql`begin`.execute(connection)
        await sql`update ${sql.table('notes')} set title = 'Stays as well'`.execute(connection)
        await sql`rollback`.execute(connection)
      })
      expect((await notes()).rows).toEqual([{ title: 'Stays as well' }])
      await database.sql('drop table notes')
    })

    it('a deadlock ends it, and what follows in it is committed at once', async () => {
      await films()
      const write = db.transaction().execute(async (trx) => {
        await trx.updateTable('films').set({ title: 'a' }).where('id', '=', 1).execute()
        await deadlock(trx)
        await trx.updateTable('films').set({ title: 'After' }).where('id', '=', 2).execute()
        expect(await titles()).toEqual(await titles(database.kysely))
        throw abandon
      })
      await expect(write).rejects.toBe(abandon)
      expect(await titles(database.kysely)).toContain('After')
      expect(await titles()).toEqual(await titles(database.kysely))
    })

    /** Makes the transaction, which holds film 1, the victim of a deadlock. */
    async function deadlock(trx: Kysely<Tables>): Promise<void> {
      await database.kysely.connection().execute(async (other) => {
        await sql`begin`.execute(other)
        // InnoDB sacrifices the one that has changed less.
        await sql`insert into genres (name) values ('p'), ('q'), ('r'), ('s')`.execute(other)
        await sql`update films set title = 'b' where id = 2`.execute(other)
        const waiting = sql`update films set title = 'b' where id = 1`.execute(other)
        const update = trx.updateTable('films').set({ title: 'a' }).where('id', '=', 2).execute()
        await expect(update).rejects.toMatchObject({ code: 'ER_LOCK_DEADLOCK' })
        await waiting
        await sql`rollback`.execute(other)
      })
    }

    it('a savepoint forgets nothing that was written before it', async () => {
      await films()
      const trx = await db.startTransaction().execute()
      await trx.updateTable('films').set({ title: 'Kept' }).where('id', '=', 1).execute()
      const inner = await trx.savepoint('here').execute()
      await inner.updateTable('films').set({ title: 'Never' }).where('id', '=', 2).execute()
      const after = await inner.rollbackToSavepoint('here').execute()
      await after.commit().execute()
      expect(await titles()).toEqual(['Kept', 'Heat'])
    })
  })

  it('a connection with autocommit off is followed', async () => {
    await films()
    await db.connection().execute(async (connection) => {
      await sql`set autocommit = 0`.execute(connection)
      await connection.updateTable('films').set({ title: 'Alien 1' }).where('id', '=', 1).execute()
      expect(await titles()).toEqual(['Alien', 'Heat'])
      await sql`commit`.execute(connection)
      expect(await titles()).toEqual(['Alien 1', 'Heat'])
      await connection.updateTable('films').set({ title: 'Alien 2' }).where('id', '=', 1).execute()
      expect(await titles()).toEqual(['Alien 1', 'Heat'])
      await sql`set autocommit = 1`.execute(connection)
      expect(await titles()).toEqual(['Alien 2', 'Heat'])
    })
    expect(await titles()).toEqual(['Alien 2', 'Heat'])
  })

  it('a distributed transaction is followed', async () => {
    await films()
    await db.connection().execute(async (connection) => {
      await sql`xa start 'one'`.execute(connection)
      await connection.updateTable('films').set({ title: 'Alien 1' }).where('id', '=', 1).execute()
      await sql`xa end 'one'`.execute(connection)
      await sql`xa commit 'one' one phase`.execute(connection)
      expect(await titles()).toEqual(['Alien 1', 'Heat'])
    })
    expect(await titles()).toEqual(['Alien 1', 'Heat'])
  })

  describe('is never cached:', () => {
    it.each<[string, (db: Kysely<Tables>) => { execute(): Promise<unknown> }, string]>([
      [
        'last_insert_id()',
        (db) => db.selectFrom('films').select(sql`last_insert_id()`.as('x')),
        'volatile-function',
      ],
      [
        'found_rows()',
        (db) => db.selectFrom('films').select((eb) => eb.fn('found_rows').as('x')),
        'volatile-function',
      ],
      ['a variable', (db) => db.selectFrom('films').select(sql`@x`.as('x')), 'volatile-function'],
      [
        'an assignment',
        (db) => db.selectFrom('films').select(sql`@x := id`.as('x')),
        'volatile-function',
      ],
      [
        'a system variable',
        (db) => db.selectFrom('films').select(sql`@@sql_mode`.as('x')),
        'volatile-function',
      ],
      ['a lock', (db) => db.selectFrom('films').select('id').forUpdate(), 'locking-read'],
      [
        'a lock, old style',
        (db) =>
          db
            .selectFrom('films')
            .select('id')
            .modifyEnd(sql`lock in share mode`),
        'locking-read',
      ],
      [
        'get_lock()',
        (db) => db.selectFrom('films').select(sql`get_lock('x', 0)`.as('x')),
        'volatile-function',
      ],
      ['uuid()', (db) => db.selectFrom('films').select(sql`uuid()`.as('x')), 'volatile-function'],
      [
        'connection_id()',
        (db) => db.selectFrom('films').select(sql`connection_id()`.as('x')),
        'volatile-function',
      ],
      [
        'sysdate()',
        (db) => db.selectFrom('films').select(sql`sysdate(3)`.as('x')),
        'volatile-function',
      ],
      [
        'the catalogue',
        (db) =>
          db.selectFrom('information_schema.tables' as 'films').select(sql`table_name`.as('x')),
        'not-data',
      ],
    ])('%s', async (_, query, reason) => {
      const reads = query(cached()(db))
      await reads.execute()
      await reads.execute()
      expect(answersOf(cache)).toEqual({ [reason]: 2 })
    })
  })
})

it('hazard 17: a MySQL that dies before it answers the COMMIT keeps readers from the cache', async () => {
  await using server = await MariadbServer.start()
  const clock = new ManualClock()
  const cache = createTidemark({ clock, lease: '10s' })
  const pool = createPool({ uri: server.url(), connectionLimit: 2 })
  const dialect = new MysqlDialect({ pool })
  const db = withCache(new Kysely<{ notes: { title: string } }>({ dialect }), cache, {
    defaultSchema: 'shop',
  })
  await sql`create database shop`.execute(db)
  const shop = db.withSchema('shop')
  await shop.schema.createTable('notes').addColumn('title', 'text').execute()
  await shop.insertInto('notes').values({ title: 'Old' }).execute()
  const read = async () => {
    const query = shop.selectFrom('notes').select('title').$call(cached())
    return (await query.executeTakeFirst())?.title
  }
  expect(await read()).toBe('Old')

  const write = shop.transaction().execute(async (trx) => {
    await trx.updateTable('notes').set({ title: 'Perhaps' }).execute()
    await server.kill()
  })
  await expect(write).rejects.toThrow(/connection/i)
  await server.restart()
  const answers = () => answersOf(cache)['marks-locked']
  expect([await read(), answers()]).toEqual(['Old', 1])
  clock.advance(10_001)
  await read()
  await read()
  expect(answersOf(cache)).toMatchObject({ memory: 1, 'marks-locked': 1 })
  await db.destroy()
  await cache.close()
})
