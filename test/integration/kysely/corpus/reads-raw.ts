import { CompiledQuery, expressionBuilder, sql } from 'kysely'
import type { Tables } from '../../../../prisma/tables.ts'
import {
  ALL,
  type Db,
  MYSQL,
  neverCached,
  rawText,
  POSTGRES,
  SQLITE,
  statements,
} from './statement.ts'

/** Raw SQL, whole or in parts, and the other ways to a result than a builder. */
export const rawReads = [
  ...statements(ALL, {
    'raw, its table by sql.table': (db) =>
      sql`select title from ${sql.table('films')} where id = ${1}`.execute(db),
    'raw, its table by sql.id': (db) =>
      sql`select ${sql.id('title')} from ${sql.id('films')} order by ${sql.id('id')}`.execute(db),
    'raw, its columns by sql.ref': (db) =>
      sql`select ${sql.ref('films.title')} from ${sql.table('films')} order by id`.execute(db),
    'raw, a list by sql.join': (db) =>
      sql`select title from ${sql.table('films')} where id in (${sql.join([1, 2])}) order by id`.execute(
        db,
      ),
    'raw, conditions by sql.join': (db) => {
      const conditions = [sql`id > ${1}`, sql`running_minutes < ${160}`]
      return sql`select id from ${sql.table('films')} where ${sql.join(conditions, sql` and `)} order by id`.execute(
        db,
      )
    },
    'raw, values by sql.val and sql.lit': (db) =>
      sql`select title from ${sql.table('films')} where id = ${sql.val(2)} and title = ${sql.lit('Heat')}`.execute(
        db,
      ),
    'raw, around a builder': (db) =>
      sql`select count(*) as n from (${db.selectFrom('films').select('id').where('running_minutes', '>', 136)}) as x`.execute(
        db,
      ),
    'raw in raw': (db) => {
      const long = sql`running_minutes > ${120}`
      return sql`select id from ${sql.table('films')} where ${long} order by id`.execute(db)
    },
    'raw, with a comment': (db) =>
      sql`select /* from nowhere */ title from ${sql.table('genres')} as g, ${sql.table('films')} as f where f.genre_id = g.id order by f.id -- from nothing
      `.execute(db),
    'raw, its table in text': rawText((db) =>
      sql`select title from films where id = ${1}`.execute(db),
    ),
    'raw, by sql.raw': rawText((db) => sql.raw('select name from genres order by id').execute(db)),
    'raw, compiled by hand': rawText((db) =>
      db.executeQuery(CompiledQuery.raw('select name from genres order by id', [])),
    ),
    'raw, a table in a column': rawText((db) =>
      db
        .selectFrom('films')
        .select(sql<number>`(select count(*) from reviews where film_id = films.id)`.as('n'))
        .orderBy('id'),
    ),
    'a raw column': (db) =>
      db
        .selectFrom('films')
        .select(sql<string>`concat(title, ' (', mpaa_rating, ')')`.as('label'))
        .orderBy('id'),
    'a raw column with a parameter': (db) =>
      db
        .selectFrom('films')
        .select(sql<number>`running_minutes + ${10}`.as('padded'))
        .orderBy('id'),
    'a raw column around a builder': (db) =>
      db
        .selectFrom('genres as g')
        .select((eb) =>
          sql<number>`coalesce((${eb
            .selectFrom('films')
            .select('running_minutes')
            .whereRef('genre_id', '=', 'g.id')
            .orderBy('running_minutes', 'desc')
            .limit(1)}), 0)`.as('longest'),
        )
        .orderBy('g.id'),
    'a raw source with a table of its own': (db) =>
      db
        .selectFrom(sql<{ id: number }>`(select id from ${sql.table('films')})`.as('f'))
        .select('f.id')
        .orderBy('f.id'),
    'an expression that was built apart': (db) => {
      const eb = expressionBuilder<Tables, 'films'>()
      return db
        .selectFrom('films')
        .select('title')
        .where(eb('id', '=', 2))
    },
    'a helper that makes a subquery': (db) => {
      const reviewsOf = (from: Db, id: number) =>
        from.selectFrom('reviews').select('stars').where('film_id', '=', id)
      return db
        .selectFrom('films')
        .select('title')
        .where((eb) => eb(eb.val(5), 'in', reviewsOf(db, 1)))
        .orderBy('id')
    },
    'a builder that is executed by the instance': (db) =>
      db.executeQuery(db.selectFrom('films').selectAll().orderBy('id')),
    'a builder that is compiled, and then executed': (db) =>
      db.executeQuery(db.selectFrom('films').selectAll().orderBy('id').compile()),
    'a builder of the other instance': (db) => {
      const {
        sql: text,
        parameters,
        query,
        queryId,
      } = db.selectFrom('films').select('id').orderBy('id').compile()
      return db.executeQuery({ sql: text, parameters, query, queryId })
    },
    'no table': neverCached('not-data', (db) =>
      db.selectNoFrom((eb) => [eb.lit(1).as('one'), eb.val('x').as('x')]),
    ),
    'no table, and a subquery': (db) =>
      db.selectNoFrom((eb) => [
        eb.exists(eb.selectFrom('films').select('id').where('id', '=', 1)).as('has_one'),
        eb
          .selectFrom('films')
          .select((of) => of.fn.countAll().as('n'))
          .as('n'),
      ]),
    'case of the instance': neverCached('not-data', (db) =>
      db.selectNoFrom(
        db
          .case()
          .when(sql`1`, '=', 1)
          .then('a')
          .else('b')
          .end()
          .as('x'),
      ),
    ),
    'the instance’s own functions': (db) => {
      const { count, max } = db.fn
      return db.selectFrom('films').select([count('id').as('n'), max('title').as('last')])
    },
    explain: neverCached('not-data', (db) => db.selectFrom('genres').select('id').explain()),
  }),
  ...statements([...MYSQL, ...SQLITE], {
    'a stream': neverCached('stream', (db) =>
      collect(db.selectFrom('genres').selectAll().orderBy('id').stream()),
    ),
    'raw, in backticks': rawText((db) =>
      sql`select \`name\` from \`genres\` order by id`.execute(db),
    ),
  }),
  ...statements(POSTGRES, {
    'raw in many lines, with a cast': (db) =>
      sql`
        select f.id::text as key, coalesce(r.stars, 0) as stars
        from ${sql.table('films')} f
        left join ${sql.table('reviews')} r on r.film_id = f.id
        order by f.id, r.id`.execute(db),
    'raw, of a schema': (db) =>
      sql`select name from ${sql.table('public.genres')} order by id`.execute(db),
    'raw, with a series': (db) =>
      db
        .selectFrom([sql<{ n: number }>`generate_series(1, 3)`.as<'s'>(sql`s(n)`), 'genres'])
        .select(['s.n', 'genres.name'])
        .whereRef('genres.id', '=', 's.n')
        .orderBy('s.n'),
    'explain as JSON': neverCached('not-data', (db) =>
      db
        .selectFrom('genres')
        .select('id')
        .explain('json', sql`costs false`),
    ),
    'raw show': neverCached('not-data', (db) => sql`show server_version_num`.execute(db)),
  }),
  ...statements(MYSQL, {
    'raw show tables': neverCached('not-data', (db) => sql`show columns from genres`.execute(db)),
    'raw, a variable of the session': neverCached('volatile-function', (db) =>
      db.selectFrom('genres').select(sql`@@session.sql_mode`.as('mode')),
    ),
  }),
  ...statements(SQLITE, {
    'raw, in brackets': rawText((db) => sql`select [name] from [genres] order by id`.execute(db)),
  }),
]

async function collect<T>(rows: AsyncIterable<T>): Promise<T[]> {
  const collected: T[] = []
  for await (const row of rows) collected.push(row)
  return collected
}
