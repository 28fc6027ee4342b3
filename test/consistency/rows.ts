import type { Kysely } from 'kysely'
import type { PrismaClient } from '../../prisma/generated/client.ts'
import type { Tables } from '../../prisma/tables.ts'

/** Each row has a version, which every write makes one higher. In `films` it is a number, elsewhere it is kept as a name. */
export const TABLES = ['films', 'genres', 'distributors', 'directors'] as const
export type Table = (typeof TABLES)[number]
type NameTable = Exclude<Table, 'films'>

const ROWS_PER_TABLE = 4
export const ROWS = TABLES.length * ROWS_PER_TABLE

export interface Row {
  readonly index: number
  readonly table: Table
  readonly id: number
}

export const ALL_ROWS: readonly Row[] = Array.from({ length: ROWS }, (_, index) => ({
  index,
  table: TABLES[Math.floor(index / ROWS_PER_TABLE)]!,
  id: (index % ROWS_PER_TABLE) + 1,
}))

export async function insertRows(db: Kysely<Tables>): Promise<void> {
  for (const { table, id } of ALL_ROWS) {
    if (table === 'films')
      await db.insertInto('films').values({ title: 'A', imdb_votes: 0 }).execute()
    else
      await db
        .insertInto(table)
        .values({ name: nameOf(id, 0) })
        .execute()
  }
}

/** No two rows of a table have one name. */
const nameOf = (id: number, version: number): string => `${id}.${version}`
const versionIn = (name: string): number => Number(name.slice(name.indexOf('.') + 1))

/** The versions of the rows of one table, by id. */
export type Versions = ReadonlyMap<number, number>

type AnyPrisma = Pick<PrismaClient, 'film' | 'genre' | 'distributor' | 'director'>

export async function readByKysely(db: Kysely<Tables>, { table, id }: Row): Promise<number> {
  if (table === 'films') {
    const query = db.selectFrom('films').select('imdb_votes').where('id', '=', id)
    return (await query.executeTakeFirstOrThrow()).imdb_votes!
  }
  const query = db.selectFrom(table).select('name').where('id', '=', id)
  return versionIn((await query.executeTakeFirstOrThrow()).name)
}

/** @param below ids from here on are left out; where it is above them all it makes another query with the same answer */
export async function listByKysely(
  db: Kysely<Tables>,
  table: Table,
  below?: number,
): Promise<Versions> {
  if (table === 'films') {
    const all = db.selectFrom('films').select(['id', 'imdb_votes'])
    const query = below === undefined ? all : all.where('id', '<', below)
    return new Map((await query.execute()).map(({ id, imdb_votes: votes }) => [id, votes!]))
  }
  const all = db.selectFrom(table).select(['id', 'name'])
  const query = below === undefined ? all : all.where('id', '<', below)
  return new Map((await query.execute()).map(({ id, name }) => [id, versionIn(name)]))
}

export async function readByPrisma(prisma: AnyPrisma, { table, id }: Row): Promise<number> {
  const where = { id }
  switch (table) {
    case 'films':
      return (await prisma.film.findUniqueOrThrow({ where })).imdbVotes!
    case 'genres':
      return versionIn((await prisma.genre.findUniqueOrThrow({ where })).name)
    case 'distributors':
      return versionIn((await prisma.distributor.findUniqueOrThrow({ where })).name)
    case 'directors':
      return versionIn((await prisma.director.findUniqueOrThrow({ where })).name)
  }
}

export async function listByPrisma(prisma: AnyPrisma, table: Table): Promise<Versions> {
  if (table === 'films') {
    const films = await prisma.film.findMany()
    return new Map(films.map(({ id, imdbVotes }) => [id, imdbVotes!]))
  }
  const named = {
    genres: prisma.genre,
    distributors: prisma.distributor,
    directors: prisma.director,
  }
  const rows = await (named[table] as PrismaClient['genre']).findMany()
  return new Map(rows.map(({ id, name }) => [id, versionIn(name)]))
}

/**
 * Makes the version one higher, in a transaction that holds the row, and reads it there. Answers with the new one.
 *
 * @throws Misread where the transaction does not see what it has written
 */
export async function raiseInTransaction(
  trx: Kysely<Tables>,
  row: Row & { readonly table: NameTable },
): Promise<number> {
  const { table, id } = row
  const held = trx.selectFrom(table).select('name').where('id', '=', id).forUpdate()
  const version = versionIn((await held.executeTakeFirstOrThrow()).name) + 1
  await trx
    .updateTable(table)
    .set({ name: nameOf(id, version) })
    .where('id', '=', id)
    .execute()
  return mustRead(version, await readByKysely(trx, row))
}

/** The same by Prisma. */
export async function raiseByPrisma(
  tx: Parameters<Parameters<PrismaClient['$transaction']>[0]>[0],
  row: Row & { readonly table: NameTable },
): Promise<number> {
  const { table, id } = row
  const text = `select name from ${table} where id = $1 for update`
  const [held] = await tx.$queryRawUnsafe<{ name: string }[]>(text, id)
  const version = versionIn(held!.name) + 1
  const data = { name: nameOf(id, version) }
  const models = { genres: tx.genre, distributors: tx.distributor, directors: tx.director }
  await (models[table] as PrismaClient['genre']).update({ where: { id }, data })
  return mustRead(version, await readByPrisma(tx, row))
}

/** A transaction did not see what it had written itself. */
export class Misread extends Error {
  override readonly name = 'Misread'
}

function mustRead(written: number, read: number): number {
  if (read === written) return written
  throw new Misread(`a transaction wrote ${written}, and then read ${read}`)
}

export function isNamed(row: Row): row is Row & { readonly table: NameTable } {
  return row.table !== 'films'
}
