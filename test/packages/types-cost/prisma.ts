// A service as one would write it, compiled by ../types-cost.mjs with the cache and without. Without it, the lines that end
// in the word after these slashes are left out: // tidemark
import { createTidemark } from '@tidemark/core' // tidemark
import { cacheExtension } from '@tidemark/prisma' // tidemark
import { type Prisma, PrismaClient } from '../../../prisma/generated/client.ts'

declare const adapter: Prisma.PrismaClientOptions['adapter'] & object

const cache = createTidemark({ ttl: '5m' }) // tidemark
const base = new PrismaClient({ adapter })
const prisma = base.$extends(cacheExtension(cache, { models: { Genre: { ttl: '1h' } } }))

export async function film(id: number) {
  const found = await prisma.film.findUnique({
    where: { id },
    include: { director: true, reviews: { orderBy: { stars: 'desc' }, take: 10 } },
    cache: { ttl: '1m' }, // tidemark
  })
  return found?.reviews.map(({ stars }) => `${found.title} ${stars} ${found.director?.name}`)
}

export async function search(title: string, genreId: number | undefined, take: number) {
  return prisma.film.findMany({
    where: {
      title: { contains: title, mode: 'insensitive' },
      ...(genreId !== undefined && { genreId }),
      reviews: { some: { stars: { gte: 4 }, viewer: { email: { endsWith: '.org' } } } },
    },
    select: {
      id: true,
      title: true,
      releasedOn: true,
      genre: { select: { name: true } },
      director: { select: { name: true, profile: { select: { biography: true } } } },
      _count: { select: { reviews: true } },
    },
    orderBy: [{ imdbRating: 'desc' }, { id: 'asc' }],
    take,
    cache: { ttl: '30s', tags: ['search'] }, // tidemark
  })
}

export async function viewer(email: string) {
  const found = await prisma.viewer.findUniqueOrThrow({
    where: { email },
    select: {
      name: true,
      favourites: { select: { title: true, sequels: { select: { title: true } } } },
      followers: { select: { name: true } },
    },
    cache: {}, // tidemark
  })
  return found.favourites.flatMap(({ sequels }) => sequels.map((sequel) => sequel.title))
}

export async function latestReview(filmId: number) {
  return prisma.review.findFirst({
    where: { filmId },
    include: { viewer: { omit: { email: true } }, votes: true },
    orderBy: { writtenAt: 'desc' },
    cache: false, // tidemark
  })
}

export async function statistics() {
  const count = await prisma.film.count({
    where: { mpaaRating: 'PG' },
    cache: { ttl: '1h' }, // tidemark
  })
  const { _avg } = await prisma.film.aggregate({
    _avg: { imdbRating: true, runningMinutes: true },
    cache: { ttl: '1h' }, // tidemark
  })
  const byGenre = await prisma.film.groupBy({
    by: ['genreId'],
    _sum: { worldwideGross: true },
    _count: true,
    having: { imdbVotes: { _avg: { gt: 100 } } },
    cache: { ttl: '1h' }, // tidemark
  })
  return { count, minutes: _avg.runningMinutes, gross: byGenre.map(({ _sum }) => _sum) }
}

export async function destinations(iata: string) {
  const airport = await prisma.airport.findUnique({
    where: { iata },
    select: { departures: { select: { flights: true, destination: { select: { city: true } } } } },
    cache: { ttl: '1d' }, // tidemark
  })
  return airport?.departures.map(({ destination }) => destination.city)
}

export async function directorOf(id: number) {
  return prisma.film.findUnique({ where: { id } }).director()
}

export async function genres() {
  return prisma.genre.findMany({ orderBy: { name: 'asc' } })
}

export async function review(filmId: number, viewerId: string, stars: number) {
  return prisma.$transaction(async (tx) => {
    const review = await tx.review.upsert({
      where: { filmId_viewerId: { filmId, viewerId } },
      create: { filmId, viewerId, stars },
      update: { stars },
    })
    await tx.film.update({ where: { id: filmId }, data: { imdbVotes: { increment: 1 } } })
    return review.id
  })
}

export async function addFilm(title: string, director: string) {
  return prisma.film.create({
    data: {
      title,
      genre: { connectOrCreate: { where: { name: 'Drama' }, create: { name: 'Drama' } } },
      director: { create: { name: director, profile: { create: { biography: '' } } } },
    },
    include: { director: { include: { profile: true } } },
  })
}

export async function forget(viewerId: string) {
  await prisma.$transaction([
    prisma.reviewVote.deleteMany({ where: { viewerId } }),
    prisma.review.deleteMany({ where: { viewerId } }),
    prisma.viewer.delete({ where: { id: viewerId } }),
  ])
}
