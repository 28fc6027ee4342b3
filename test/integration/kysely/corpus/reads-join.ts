import { sql } from 'kysely'
import { ALL, MYSQL, POSTGRES, RETURNING, statements } from './statement.ts'

/** Joins, set operations and common table expressions. */
export const joinReads = [
  ...statements(ALL, {
    'inner join': (db) =>
      db
        .selectFrom('films')
        .innerJoin('genres', 'genres.id', 'films.genre_id')
        .select(['films.title', 'genres.name'])
        .orderBy('films.id'),
    'left join': (db) =>
      db
        .selectFrom('films as f')
        .leftJoin('directors as d', 'd.id', 'f.director_id')
        .select(['f.title', 'd.name'])
        .orderBy('f.id'),
    'right join': (db) =>
      db
        .selectFrom('films as f')
        .rightJoin('directors as d', 'd.id', 'f.director_id')
        .select(['f.title', 'd.name'])
        .orderBy('d.id')
        .orderBy('f.id'),
    'cross join': (db) =>
      db
        .selectFrom('genres')
        .crossJoin('distributors as d')
        .select(['genres.name', 'd.name as distributor'])
        .orderBy('genres.id')
        .orderBy('d.id'),
    'a join on many conditions': (db) =>
      db
        .selectFrom('films as f')
        .leftJoin('reviews as r', (join) =>
          join
            .onRef('r.film_id', '=', 'f.id')
            .on('r.stars', '>', 3)
            .on((eb) => eb('r.body', 'is not', null)),
        )
        .select(['f.title', 'r.body'])
        .orderBy('f.id')
        .orderBy('r.id'),
    'a join on one or another': (db) =>
      db
        .selectFrom('viewers as v')
        .innerJoin('_Follows as x', (join) =>
          join.on((eb) => eb.or([eb('x.A', '=', eb.ref('v.id')), eb('x.B', '=', eb.ref('v.id'))])),
        )
        .select('v.name')
        .orderBy('v.name'),
    'a join with a subquery': (db) =>
      db
        .selectFrom('films as f')
        .innerJoin(
          (eb) =>
            eb
              .selectFrom('reviews')
              .select((of) => ['film_id', of.fn.avg('stars').as('stars')])
              .groupBy('film_id')
              .as('r'),
          (join) => join.onRef('r.film_id', '=', 'f.id'),
        )
        .select(['f.title', 'r.stars'])
        .orderBy('f.id'),
    'a table joined with itself': (db) =>
      db
        .selectFrom('films as f')
        .innerJoin('films as original', 'original.id', 'f.sequel_of_id')
        .select(['f.title', 'original.title as of'])
        .orderBy('f.id'),
    'five tables': (db) =>
      db
        .selectFrom('review_votes as w')
        .innerJoin('reviews as r', 'r.id', 'w.review_id')
        .innerJoin('films as f', 'f.id', 'r.film_id')
        .innerJoin('viewers as v', 'v.id', 'w.viewer_id')
        .leftJoin('genres as g', 'g.id', 'f.genre_id')
        .select(['v.name', 'f.title', 'g.name as genre', 'w.helpful'])
        .orderBy('f.id')
        .orderBy('v.name'),
    'a relation of many to many': (db) =>
      db
        .selectFrom('viewers as v')
        .innerJoin('_Favourites as x', 'x.B', 'v.id')
        .innerJoin('films as f', 'f.id', 'x.A')
        .select(['v.name', 'f.title'])
        .orderBy('v.name')
        .orderBy('f.id'),
    union: (db) =>
      db
        .selectFrom('genres')
        .select('name')
        .union(db.selectFrom('distributors').select('name'))
        .orderBy('name'),
    'union all, of two at once': (db) =>
      db
        .selectFrom('genres')
        .select('name')
        .unionAll([
          db.selectFrom('distributors').select('name'),
          db.selectFrom('directors').select('name'),
        ])
        .orderBy('name'),
    'a union in parentheses': (db) =>
      db
        .selectFrom((eb) =>
          eb
            .selectFrom('genres')
            .select('name')
            .unionAll(eb.selectFrom('directors').select('name'))
            .as('names'),
        )
        .select((eb) => eb.fn.countAll().as('n')),
    intersect: (db) =>
      db
        .selectFrom('films')
        .select('id')
        .intersect(db.selectFrom('reviews').select('film_id as id'))
        .orderBy('id'),
    except: (db) =>
      db
        .selectFrom('films')
        .select('id')
        .except((eb) => eb.selectFrom('reviews').select('film_id as id'))
        .orderBy('id'),
    'a common table expression': (db) =>
      db
        .with('long', (eb) => eb.selectFrom('films').selectAll().where('running_minutes', '>', 110))
        .selectFrom('long')
        .select(['title', 'running_minutes'])
        .orderBy('id'),
    'two of them, one of the other': (db) =>
      db
        .with('horror', (eb) =>
          eb.selectFrom('films').select(['id', 'title']).where('genre_id', '=', 2),
        )
        .with('rated', (eb) =>
          eb
            .selectFrom('horror')
            .innerJoin('reviews', 'film_id', 'horror.id')
            .select(['title', 'stars']),
        )
        .selectFrom('rated')
        .selectAll()
        .orderBy('title')
        .orderBy('stars'),
    'one with named columns': (db) =>
      db
        .with('g(key, label)', (eb) =>
          eb.selectFrom('genres').select(['id as key', 'name as label']),
        )
        .selectFrom('g')
        .select(['g.key', 'g.label'])
        .orderBy('g.key'),
    'one that hides the table it reads': (db) =>
      db
        .with('genres', (eb) => eb.selectFrom('directors').select(['id', 'name']))
        .selectFrom('genres')
        .selectAll()
        .orderBy('id'),
    'one within a subquery': (db) =>
      db
        .selectFrom('genres')
        .select('name')
        .where('id', 'in', () =>
          db
            .with('used', (eb) => eb.selectFrom('films').select('genre_id'))
            .selectFrom('used')
            .select('genre_id'),
        )
        .orderBy('id'),
    'one that recurs': (db) =>
      db
        .withRecursive('reach(iata, hops)', (eb) =>
          eb
            .selectFrom('airports')
            .select((of) => ['airports.iata', of.lit(0).as('hops')])
            .where('iata', '=', 'ABQ')
            .unionAll((of) =>
              of
                .selectFrom('routes')
                .innerJoin('reach', 'reach.iata', 'routes.origin_iata')
                .select(['routes.destination_iata as iata', sql<0>`reach.hops + 1`.as('hops')])
                .where('reach.hops', '<', 4 as 0),
            ),
        )
        .selectFrom('reach')
        .innerJoin('airports', 'airports.iata', 'reach.iata')
        .select(['reach.iata', 'reach.hops', 'airports.city'])
        .orderBy('reach.hops')
        .orderBy('reach.iata'),
  }),
  ...statements(RETURNING, {
    'one that is materialized': (db) =>
      db
        .with(
          (cte) => cte('long').materialized(),
          (eb) => eb.selectFrom('films').select('title').where('running_minutes', '>', 110),
        )
        .selectFrom('long')
        .selectAll()
        .orderBy('title'),
    'one that is not': (db) =>
      db
        .with(
          (cte) => cte('long').notMaterialized(),
          (eb) => eb.selectFrom('films').select('title').where('running_minutes', '>', 110),
        )
        .selectFrom('long')
        .selectAll()
        .orderBy('title'),
    'full join': (db) =>
      db
        .selectFrom('films as f')
        .fullJoin('directors as d', 'd.id', 'f.director_id')
        .select(['f.id', 'd.id as director'])
        .orderBy('f.id')
        .orderBy('d.id'),
  }),
  ...statements([...POSTGRES, ...MYSQL], {
    'intersect all': (db) =>
      db
        .selectFrom('films')
        .select('id')
        .intersectAll(db.selectFrom('reviews').select('film_id as id'))
        .orderBy('id'),
    'except all': (db) =>
      db
        .selectFrom('films')
        .select('genre_id as id')
        .exceptAll(db.selectFrom('genres').select('id'))
        .orderBy('id'),
  }),
  ...statements(POSTGRES, {
    'inner join lateral': (db) =>
      db
        .selectFrom('films as f')
        .innerJoinLateral(
          (eb) =>
            eb
              .selectFrom('reviews as r')
              .select('r.stars')
              .whereRef('r.film_id', '=', 'f.id')
              .orderBy('r.stars', 'desc')
              .limit(1)
              .as('best'),
          (join) => join.onTrue(),
        )
        .select(['f.title', 'best.stars'])
        .orderBy('f.id'),
    'left join lateral': (db) =>
      db
        .selectFrom('genres as g')
        .leftJoinLateral(
          (eb) =>
            eb
              .selectFrom('films')
              .select((of) => of.fn.count('films.id').as('n'))
              .whereRef('genre_id', '=', 'g.id')
              .as('films'),
          (join) => join.onTrue(),
        )
        .select(['g.name', 'films.n'])
        .orderBy('g.id'),
    'cross join lateral': (db) =>
      db
        .selectFrom('directors as d')
        .crossJoinLateral((eb) =>
          eb.selectFrom('films').select('title').whereRef('director_id', '=', 'd.id').as('f'),
        )
        .select(['d.name', 'f.title'])
        .orderBy('f.title'),
    'a list of values as a table': (db) =>
      db
        .selectFrom('films as f')
        .innerJoin(
          sql<{ id: number; label: string }>`(values (1, 'one'), (2, 'two'))`.as<'v'>(
            sql`v(id, label)`,
          ),
          'v.id',
          'f.id',
        )
        .select(['f.title', 'v.label'])
        .orderBy('f.id'),
  }),
]
