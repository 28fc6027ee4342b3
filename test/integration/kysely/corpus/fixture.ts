import { type Insertable, sql, SqliteAdapter } from 'kysely'
import type { Tables } from '../../../../prisma/tables.ts'
import type { Db } from './statement.ts'

export const ANN = '00000000-0000-4000-8000-00000000000a'
export const BEN = '00000000-0000-4000-8000-00000000000b'
export const CAT = '00000000-0000-4000-8000-00000000000c'
const DAN = '00000000-0000-4000-8000-00000000000d'

type Rows = { readonly [T in keyof Tables]: readonly Insertable<Tables[T]>[] }

const moment = '2024-02-03 04:05:06'
const aspect = (ratio: string, ...languages: string[]) =>
  JSON.stringify({ aspect: { ratio }, languages })

/** In the order in which their foreign keys allow it. */
const rows: Rows = {
  genres: ['Drama', 'Horror', 'Comedy'].map((name, at) => ({ id: at + 1, name })),
  distributors: ['Fox', 'Warner'].map((name, at) => ({ id: at + 1, name })),
  directors: ['Scott', 'Mann', 'Varda'].map((name, at) => ({ id: at + 1, name })),
  director_profiles: [
    { director_id: 1, biography: 'British', born_on: '1937-11-30' },
    { director_id: 3, biography: 'Belgian', born_on: null },
  ],
  films: [
    {
      ...{ id: 1, title: 'Alien', released_on: '1979-05-25', production_budget: 11_000_000 },
      ...{
        us_gross: 80_931_801,
        worldwide_gross: 203_630_630,
        imdb_rating: '8.5',
        imdb_votes: 500,
      },
      ...{ rotten_tomatoes_rating: 97, running_minutes: 117, mpaa_rating: 'R', genre_id: 2 },
      ...{ director_id: 1, distributor_id: 1, source: 'Original', creative_type: 'Fiction' },
      details: aspect('2.39', 'en', 'fr'),
    },
    {
      ...{ id: 2, title: 'Heat', released_on: '1995-12-15', production_budget: 60_000_000 },
      ...{
        us_gross: 67_436_818,
        worldwide_gross: 187_436_818,
        imdb_rating: '8.2',
        imdb_votes: 700,
      },
      ...{ rotten_tomatoes_rating: 86, running_minutes: 170, mpaa_rating: 'R', genre_id: 1 },
      ...{ director_id: 2, distributor_id: 2, source: 'Remake', creative_type: 'Fiction' },
      details: aspect('2.40', 'en'),
    },
    {
      ...{ id: 3, title: 'Aliens', released_on: '1986-07-18', us_gross: 85_160_248 },
      ...{ running_minutes: 137, mpaa_rating: 'R', genre_id: 2, distributor_id: 1 },
      ...{ sequel_of_id: 1, imdb_votes: 300 },
    },
    {
      ...{ id: 4, title: 'Cléo', released_on: '1962-04-11', running_minutes: 90 },
      ...{ mpaa_rating: 'Not Rated', genre_id: 1, director_id: 3, imdb_rating: '7.9' },
    },
    { id: 5, title: 'Airplane', mpaa_rating: 'PG', genre_id: 3, running_minutes: 88 },
    { id: 6, title: 'Untitled' },
  ],
  viewers: [
    { id: ANN, name: 'Ann', email: 'ann@example.org', joined_at: moment },
    { id: BEN, name: 'Ben', email: 'ben@example.org', joined_at: '2024-06-01 00:00:00' },
    { id: CAT, name: 'Cat', email: 'cat@example.org', joined_at: '2025-01-01 12:00:00' },
  ],
  reviews: [
    { id: 1, stars: 5, body: 'Tense', written_at: moment, film_id: 1, viewer_id: ANN },
    { id: 2, stars: 4, body: null, written_at: moment, film_id: 1, viewer_id: BEN },
    { id: 3, stars: 2, body: 'Long', written_at: moment, film_id: 2, viewer_id: ANN },
    { id: 4, stars: 5, body: 'Loud', written_at: moment, film_id: 3, viewer_id: CAT },
    { id: 5, stars: 3, body: null, written_at: moment, film_id: 5, viewer_id: BEN },
  ],
  review_votes: [
    { review_id: 1, viewer_id: BEN, helpful: true },
    { review_id: 1, viewer_id: CAT, helpful: true },
    { review_id: 3, viewer_id: BEN, helpful: false },
  ],
  airports: [
    place('ABQ', 'Sunport', 'Albuquerque', 'NM', 35.04),
    place('BOS', 'Logan', 'Boston', 'MA', 42.36),
    place('SEA', 'Tacoma', 'Seattle', 'WA', 47.45),
    place('YYZ', 'Pearson', 'Toronto', null, 43.68),
  ],
  routes: [
    { origin_iata: 'ABQ', destination_iata: 'BOS', flight_count: 10 },
    { origin_iata: 'BOS', destination_iata: 'SEA', flight_count: 20 },
    { origin_iata: 'SEA', destination_iata: 'YYZ', flight_count: 30 },
  ],
  _Favourites: [
    { A: 1, B: ANN },
    { A: 2, B: ANN },
    { A: 1, B: BEN },
  ],
  _Follows: [{ A: ANN, B: BEN }],
}

