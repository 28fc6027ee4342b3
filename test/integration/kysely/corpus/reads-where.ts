import { sql } from 'kysely'
import { ANN } from './fixture.ts'
import { ALL, MYSQL, neverCached, POSTGRES, RETURNING, SQLITE, statements } from './statement.ts'

/** What a condition can say. */
export const whereReads = [
  ...statements(ALL, {
    'where equal': (db) => db.selectFrom('films').selectAll().where('title', '=', 'Alien'),
    'where not equal': (db) =>
      db.selectFrom('films').select('id').where('id', '!=', 1).orderBy('id'),
    'where greater, twice': (db) =>
      db
        .selectFrom('films')
        .select('id')
        .where('running_minutes', '>', 80)
        .where('running_minutes', '<=', 137)
        .orderBy('id'),
    'where null': (db) =>
      db.selectFrom('films').select(['id', 'title']).where('genre_id', 'is', null),
    'where not null': (db) =>
      db.selectFrom('films').select('title').where('director_id', 'is not', null).orderBy('id'),
    'where in a list': (db) =>
      db.selectFrom('films').select('title').where('id', 'in', [1, 2, 3]).orderBy('id'),
    'where not in a list': (db) =>
      db.selectFrom('films').select('title').where('id', 'not in', [1, 2]).orderBy('id'),
    'where in a subquery': (db) =>
      db
        .selectFrom('films')
        .select('title')
        .where('genre_id', 'in', (eb) =>
          eb.selectFrom('genres').select('id').where('name', '!=', 'Drama'),
        )
        .orderBy('id'),
    'where like': (db) =>
      db.selectFrom('films').select('title').where('title', 'like', 'Ali%').orderBy('id'),
    'where between': (db) =>
      db
        .selectFrom('reviews')
        .select(['id', 'stars'])
        .where((eb) => eb.between('stars', 2, 4))
        .orderBy('id'),
    'where one or another': (db) =>
      db
        .selectFrom('films')
        .select('title')
        .where((eb) => eb.or([eb('id', '=', 1), eb('title', '=', 'Heat')]))
        .orderBy('id'),
    'where, chained': (db) =>
      db
        .selectFrom('films')
        .select('title')
        .where((eb) =>
          eb('id', '=', 1)
            .or('id', '=', 2)
            .or(eb('id', '=', 5).and('title', '!=', 'x')),
        )
        .orderBy('id'),
    'where all of an object': (db) =>
      db
        .selectFrom('films')
        .select('title')
        .where((eb) => eb.and({ genre_id: 2, mpaa_rating: 'R' }))
        .orderBy('id'),
    'where any of an object': (db) =>
      db
        .selectFrom('films')
        .select('title')
        .where((eb) => eb.or({ genre_id: 3, director_id: 1 }))
        .orderBy('id'),
    'where not': (db) =>
      db
        .selectFrom('films')
        .select('title')
        .where((eb) => eb.not(eb('id', '>', 2)))
        .orderBy('id'),
    'where nothing, and where everything': (db) =>
      db
        .selectFrom('films')
        .select('title')
        .where((eb) => eb.and([]))
        .where((eb) => eb.not(eb.or([])))
        .orderBy('id'),
    'where it exists': (db) =>
      db
        .selectFrom('films')
        .select('title')
        .where((eb) =>
          eb.exists(
            eb.selectFrom('reviews').select('reviews.id').whereRef('film_id', '=', 'films.id'),
          ),
        )
        .orderBy('id'),
    'where it does not exist': (db) =>
      db
        .selectFrom('viewers as v')
        .select('v.name')
        .where(({ not, exists, selectFrom }) =>
          not(exists(selectFrom('_Favourites as x').select('x.A').whereRef('x.B', '=', 'v.id'))),
        ),
    'where columns compare': (db) =>
      db
        .selectFrom('routes')
        .select('flight_count')
        .whereRef('origin_iata', '<', 'destination_iata')
        .orderBy('flight_count'),
    'where a function': (db) =>
      db
        .selectFrom('films')
        .select('id')
        .where((eb) => eb.fn<string>('lower', ['title']), '=', 'heat'),
    'where an expression': (db) =>
      db
        .selectFrom('films')
        .select('id')
        .where((eb) => eb(eb('running_minutes', '+', 3), '>', 120))
        .orderBy('id'),
    'where a subquery is equal': (db) =>
      db
        .selectFrom('films')
        .select('title')
        .where('id', '=', (eb) =>
          eb.selectFrom('reviews').select((of) => of.fn.max('film_id').as('x')),
        ),
    'where a tuple': (db) =>
      db
        .selectFrom('routes')
        .selectAll()
        .where((eb) =>
          eb.eb(eb.refTuple('origin_iata', 'destination_iata'), 'in', [
            eb.tuple('ABQ', 'BOS'),
            eb.tuple('SEA', 'YYZ'),
          ]),
        )
        .orderBy('flight_count'),
    'where a moment': (db) =>
      db
        .selectFrom('viewers')
        .select('name')
        .where('joined_at', '>', '2024-03-01 00:00:00' as never)
        .orderBy('name'),
    'where a key is text': (db) => db.selectFrom('viewers').selectAll().where('id', '=', ANN),
    'where a decimal': (db) =>
      db.selectFrom('films').select('title').where('imdb_rating', '>', '8.0').orderBy('id'),
    'where a large number': (db) =>
      db
        .selectFrom('films')
        .select(['id', 'us_gross'])
        .where('us_gross', '>', 80_000_000)
        .orderBy('id'),
    'where raw SQL': (db) =>
      db
        .selectFrom('films')
        .select('id')
        .where(sql<boolean>`length(title) > ${4}`)
        .orderBy('id'),
    'where by steps': (db) => {
      let query = db.selectFrom('films').select('title').orderBy('id')
      for (const id of [1, 2]) query = query.where('id', '>', id)
      return query
    },
    'where a number in parentheses': (db) =>
      db
        .selectFrom('films')
        .select('title')
        .where((eb) =>
          eb.and([eb.parens(eb('id', '=', 1).or('id', '=', 3)), eb('title', '!=', 'x')]),
        )
        .orderBy('id'),
    'where negative': (db) =>
      db
        .selectFrom('airports')
        .select('iata')
        .where((eb) => eb.neg(eb.ref('latitude')), '<', -45),
    'where a time word is bound': neverCached('volatile-function', (db) =>
      db.selectFrom('films').select('id').where('title', '=', 'today'),
    ),
    'where something volatile': neverCached('volatile-function', (db) =>
      db
        .selectFrom('films')
        .select('id')
        .where(sql<number>`case when current_timestamp is null then 1 else 0 end`, '=', 0)
        .orderBy('id'),
    ),
  }),
  ...statements(RETURNING, {
    'where cast': (db) =>
      db
        .selectFrom('films')
        .select('title')
        .where((eb) => eb(eb.cast<string>('id', 'text'), '=', '2')),
    'where distinct from': (db) =>
      db.selectFrom('films').select('id').where('genre_id', 'is distinct from', 2).orderBy('id'),
  }),
  ...statements([...POSTGRES, ...MYSQL], {
    'where a date': (db) =>
      db
        .selectFrom('films')
        .select('title')
        .where('released_on', '<', new Date('1980-01-01'))
        .orderBy('id'),
    'where now': neverCached('volatile-function', (db) =>
      db
        .selectFrom('films')
        .select('id')
        .where('released_on', '<', sql<Date>`now()`)
        .orderBy('id'),
    ),
  }),
  ...statements(POSTGRES, {
    'where like, in any letters': (db) =>
      db.selectFrom('films').select('title').where('title', 'ilike', 'ALI%').orderBy('id'),
    'where a pattern matches': (db) =>
      db.selectFrom('films').select('title').where('title', '~', '^A').orderBy('id'),
    'where between, either way': (db) =>
      db
        .selectFrom('reviews')
        .select('id')
        .where((eb) => eb.betweenSymmetric('stars', 5, 4))
        .orderBy('id'),
    'where a list is bound as one': (db) =>
      db
        .selectFrom('films')
        .select('title')
        .where((eb) => eb('id', '=', eb.fn.any(eb.val([1, 3]))))
        .orderBy('id'),
    'where JSON contains': (db) =>
      db
        .selectFrom('films')
        .select('id')
        .where(sql<boolean>`details @> '{"languages":["fr"]}'`),
    'where a list overlaps': (db) =>
      db
        .selectFrom('films')
        .select('title')
        .where(sql<boolean>`array[title] && array['Alien', 'Heat']`)
        .orderBy('id'),
  }),
  ...statements(MYSQL, {
    'where a pattern of its own': (db) =>
      db.selectFrom('films').select('title').where('title', 'regexp', '^A').orderBy('id'),
    'where null is equal': (db) =>
      db.selectFrom('films').select('title').where('genre_id', '<=>', null),
  }),
  ...statements(SQLITE, {
    'where glob': (db) =>
      db
        .selectFrom('films')
        .select('title')
        .where(sql<boolean>`title glob 'A*'`)
        .orderBy('id'),
  }),
]
