import { CamelCasePlugin, type Kysely, sql } from 'kysely'
import { ANN } from './fixture.ts'
import { ALL, MYSQL, POSTGRES, RETURNING, SQLITE, statements } from './statement.ts'

/** What `updateTable` and `deleteFrom` can say, and writes that go a way of their own. */
export const changeWrites = [
  ...statements(ALL, {
    'update one row': (db) => db.updateTable('films').set({ title: 'x' }).where('id', '=', 1),
    'update every row': (db) => db.updateTable('airports').set({ country: 'x' }),
    'update no row': (db) =>
      db.updateTable('films').set({ title: 'x' }).where('id', '=', 404).executeTakeFirst(),
    'update by column and value': (db) =>
      db
        .updateTable('films')
        .set('title', 'x')
        .set('source', 'y')
        .where('id', '=', 1)
        .executeTakeFirst(),
    'update with expressions': (db) =>
      db
        .updateTable('films')
        .set((eb) => ({
          running_minutes: eb('running_minutes', '+', 1),
          title: eb.fn<string>('upper', ['title']),
        }))
        .where('id', 'in', [1, 2]),
    'update with a subquery': (db) =>
      db
        .updateTable('films')
        .set((eb) => ({
          imdb_votes: eb
            .selectFrom('reviews')
            .select((of) => of.fn.max('stars').as('n'))
            .whereRef('film_id', '=', 'films.id'),
        }))
        .where('id', '<', 3),
    'update where a subquery says': (db) =>
      db
        .updateTable('reviews')
        .set({ body: 'by Ann' })
        .where('viewer_id', 'in', (eb) =>
          eb.selectFrom('viewers').select('viewers.id').where('name', '=', 'Ann'),
        ),
    'update under an alias': (db) =>
      db.updateTable('films as f').set({ title: 'x' }).where('f.id', '=', 1),
    'update to null': (db) => db.updateTable('films').set({ genre_id: null }).where('id', '=', 1),
    'update with $if and $call': (db) =>
      db
        .updateTable('films')
        .set({ title: 'x' })
        .$if(true, (qb) => qb.set({ source: 'y' }))
        .$call((qb) => qb.where('id', '=', 2)),
    'update what was cleared': (db) =>
      db
        .updateTable('genres')
        .set({ name: sql<string>`concat(name, '!')` })
        .where('id', '=', 404)
        .clearWhere(),
    'update in raw SQL': (db) => sql`update films set title = ${'x'} where id = ${1}`.execute(db),
    'update in raw SQL, its table by sql.id': (db) =>
      sql`update ${sql.id('films')} set title = ${'x'} where id = ${1}`.execute(db),
    'delete one row': (db) => db.deleteFrom('reviews').where('id', '=', 5),
    'delete every row': (db) => db.deleteFrom('_Favourites').executeTakeFirst(),
    'delete no row': (db) => db.deleteFrom('reviews').where('id', '=', 404).executeTakeFirst(),
    'delete what a subquery says': (db) =>
      db
        .deleteFrom('_Favourites')
        .where('B', 'in', (eb) =>
          eb.selectFrom('viewers').select('viewers.id').where('name', '=', 'Ann'),
        ),
    'delete what has nothing elsewhere': (db) =>
      db
        .deleteFrom('director_profiles')
        .where(({ not, exists, selectFrom }) =>
          not(
            exists(
              selectFrom('films')
                .innerJoin('reviews', 'reviews.film_id', 'films.id')
                .select('films.id')
                .whereRef('films.director_id', '=', 'director_profiles.director_id'),
            ),
          ),
        ),
    'delete by raw SQL': (db) =>
      sql`delete from ${sql.table('reviews')} where id = ${5}`.execute(db),
    'delete returning': (db) =>
      db.deleteFrom('reviews').where('id', '=', 5).returning(['id', 'stars']),
    'delete returning all': (db) =>
      db.deleteFrom('reviews').where('film_id', '=', 3).returningAll(),
    'a controlled transaction': async (db) => {
      const trx = await db.startTransaction().execute()
      await trx.insertInto('genres').values({ id: 7, name: 'Western' }).execute()
      await trx.commit().execute()
    },
    'a transaction': (db) =>
      db.transaction().execute(async (trx) => {
        await trx.insertInto('genres').values({ id: 7, name: 'Western' }).execute()
        await trx.updateTable('films').set({ genre_id: 7 }).where('id', '=', 1).execute()
        return trx.selectFrom('films').select('genre_id').where('id', '=', 1).execute()
      }),
    'through CamelCasePlugin': (db) =>
      (
        db.withPlugin(new CamelCasePlugin()) as unknown as Kysely<{
          reviewVotes: { reviewId: number; helpful: unknown }
        }>
      )
        .deleteFrom('reviewVotes')
        .where('reviewId', '=', 3),
  }),
  ...statements([], {
    'delete what others need': (db) => db.deleteFrom('viewers').where('name', '=', 'Ann'),
    'update a join': (db) =>
      db
        .updateTable('films')
        .innerJoin('genres', 'genres.id', 'films.genre_id')
        .set({ 'films.source': 'x', 'genres.name': sql`concat(genres.name, '!')` } as never)
        .where('genres.id', '=', 2),
  }),
  ...statements([...MYSQL, ...SQLITE], {
    'update with a limit and an order': (db) =>
      db.updateTable('films').set({ source: 'x' }).orderBy('id', 'desc').limit(2),
    'delete with a limit and an order': (db) =>
      db.deleteFrom('reviews').orderBy('id', 'desc').limit(1),
  }),
  ...statements([...POSTGRES, ...MYSQL], {
    'truncate in raw SQL': (db) => sql`truncate ${sql.table('_Follows')}`.execute(db),
  }),
  ...statements(RETURNING, {
    'delete with an expression before it': (db) =>
      db
        .with('liked', (eb) => eb.selectFrom('_Favourites').select('A').where('B', '=', ANN))
        .deleteFrom('reviews')
        .where('id', '=', 5)
        .where('film_id', 'not in', (eb) => eb.selectFrom('liked').select('liked.A')),
    'update returning': (db) =>
      db.updateTable('films').set({ title: 'x' }).where('id', '=', 1).returning(['id', 'title']),
    'update returning all': (db) =>
      db
        .updateTable('genres')
        .set({ name: 'x' })
        .where('id', '=', 1)
        .returningAll()
        .executeTakeFirstOrThrow(),
    'update from': (db) =>
      db
        .updateTable('films')
        .from('genres')
        .set((eb) => ({ source: eb.ref('genres.name') }))
        .whereRef('genres.id', '=', 'films.genre_id'),
    'update from a subquery': (db) =>
      db
        .updateTable('films')
        .from((eb) =>
          eb
            .selectFrom('reviews')
            .select((of) => ['film_id', of.fn.max('stars').as('best')])
            .groupBy('film_id')
            .as('r'),
        )
        .set((eb) => ({ imdb_votes: eb.ref('r.best') }))
        .whereRef('r.film_id', '=', 'films.id'),
    'update from a join': (db) =>
      db
        .updateTable('reviews')
        .from('films')
        .innerJoin('genres', 'genres.id', 'films.genre_id')
        .set((eb) => ({ body: eb.ref('genres.name') }))
        .whereRef('films.id', '=', 'reviews.film_id'),
    'update with an expression before it': (db) =>
      db
        .with('good', (eb) => eb.selectFrom('reviews').select('film_id').where('stars', '>', 4))
        .updateTable('films')
        .set({ source: 'good' })
        .where('id', 'in', (eb) => eb.selectFrom('good').select('good.film_id')),
  }),
  ...statements(POSTGRES, {
    'delete using': (db) =>
      db
        .deleteFrom('_Favourites as x')
        .using('viewers as v')
        .whereRef('v.id', '=', 'x.B')
        .where('v.name', '=', 'Ann'),
    'delete using two and a join': (db) =>
      db
        .deleteFrom('review_votes')
        .using(['reviews'])
        .innerJoin('films', 'films.id', 'reviews.film_id')
        .whereRef('reviews.id', '=', 'review_votes.review_id')
        .where('films.title', '=', 'Alien')
        .returning('review_votes.review_id'),
    'delete from one table of a schema': (db) =>
      db.withSchema('public').deleteFrom('reviews').where('id', '=', 5),
    'a delete within raw SQL': (db) =>
      sql`with gone as (delete from "_Follows" returning 1) select count(*) as n from gone`.execute(
        db,
      ),
    'an update that is only explained': (db) =>
      db
        .updateTable('films')
        .set({ title: 'x' })
        .where('id', '=', 1)
        .explain('text', sql`costs off`),
    'an update that is explained by doing it': (db) =>
      db
        .updateTable('films')
        .set({ title: 'x' })
        .where('id', '=', 1)
        .explain('text', sql`analyze, costs off, timing off, summary off, buffers off`),
  }),
  ...statements(MYSQL, {
    'update two tables': (db) =>
      db
        .updateTable(['films', 'genres'])
        .set({ source: 'x', name: 'Chill' } as never)
        .whereRef('genres.id', '=', 'films.genre_id')
        .where('genres.id', '=', 2),
    'delete a join': (db) =>
      db
        .deleteFrom('_Favourites')
        .using(['_Favourites', 'viewers'])
        .whereRef('viewers.id', '=', '_Favourites.B')
        .where('viewers.name', '=', 'Ann'),
  }),
  ...statements(SQLITE, {
    'update or ignore in raw SQL': (db) =>
      sql`update or ignore ${sql.table('genres')} set name = 'Epic' where id in (1, 3)`.execute(db),
    'update or replace in raw SQL': (db) =>
      sql`update or replace ${sql.table('routes')} set origin_iata = 'BOS', destination_iata = 'SEA' where origin_iata = 'ABQ'`.execute(
        db,
      ),
  }),
]