function place(
  iata: string,
  name: string,
  city: string,
  state: string | null,
  latitude: number,
): Insertable<Tables['airports']> {
  return { iata, name, city, state, country: state ? 'USA' : 'Canada', latitude, longitude: -100 }
}

/** One row more of each, which changes what counts and joins answer. */
const additions: Rows = {
  genres: [{ id: 20, name: 'Western' }],
  distributors: [{ id: 20, name: 'Ciné-Tamaris' }],
  directors: [{ id: 20, name: 'Weir' }],
  director_profiles: [{ director_id: 2, biography: 'American', born_on: '1943-02-05' }],
  films: [
    {
      ...{ id: 20, title: 'Zodiac', released_on: '2007-03-02', us_gross: 33_080_084 },
      ...{ running_minutes: 157, mpaa_rating: 'R', genre_id: 1, director_id: 1, imdb_votes: 900 },
      ...{ distributor_id: 2, sequel_of_id: 2, imdb_rating: '7.7', details: aspect('2.35', 'en') },
    },
  ],
  viewers: [{ id: DAN, name: 'Dan', email: 'dan@example.org', joined_at: moment }],
  reviews: [{ id: 20, stars: 1, body: 'Flat', written_at: moment, film_id: 4, viewer_id: ANN }],
  review_votes: [{ review_id: 2, viewer_id: ANN, helpful: true }],
  airports: [place('ZRH', 'Kloten', 'Zürich', 'ZH', 47.46)],
  routes: [{ origin_iata: 'ABQ', destination_iata: 'YYZ', flight_count: 25 }],
  _Favourites: [{ A: 3, B: CAT }],
  _Follows: [{ A: BEN, B: CAT }],
}

export const tableNames = Object.keys(rows) as readonly (keyof Tables)[]

/** Fills every table, with the same ids each time. */
export async function fill(db: Db): Promise<void> {
  for (const table of tableNames) await insert(db, table, rows[table])
}

/** Leaves no row, and ids as they are. */
export async function clear(db: Db): Promise<void> {
  for (const table of tableNames.toReversed()) await db.deleteFrom(table).execute()
}

/** Changes what can be seen of every row of a table, and adds one. */
export async function change(db: Db, table: keyof Tables): Promise<void> {
  const changes = changeOf[table]
  if (changes) {
    await db
      .updateTable(table)
      .set(changes as never)
      .execute()
  }
  await insert(db, table, additions[table])
}

async function insert<T extends keyof Tables>(
  db: Db,
  table: T,
  rows: readonly Insertable<Tables[T]>[],
): Promise<void> {
  // SQLite binds no booleans.
  const isSqlite = db.getExecutor().adapter instanceof SqliteAdapter
  const bound = rows.map((row) =>
    Object.fromEntries(
      Object.entries(row as Record<string, unknown>).map(([name, value]) => [
        name,
        isSqlite && typeof value === 'boolean' ? Number(value) : value,
      ]),
    ),
  )
  // Film by film, since they have different columns, and one refers to another.
  const batches = table === 'films' ? bound.map((row) => [row]) : [bound]
  for (const batch of batches) {
    await db
      .insertInto(table)
      .values(batch as never)
      .execute()
  }
}

const named = (column: string) => ({ [column]: sql`concat(${sql.ref(column)}, '~')` })
const counted = (column: string) => sql`${sql.ref(column)} + 1`

const changeOf: Partial<Record<keyof Tables, object>> = {
  genres: named('name'),
  distributors: named('name'),
  directors: named('name'),
  director_profiles: named('biography'),
  films: {
    ...named('title'),
    imdb_votes: counted('imdb_votes'),
    running_minutes: counted('running_minutes'),
    us_gross: counted('us_gross'),
    details: aspect('1.85', 'de'),
  },
  viewers: { ...named('name'), joined_at: '2020-01-01 00:00:00' },
  reviews: { ...named('body'), stars: sql`6 - stars` },
  review_votes: { helpful: sql`not helpful` },
  airports: { ...named('name'), ...named('city'), latitude: counted('latitude') },
  routes: { flight_count: counted('flight_count') },
}

/** Every row of every table, in an order of its own. */
export async function dump(db: Db): Promise<Record<string, readonly unknown[]>> {
  const dumped: Record<string, readonly unknown[]> = {}
  for (const table of tableNames) {
    const rows = await db.selectFrom(table).selectAll().execute()
    dumped[table] = rows.toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1))
  }
  return dumped
}

function keyOf(row: object): string {
  return Object.values(row).slice(0, 2).map(String).join('\0').padStart(20)
}
