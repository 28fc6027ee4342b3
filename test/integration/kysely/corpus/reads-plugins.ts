import {
  CamelCasePlugin,
  DeduplicateJoinsPlugin,
  HandleEmptyInListsPlugin,
  type Kysely,
  ParseJSONResultsPlugin,
  pushValueIntoList,
  replaceWithNoncontingentExpression,
  SafeNullComparisonPlugin,
  WithSchemaPlugin,
} from 'kysely'
import { ALL, type Db, json, MYSQL, POSTGRES, RETURNING, SQLITE, statements } from './statement.ts'

interface CamelTables {
  films: {
    id: number
    runningMinutes: number | null
    mpaaRating: string | null
    genreId: number | null
    details: unknown
  }
  reviewVotes: { reviewId: number; helpful: boolean }
}

const camel = (db: Db, options = {}) =>
  db.withPlugin(new CamelCasePlugin(options)) as unknown as Kysely<CamelTables>

/** Every plugin that Kysely brings, and what an instance itself can be told. */
export const pluginReads = [
  ...statements(ALL, {
    CamelCasePlugin: (db) =>
      camel(db).selectFrom('films').select(['id', 'runningMinutes', 'mpaaRating']).orderBy('id'),
    'CamelCasePlugin, of a table': (db) =>
      camel(db).selectFrom('reviewVotes').selectAll().orderBy('reviewId').orderBy('helpful'),
    'CamelCasePlugin, in capitals': (db) =>
      camel(db, { upperCase: false, underscoreBeforeDigits: true })
        .selectFrom('films')
        .selectAll()
        .orderBy('id'),
    'CamelCasePlugin, not of what is nested': (db) =>
      camel(db, { maintainNestedObjectKeys: true })
        .selectFrom('films')
        .select(['id', 'details'])
        .orderBy('id'),
    'ParseJSONResultsPlugin, new objects': (db) =>
      db
        .selectFrom('films')
        .select(['id', 'details'])
        .orderBy('id')
        .withPlugin(new ParseJSONResultsPlugin({ objectStrategy: 'create' })),
    DeduplicateJoinsPlugin: (db) =>
      db
        .withPlugin(new DeduplicateJoinsPlugin())
        .selectFrom('films')
        .innerJoin('genres', 'genres.id', 'films.genre_id')
        .innerJoin('genres', 'genres.id', 'films.genre_id')
        .select(['films.title', 'genres.name'])
        .orderBy('films.id'),
    'HandleEmptyInListsPlugin, no condition': (db) =>
      db
        .withPlugin(new HandleEmptyInListsPlugin({ strategy: replaceWithNoncontingentExpression }))
        .selectFrom('films')
        .select('title')
        .where('id', 'not in', [])
        .orderBy('id'),
    'HandleEmptyInListsPlugin, a value': (db) =>
      db
        .withPlugin(new HandleEmptyInListsPlugin({ strategy: pushValueIntoList('-1') }))
        .selectFrom('films')
        .select('title')
        .where('id', 'not in', [])
        .orderBy('id'),
    'a hint that plugins keep': (db) =>
      camel(db)
        .selectFrom('films')
        .select('id')
        .withPlugin(new ParseJSONResultsPlugin())
        .orderBy('id'),
    'a plugin on a query': (db) =>
      db
        .selectFrom('films')
        .select(['id', 'running_minutes'])
        .orderBy('id')
        .withPlugin(new CamelCasePlugin()),
    'no plugins any more': (db) =>
      (camel(db).withoutPlugins() as unknown as Db)
        .selectFrom('films')
        .select(['id', 'running_minutes'])
        .orderBy('id'),
    'tables that are added by type': (db) =>
      db
        .$extendTables<{ genre_names: { name: string } }>()
        .with('genre_names', (eb) => eb.selectFrom('genres').select('name'))
        .selectFrom('genre_names')
        .selectAll()
        .orderBy('name'),
    'tables that are left out by type': (db) =>
      db
        .$omitTables<'films'>()
        .$pickTables<'genres'>()
        .selectFrom('genres')
        .selectAll()
        .orderBy('id'),
  }),
  // With Postgres it compiles to `is $1`, which is no SQL.
  ...statements([...MYSQL, ...SQLITE], {
    SafeNullComparisonPlugin: (db) =>
      db
        .withPlugin(new SafeNullComparisonPlugin())
        .selectFrom('films')
        .select(['id', 'title'])
        .where('genre_id', '=', null)
        .orderBy('id'),
    'several plugins': (db) =>
      camel(db)
        .withPlugin(new SafeNullComparisonPlugin())
        .withPlugin(new ParseJSONResultsPlugin())
        .selectFrom('films')
        .select(['id', 'details', 'runningMinutes'])
        .where('genreId', '!=', null)
        .orderBy('id'),
  }),
  ...statements(POSTGRES, {
    WithSchemaPlugin: (db) =>
      db
        .withPlugin(new WithSchemaPlugin('public'))
        .selectFrom('films')
        .select('title')
        .orderBy('id'),
    'with schema': (db) =>
      db
        .withSchema('public')
        .selectFrom('films as f')
        .innerJoin('genres', 'genres.id', 'f.genre_id')
        .select(['f.title', 'genres.name'])
        .orderBy('f.id'),
    'a schema of one table': (db) =>
      db
        .selectFrom('public.films' as 'films')
        .select('title')
        .orderBy('id'),
    'with schema and an expression': (db) =>
      db
        .withSchema('public')
        .with('long', (eb) =>
          eb.selectFrom('films').select('title').where('running_minutes', '>', 100),
        )
        .selectFrom('long')
        .selectAll()
        .orderBy('title'),
  }),
  ...statements(SQLITE, {
    'with schema': (db) => db.withSchema('main').selectFrom('films').select('title').orderBy('id'),
  }),
  ...statements(RETURNING, {
    ParseJSONResultsPlugin: (db) =>
      db
        .withPlugin(new ParseJSONResultsPlugin())
        .selectFrom('directors as d')
        .select((eb) => [
          'd.name',
          json(db)
            .jsonArrayFrom(
              eb
                .selectFrom('films as f')
                .select(['f.id', 'f.title'])
                .whereRef('f.director_id', '=', 'd.id'),
            )
            .as('films'),
        ])
        .orderBy('d.id'),
  }),
]
