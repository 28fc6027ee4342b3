import { createTidemark, type Tidemark } from '@tidemark/core'
import { withCache } from '@tidemark/kysely'
import { type Kysely, sql } from 'kysely'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { describeDatabase } from '../../support/databases.ts'
import { answersOf } from '../kysely/films.ts'

interface Tables {
  a: { id: number }
  b: { id: number }
  whole: { id: number }
  part: { id: number }
  seen: { id: number }
}

describeDatabase('postgres', 'What PostgreSQL alone does', (database) => {
  let cache: Tidemark
  let plain: Kysely<Tables>
  let db: Kysely<Tables>

  beforeEach(async () => {
    await database.sql('drop schema if exists own cascade')
    await database.sql('create schema own')
    await database.sql('create table own.a (id int)')
    await database.sql('create table own.b (id int)')
    cache = createTidemark()
    plain = (database.kysely as unknown as Kysely<Tables>).withSchema('own')
    db = withCache(plain, cache, { cacheByDefault: true })
  })
  afterEach(async () => {
    await cache.close()
    await database.sql('drop schema if exists own cascade')
  })

  const readB = () => db.selectFrom('b').selectAll().execute()

  it('a table that somebody has locked keeps no read of another waiting for the catalogue', async () => {
    await database.sql('create view own.of_a as select * from own.a')
    await database.sql(
      'create rule noted as on insert to own.of_a do instead insert into own.a values (1)',
    )
    await plain.transaction().execute(async (trx) => {
      await sql`lock table own.a in access exclusive mode`.execute(trx)
      // Whoever waits for the lock waits for this read, and so for ever.
      await readB()
      await readB()
    })
    expect(answersOf(cache)).toMatchObject({ memory: 1 })
  })

  describe('a view that answers differently each time is not cached:', () => {
    const volatile = {
      'now()': 'select id, now() as x from own.a',
      'an aggregate of it': 'select max(now()) as x from own.a',
      current_user: 'select id, current_user as x from own.a',
      'a text that is the present day when it is read': `select id, 'Today'::text::date as x from own.a`,
      'a sample': 'select id from own.a tablesample system (50)',
      'a function of somebody': 'select id, own.numbered(id) as x from own.a',
      'a sequence': `select id, nextval('own.ids') as x from own.a`,
    }
    const steady = {
      'a column of a time': 'select id, now.at from (select id, at from own.timed) now',
      'casts, aggregates and windows': `select id::text::bigint as id, at::date as day, count(*) over () as n,
        date_trunc('day', at) as d, age(at, at) as none, 'now is the time' as x from own.timed`,
      'an immutable function': 'select own.twice(id) as id from own.a',
    }
    beforeEach(async () => {
      await database.sql('create sequence own.ids')
      await database.sql('create table own.timed (id int, at timestamptz)')
      await database.sql(
        'create function own.numbered(int) returns int language sql as $$ select $1 $$',
      )
      await database.sql(
        'create function own.twice(int) returns int immutable language sql as $$ select 2 * $1 $$',
      )
    })
    const answers = async (definition: string) => {
      await database.sql(`create view own.seen as ${definition}`)
      const read = () => db.selectFrom('seen').selectAll().execute()
      await read()
      await read()
      return answersOf(cache)
    }
    it.each(Object.entries(volatile))('%s', async (_, definition) => {
      expect(await answers(definition)).toEqual({ 'volatile-view': 2 })
    })
    it.each(Object.entries(steady))('but one is with %s', async (_, definition) => {
      expect(await answers(definition)).toMatchObject({ memory: 1 })
    })
  })

  it('hazard 24: a trigger that a partition has from its parent, as PostgreSQL 12 to 14 note it', async () => {
    await database.sql('create table own.whole (id int) partition by range (id)')
    await database.sql('create table own.part partition of own.whole for values from (0) to (9)')
    await database.sql(`create function own.note() returns trigger language plpgsql as
      $$ begin insert into own.b values (new.id); return new; end $$`)
    await database.sql(
      'create trigger note after insert on own.whole for each row execute function own.note()',
    )
    await database.sql(
      `update pg_trigger set tgisinternal = true where tgname = 'note' and tgparentid <> 0`,
    )
    await readB()
    await readB()
    await db.insertInto('part').values({ id: 1 }).execute()
    expect(await readB()).toEqual([{ id: 1 }])
  })

  it('a function that has the name of one of the database, and writes', async () => {
    await database.sql(`create function own.log(what text) returns int language sql as
      $$ insert into own.b values (1) returning id $$`)
    await readB()
    await readB()
    await db.connection().execute(async (connection) => {
      await sql`set local search_path = own`.execute(connection)
      await sql`select own.log('x')`.execute(connection)
    })
    expect(await readB()).toEqual([{ id: 1 }])
    await readB()
    await db.transaction().execute(async (trx) => {
      await sql`set local search_path = own`.execute(trx)
      await sql`select log('x'::text)`.execute(trx)
    })
    expect(await readB()).toEqual([{ id: 1 }, { id: 1 }])
  })
})
