import { createTidemark, type Tidemark } from '@tidemark/core'
import { withCache as withKyselyCache } from '@tidemark/kysely'
import { cached, type CacheExtensionOptions, withCache } from '@tidemark/prisma'
import { sql } from 'kysely'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { Prisma, type PrismaClient } from '../../../prisma/generated/client.ts'
import { describeEachDatabase } from '../../support/databases.ts'
import { answersOf } from '../kysely/films.ts'

describeEachDatabase('Prisma and the catalogue', (database) => {
  let cache: Tidemark
  let base: PrismaClient
  let prisma: ReturnType<typeof wrap>
  let undo: string[]

  const wrap = (options: CacheExtensionOptions = {}) =>
    withCache(base, cache, { cacheByDefault: true, ...options })
  const isPostgres = () => database.name === 'postgres' || database.name === 'pglite'
  const define = async (text: string, undoing: string) => {
    undo.unshift(undoing)
    await database.sql(text)
  }
  const genres = (client = prisma) => client.genre.findMany({ orderBy: { id: 'asc' } })
  const names = async (client = prisma) => (await genres(client)).map(({ name }) => name)
  const rename = (client: Pick<typeof prisma, 'film'> = prisma) =>
    client.film.update({ where: { id: 1 }, data: { title: 'Aliens' } })

  beforeEach(async () => {
    undo = []
    cache = createTidemark()
    base = new database.PrismaClient({ adapter: database.prismaAdapter() })
    prisma = wrap()
    await database.sql(`insert into genres (id, name) values (1, 'Drama')`)
    await database.sql(
      `insert into films (id, title, genre_id) values (1, 'Alien', 1), (2, 'Heat', 1)`,
    )
  })
  afterEach(async () => {
    await base.$disconnect()
    await cache.close()
    for (const statement of undo) await database.sql(statement)
  })

  /** @param body one statement, with `new.title` in it */
  function triggerText(body: string): readonly string[] {
    if (isPostgres()) {
      return [
        `create or replace function on_film() returns trigger language plpgsql as $$ begin ${body}; return new; end $$`,
        'create trigger on_film after update on films for each row execute function on_film()',
      ]
    }
    return database.name === 'mariadb'
      ? [`create trigger on_film after update on films for each row ${body}`]
      : [`create trigger on_film after update on films begin ${body}; end`]
  }
  async function addTrigger(body: string): Promise<void> {
    undo.push(isPostgres() ? 'drop trigger on_film on films' : 'drop trigger on_film')
    for (const text of triggerText(body)) await database.sql(text)
  }
  const renamesGenre = 'update genres set name = new.title where id = 1'

  it('hazard 24: what a trigger writes to another table', async () => {
    await addTrigger(renamesGenre)
    expect(await names()).toEqual(['Drama'])
    expect(await names()).toEqual(['Drama'])
    expect(answersOf(cache)).toEqual({ absent: 1, memory: 1 })
    await rename()
    expect(await names()).toEqual(['Aliens'])
  })

  it('hazard 24: the same in transactions of both kinds, and in nested writes', async () => {
    await addTrigger(renamesGenre)
    const writes = [
      (title: string) => prisma.$transaction((tx) => tx.film.updateMany({ data: { title } })),
      (title: string) => prisma.$transaction([prisma.film.updateMany({ data: { title } })]),
      (title: string) =>
        prisma.genre.update({
          where: { id: 1 },
          data: { films: { updateMany: { where: {}, data: { title } } } },
        }),
    ]
    for (const [index, write] of writes.entries()) {
      await names()
      await write(`Film ${index}`)
      expect(await names()).toEqual([`Film ${index}`])
    }
  })

  it('hazard 24: a trigger that does not show what it does, and sideEffects that say it', async ({
    skip,
  }) => {
    skip(database.name === 'sqlite', 'its triggers show all that they do')
    if (isPostgres())
      await addTrigger(`execute 'update gen' || 'res set name = $1' using new.title`)
    else {
      await define(
        'create procedure name_genre(title text) update genres set name = title',
        'drop procedure name_genre',
      )
      await addTrigger('call name_genre(new.title)')
    }
    for (const client of [
      prisma,
      wrap({ database: 'declared', sideEffects: { films: ['genres'] } }),
    ]) {
      await database.sql(`update genres set name = 'Drama'`)
      await cache.clear()
      expect(await names(client)).toEqual(['Drama'])
      await rename(client)
      expect(await names(client)).toEqual(['Aliens'])
    }
    const reasons = cache.metrics().queries.flatMap(({ opaqueBecause }) => opaqueBecause ?? [])
    expect(reasons).toEqual([expect.stringContaining('see the option sideEffects')])
  })

  it('hazard 24: a foreign key of a table that has no model', async () => {
    await define(
      `create table film_notes (id int primary key, film_id ${database.name === 'mariadb' ? 'int' : 'integer'},
        foreign key (film_id) references films (id) on delete cascade)`,
      'drop table film_notes',
    )
    await database.sql('insert into film_notes values (1, 1), (2, 2)')
    const notes = () =>
      prisma.$queryRaw(cached(Prisma.sql`select id from film_notes`, { tables: ['film_notes'] }))
    expect(await notes()).toHaveLength(2)
    expect(await notes()).toHaveLength(2)
    expect(answersOf(cache)).toMatchObject({ memory: 1 })
    await prisma.film.delete({ where: { id: 1 } })
    expect(await notes()).toHaveLength(1)
  })

  it('hazard 25: a view that a hint names', async () => {
    await define('create view film_titles as select id, title from films', 'drop view film_titles')
    const titles = () =>
      prisma.$queryRaw(
        cached(Prisma.sql`select title from film_titles order by id`, { tables: ['film_titles'] }),
      )
    expect(await titles()).toEqual([{ title: 'Alien' }, { title: 'Heat' }])
    await titles()
    expect(answersOf(cache)).toMatchObject({ memory: 1 })
    await rename()
    expect(await titles()).toEqual([{ title: 'Aliens' }, { title: 'Heat' }])
  })

  it('hazard 25: a table with row-level security is cached for a partition only', async ({
    skip,
  }) => {
    skip(!isPostgres(), 'the database has none')
    await define(
      'alter table genres enable row level security',
      'alter table genres disable row level security',
    )
    await names()
    await names()
    expect(answersOf(cache)).toEqual({ 'row-level-security': 2 })
    const tenant = wrap({ database: 'tenants', partition: () => 'acme' })
    await names(tenant)
    await names(tenant)
    expect(answersOf(cache)).toMatchObject({ absent: 1, memory: 1 })
  })

  it('hazard 24: what is known of keys by the schema goes on being known by columns', async () => {
    await prisma.genre.findMany()
    await prisma.film.findMany()
    const sent = database.statements.mark()
    await prisma.genre.update({ where: { id: 1 }, data: { name: 'Comedy' } })
    const writing = sent().length
    await prisma.film.findMany()
    expect(sent()).toHaveLength(writing)
  })

  it('is read once, however many reads come first, and those are still one statement', async () => {
    const start = database.statements.catalogue.length
    const sent = database.statements.mark()
    const films = await Promise.all(
      Array.from({ length: 10 }, (_, index) =>
        prisma.film.findUnique({ where: { id: index + 1 } }),
      ),
    )
    expect(films.filter(Boolean)).toHaveLength(2)
    expect(sent()).toHaveLength(1)
    const first = (text: string) => database.name !== 'mariadb' || text.includes('user_privileges')
    expect(database.statements.catalogue.slice(start).filter(first)).toHaveLength(
      { mariadb: 1, sqlite: 3, postgres: 1, pglite: 1 }[database.name],
    )
  })

  it('is not read with catalogue: false, nor inside of a transaction', async () => {
    const start = database.statements.catalogue.length
    const bare = wrap({ database: 'bare', catalogue: false })
    await names(bare)
    await names(bare)
    expect(answersOf(cache)).toEqual({ absent: 1, memory: 1 })
    expect(database.statements.catalogue.length).toBe(start)
    let before = 0
    await prisma.$transaction(async (tx) => {
      before = database.statements.catalogue.length
      await tx.$executeRawUnsafe(`update films set title = 'x'`)
      await tx.genre.findMany()
      await tx.film.updateMany({ data: { title: 'y' } })
      expect(database.statements.catalogue.length).toBe(before)
    })
    expect(before).toBeGreaterThan(start)
  })

  it('is read again after DDL that Prisma has sent', async () => {
    await names()
    await rename()
    undo.push(isPostgres() ? 'drop trigger on_film on films' : 'drop trigger on_film')
    for (const text of triggerText(renamesGenre)) await prisma.$executeRawUnsafe(text)
    expect(await names()).toEqual(['Drama'])
    await prisma.film.update({ where: { id: 1 }, data: { title: 'Alien 3' } })
    expect(await names()).toEqual(['Alien 3'])
  })

  it('is read again after DDL that Kysely has sent on the same cache', async () => {
    const kysely = withKyselyCache(database.kysely, cache)
    await names()
    await rename()
    undo.push(isPostgres() ? 'drop trigger on_film on films' : 'drop trigger on_film')
    for (const text of triggerText(renamesGenre)) await sql.raw(text).execute(kysely)
    expect(await names()).toEqual(['Drama'])
    await prisma.film.update({ where: { id: 1 }, data: { title: 'Alien 3' } })
    expect(await names()).toEqual(['Alien 3'])
  })
})
