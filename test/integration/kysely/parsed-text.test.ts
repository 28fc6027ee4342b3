import { createTidemark, type Tidemark } from '@tidemark/core'
import { cached, withCache } from '@tidemark/kysely'
import { postgresParser } from '@tidemark/kysely/libpg-query'
import { type Kysely, sql } from 'kysely'
import { afterEach, beforeEach, expect, it } from 'vitest'
import type { Tables } from '../../../prisma/tables.ts'
import { describeDatabase } from '../../support/databases.ts'
import { answersOf, fillFilms } from './films.ts'

const parser = await postgresParser()

/** SELECTs whose tables PostgreSQL tells as well, as what a view of them depends on. */
const selects = [
  'select f.id, g.name from films f left join genres as g on g.id = f.genre_id',
  'select count(*) as n from (select * from reviews where film_id in (select id from films)) r',
  'with genres as (select id from directors) select * from genres',
  'with d as (select 1 as id), e as (select * from d, directors where directors.id = d.id) select e.name from e',
  'with recursive s as (select id, sequel_of_id from films union all select f.id, f.sequel_of_id from films f join s on s.id = f.sequel_of_id) select * from s',
  'select name from genres union all (select name from directors except select name from distributors)',
  'select f.id, x.n from public.films f cross join lateral (select count(*) as n from reviews where film_id = f.id) x',
  'select case when exists (table viewers) then (select max(id) from airports a, lateral (values (a.iata)) v (id)) end as x',
  'select id, row_number() over (partition by genre_id order by (select count(*) from routes)) as n from films',
  `select id from films where (id, genre_id) = any (select id, genre_id from films as genres) order by (select name from genres where genres.id = films.genre_id)`,
]

describeDatabase('pglite', 'Raw SQL with a parser', (database) => {
  let cache: Tidemark
  let db: Kysely<Tables>

  beforeEach(async () => {
    cache = createTidemark()
    db = withCache(database.kysely, cache, { cacheByDefault: true, parser })
    await fillFilms(database)
  })
  afterEach(() => cache.close())

  const titles = async (from = db) =>
    (await sql<{ title: string }>`select title from films order by id`.execute(from)).rows.map(
      ({ title }) => title,
    )

  it('raw SQL that names its tables in text is cached, and made new by writes', async () => {
    expect([await titles(), await titles()]).toEqual([
      ['Alien', 'Heat'],
      ['Alien', 'Heat'],
    ])
    await db.updateTable('films').set({ title: 'Aliens' }).where('id', '=', 1).execute()
    expect(await titles()).toEqual(['Aliens', 'Heat'])
    await sql`update films set title = 'Alien 3' where id = 1`.execute(db)
    expect(await titles()).toEqual(['Alien 3', 'Heat'])
    await sql`with gone as (delete from films where id = 2 returning *) select * from gone`.execute(
      db,
    )
    expect(await titles()).toEqual(['Alien 3'])
    await sql`truncate films cascade`.execute(db)
    expect(await titles()).toEqual([])
    expect(answersOf(cache)).toEqual({ absent: 2, memory: 1, 'marks-moved': 3 })
  })

  it('a raw write of one table leaves the results of others', async () => {
    const genres = () => db.selectFrom('genres').selectAll().execute()
    await genres()
    await sql`update films set title = 'x'`.execute(db)
    await sql`insert into films (id, title) select 3, 'y'`.execute(db)
    await sql`delete from films using genres where genres.id = films.genre_id`.execute(db)
    await genres()
    expect(answersOf(cache)).toEqual({ absent: 1, memory: 1 })
  })

  it('a fragment in text is part of what a builder query reads', async () => {
    const query = () =>
      db
        .selectFrom('films')
        .select(sql<string>`(select count(*) from genres)`.as('n'))
        .where('id', '=', 1)
        .executeTakeFirstOrThrow()
    expect(Number((await query()).n)).toBe(0)
    await db.insertInto('genres').values({ name: 'Drama' }).execute()
    expect(Number((await query()).n)).toBe(1)
    expect(Number((await query()).n)).toBe(1)
    expect(answersOf(cache)).toEqual({ absent: 1, 'marks-moved': 1, memory: 1 })
  })

  it('a transaction in raw SQL is still one', async () => {
    await titles()
    await db.connection().execute(async (held) => {
      await sql`begin`.execute(held)
      await sql`update films set title = 'x' where id = 1`.execute(held)
      expect(await titles(held)).toEqual(['x', 'Heat'])
      await sql`rollback`.execute(held)
    })
    expect(await titles()).toEqual(['Alien', 'Heat'])
    expect(answersOf(cache)).toMatchObject({ absent: 1, memory: 1 })
  })

  it('hints add to what the text says', async () => {
    const query = () =>
      cached({ tags: ['front'], tables: ['genres'] })(sql`table films`).execute(db)
    await query()
    await cache.invalidate({ tags: ['front'] })
    await query()
    await db.insertInto('genres').values({ name: 'Drama' }).execute()
    await query()
    await sql`update films set title = 'x'`.execute(db)
    await query()
    await query()
    expect(answersOf(cache)).toEqual({ absent: 1, 'marks-moved': 3, memory: 1 })
  })

  it.each(selects)('finds the tables that PostgreSQL finds: %s', async (text) => {
    await database.sql(`create temporary view seen as ${text}`)
    const rows = await database.sql<{ name: string }>(
      `select distinct c.relname as name from pg_rewrite r
         join pg_depend d on d.objid = r.oid and d.classid = 'pg_rewrite'::regclass
         join pg_class c on c.oid = d.refobjid and d.refclassid = 'pg_class'::regclass
       where r.ev_class = 'seen'::regclass and c.relname <> 'seen'`,
    )
    await database.sql('drop view seen')
    const found = new Set(parser.parse(text)!.reads.map(({ name }) => name))
    expect([...found].sort()).toEqual(rows.map(({ name }) => name).sort())
  })
})
