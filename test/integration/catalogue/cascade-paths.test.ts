import { createTidemark, type Tidemark } from '@tidemark/core'
import { withCache } from '@tidemark/kysely'
import { cached, cacheExtension } from '@tidemark/prisma'
import { type Kysely, sql } from 'kysely'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { Prisma, type PrismaClient } from '../../../prisma/generated/client.ts'
import type { Tables } from '../../../prisma/tables.ts'
import { describeEachDatabase } from '../../support/databases.ts'

describeEachDatabase('the ways by which a write reached other tables', (database) => {
  let cache: Tidemark
  let kysely: Kysely<Tables>
  let prisma: ReturnType<typeof extend>

  const extend = (client: PrismaClient) => client.$extends(cacheExtension(cache))

  beforeEach(async () => {
    cache = createTidemark()
    kysely = withCache(database.kysely, cache)
    prisma = extend(new database.PrismaClient({ adapter: database.prismaAdapter() }))
    await database.sql(`insert into directors (id, name) values (1, 'Scott'), (2, 'Mann')`)
    await database.sql(`insert into films (id, title) values (1, 'Alien'), (2, 'Heat')`)
  })
  afterEach(async () => {
    await prisma.$disconnect()
    await cache.close()
  })

  /** Of the last write. */
  const ways = () =>
    cache
      .invalidations({ limit: 1 })
      .flatMap(({ cascade }) =>
        cascade.map((path) =>
          path.map(({ name, by }) => (by ? `${name} (${by})` : name)).join(' → '),
        ),
      )

  const ofDirector = [
    'directors → director_profiles (on delete cascade)',
    'directors → films (on delete set null)',
  ]
  const ofFilm = [
    'films → _favourites (on delete cascade)',
    'films → reviews (on delete cascade)',
    'films → reviews (on delete cascade) → review_votes (on delete cascade)',
  ]

  it('by foreign keys, as the catalogue tells it of a query of Kysely', async () => {
    await kysely.deleteFrom('directors').where('id', '=', 1).execute()
    expect(ways().sort()).toEqual(ofDirector)
    await kysely.deleteFrom('films').where('id', '=', 1).execute()
    expect(ways().sort()).toEqual(ofFilm)
    await kysely.updateTable('films').set({ title: 'Aliens' }).where('id', '=', 2).execute()
    expect(ways()).toEqual([])
    await sql`delete from ${sql.table('directors')} where id = 2`.execute(kysely)
    expect(ways()).toEqual(expect.arrayContaining(ofDirector))
  })

  it('by foreign keys, as the schema tells it of a call of Prisma', async () => {
    await prisma.director.delete({ where: { id: 1 } })
    expect(ways().sort()).toEqual(ofDirector)
    await prisma.film.deleteMany({ where: { id: 1 } })
    expect(ways().sort()).toEqual(ofFilm)
    await prisma.film.update({ where: { id: 2 }, data: { title: 'Aliens' } })
    expect(ways()).toEqual([])
    // What a write nested in it names is not reached by anything else.
    await prisma.director.update({
      where: { id: 2 },
      data: { profile: { create: { biography: '' } } },
    })
    expect(ways()).toEqual([])
    const statement = Prisma.sql`delete from directors where id = 2`
    await prisma.$executeRaw(cached(statement, { tables: ['directors'] }))
    expect(ways()).toEqual(expect.arrayContaining(ofDirector))
  })

  it('in transactions, and on to what is made of it', async () => {
    cache.depends('top-profiles', { on: [{ table: 'director_profiles' }] })
    await kysely.transaction().execute(async (transaction) => {
      await transaction.deleteFrom('directors').where('id', '=', 1).execute()
      await transaction.deleteFrom('reviews').execute()
      await transaction.deleteFrom('films').where('id', '=', 1).execute()
    })
    const ofProfiles = [
      'directors → director_profiles (on delete cascade)',
      'directors → director_profiles (on delete cascade) → top-profiles (depends)',
    ]
    expect(ways().sort()).toEqual([
      ...ofProfiles,
      'films → _favourites (on delete cascade)',
      'reviews → review_votes (on delete cascade)',
    ])
    await prisma.$transaction([
      prisma.director.delete({ where: { id: 2 } }),
      prisma.film.delete({ where: { id: 2 } }),
    ])
    expect(ways().sort()).toEqual([...ofProfiles, ...ofFilm])
  })

  it('by triggers', async () => {
    const isPostgres = database.name === 'postgres' || database.name === 'pglite'
    const body = 'update genres set name = new.title where id = 1'
    const [make, drop] = isPostgres
      ? [
          [
            `create or replace function on_film() returns trigger language plpgsql as $$ begin ${body}; return new; end $$`,
            'create trigger on_film after update on films for each row execute function on_film()',
          ],
          'drop trigger on_film on films',
        ]
      : [
          [
            `create trigger on_film after update on films for each row ${database.name === 'mariadb' ? body : `begin ${body}; end`}`,
          ],
          'drop trigger on_film',
        ]
    for (const text of make) await database.sql(text)
    try {
      await kysely.updateTable('films').set({ title: 'Aliens' }).execute()
      expect(ways()).toContain('films → genres (trigger)')
      await prisma.film.updateMany({ data: { title: 'Alien' } })
      expect(ways()).toContain('films → genres (trigger)')
      await kysely.deleteFrom('directors').where('id', '=', 1).execute()
      expect(ways()).toContain('directors → films (on delete set null) → genres (trigger)')
    } finally {
      await database.sql(drop)
    }
  })
})
