import { sql } from 'kysely'
import { ANN, BEN, CAT } from './fixture.ts'
import { ALL, MYSQL, POSTGRES, RETURNING, SQLITE, statements } from './statement.ts'

/** What `insertInto`, `replaceInto` and `mergeInto` can say. */
export const insertWrites = [
  ...statements(ALL, {
    'insert one row': (db) => db.insertInto('genres').values({ id: 7, name: 'Western' }),
    'insert several rows': (db) =>
      db.insertInto('genres').values([
        { id: 7, name: 'Western' },
        { id: 8, name: 'Musical' },
      ]),
    'insert and take the first result': (db) =>
      db.insertInto('genres').values({ id: 7, name: 'Western' }).executeTakeFirst(),
    'insert returning a column': (db) =>
      db.insertInto('genres').values({ id: 7, name: 'Western' }).returning('id'),
    'insert returning all': (db) =>
      db.insertInto('genres').values({ id: 7, name: 'Western' }).returningAll().executeTakeFirst(),
    'insert returning an expression': (db) =>
      db
        .insertInto('genres')
        .values({ id: 7, name: 'Western' })
        .returning((eb) => [eb('id', '*', 2).as('double'), 'name as label']),
    'insert expressions': (db) =>
      db.insertInto('films').values((eb) => ({
        id: 7,
        title: eb.fn<string>('upper', [eb.val('solaris')]),
        running_minutes: eb(sql<number>`160`, '+', 7),
        genre_id: eb.selectFrom('genres').select('id').where('name', '=', 'Drama'),
      })),
    'insert raw values': (db) =>
      db
        .insertInto('films')
        .values({ id: 7, title: sql<string>`concat(${sql.lit('So')}, 'laris')` }),
    'insert what is selected': (db) =>
      db
        .insertInto('genres')
        .columns(['id', 'name'])
        .expression((eb) =>
          eb
            .selectFrom('directors')
            .select((of) => [of('directors.id', '+', 10).as('id'), 'name'])
            .where('name', '!=', 'Mann'),
        ),
    'insert what is selected, and raw': (db) =>
      db
        .insertInto('distributors')
        .columns(['id', 'name'])
        .expression(
          db
            .selectFrom('genres')
            .select([sql<number>`id + 100`.as('id'), 'name'])
            .where('id', '<', 3),
        ),
    'insert nothing that is selected': (db) =>
      db
        .insertInto('genres')
        .columns(['name'])
        .expression((eb) => eb.selectFrom('directors').select('name').where('id', '=', 404))
        .executeTakeFirst(),
    'insert into a table of pairs': (db) => db.insertInto('_Follows').values({ A: CAT, B: ANN }),
    'insert bound null': (db) =>
      db.insertInto('films').values({ id: 7, title: 'x', genre_id: null }),
    'insert with $if': (db) =>
      db
        .insertInto('genres')
        .values({ id: 7, name: 'Western' })
        .$if(true, (qb) => qb.modifyEnd(sql`/* noted */`)),
    'insert in raw SQL': (db) =>
      sql`insert into genres (id, name) values (${7}, ${'Western'})`.execute(db),
    'insert in raw SQL, its table by sql.table': (db) =>
      sql`insert into ${sql.table('genres')} (id, name) values (${7}, ${'Western'})`.execute(db),
    'insert by its compiled query': (db) =>
      db.executeQuery(db.insertInto('genres').values({ id: 7, name: 'Western' }).compile()),
  }),
  ...statements(RETURNING, {
    'on conflict do nothing': (db) =>
      db
        .insertInto('genres')
        .values([
          { id: 7, name: 'Drama' },
          { id: 8, name: 'Western' },
        ])
        .onConflict((oc) => oc.column('name').doNothing()),
    'on conflict do nothing, of anything': (db) =>
      db
        .insertInto('genres')
        .values([
          { id: 1, name: 'x' },
          { id: 8, name: 'Western' },
        ])
        .onConflict((oc) => oc.doNothing()),
    'on conflict do update': (db) =>
      db
        .insertInto('genres')
        .values({ id: 1, name: 'Tragedy' })
        .onConflict((oc) => oc.column('id').doUpdateSet({ name: 'Tragedy' })),
    'on conflict do update with what was excluded': (db) =>
      db
        .insertInto('routes')
        .values({ origin_iata: 'ABQ', destination_iata: 'BOS', flight_count: 5 })
        .onConflict((oc) =>
          oc
            .columns(['origin_iata', 'destination_iata'])
            .doUpdateSet((eb) => ({
              flight_count: eb('routes.flight_count', '+', eb.ref('excluded.flight_count')),
            }))
            .where('routes.flight_count', '<', 100),
        )
        .returning('flight_count'),
    'on conflict where': (db) =>
      db
        .insertInto('review_votes')
        .values({ review_id: 1, viewer_id: BEN, helpful: sql<boolean>`true` })
        .onConflict((oc) =>
          oc
            .columns(['review_id', 'viewer_id'])
            .doUpdateSet({ helpful: sql<boolean>`false` })
            .where('review_votes.review_id', '=', 1),
        ),
    'on conflict of an expression, from a select': (db) =>
      db
        .insertInto('genres')
        .columns(['id', 'name'])
        .expression((eb) => eb.selectFrom('directors').select(['id', 'name']).where('id', '>', 0))
        .onConflict((oc) =>
          oc.column('id').doUpdateSet((eb) => ({ name: eb.ref('excluded.name') })),
        ),
  }),
  ...statements([], {
    'insert what is there already': (db) =>
      db.insertInto('genres').values({ id: 1, name: 'Drama' }),
  }),
  ...statements(POSTGRES, {
    'on conflict on a constraint': (db) =>
      db
        .insertInto('genres')
        .values({ id: 1, name: 'Tragedy' })
        .onConflict((oc) => oc.constraint('genres_pkey').doUpdateSet({ name: 'Tragedy' })),
    'merge, matched and not': (db) =>
      db
        .mergeInto('genres as g')
        .using('directors as d', 'd.id', 'g.id')
        .whenMatched()
        .thenUpdateSet((eb) => ({ name: eb.ref('d.name') }))
        .whenNotMatched()
        .thenInsertValues({ id: 9, name: 'New' }),
    'merge, with conditions': (db) =>
      db
        .mergeInto('genres as g')
        .using('directors as d', 'd.id', 'g.id')
        .whenMatchedAnd('d.name', '=', 'Scott')
        .thenUpdateSet({ name: 'By Scott' })
        .whenMatchedAnd('g.id', '=', 404)
        .thenDelete()
        .whenMatched()
        .thenDoNothing(),
    'merge from a subquery': (db) =>
      db
        .mergeInto('routes as r')
        .using(
          db.selectFrom('airports').select(['iata', 'latitude']).where('state', '=', 'NM').as('a'),
          'a.iata',
          'r.origin_iata',
        )
        .whenMatched()
        .thenUpdate((ub) => ub.set('flight_count', (eb) => eb.lit(1)))
        .whenNotMatched()
        .thenDoNothing(),
    'merge, what the source lacks': (db) =>
      db
        .mergeInto('_Favourites as x')
        .using('viewers as v', 'v.id', 'x.B')
        .whenMatchedAnd('v.name', '=', 'Ann')
        .thenDelete(),
    'insert from what a delete returns': (db) =>
      db
        .with('gone', (eb) => eb.deleteFrom('_Favourites').where('A', '=', 2).returning(['A', 'B']))
        .insertInto('_Favourites')
        .columns(['A', 'B'])
        .expression((eb) => eb.selectFrom('gone').select([eb.lit(5).as('A'), 'gone.B']))
        .returningAll(),
    'select from what an insert returns': (db) =>
      db
        .with('made', (eb) =>
          eb.insertInto('genres').values({ id: 7, name: 'Western' }).returning('id'),
        )
        .selectFrom('made')
        .select('made.id'),
    'select beside what an update and a delete do': (db) =>
      db
        .with('renamed', (eb) =>
          eb
            .updateTable('directors')
            .set({ name: 'R. Scott' })
            .where('id', '=', 1)
            .returning('name'),
        )
        .with('unliked', (eb) => eb.deleteFrom('_Favourites').where('A', '=', 2).returning('B'))
        .selectFrom(['renamed', 'unliked'])
        .selectAll(),
    'an insert that nobody selects from': (db) =>
      db
        .with('logged', (eb) => eb.insertInto('genres').values({ id: 7, name: 'Western' }))
        .selectFrom('films')
        .select('id')
        .orderBy('id'),
  }),
  ...statements(MYSQL, {
    'on duplicate key update': (db) =>
      db
        .insertInto('genres')
        .values({ id: 1, name: 'x' })
        .onDuplicateKeyUpdate({ name: 'Tragedy' }),
    'on duplicate key update with an expression': (db) =>
      db
        .insertInto('routes')
        .values({ origin_iata: 'ABQ', destination_iata: 'BOS', flight_count: 5 })
        .onDuplicateKeyUpdate({ flight_count: sql`flight_count + values(flight_count)` }),
  }),
  ...statements(SQLITE, {
    'insert or replace': (db) =>
      db
        .insertInto('routes')
        .orReplace()
        .values({ origin_iata: 'ABQ', destination_iata: 'BOS', flight_count: 5 }),
  }),
  ...statements([...MYSQL, ...SQLITE], {
    'insert a row that gets its id': async (db) => {
      const insert = db.insertInto('genres').values({ name: 'Western' })
      // On Postgres ids count from one, where a genre is already; its error names an id that no two tries share.
      const { insertId } = await insert.executeTakeFirstOrThrow().catch(({ code }) => {
        throw new Error(String(code))
      })
      // Which one it is depends on what was there before.
      await db.updateTable('genres').set({ id: 77 }).where('name', '=', 'Western').execute()
      return typeof insertId
    },
    'insert or ignore': (db) =>
      db
        .insertInto('genres')
        .orIgnore()
        .values([
          { id: 1, name: 'x' },
          { id: 8, name: 'Western' },
        ]),
    'insert ignore': (db) =>
      db
        .insertInto('genres')
        .ignore()
        .values([
          { id: 1, name: 'x' },
          { id: 8, name: 'Western' },
        ]),
    replace: (db) =>
      db
        .replaceInto('routes')
        .values({ origin_iata: 'ABQ', destination_iata: 'BOS', flight_count: 5 }),
  }),
]
