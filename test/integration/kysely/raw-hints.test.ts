import { createTidemark, type Tidemark } from '@tidemark/core'
import { cached, withCache } from '@tidemark/kysely'
import { type Kysely, sql } from 'kysely'
import { afterEach, beforeEach, expect, it } from 'vitest'
import type { Tables } from '../../../prisma/tables.ts'
import { describeEachDatabase } from '../../support/databases.ts'
import { answersOf, fillFilms } from './films.ts'

describeEachDatabase('Raw SQL that names its tables in text', (database) => {
  let cache: Tidemark
  let db: Kysely<Tables>

  beforeEach(async () => {
    cache = createTidemark()
    db = withCache(database.kysely, cache, { cacheByDefault: true })
    await fillFilms(database)
    await database.sql(`insert into genres (name) values ('Drama')`)
  })
  afterEach(() => cache.close())

  const count = sql<{ n: unknown }>`select count(*) as n from films`
  const counted = async (query = count) => Number((await query.execute(db)).rows[0]?.n)
  const genres = () => db.selectFrom('genres').selectAll().execute()

  it('asks the database without a hint', async () => {
    expect([await counted(), await counted(), await counted(cached()(count))]).toEqual([2, 2, 2])
    expect(answersOf(cache)).toEqual({ 'opaque-sql': 3 })
  })

  it('is cached under the tables that its hint names', async () => {
    const hinted = cached({ tables: ['films'] })(count)
    expect([await counted(hinted), await counted(hinted)]).toEqual([2, 2])
    await db.insertInto('genres').values({ name: 'Comedy' }).execute()
    expect(await counted(hinted)).toBe(2)
    await db.deleteFrom('films').where('id', '=', 1).execute()
    expect(await counted(hinted)).toBe(1)
    expect(answersOf(cache)).toEqual({ absent: 1, memory: 2, 'marks-moved': 1 })
  })

  it('is cached under the tables of the rest of the query as well', async () => {
    const hinted = db
      .selectFrom('genres')
      .select('name')
      .where(sql<boolean>`exists (select 1 from films)`)
      .$call(cached({ tables: ['films'] }))
    expect(await hinted.execute()).toEqual([{ name: 'Drama' }])
    expect(await hinted.execute()).toEqual([{ name: 'Drama' }])
    await db.updateTable('genres').set({ name: 'Comedy' }).execute()
    expect(await hinted.execute()).toEqual([{ name: 'Comedy' }])
    await db.deleteFrom('films').execute()
    expect(await hinted.execute()).toEqual([])
    expect(answersOf(cache)).toEqual({ absent: 1, memory: 1, 'marks-moved': 2 })
  })

  it('makes everything old without a hint, and says why', async () => {
    await genres()
    await sql`update films set title = 'x'`.execute(db)
    await genres()
    expect(answersOf(cache)).toEqual({ absent: 2 })
    const write = cache.metrics().queries.find(({ kind }) => kind === 'write')
    expect(write?.opaqueBecause).toMatch(/^its text names tables/)
  })

  it('makes old the tables and tags that its hint names, and nothing else', async () => {
    const read = cached({ tables: ['films'], tags: ['front page'] })(count)
    const byTag = cached({ tags: ['front page'] })(db.selectFrom('directors').select('id'))
    const ask = async () => {
      await counted(read)
      await byTag.execute()
      await genres()
    }
    await ask()
    await cached({ tables: ['films'] })(sql`update films set title = 'x'`).execute(db)
    await ask()
    expect(answersOf(cache)).toEqual({ absent: 3, 'marks-moved': 1, memory: 2 })
    await cached({ tables: ['films'], tags: ['front page'] })(
      sql`update films set title = 'y'`,
    ).execute(db)
    await ask()
    expect(answersOf(cache)).toEqual({ absent: 3, 'marks-moved': 3, memory: 3 })
  })
})
