import { Prisma, type PrismaClient } from '../../../prisma/generated/client.ts'
import type { TestDatabase } from '../../support/databases.ts'

export const ada = 'a0000000-0000-4000-8000-000000000001'
export const bob = 'b0000000-0000-4000-8000-000000000002'
export const cyd = 'c0000000-0000-4000-8000-000000000003'

/** Elsewhere the schema leaves them out. */
export function hasLists({ name }: TestDatabase): boolean {
  return name === 'postgres' || name === 'pglite'
}

const [, minor] = Prisma.prismaVersion.client.split('.').map(Number)
/** These tests run on older versions too, see test/packages/prisma-versions.mjs. */
export const nestsTransactions: boolean = minor! >= 5

/**
 * How many reads ask the database again because a transaction was rolled back. MySQL has tables that keep what they were
 * given; the driver of SQLite lets others read and write inside of the transaction.
 */
export function costOfRollback(database: TestDatabase): 0 | 1 {
  return hasLists(database) ? 0 : 1
}

/** Some rows in every table, so that a write of any kind finds what it changes. */
export async function fillLibrary(prisma: PrismaClient): Promise<void> {
  await prisma.genre.createMany({ data: [{ name: 'Drama' }, { name: 'Comedy' }] })
  await prisma.distributor.createMany({ data: [{ name: 'Fox' }, { name: 'Orion' }] })
  await prisma.director.createMany({ data: [{ name: 'Varda' }, { name: 'Scott' }] })
  await prisma.directorProfile.create({ data: { directorId: 1, biography: 'Cléo' } })
  await prisma.viewer.createMany({
    data: [
      { id: ada, name: 'Ada', email: 'ada@example.org', joinedAt: new Date(0) },
      { id: bob, name: 'Bob', email: 'bob@example.org', joinedAt: new Date(0) },
      { id: cyd, name: 'Cyd', email: 'cyd@example.org', joinedAt: new Date(0) },
    ],
  })
  await prisma.film.createMany({
    data: [
      { title: 'Alien', genreId: 1, directorId: 2, distributorId: 1, imdbRating: '8.5' },
      { title: 'Aliens', genreId: 1, directorId: 2, sequelOfId: 1, distributorId: 1 },
      { title: 'Vagabond', genreId: 2, directorId: 1, budget: 10n ** 15n },
    ],
  })
  await prisma.film.update({
    where: { id: 1 },
    data: { likedBy: { connect: [{ id: ada }, { id: bob }] } },
  })
  await prisma.viewer.update({ where: { id: ada }, data: { following: { connect: { id: bob } } } })
  await prisma.review.createMany({
    data: [
      { stars: 5, filmId: 1, viewerId: ada, writtenAt: new Date(0) },
      { stars: 2, filmId: 2, viewerId: bob, writtenAt: new Date(0) },
    ],
  })
  await prisma.reviewVote.create({ data: { reviewId: 1, viewerId: bob, helpful: true } })
  await prisma.airport.createMany({
    data: ['ABQ', 'BOS', 'CLE'].map((iata) => ({
      ...{ iata, name: `${iata} Airport`, country: 'USA', latitude: 1.5, longitude: -2.5 },
    })),
  })
  await prisma.route.createMany({
    data: [
      { originIata: 'ABQ', destinationIata: 'BOS', flights: 3 },
      { originIata: 'BOS', destinationIata: 'CLE', flights: 4 },
    ],
  })
}
