import { createTidemark, type Tidemark } from '@tidemark/core'
import { withCache } from '@tidemark/kysely'
import { cacheExtension } from '@tidemark/prisma'
import { type Kysely, sql } from 'kysely'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import type { Tables } from '../../../prisma/tables.ts'
import { describeDatabase } from '../../support/databases.ts'
import { answersOf, fillFilms } from '../kysely/films.ts'

describeDatabase('pglite', 'The settings of an only connection', (database) => {
  let cache: Tidemark
  let db: Kysely<Tables>

  beforeAll(async () => {
    await database.sql('create schema other')
    await database.sql('create table other.films (like films including all)')
  })
  beforeEach(async () => {
    cache = createTidemark()
    db = withCache(database.kysely, cache, { cacheByDefault: true })
    await fillFilms(database)
    await database.sql(`insert into other.films (id, title) values (1, 'Cube')`)
  })
  afterEach(async () => {
    await database.sql('reset all')
    await cache.close()
  })

  const title = async (from = db) =>
    (await from.selectFrom('films').select('title').where('id', '=', 1).executeTakeFirst())?.title

  const settings: [string, (to: Kysely<Tables>) => Promise<unknown>][] = [
    ['SET', (to) => sql`set search_path to other`.execute(to)],
    [
      'set_config in raw SQL',
      (to) => sql`select set_config('search_path', 'other', false)`.execute(to),
    ],
    [
      'set_config by a builder',
      (to) =>
        to
          .selectNoFrom((eb) =>
            eb.fn('set_config', [eb.val('search_path'), eb.val('other'), eb.lit(false)]).as('set'),
          )
          .execute(),
    ],
    [
      'set_config in a query of a table',
      (to) =>
        to
          .selectFrom('genres')
          .select((eb) => eb.fn.countAll().as('count'))
          .where(sql<boolean>`set_config('search_path', ${'other'}, ${sql.lit(false)}) = 'other'`)
          .execute(),
    ],
  ]

  it.each(settings)('hazard 28: %s, sent to the instance', async (_, set) => {
    await database.sql(`insert into genres (name) values ('Drama')`)
    expect(await title()).toBe('Alien')
    await set(db)
    expect(await title()).toBe('Cube')
    expect(await title()).toBe('Cube')
    await sql`reset search_path`.execute(db)
    expect(await title()).toBe('Alien')
  })

  it.each(settings)('hazard 28: %s, sent to the connection while it is held', async (_, set) => {
    await database.sql(`insert into genres (name) values ('Drama')`)
    expect(await title()).toBe('Alien')
    await db.connection().execute(async (held) => {
      await set(held)
      expect(await title(held)).toBe('Cube')
    })
    expect(await title()).toBe('Cube')
  })

  it.each(settings)(
    'hazard 28: %s, in a transaction that commits, and one that does not',
    async (_, set) => {
      await database.sql(`insert into genres (name) values ('Drama')`)
      expect(await title()).toBe('Alien')
      const undone = db.transaction().execute(async (trx) => {
        await set(trx)
        expect(await title(trx)).toBe('Cube')
        throw new Error('undo')
      })
      await expect(undone).rejects.toThrow('undo')
      expect(await title()).toBe('Alien')
      await db.transaction().execute((trx) => set(trx))
      expect(await title()).toBe('Cube')
    },
  )

  it('hazard 28: what is set for a transaction only makes nothing old', async () => {
    expect(await title()).toBe('Alien')
    await db.transaction().execute(async (trx) => {
      await sql`set local search_path to other`.execute(trx)
      expect(await title(trx)).toBe('Cube')
      await sql`select set_config('search_path', ${'public'}, true)`.execute(trx)
      await trx
        .selectNoFrom((eb) =>
          eb.fn('set_config', [eb.val('search_path'), eb.val('other'), eb.lit(true)]).as('set'),
        )
        .execute()
      expect(await title(trx)).toBe('Cube')
    })
    expect(await title()).toBe('Alien')
    expect(answersOf(cache)).toMatchObject({ absent: 1, memory: 1 })
  })

  it.each([
    ['SET', `set "search_path" to other`],
    ['set_config', `select set_config('search_path', 'other', false)`],
  ])('hazard 28: Prisma sends %s, and Kysely asks again', async (_, text) => {
    const prisma = new database.PrismaClient({ adapter: database.prismaAdapter() }).$extends(
      cacheExtension(cache, { cacheByDefault: true }),
    )
    expect(await title()).toBe('Alien')
    await prisma.$queryRawUnsafe(text)
    expect(await title()).toBe('Cube')
    await prisma.$executeRawUnsafe('reset search_path')
    expect(await title()).toBe('Alien')
    await prisma.$transaction([
      prisma.$queryRaw`select set_config('search_path', ${'other'}, true)`,
      prisma.film.count(),
    ])
    const sent = database.statements.mark()
    expect(await title()).toBe('Alien')
    expect(sent()).toEqual([])
    await prisma.$disconnect()
  })

  it('hazard 28: the role, by row-level security', async () => {
    await database.sql('create role viewer_of_none')
    await database.sql('grant select on films to viewer_of_none')
    await database.sql('alter table films enable row level security')
    try {
      const own = withCache(database.kysely, cache, {
        cacheByDefault: true,
        database: 'rls',
        partition: 'one for all',
      })
      expect(await title(own)).toBe('Alien')
      await sql`set role viewer_of_none`.execute(own)
      expect(await title(own)).toBeUndefined()
      await sql`reset role`.execute(own)
      expect(await title(own)).toBe('Alien')
    } finally {
      await database.sql('reset role')
      await database.sql('alter table films disable row level security')
      await database.sql('drop owned by viewer_of_none')
      await database.sql('drop role viewer_of_none')
    }
  })

  afterAll(() => database.sql('drop schema other cascade'))
})

