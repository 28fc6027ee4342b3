import type { Insertable, Kysely } from 'kysely'
import type { MpaaRating, Tables } from '../../prisma/tables.ts'
import type { Dataset, FilmRecord } from './read-dataset.ts'

const VIEWERS = 40
const REVIEWS_PER_VIEWER = 12
const MOMENT = Date.UTC(2026, 0, 1)

/** Puts the data set into the tables of prisma/schema.prisma, with some viewers who review films. */
export async function loadDataset(db: Kysely<Tables>, dataset: Dataset): Promise<void> {
  const { films, airports, routes } = dataset
  const genreIds = await insertNames(
    db,
    'genres',
    films.map((film) => film['Major Genre']),
  )
  const directorIds = await insertNames(
    db,
    'directors',
    films.map((film) => film.Director),
  )
  const distributorIds = await insertNames(
    db,
    'distributors',
    films.map((film) => film.Distributor),
  )
  await insertAll(
    db,
    'films',
    films.map((film) => ({
      ...filmRow(film),
      genre_id: idOf(genreIds, film['Major Genre']),
      director_id: idOf(directorIds, film.Director),
      distributor_id: idOf(distributorIds, film.Distributor),
    })),
  )
  await insertAll(
    db,
    'airports',
    airports.map(({ iata, name, city, state, country, latitude, longitude }) => ({
      iata: iata!,
      name: name!,
      city: city === 'NA' ? null : city!,
      state: state === 'NA' ? null : state!,
      country: country!,
      latitude: Number(latitude),
      longitude: Number(longitude),
    })),
  )
  await insertAll(
    db,
    'routes',
    routes.map(({ origin, destination, count }) => ({
      origin_iata: origin!,
      destination_iata: destination!,
      flight_count: Number(count),
    })),
  )
  await insertViewers(db, films.length)
}

async function insertViewers(db: Kysely<Tables>, films: number): Promise<void> {
  const viewers = Array.from({ length: VIEWERS }, (_, index) => ({
    id: viewerId(index),
    name: `Viewer ${index}`,
    email: `viewer-${index}@example.org`,
    joined_at: new Date(MOMENT),
  }))
  const reviews = viewers.flatMap(({ id }, viewer) =>
    Array.from({ length: REVIEWS_PER_VIEWER }, (_, index) => ({
      film_id: ((viewer * 7 + index * 31) % films) + 1,
      viewer_id: id,
      stars: ((viewer + index) % 5) + 1,
      body: index % 3 === 0 ? null : `Seen ${index + 1} times.`,
      written_at: new Date(MOMENT + index * 86_400_000),
    })),
  )
  const favourites = reviews.filter(({ stars }) => stars === 5)
  await insertAll(db, 'viewers', viewers)
  await insertAll(db, 'reviews', reviews)
  await insertAll(
    db,
    '_Favourites',
    favourites.map(({ film_id, viewer_id }) => ({ A: film_id, B: viewer_id })),
  )
}

/** The UUID of the viewer with this number, from 0. */
export function viewerId(index: number): string {
  return `00000000-0000-4000-8000-${String(index % VIEWERS).padStart(12, '0')}`
}

function filmRow(film: FilmRecord): Insertable<Tables['films']> {
  const released = film['Release Date']
  return {
    title: String(film.Title ?? 'Untitled'),
    released_on: released === null ? null : new Date(`${released} UTC`),
    production_budget: film['Production Budget'],
    us_gross: film['US Gross'],
    worldwide_gross: film['Worldwide Gross'],
    imdb_rating: film['IMDB Rating'],
    imdb_votes: film['IMDB Votes'],
    rotten_tomatoes_rating: film['Rotten Tomatoes Rating'],
    running_minutes: film['Running Time min'],
    mpaa_rating: film['MPAA Rating'] as MpaaRating | null,
    creative_type: film['Creative Type'],
    source: film.Source,
  }
}

async function insertNames(
  db: Kysely<Tables>,
  table: 'genres' | 'directors' | 'distributors',
  names: readonly (string | null)[],
): Promise<ReadonlyMap<string, number>> {
  const distinct = [...new Set(names.filter((name) => name !== null))]
  const rows = await db
    .insertInto(table)
    .values(distinct.map((name) => ({ name })))
    .returning(['id', 'name'])
    .execute()
  return new Map(rows.map(({ id, name }) => [name, id]))
}

function idOf(ids: ReadonlyMap<string, number>, name: string | null): number | null {
  return name === null ? null : ids.get(name)!
}

/** In pieces, since one statement takes at most 65,535 parameters. */
async function insertAll<T extends keyof Tables>(
  db: Kysely<Tables>,
  table: T,
  rows: readonly Insertable<Tables[T]>[],
): Promise<void> {
  const rowsAtOnce = 1000
  for (let start = 0; start < rows.length; start += rowsAtOnce) {
    await db
      .insertInto(table)
      .values(rows.slice(start, start + rowsAtOnce))
      .execute()
  }
}
