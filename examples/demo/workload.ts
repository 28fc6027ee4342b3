import { sql } from 'kysely'
import { Prisma } from '../../prisma/generated/client.ts'
import type { Clients } from './clients.ts'
import { viewerId } from './load-dataset.ts'

/** One operation, to be run on the cached clients and on their uncached twins alike. */
export interface Step {
  readonly kind: 'read' | 'write'
  run(clients: Clients): Promise<unknown>
}

/** Which rows a step is about: whole numbers from 0, of which small ones are asked for most. */
export interface Pick {
  readonly film: number
  readonly airport: string
  readonly genre: number
  readonly viewer: number
  readonly serial: number
}

type Make = (pick: Pick) => Step['run']

/** What is asked, and how often in a hundred reads. */
const READS: readonly { readonly share: number; readonly make: Make }[] = [
  {
    share: 22, // Kysely: a film by its primary key
    make:
      ({ film }) =>
      ({ kysely }) =>
        kysely.selectFrom('films').selectAll().where('id', '=', film).executeTakeFirst(),
  },
  {
    share: 12, // Kysely: the best films of a genre, a join of three tables
    make:
      ({ genre }) =>
      ({ kysely }) =>
        kysely
          .selectFrom('films')
          .innerJoin('genres', 'genres.id', 'films.genre_id')
          .leftJoin('directors', 'directors.id', 'films.director_id')
          .select(['films.id', 'films.title', 'films.released_on', 'films.imdb_rating'])
          .select('directors.name as director')
          .where('genres.id', '=', genre)
          .where('films.imdb_votes', '>', 1000)
          .orderBy('films.imdb_rating', (order) => order.desc().nullsLast())
          .orderBy('films.id')
          .limit(20)
          .execute(),
  },
  {
    share: 8, // Kysely: what films earned by genre, an aggregate over all of them
    make:
      () =>
      ({ kysely }) =>
        kysely
          .selectFrom('films')
          .innerJoin('genres', 'genres.id', 'films.genre_id')
          .select(({ fn }) => [
            'genres.name',
            fn.countAll().as('films'),
            fn.sum('films.worldwide_gross').as('gross'),
            fn.avg('films.imdb_rating').as('rating'),
          ])
          .groupBy('genres.name')
          .orderBy('genres.name')
          .execute(),
  },
  {
    share: 10, // Kysely: where one can fly to from an airport
    make:
      ({ airport }) =>
      ({ kysely }) =>
        kysely
          .selectFrom('routes')
          .innerJoin('airports', 'airports.iata', 'routes.destination_iata')
          .select(['airports.iata', 'airports.name', 'airports.city', 'routes.flight_count'])
          .where('routes.origin_iata', '=', airport)
          .orderBy('routes.flight_count', 'desc')
          .orderBy('airports.iata')
          .execute(),
  },
  {
    share: 5, // Kysely: the busiest airports, a common table expression with a window function
    make:
      () =>
      ({ kysely }) =>
        kysely
          .with('traffic', (db) =>
            db
              .selectFrom('routes')
              .select(({ fn }) => ['origin_iata', fn.sum('flight_count').as('flights')])
              .groupBy('origin_iata'),
          )
          .selectFrom('traffic')
          .innerJoin('airports', 'airports.iata', 'traffic.origin_iata')
          .select(['airports.name', 'airports.state', 'traffic.flights'])
          .select(sql<string>`rank() over (order by ${sql.ref('traffic.flights')} desc)`.as('rank'))
          .orderBy('rank')
          .orderBy('airports.name')
          .limit(25)
          .execute(),
  },
  {
    share: 15, // Prisma: a film with all that its page shows
    make:
      ({ film }) =>
      ({ prisma }) =>
        prisma.film.findUnique({
          where: { id: film },
          include: { director: true, genre: true, reviews: { orderBy: { id: 'asc' } } },
        }),
  },
  {
    share: 8, // Prisma: a relation filter
    make:
      ({ genre }) =>
      ({ prisma }) =>
        prisma.film.findMany({
          where: { genre: { is: { id: genre } }, imdbVotes: { gt: 50_000 } },
          select: { id: true, title: true, imdbRating: true, releasedOn: true },
          orderBy: [{ imdbVotes: 'desc' }, { id: 'asc' }],
          take: 15,
        }),
  },
  {
    share: 8, // Prisma: how films of each rating did
    make:
      () =>
      ({ prisma }) =>
        prisma.film.groupBy({
          by: ['mpaaRating'],
          _count: { _all: true },
          _avg: { imdbRating: true },
          _sum: { worldwideGross: true },
          orderBy: { mpaaRating: 'asc' },
        }),
  },
  {
    share: 7, // Prisma: a viewer's favourites, through a many-to-many relation
    make:
      ({ viewer }) =>
      ({ prisma }) =>
        prisma.viewer.findUnique({
          where: { id: viewerId(viewer) },
          include: {
            favourites: { select: { id: true, title: true }, orderBy: { id: 'asc' } },
            _count: { select: { reviews: true } },
          },
        }),
  },
  {
    share: 5, // Prisma: an aggregate with a relation count
    make:
      ({ airport }) =>
      ({ prisma }) =>
        prisma.airport.findUnique({
          where: { iata: airport },
          include: { _count: { select: { departures: true, arrivals: true } } },
        }),
  },
]

