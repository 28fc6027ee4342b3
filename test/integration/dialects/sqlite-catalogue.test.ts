import { createTidemark, type Tidemark } from '@tidemark/core'
import { withCache } from '@tidemark/kysely'
import { type ExpressionBuilder, type Kysely, sql, type SqlBool } from 'kysely'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { describeDatabase } from '../../support/databases.ts'

interface Tables {
  owners: { id: number }
  favourites: { id: number }
  things: { id: number; owner_id: number }
}

describeDatabase('sqlite', 'What SQLite alone does', (database) => {
  let cache: Tidemark
  let plain: Kysely<Tables>
  let db: Kysely<Tables>

  const dropTables = async () => {
    for (const table of ['things', 'favourites', 'owners'])
      await database.sql(`drop table if exists ${table}`)
  }
  beforeEach(async () => {
    await dropTables()
    await database.sql('create table owners (id integer primary key)')
    await database.sql('create table favourites (id integer primary key)')
    await database.sql(
      'create table things (id integer primary key, owner_id int references owners (id) on delete cascade)',
    )
    await database.sql('insert into owners values (1), (2)')
    await database.sql('insert into favourites values (1)')
    await database.sql('insert into things values (1, 1)')
    cache = createTidemark()
    plain = database.kysely as unknown as Kysely<Tables>
    db = withCache(plain, cache, { cacheByDefault: true })
  })
  afterEach(async () => {
    await cache.close()
    await dropTables()
  })

  it('hazard 24: a table that is dropped takes along the rows that refer to it', async () => {
    const read = () => db.selectFrom('things').selectAll().execute()
    await read()
    await read()
    await db.schema.dropTable('owners').execute()
    expect(await read()).toEqual([])
  })

  type Where = (eb: ExpressionBuilder<Tables, 'owners'>) => unknown
  const forms: Record<string, Where> = {
    'as text': () => sql<SqlBool>`id in favourites`,
    'as quoted text': () => sql<SqlBool>`id not in "favourites"`,
    'behind an operator, as text': (eb) => eb('id', 'in', sql<never>`favourites`),
    'behind an operator, by sql.table': (eb) =>
      eb('id', 'not in', sql.table('favourites') as never),
    'behind an operator, by sql.id': (eb) => eb('id', 'in', sql.id('favourites') as never),
    'behind an operator, as a column': (eb) => eb('id', 'in', eb.ref('favourites' as never)),
    'in text, by sql.ref': () => sql<SqlBool>`${sql.ref('id')} in ${sql.ref('favourites')}`,
  }
  describe('a table behind IN without parentheses is read', () => {
    it.each(Object.entries(forms))('%s', async (_, where) => {
      const read = (from: Kysely<Tables>) =>
        from
          .selectFrom('owners')
          .selectAll()
          .where(where as never)
          .orderBy('id')
          .execute()
      const before = await read(db)
      await read(db)
      await db.insertInto('favourites').values({ id: 2 }).execute()
      const after = await read(plain)
      expect(after).not.toEqual(before)
      expect(await read(db)).toEqual(after)
    })
  })

  it('and a list behind IN is none', async () => {
    const read = () =>
      db
        .selectFrom('owners')
        .selectAll()
        .where('id', 'in', [1, 2])
        .where('id', 'in', sql<never>`(1, 2)`)
        .where(sql<SqlBool>`id in (1, 2)`)
        .where((eb) => eb('id', 'in', eb.selectFrom('owners').select('id')))
        .execute()
    await read()
    await read()
    const [shape] = cache.metrics().queries
    expect(shape?.hits).toEqual({ memory: 1 })
  })
})