describeDatabase('sqlite', 'The settings of an only connection', (database) => {
  let cache: Tidemark
  let db: Kysely<Tables>

  beforeEach(async () => {
    cache = createTidemark()
    db = withCache(database.kysely, cache, { cacheByDefault: true })
    await fillFilms(database)
  })
  afterEach(async () => {
    await sql`pragma case_sensitive_like = off`.execute(database.kysely)
    await cache.close()
  })

  const found = async (from = db) =>
    (await from.selectFrom('films').select('id').where('title', 'like', 'ALIEN').execute()).length

  it.each(['pragma case_sensitive_like = on', 'pragma main.case_sensitive_like(1)'])(
    'hazard 28: %s, sent to the instance or to the connection while it is held',
    async (text) => {
      expect(await found()).toBe(1)
      await sql.raw(text).execute(db)
      expect(await found()).toBe(0)
      await sql`pragma case_sensitive_like = off`.execute(db)
      expect(await found()).toBe(1)
      await db.connection().execute(async (held) => {
        await sql.raw(text).execute(held)
        expect(await found(held)).toBe(0)
      })
      expect(await found()).toBe(0)
    },
  )

  it('a pragma that asks makes nothing old', async () => {
    await found()
    for (const text of [
      'pragma table_info(films)',
      'pragma main.index_list(films)',
      'pragma user_version',
    ]) {
      await sql.raw(text).execute(db)
    }
    await found()
    expect(answersOf(cache)).toEqual({ absent: 1, memory: 1, 'not-data': 3 })
  })
})

describeDatabase('mariadb', 'The settings of a connection', (database) => {
  it('hazard 28: time_zone, on a held connection', async () => {
    const cache = createTidemark()
    const db = withCache(database.kysely, cache, { cacheByDefault: true })
    await fillFilms(database)
    const hour = async (from: Kysely<Tables>) =>
      (
        await from
          .selectFrom('films')
          .select(sql<number>`hour(from_unixtime(0))`.as('hour'))
          .where('id', '=', 1)
          .executeTakeFirst()
      )?.hour
    const before = await hour(db)
    await db.connection().execute(async (held) => {
      // To MySQL, LOCAL is not for the transaction.
      await sql`set local time_zone = '+09:30'`.execute(held)
      expect(await hour(held)).toBe(9)
      await sql`set time_zone = default`.execute(held)
    })
    expect(await hour(db)).toBe(before)
    expect(answersOf(cache)).toMatchObject({ absent: 1, memory: 1 })
    await cache.close()
  })
})