/** What changes the data, and how often in a hundred writes. */
const WRITES: readonly { readonly share: number; readonly make: Make }[] = [
  {
    share: 25, // Kysely: one more review, or a better one
    make:
      ({ film, viewer, serial }) =>
      ({ kysely }) =>
        kysely
          .insertInto('reviews')
          .values({
            film_id: film,
            viewer_id: viewerId(viewer),
            stars: (serial % 5) + 1,
            body: `Review ${serial}`,
            written_at: new Date(Date.UTC(2026, 1, 1) + serial * 1000),
          })
          .onConflict((conflict) =>
            conflict.columns(['film_id', 'viewer_id']).doUpdateSet({ body: `Again ${serial}` }),
          )
          .returning(['id', 'body'])
          .execute(),
  },
  {
    share: 10, // Kysely: a film gets another rating
    make:
      ({ film, serial }) =>
      ({ kysely }) =>
        kysely
          .updateTable('films')
          .set({ imdb_rating: (serial % 90) / 10 + 1, imdb_votes: 1000 + serial })
          .where('id', '=', film)
          .execute(),
  },
  {
    share: 15, // Kysely: flights move from one route to another, in a transaction
    make:
      ({ airport }) =>
      ({ kysely }) =>
        kysely.transaction().execute(async (trx) => {
          const routes = await trx
            .selectFrom('routes')
            .selectAll()
            .where('origin_iata', '=', airport)
            .orderBy('flight_count', 'desc')
            .orderBy('destination_iata')
            .limit(2)
            .execute()
          for (const [index, { destination_iata }] of routes.entries()) {
            await trx
              .updateTable('routes')
              .set(({ eb }) => ({ flight_count: eb('flight_count', index ? '+' : '-', 1) }))
              .where('origin_iata', '=', airport)
              .where('destination_iata', '=', destination_iata)
              .execute()
          }
          return routes
        }),
  },
  {
    share: 10, // Kysely: a transaction that changes all films of a genre, and then does not
    make:
      ({ genre }) =>
      ({ kysely }) =>
        kysely
          .transaction()
          .execute(async (trx) => {
            await trx
              .updateTable('films')
              .set({ imdb_votes: 0 })
              .where('genre_id', '=', genre)
              .execute()
            throw new RolledBack()
          })
          .catch(expectRolledBack),
  },
  {
    share: 15, // Prisma: a favourite more or less, in the join table of a many-to-many relation
    make:
      ({ film, viewer, serial }) =>
      ({ prisma }) =>
        prisma.viewer.update({
          where: { id: viewerId(viewer) },
          data: { favourites: { [serial % 2 ? 'connect' : 'disconnect']: { id: film } } },
        }),
  },
  {
    share: 10, // Prisma: a director with a profile and a film, in one nested write
    make:
      ({ genre, serial }) =>
      ({ prisma }) =>
        prisma.director.create({
          data: {
            name: `Director ${serial}`,
            profile: { create: { biography: 'Made one film.' } },
            films: {
              create: {
                title: `Film ${serial}`,
                imdbRating: new Prisma.Decimal('7.5'),
                budget: 1_000_000n,
                genre: { connect: { id: genre } },
              },
            },
          },
          include: { films: true, profile: true },
        }),
  },
  {
    share: 10, // Prisma: an interactive transaction
    make:
      ({ film }) =>
      ({ prisma }) =>
        prisma.$transaction(async (tx) => {
          const { imdbVotes } = await tx.film.findUniqueOrThrow({ where: { id: film } })
          return tx.film.update({
            where: { id: film },
            data: { imdbVotes: (imdbVotes ?? 0) + 1 },
          })
        }),
  },
  {
    share: 5, // Prisma: a batch, whose last statement fails and takes the first one with it
    make:
      ({ film }) =>
      ({ prisma }) =>
        prisma
          .$transaction([
            prisma.film.update({ where: { id: film }, data: { title: 'Never seen' } }),
            prisma.genre.create({ data: { id: 1, name: 'a primary key that is taken' } }),
          ])
          .then(
            () => 'committed',
            () => 'rolled back',
          ),
  },
]

class RolledBack extends Error {}

function expectRolledBack(error: unknown): string {
  if (error instanceof RolledBack) return 'rolled back'
  throw error
}

const AIRPORTS = [
  'ATL',
  'ORD',
  'DFW',
  'LAX',
  'DEN',
  'IAH',
  'PHX',
  'LAS',
  'CVG',
  'EWR',
  'DTW',
  'SLC',
]
const FILMS = 3201
const GENRES = 12
/** A read-mostly application. Each write makes every read of its tables new. */
const WRITES_PER_HUNDRED = 1.5

/**
 * The same steps for the same seed: mostly reads of what is popular, now and then a write.
 *
 * @param fraction gives numbers in [0, 1)
 */
export function makeWorkload(length: number, fraction: () => number): readonly Step[] {
  return Array.from({ length }, (_, serial) => {
    const pick: Pick = {
      film: popular(FILMS, fraction()),
      airport: AIRPORTS[popular(AIRPORTS.length, fraction()) - 1]!,
      genre: popular(GENRES, fraction()),
      viewer: popular(40, fraction()),
      serial,
    }
    const kind = fraction() * 100 < WRITES_PER_HUNDRED ? 'write' : 'read'
    return { kind, run: choose(kind === 'read' ? READS : WRITES, fraction()).make(pick) }
  })
}

/** From 1 to `count`, with a chance about in proportion to 1 / rank (Zipf). */
function popular(count: number, fraction: number): number {
  return Math.min(count, Math.floor((count + 1) ** fraction))
}

function choose<T extends { readonly share: number }>(choices: readonly T[], fraction: number): T {
  const total = choices.reduce((sum, { share }) => sum + share, 0)
  let rest = fraction * total
  return choices.find(({ share }) => (rest -= share) < 0) ?? choices.at(-1)!
}
