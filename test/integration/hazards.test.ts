import { createTidemark, type Tidemark } from '@tidemark/core'
import { cached, withCache } from '@tidemark/kysely'
import {
  cached as cachedRaw,
  type CachedClient,
  withCache as withPrismaCache,
} from '@tidemark/prisma'
import { Gate } from '@tidemark/testing'
import { type Kysely, sql } from 'kysely'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { Prisma, type PrismaClient } from '../../prisma/generated/client.ts'
import type { Tables } from '../../prisma/tables.ts'
import { describeEachDatabase, type TestDatabase } from '../support/databases.ts'
import { besides, interpose, type Interposition, isPostgres } from './kysely/interposed.ts'
import * as prismaInterposed from './prisma/interposed-adapter.ts'
import { fillLibrary } from './prisma/library.ts'

type Film = { title: string } | null | undefined

describeEachDatabase('Hazards that both adapters have', (database) => {
  let cache: Tidemark
  let kysely: Kysely<Tables>
  let prisma: CachedClient<PrismaClient>
  let base: PrismaClient
  /** Between either client and the database. */
  let between: Interposition & prismaInterposed.Interposition

  beforeEach(async () => {
    between = { connections: 0 }
    cache = createTidemark()
    kysely = withCache(database.kysely, cache, { database: 'one' })
    const adapter = prismaInterposed.interpose(database.prismaAdapter(), between)
    base = new database.PrismaClient({ adapter })
    prisma = withPrismaCache(base, cache)
    await fillLibrary(base)
  })
  afterEach(() => Promise.all([base.$disconnect(), cache.close()]))

  const byKysely = async (db = kysely): Promise<Film> =>
    db.selectFrom('films').select('title').where('id', '=', 1).$call(cached()).executeTakeFirst()
  const byPrisma = async (): Promise<Film> =>
    prisma.film.findUnique({ where: { id: 1 }, select: { title: true }, cache: {} })
  const rename = (title: string, db = kysely) =>
    db.updateTable('films').set({ title }).where('id', '=', 1).execute()

  /** Holds the first answer to a SELECT, with what the database said, until the gate is opened. */
  function holdFirstAnswer(): Gate {
    const gate = new Gate()
    let isFirst = true
    between.statement = async <T>(text: string, send: () => Promise<T>): Promise<T> => {
      const answer = await send()
      if (!isFirst || !/^\s*select/i.test(text)) return answer
      isFirst = false
      return gate.pass(() => answer)
    }
    return gate
  }

  const sentSelects = (sent: () => readonly string[]) =>
    sent().filter((text) => /^\s*select/i.test(text))

  it('hazard 6: between a Kysely write and its acknowledgement nobody is served what was before', async () => {
    const slow = withCache(interpose(database, between), cache, { database: 'one' })
    const other = withCache(besides(database), cache, { database: 'one' })
    expect(await byKysely(other)).toEqual({ title: 'Alien' })
    const gate = new Gate()
    between.statement = async <T>(_text: string, send: () => Promise<T>): Promise<T> => {
      const answer = await send()
      return gate.pass(() => answer)
    }
    const write = rename('Alien 1', slow)
    await gate.reached
    expect(await byKysely(other)).toEqual({ title: 'Alien 1' })
    expect(await byKysely(other)).toEqual({ title: 'Alien 1' })
    gate.open()
    await write
    expect(await byKysely(other)).toEqual({ title: 'Alien 1' })
  })

  it('hazard 19: a late answer to Kysely does not replace a newer one', async () => {
    const slow = withCache(interpose(database, between), cache, { database: 'one' })
    const other = withCache(besides(database), cache, { database: 'one' })
    const gate = holdFirstAnswer()
    const early = byKysely(slow)
    await gate.reached
    await rename('Alien 1', other)
    expect(await byKysely(other)).toEqual({ title: 'Alien 1' })
    gate.open()
    expect(await early).toEqual({ title: 'Alien' })
    const sent = database.statements.mark()
    expect(await byKysely()).toEqual({ title: 'Alien 1' })
    expect(sent()).toEqual([])
  })

  it('hazard 19: a late answer to Prisma does not replace a newer one', async () => {
    const gate = holdFirstAnswer()
    const early = byPrisma()
    await gate.reached
    await prisma.film.update({ where: { id: 1 }, data: { title: 'Alien 1' } })
    expect(await byPrisma()).toEqual({ title: 'Alien 1' })
    gate.open()
    expect(await early).toEqual({ title: 'Alien' })
    const sent = database.statements.mark()
    expect(await byPrisma()).toEqual({ title: 'Alien 1' })
    expect(sent()).toEqual([])
  })

  it('hazard 22: a database that is restored to an earlier point is seen after clear()', async () => {
    const backup = await database.sql<{ title: string }>('select title from films where id = 1')
    await rename('Alien 1')
    expect([await byKysely(), await byPrisma()]).toEqual([
      { title: 'Alien 1' },
      { title: 'Alien 1' },
    ])
    await database.sql('update films set title = $1 where id = 1', [backup[0]!.title])
    // Nobody has told the cache.
    expect([await byKysely(), await byPrisma()]).toEqual([
      { title: 'Alien 1' },
      { title: 'Alien 1' },
    ])
    await cache.clear()
    expect([await byKysely(), await byPrisma()]).toEqual([{ title: 'Alien' }, { title: 'Alien' }])
    expect([await byKysely(), await byPrisma()]).toEqual([{ title: 'Alien' }, { title: 'Alien' }])
  })

  it('hazard 26: a writer that goes past Tidemark is seen after invalidate()', async () => {
    expect([await byKysely(), await byPrisma()]).toEqual([{ title: 'Alien' }, { title: 'Alien' }])
    await database.sql('update films set title = $1 where id = 1', ['Alien 1'])
    expect([await byKysely(), await byPrisma()]).toEqual([{ title: 'Alien' }, { title: 'Alien' }])
    await cache.invalidate({ tables: ['genres'] })
    expect([await byKysely(), await byPrisma()]).toEqual([{ title: 'Alien' }, { title: 'Alien' }])
    await cache.invalidate({ tables: ['films'] })
    expect([await byKysely(), await byPrisma()]).toEqual([
      { title: 'Alien 1' },
      { title: 'Alien 1' },
    ])
  })

  it('hazard 26: a writer that goes past Tidemark is seen when the time to live ends, at the latest', async () => {
    const ttl = '200ms'
    const kyselyFilm = () =>
      kysely
        .selectFrom('films')
        .select('title')
        .where('id', '=', 1)
        .$call(cached({ ttl }))
        .executeTakeFirst()
    const prismaFilm = () =>
      prisma.film.findUnique({ where: { id: 1 }, select: { title: true }, cache: { ttl } })
    await Promise.all([kyselyFilm(), prismaFilm()])
    await database.sql('update films set title = $1 where id = 1', ['Alien 1'])
    await vi.waitFor(
      async () => {
        expect([await kyselyFilm(), await prismaFilm()]).toEqual([
          { title: 'Alien 1' },
          { title: 'Alien 1' },
        ])
      },
      { timeout: 10_000, interval: 20 },
    )
  })

  it('hazard 27: rows have the shape that a migration gave them', async () => {
    const genre = () => kysely.selectFrom('genres').selectAll().$call(cached()).executeTakeFirst()
    const steps: [shape: string[], migrate: () => Promise<unknown>][] = [
      [
        ['id', 'name', 'note'],
        () => kysely.schema.alterTable('genres').addColumn('note', 'integer').execute(),
      ],
      [['id', 'name'], () => kysely.schema.alterTable('genres').dropColumn('note').execute()],
      [
        ['id', 'name', 'note'],
        () => prisma.$executeRawUnsafe('alter table genres add column note integer'),
      ],
      [['id', 'name'], () => sql`alter table genres drop column note`.execute(kysely)],
    ]
    expect(Object.keys((await genre())!)).toEqual(['id', 'name'])
    for (const [shape, migrate] of steps) {
      await migrate()
      expect(Object.keys((await genre())!)).toEqual(shape)
      expect(Object.keys((await genre())!)).toEqual(shape)
    }
  })

  it('hazard 27: a table that a migration took away is served by nobody', async () => {
    const genres = () => prisma.genre.findMany({ cache: {} })
    const names = () => kysely.selectFrom('genres').select('name').$call(cached()).execute()
    const before = [await genres(), await names()]
    await kysely.schema.alterTable('genres').renameTo('kinds').execute()
    try {
      await expect(genres()).rejects.toMatchObject({ code: 'P2021' })
      await expect(names()).rejects.toThrow('genres')
    } finally {
      await prisma.$executeRawUnsafe('alter table kinds rename to genres')
    }
    expect([await genres(), await names()]).toEqual(before)
  })

  it('hazard 30: queries that are alike for long have answers of their own', async () => {
    // Longer than any prefix that somebody might compare, and shorter than a key may be.
    const titles = (last: string) => [...Array.from({ length: 500 }, () => 'x'.repeat(50)), last]
    const [alien, vagabond] = [titles('Alien'), titles('Vagabond')]
    for (let time = 0; time < 2; time += 1) {
      const sent = database.statements.mark()
      const kyselyTitles = (list: string[]) =>
        kysely
          .selectFrom('films')
          .select('title')
          .where('title', 'in', list)
          .$call(cached())
          .execute()
      expect(await kyselyTitles(alien)).toEqual([{ title: 'Alien' }])
      expect(await kyselyTitles(vagabond)).toEqual([{ title: 'Vagabond' }])
      const prismaTitles = (list: string[]) =>
        prisma.film.findMany({ where: { title: { in: list } }, select: { title: true }, cache: {} })
      expect(await prismaTitles(alien)).toEqual([{ title: 'Alien' }])
      expect(await prismaTitles(vagabond)).toEqual([{ title: 'Vagabond' }])
      if (time === 1) expect(sent()).toEqual([])
    }
  })

  it('hazard 32: a write through Kysely that finds a row by other letters makes it new', async ({
    skip,
  }) => {
    skip(database.name === 'pglite', 'it has no collation that ignores case')
    const names = kysely.$extendTables<{ names: { name: string; note: string } }>()
    for (const statement of namesWithoutCase[database.name]) await database.sql(statement)
    try {
      await database.sql(`insert into names (name, note) values ('bob', 'old')`)
      const note = () =>
        names.selectFrom('names').select('note').where('name', '=', 'bob').$call(cached()).execute()
      expect(await note()).toEqual([{ note: 'old' }])
      const update = names.updateTable('names').set({ note: 'new' }).where('name', '=', 'BOB')
      expect((await update.executeTakeFirst()).numUpdatedRows).toBe(1n)
      expect(await note()).toEqual([{ note: 'new' }])
      await names.deleteFrom('names').where('name', '=', 'Bob').execute()
      expect(await note()).toEqual([])
    } finally {
      await database.sql('drop table names')
    }
  })

  it('hazard 32: and so does one through Prisma', async ({ skip }) => {
    skip(database.name === 'sqlite', "Prisma's tables on SQLite have no column that ignores case")
    const equals = (title: string) =>
      isPostgres(database) ? { equals: title, mode: 'insensitive' as const } : title
    const read = () =>
      prisma.film.findMany({
        where: { title: equals('alien') },
        select: { runningMinutes: true },
        cache: {},
      })
    expect(await read()).toEqual([{ runningMinutes: null }])
    const data = { runningMinutes: 117 }
    const { count } = await prisma.film.updateMany({ where: { title: equals('ALIEN') }, data })
    expect(count).toBe(1)
    expect(await read()).toEqual([{ runningMinutes: 117 }])
  })

  it('hazard 36: 100 MB are served, not stored, and counted', async () => {
    const rows = 1000
    const text = database.name === 'sqlite' ? `hex(zeroblob(50000))` : `repeat('x', 100000)`
    const numbers = `with recursive n(i) as (select 1 union all select i + 1 from n where i < ${rows})`
    const large = `${numbers} select i, ${text} as text from n`
    const hint = { tables: ['films'] }
    const kinds = {
      kysely: async () =>
        (await cached(hint)(sql<{ text: string }>`${sql.raw(large)}`).execute(kysely)).rows,
      prisma: () => prisma.$queryRaw<{ text: string }[]>(cachedRaw(Prisma.sql([large]), hint)),
    }
    for (const [adapter, read] of Object.entries(kinds)) {
      for (let time = 1; time <= 2; time += 1) {
        const found = await read()
        expect(found).toHaveLength(rows)
        expect(found.every((row) => row.text.length === 100_000)).toBe(true)
        const counted = cache.metrics().queries.filter((query) => query.adapter === adapter)
        expect(counted.find(({ bypasses }) => bypasses['too-large'])).toMatchObject({
          calls: time,
          hits: {},
          misses: {},
          bypasses: { 'too-large': time },
        })
      }
    }
    expect(cache.metrics().memory.entries).toBe(0)
  })

  it('hazard 38: a thousand misses through Kysely are one load, and one more after a write in their midst', async () => {
    const slow = withCache(interpose(database, between), cache, { database: 'one' })
    const other = withCache(besides(database), cache, { database: 'one' })
    const gate = holdFirstAnswer()
    const early = thousand(() => byKysely(slow))
    await gate.reached
    await rename('Alien 1', other)
    const late = await thousand(() => byKysely(other))
    gate.open()
    expectTwoLoads('kysely', await early, late)
  })

  it('hazard 38: a thousand misses through Prisma are one load, and one more after a write in their midst', async () => {
    const gate = holdFirstAnswer()
    const early = thousand(byPrisma)
    await gate.reached
    await prisma.film.update({ where: { id: 1 }, data: { title: 'Alien 1' } })
    const late = await thousand(byPrisma)
    gate.open()
    expectTwoLoads('prisma', await early, late)
  })

  const thousand = (read: () => Promise<Film>) => Promise.all(Array.from({ length: 1000 }, read))

  function expectTwoLoads(adapter: string, early: readonly Film[], late: readonly Film[]): void {
    expect(new Set(early.map((film) => film?.title))).toEqual(new Set(['Alien']))
    expect(new Set(late.map((film) => film?.title))).toEqual(new Set(['Alien 1']))
    // Nobody shares an object with anybody.
    expect(new Set([...early, ...late]).size).toBe(2000)
    const reads = cache
      .metrics()
      .queries.filter((query) => query.adapter === adapter && query.kind === 'read')
    expect(reads).toEqual([
      expect.objectContaining({ hits: { joined: 1998 }, misses: { absent: 2 }, bypasses: {} }),
    ])
    expect(reads[0]?.load.count).toBe(2)
  }

  it('hazard 39: what Prisma loads by several statements is one entry, under all of its tables', async () => {
    const read = () =>
      prisma.film.findUnique({
        where: { id: 1 },
        select: {
          title: true,
          director: { select: { name: true, profile: { select: { biography: true } } } },
          reviews: { select: { stars: true, viewer: { select: { name: true } } } },
          likedBy: { select: { name: true }, orderBy: { name: 'asc' } },
        },
        cache: {},
      })
    const sentByRead = async () => {
      const sent = database.statements.mark()
      const answer = await read()
      return { answer, statements: sentSelects(sent).length }
    }
    await cache.clear()
    const first = await sentByRead()
    expect(first.statements).toBeGreaterThan(1)
    expect(first.answer?.reviews[0]?.viewer).toEqual({ name: 'Ada' })
    expect((await sentByRead()).statements).toBe(0)

    const writes: Record<string, () => Promise<unknown>> = {
      films: () => rename('Alien 1'),
      directors: () =>
        kysely.updateTable('directors').set({ name: 'Ridley' }).where('id', '=', 2).execute(),
      director_profiles: () =>
        kysely.insertInto('director_profiles').values({ director_id: 2, biography: 'x' }).execute(),
      reviews: () => kysely.updateTable('reviews').set({ stars: 1 }).execute(),
      viewers: () => kysely.updateTable('viewers').set({ name: 'Eve' }).execute(),
      _Favourites: () => kysely.deleteFrom('_Favourites').execute(),
    }
    let before = first.answer
    for (const [table, write] of Object.entries(writes)) {
      await write()
      const { answer, statements } = await sentByRead()
      expect(answer, table).not.toEqual(before)
      expect(statements, table).toBe(first.statements)
      expect(await sentByRead(), table).toEqual({ answer, statements: 0 })
      before = answer
    }
    await kysely.updateTable('genres').set({ name: 'Other' }).where('id', '=', 1).execute()
    expect(await sentByRead()).toEqual({ answer: before, statements: 0 })
  })

  it('hazard 46: a hit of Prisma does not wait for a transaction that holds the only connection', async () => {
    expect(await byPrisma()).toEqual({ title: 'Alien' })
    const writing = new Gate()
    const write = prisma.$transaction(async (tx) => {
      await tx.film.update({ where: { id: 1 }, data: { title: 'Alien 1' } })
      await writing.pass(() => undefined)
    })
    await writing.reached
    const sent = database.statements.mark()
    expect(await byPrisma()).toEqual({ title: 'Alien' })
    expect(sent()).toEqual([])
    writing.open()
    await write
    expect(await byPrisma()).toEqual({ title: 'Alien 1' })
  })
})

/** A table whose names are the same in capitals and in small letters. */
const namesWithoutCase: Record<TestDatabase['name'], readonly string[]> = {
  pglite: [],
  postgres: [
    "create collation if not exists ignoring_case (provider = icu, locale = 'und-u-ks-level2', deterministic = false)",
    'create table names (name text collate ignoring_case primary key, note text)',
  ],
  mariadb: [
    'create table names (name varchar(50) collate utf8mb4_general_ci primary key, note text)',
  ],
  sqlite: ['create table names (name text collate nocase primary key, note text)'],
}
