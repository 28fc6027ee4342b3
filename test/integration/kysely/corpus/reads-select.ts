import { sql } from 'kysely'
import { ALL, json, MYSQL, neverCached, POSTGRES, SQLITE, statements } from './statement.ts'

/** What `selectFrom` and the select clause can say. */
export const selectReads = [
  ...statements(ALL, {
    'one column': (db) => db.selectFrom('films').select('title').where('id', '=', 1),
    'a column with its table': (db) => db.selectFrom('films').select('films.title'),
    'several columns': (db) => db.selectFrom('films').select(['id', 'title', 'mpaa_rating']),
    'aliases of columns': (db) => db.selectFrom('films').select(['id as key', 'title as name']),
    'all columns': (db) => db.selectFrom('films').selectAll(),
    'all columns of one table of two': (db) =>
      db.selectFrom(['films', 'genres']).selectAll('genres').whereRef('genre_id', '=', 'genres.id'),
    'all columns of two tables': (db) =>
      db
        .selectFrom(['directors', 'director_profiles'])
        .selectAll(['directors', 'director_profiles'])
        .whereRef('directors.id', '=', 'director_id'),
    'an alias of a table': (db) => db.selectFrom('films as f').select(['f.id', 'f.title']),
    'a subquery as a column': (db) =>
      db.selectFrom('films as f').select((eb) => [
        'f.id',
        eb
          .selectFrom('reviews')
          .whereRef('film_id', '=', 'f.id')
          .select((of) => of.fn.countAll().as('n'))
          .as('reviews'),
      ]),
    'an expression with an alias': (db) =>
      db.selectFrom('films').select((eb) => eb('running_minutes', '/', 60).as('hours')),
    'a comparison as a column': (db) =>
      db
        .selectFrom('films')
        .select((eb) => ['id', eb('running_minutes', '>', 100).as('is_long')])
        .orderBy('id'),
    'a subquery as a source': (db) =>
      db
        .selectFrom((eb) => eb.selectFrom('films').select(['id', 'title']).as('f'))
        .select('f.title'),
    'a subquery of a subquery': (db) =>
      db
        .selectFrom((eb) =>
          eb
            .selectFrom((eb) => eb.selectFrom('routes').selectAll().as('a'))
            .select('a.flight_count')
            .as('b'),
        )
        .select('b.flight_count'),
    'a table and a subquery as sources': (db) =>
      db
        .selectFrom([
          'genres as g',
          (eb) => eb.selectFrom('films').select(['genre_id', 'title']).as('f'),
        ])
        .whereRef('f.genre_id', '=', 'g.id')
        .select(['f.title', 'g.name']),
    distinct: (db) =>
      db.selectFrom('films').select('running_minutes').distinct().orderBy('running_minutes'),
    'order by columns': (db) =>
      db.selectFrom('films').select('id').orderBy('mpaa_rating').orderBy('title', 'desc'),
    'order by an alias': (db) =>
      db.selectFrom('films').select('running_minutes as length').orderBy('length').orderBy('id'),
    'order by an expression': (db) =>
      db
        .selectFrom('films')
        .select('id')
        .orderBy((eb) => eb.fn('lower', ['title']), 'desc'),
    'order by raw SQL': (db) =>
      db
        .selectFrom('films')
        .select('id')
        .orderBy(sql`length(title)`)
        .orderBy('id'),
    'limit and offset': (db) =>
      db.selectFrom('films').select('title').orderBy('id').limit(2).offset(1),
    'group by and having': (db) =>
      db
        .selectFrom('films')
        .select((eb) => ['genre_id', eb.fn.count('id').as('n'), eb.fn.max('title').as('last')])
        .groupBy('genre_id')
        .having((eb) => eb.fn.count('id'), '>', 1)
        .orderBy('genre_id'),
    'group by an expression': (db) =>
      db
        .selectFrom('viewers')
        .select((eb) => eb.fn.countAll().as('n'))
        .groupBy(sql`length(name)`),
    'aggregates of every kind': (db) =>
      db
        .selectFrom('reviews')
        .select(({ fn }) => [
          fn.countAll().as('all'),
          fn.count('body').as('bodies'),
          fn.count('film_id').distinct().as('films'),
          fn.avg('stars').as('avg'),
          fn.min('stars').as('min'),
          fn.max('stars').as('max'),
          fn.sum('stars').as('sum'),
          fn.coalesce('body', sql<string>`'none'`).as('first'),
        ])
        .groupBy('body')
        .orderBy('body'),
    'an aggregate over a window': (db) =>
      db
        .selectFrom('films')
        .select((eb) => [
          'id',
          eb.fn
            .sum('running_minutes')
            .over((over) => over.partitionBy('genre_id').orderBy('id'))
            .as('so_far'),
          eb.fn
            .agg<number>('row_number')
            .over((over) => over.orderBy('title', 'desc'))
            .as('row'),
        ])
        .orderBy('id'),
    'a function that is called': (db) =>
      db
        .selectFrom('films')
        .select((eb) => [eb.fn<string>('upper', ['title']).as('loud'), 'id'])
        .orderBy('id'),
    'case, when and else': (db) =>
      db
        .selectFrom('films')
        .select((eb) => [
          'id',
          eb
            .case()
            .when('running_minutes', '>', 120)
            .then('long')
            .when(eb.and([eb('running_minutes', 'is not', null), eb('id', '<', 5)]))
            .then('short')
            .else('unknown')
            .end()
            .as('length'),
        ])
        .orderBy('id'),
    'case of a value': (db) =>
      db
        .selectFrom('films')
        .select((eb) =>
          eb.case('mpaa_rating').when('R').then(18).when('PG').then(12).end().as('age'),
        )
        .orderBy('id'),
    literals: (db) =>
      db.selectFrom('genres').select((eb) => ['id', eb.lit(1).as('one'), eb.lit(null).as('none')]),
    'an object built by JSON': (db) =>
      db
        .selectFrom('airports as a')
        .select((eb) => [
          'a.iata',
          json(db)
            .jsonBuildObject({ name: eb.ref('a.name'), at: eb.ref('a.latitude') })
            .as('place'),
        ])
        .orderBy('a.iata'),
    'conditional selections': (db) =>
      db
        .selectFrom('viewers')
        .select('name')
        .$if(true, (qb) => qb.select('email'))
        .$if(false, (qb) => qb.select('joined_at')),
    'types that are narrowed': (db) =>
      db
        .selectFrom('reviews')
        .select(['id', 'body'])
        .where('body', 'is not', null)
        .$narrowType<{ body: string }>()
        .$castTo<{ id: number; body: string }>(),
    'what was cleared again': (db) =>
      db
        .selectFrom('films')
        .selectAll()
        .where('id', '=', 1)
        .orderBy('id')
        .limit(1)
        .clearSelect()
        .clearWhere()
        .clearOrderBy()
        .clearLimit()
        .select('title'),
    'dynamic references': (db) => {
      const column = db.dynamic.ref<'title' | 'source'>('title')
      const { table } = db.dynamic
      return db.selectFrom(table('films').as('f')).select(column).where(column, '=', 'Heat')
    },
    'no rows': (db) => db.selectFrom('films').selectAll().where('id', '=', 20),
    'the first row': (db) => db.selectFrom('films').selectAll().orderBy('id').executeTakeFirst(),
    'the first of no rows': (db) =>
      db.selectFrom('films').selectAll().where('title', '=', 'Zodiac').executeTakeFirst(),
    'the first row or an error': (db) =>
      db.selectFrom('films').selectAll().orderBy('id').executeTakeFirstOrThrow(),
    'modified at the end': (db) =>
      db
        .selectFrom('airports')
        .select('name')
        .orderBy('iata')
        .modifyEnd(sql`limit 2`),
  }),
  ...statements(
    ALL.filter((name) => name !== 'mariadb'),
    {
      'nulls in their place': (db) =>
        db
          .selectFrom('films')
          .select('id')
          .orderBy('director_id', (order) => order.desc().nullsLast())
          .orderBy('id'),
      'an aggregate of what a filter lets through': (db) =>
        db
          .selectFrom('reviews')
          .select((eb) => eb.fn.count('id').filterWhere('stars', '>', 3).as('good')),
    },
  ),
  ...statements([...POSTGRES, ...SQLITE], {
    'nested arrays by JSON': (db) =>
      db.selectFrom('directors as d').select((eb) => [
        'd.name',
        json(db)
          .jsonArrayFrom(
            eb
              .selectFrom('films as f')
              .select(['f.id', 'f.title'])
              .whereRef('f.director_id', '=', 'd.id')
              .orderBy('f.id'),
          )
          .as('films'),
      ]),
    'nested objects by JSON': (db) =>
      db
        .selectFrom('films as f')
        .select((eb) => [
          'f.title',
          json(db)
            .jsonObjectFrom(
              eb
                .selectFrom('distributors as x')
                .select(['x.id', 'x.name'])
                .whereRef('x.id', '=', 'f.distributor_id'),
            )
            .as('distributor'),
        ])
        .orderBy('f.id'),
    'a path into JSON': (db) =>
      db
        .selectFrom('films')
        .select((eb) =>
          eb
            .ref('details' as never, '->')
            .key('aspect' as never)
            .as('aspect'),
        )
        .orderBy('id'),
    'a path into JSON, as text': (db) =>
      db
        .selectFrom('films')
        .select(sql<string>`details->'aspect'->>'ratio'`.as('ratio'))
        .orderBy('id'),
  }),
  ...statements([...POSTGRES, ...MYSQL], {
    'fetch first': (db) => db.selectFrom('airports').select('name').orderBy('iata').fetch(2),
    'fetch with ties': (db) =>
      db.selectFrom('reviews').select('stars').orderBy('stars').fetch(1, 'with ties'),
    'for update': neverCached('locking-read', (db) =>
      db.selectFrom('films').select('id').where('id', '=', 1).forUpdate(),
    ),
  }),
  ...statements(ALL, {
    'modified at the front': (db) =>
      db
        .selectFrom('films')
        .modifyFront(sql`all`)
        .select('id')
        .orderBy('id'),
  }),
  ...statements([...MYSQL, ...SQLITE], {
    'nested objects by json_object': (db) =>
      db
        .selectFrom('films as f')
        .leftJoin('genres as g', 'g.id', 'f.genre_id')
        .select(
          sql`json_object('title', f.title, 'genre', json_object('id', g.id, 'name', g.name))`.as(
            'film',
          ),
        )
        .orderBy('f.id'),
    'JSON by a path': (db) =>
      db
        .selectFrom('films')
        .select((eb) => eb.fn('json_extract', ['details', sql.lit('$.aspect.ratio')]).as('ratio'))
        .orderBy('id'),
  }),
  ...statements(POSTGRES, {
    'distinct on': (db) =>
      db
        .selectFrom('films')
        .distinctOn('genre_id')
        .select(['genre_id', 'title'])
        .orderBy('genre_id')
        .orderBy('title'),
    'an ordered set': (db) =>
      db.selectFrom('films').select((eb) =>
        eb.fn
          .agg('percentile_cont', [sql.lit(0.5)])
          .withinGroupOrderBy('running_minutes')
          .as('median'),
      ),
    'rows as JSON': (db) =>
      db
        .selectFrom('genres')
        .select((eb) => eb.fn.toJson('genres').as('row'))
        .orderBy('id'),
    'rows gathered as JSON': (db) =>
      db.selectFrom('genres').select((eb) => eb.fn.jsonAgg('genres').as('rows')),
    'a column gathered in order': (db) =>
      db
        .selectFrom('genres')
        .select((eb) =>
          eb.fn.agg<string[]>('array_agg', ['name']).orderBy('name', 'desc').as('names'),
        ),
    'equal to any': (db) =>
      db
        .selectFrom('films')
        .select('title')
        .where((eb) => eb('title', '=', eb.fn.any(sql<string[]>`array['Alien', 'Heat']`)))
        .orderBy('id'),
    'a collation': (db) =>
      db
        .selectFrom('films')
        .select('title')
        .orderBy('title', (order) => order.collate('C')),
    'for no key update, skip locked': neverCached('locking-read', (db) =>
      db.selectFrom('films').select('id').orderBy('id').forNoKeyUpdate().skipLocked(),
    ),
    'for key share': neverCached('locking-read', (db) =>
      db.selectFrom('films').select('id').orderBy('id').forKeyShare(),
    ),
  }),
  ...statements(MYSQL, {
    'a hint for the optimizer': (db) =>
      db
        .selectFrom('films')
        .modifyFront(sql`sql_no_cache`)
        .select('id')
        .orderBy('id'),
    'lock in share mode': neverCached('locking-read', (db) =>
      db
        .selectFrom('films')
        .select('id')
        .orderBy('id')
        .modifyEnd(sql`lock in share mode`),
    ),
    'names gathered in one text': (db) =>
      db
        .selectFrom('genres')
        .select(sql<string>`group_concat(name order by name separator '; ')`.as('names')),
  }),
  ...statements(SQLITE, {
    'a collation of its own': (db) =>
      db
        .selectFrom('films')
        .select('title')
        .orderBy('title', (order) => order.collate('nocase')),
    'elements of JSON': (db) =>
      db
        .selectFrom([
          'films',
          sql<{ value: string }>`json_each(films.details, '$.languages')`.as('l'),
        ])
        .select('l.value')
        .orderBy('l.value'),
  }),
]
