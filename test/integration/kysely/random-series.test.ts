import { createTidemark } from '@tidemark/core'
import { cached, withCache } from '@tidemark/kysely'
import fc from 'fast-check'
import { CamelCasePlugin, type Kysely, sql } from 'kysely'
import { jsonArrayFrom } from 'kysely/helpers/postgres'
import { expect, it } from 'vitest'
import type { Tables } from '../../../prisma/tables.ts'
import { describeEachDatabase } from '../../support/databases.ts'
import { answersOf } from './films.ts'

type Db = Kysely<Tables>

/** One step of a series, on ids and names from a small range so that steps meet. */
interface Step {
  readonly kind: string
  readonly a: number
  readonly b: number
}

const reads: Record<string, (db: Db, step: Step) => Promise<unknown>> = {
  film: (db, { a }) => db.selectFrom('films').selectAll().where('id', '=', a).execute(),
  untitled: (db, { a }) =>
    db.selectFrom('films').select('id').where('title', '=', `film ${a}`).execute(),
  genres: (db) => db.selectFrom('genres').selectAll().orderBy('id').execute(),
  joined: (db, { a }) =>
    db
      .selectFrom('films as f')
      .leftJoin('genres as g', 'g.id', 'f.genre_id')
      .select(['f.id', 'f.title', 'g.name'])
      .where('f.id', '>=', a)
      .orderBy('f.id')
      .execute(),
  counted: (db) =>
    db
      .with('used', (eb) => eb.selectFrom('films').select('genre_id').distinct())
      .selectFrom('genres')
      .innerJoin('used', 'used.genre_id', 'genres.id')
      .select((eb) => eb.fn.countAll<string>().as('n'))
      .execute(),
  nested: (db) =>
    db
      .selectFrom('genres')
      .select((eb) => [
        'name',
        jsonArrayFrom(
          eb
            .selectFrom('films')
            .select('title')
            .whereRef('genre_id', '=', 'genres.id')
            .orderBy('id'),
        ).as('films'),
      ])
      .orderBy('id')
      .execute(),
  raw: async (db, { a }) =>
    (
      await cached()(sql`select title from ${sql.table('public.films')} where id = ${a}`).execute(
        db,
      )
    ).rows,
  camel: (db) =>
    (
      db.withPlugin(new CamelCasePlugin()) as unknown as Kysely<{
        films: { id: number; genreId: number }
      }>
    )
      .selectFrom('films')
      .select(['id', 'genreId'])
      .orderBy('id')
      .execute(),
}

const writes: Record<string, (db: Db, step: Step) => Promise<unknown>> = {
  insertFilm: (db, { a, b }) =>
    db
      .insertInto('films')
      .values({ id: a, title: `film ${b}` })
      .onConflict((c) => c.column('id').doUpdateSet({ title: `film ${b}`, genre_id: null }))
      .execute(),
  insertGenre: (db, { a, b }) =>
    db
      .insertInto('genres')
      .values({ id: a, name: `genre ${a} ${b}` })
      .onConflict((c) => c.column('id').doUpdateSet({ name: `genre ${a} ${b}` }))
      .execute(),
  retitle: (db, { a, b }) =>
    db
      .updateTable('films')
      .set({ title: `film ${b}` })
      .where('id', '=', a)
      .execute(),
  assign: (db, { a }) =>
    db
      .updateTable('films')
      .from('genres')
      .set((eb) => ({ genre_id: eb.ref('genres.id') }))
      .where('genres.id', '=', a)
      .execute(),
  deleteFilm: (db, { a }) => db.deleteFrom('films').where('id', '=', a).execute(),
  rawDelete: (db, { a }) => sql`delete from films where id = ${a}`.execute(db),
  moveBetween: (db, { a, b }) =>
    db
      .with('gone', (eb) => eb.deleteFrom('films').where('id', '=', a).returning('title'))
      .insertInto('genres')
      .columns(['id', 'name'])
      .expression((eb) => eb.selectFrom('gone').select([eb.lit(b).as('id'), 'title as name']))
      .onConflict((c) => c.doNothing())
      .execute(),
  transaction: (db, step) =>
    db.transaction().execute(async (trx) => {
      await writes.retitle!(trx, step)
      await reads.film!(trx, step)
      await writes.insertGenre!(trx, step)
    }),
  rolledBack: (db, step) =>
    db
      .transaction()
      .execute(async (trx) => {
        await writes.retitle!(trx, step)
        await reads.joined!(trx, step)
        throw new Error('rolled back')
      })
      .catch(() => undefined),
  controlled: async (db, step) => {
    const trx = await db.startTransaction().execute()
    await writes.insertFilm!(trx, step)
    const inner = await trx.savepoint('here').execute()
    await writes.deleteFilm!(inner, step)
    const back = await inner.rollbackToSavepoint('here').execute()
    await (step.b % 2 === 0 ? back.commit() : back.rollback()).execute()
  },
  pinned: (db, step) =>
    db.connection().execute(async (connection) => {
      await sql`begin`.execute(connection)
      await writes.retitle!(connection, step)
      await reads.film!(connection, step)
      await sql.raw(step.b % 2 === 0 ? 'commit' : 'rollback').execute(connection)
    }),
}

const step = fc.record({
  kind: fc.constantFrom(...Object.keys(reads), ...Object.keys(reads), ...Object.keys(writes)),
  a: fc.integer({ min: 1, max: 3 }),
  b: fc.integer({ min: 1, max: 3 }),
})

describeEachDatabase(
  'any series of Kysely queries',
  (database) => {
    it('is answered through the cache as it is without', async () => {
      let hits = 0
      const property = fc.asyncProperty(
        fc.array(step, { minLength: 20, maxLength: 60 }),
        async (steps) => {
          await database.sql('truncate films, genres restart identity cascade')
          const cache = createTidemark()
          const db = withCache(database.kysely, cache, { cacheByDefault: true })
          for (const each of steps) {
            const read = reads[each.kind]
            if (read) expect(await read(db, each)).toEqual(await read(database.kysely, each))
            else await writes[each.kind]!(db, each)
          }
          hits += answersOf(cache).memory ?? 0
          await cache.close()
        },
      )
      await fc.assert(property, { numRuns: 60, seed: 20_26 })
      expect(hits).toBeGreaterThan(100)
    }, 60_000)
  },
  { except: { mariadb: 'its SQL is that of Postgres', sqlite: 'its SQL is that of Postgres' } },
)
