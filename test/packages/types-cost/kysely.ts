// A service as one would write it, compiled by ../types-cost.mjs with the cache and without. Without it, the lines that end
// in the word after these slashes are left out: // tidemark
import { type Kysely, sql } from 'kysely'
import { createTidemark } from '@tidemark/core' // tidemark
import { cached, uncached, withCache } from '@tidemark/kysely' // tidemark
import type { Tables } from '../../../prisma/tables.ts'

declare const plain: Kysely<Tables>

const cache = createTidemark({ ttl: '5m' }) // tidemark
const db = withCache(plain, cache, { tables: { genres: { ttl: '1h' } } })

export async function film(id: number) {
  const found = await db
    .selectFrom('films')
    .selectAll()
    .where('id', '=', id)
    .$call(cached({ ttl: '1m' })) // tidemark
    .executeTakeFirst()
  return found?.title.toUpperCase()
}

export async function search(title: string, genre: number | undefined, limit: number) {
  return db
    .selectFrom('films')
    .innerJoin('genres', 'genres.id', 'films.genre_id')
    .leftJoin('directors', 'directors.id', 'films.director_id')
    .leftJoin('director_profiles as profiles', 'profiles.director_id', 'directors.id')
    .select(['films.id', 'films.title', 'films.released_on', 'genres.name as genre'])
    .select(['directors.name as director', 'profiles.biography'])
    .where('films.title', 'ilike', `%${title}%`)
    .$if(genre !== undefined, (query) => query.where('genres.id', '=', genre ?? 0))
    .orderBy('films.imdb_rating', 'desc')
    .limit(limit)
    .$call(cached({ ttl: '30s', tags: ['search'] })) // tidemark
    .execute()
}

export async function earnings() {
  const rows = await db
    .selectFrom('films')
    .innerJoin('genres', 'genres.id', 'films.genre_id')
    .select(({ fn }) => [
      'genres.name',
      fn.countAll<number>().as('films'),
      fn.sum<number>('films.worldwide_gross').as('gross'),
      fn.avg<number>('films.imdb_rating').as('rating'),
    ])
    .groupBy('genres.name')
    .having(({ fn }) => fn.countAll<number>(), '>', 3)
    .$call(cached()) // tidemark
    .execute()
  return rows.map(({ name, films, gross }) => `${name}: ${films}, ${gross}`)
}

export async function destinations(origin: string) {
  return db
    .selectFrom('routes')
    .innerJoin('airports', 'airports.iata', 'routes.destination_iata')
    .select(['airports.iata', 'airports.name', 'airports.city', 'routes.flight_count'])
    .where('routes.origin_iata', '=', origin)
    .orderBy('routes.flight_count', 'desc')
    .$call(cached({ ttl: '1d' })) // tidemark
    .execute()
}

export async function reachable(origin: string) {
  return db
    .withRecursive('reach', (query) =>
      query
        .selectFrom('routes')
        .select(['destination_iata as iata', sql<number>`1`.as('stops')])
        .where('origin_iata', '=', origin)
        .union((union) =>
          union
            .selectFrom('routes')
            .innerJoin('reach', 'reach.iata', 'routes.origin_iata')
            .select(['routes.destination_iata as iata', sql<number>`reach.stops + 1`.as('stops')])
            .where('reach.stops', '<', 3),
        ),
    )
    .selectFrom('reach')
    .select('iata')
    .distinct()
    .$call(cached()) // tidemark
    .execute()
}

export async function bestOfDirector(name: string) {
  return db
    .selectFrom('directors')
    .select((eb) => [
      'directors.id',
      'directors.name',
      eb
        .selectFrom('films')
        .select((inner) => inner.fn.max('films.imdb_rating').as('best'))
        .whereRef('films.director_id', '=', 'directors.id')
        .as('best'),
    ])
    .where((eb) => eb.or([eb('directors.name', '=', name), eb('directors.id', 'in', [1, 2])]))
    .$call(cached({ tables: ['films'] })) // tidemark
    .execute()
}

export async function genres() {
  return db.selectFrom('genres').selectAll().orderBy('name').execute()
}

export async function viewerForUpdate(id: string) {
  return db
    .selectFrom('viewers')
    .selectAll()
    .where('id', '=', id)
    .forUpdate()
    .$call(uncached()) // tidemark
    .executeTakeFirstOrThrow()
}

export async function review(filmId: number, viewerId: string, stars: number) {
  return db.transaction().execute(async (trx) => {
    const { id } = await trx
      .insertInto('reviews')
      .values({ film_id: filmId, viewer_id: viewerId, stars })
      .onConflict((conflict) => conflict.columns(['film_id', 'viewer_id']).doUpdateSet({ stars }))
      .returning('id')
      .executeTakeFirstOrThrow()
    await trx
      .updateTable('films')
      .set((eb) => ({ imdb_votes: eb('imdb_votes', '+', 1) }))
      .where('id', '=', filmId)
      .execute()
    return id
  })
}

export async function forget(viewerId: string) {
  await db.deleteFrom('review_votes').where('viewer_id', '=', viewerId).execute()
  await db
    .deleteFrom('reviews')
    .where('viewer_id', '=', viewerId)
    .$call(cached({ tags: ['search'] })) // tidemark
    .execute()
}
