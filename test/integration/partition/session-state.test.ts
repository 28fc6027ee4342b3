import { AsyncLocalStorage } from 'node:async_hooks'
import { createTidemark, type Tidemark } from '@tidemark/core'
import { withCache } from '@tidemark/kysely'
import { cacheExtension } from '@tidemark/prisma'
import { PrismaPg } from '@prisma/adapter-pg'
import { CompiledQuery, Kysely, PostgresDialect, sql } from 'kysely'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import type { Tables } from '../../../prisma/tables.ts'
import { describeDatabase } from '../../support/databases.ts'
import { answersOf } from '../kysely/films.ts'
import { addFilm, Tenants } from './tenants.ts'

/** The settings of a session, and with them the view of whoever asks. */
type View = Readonly<Record<string, string>>

describeDatabase('postgres', 'One query, two sessions', (database) => {
  let tenants: Tenants
  let plain: Kysely<Tables>
  let cache: Tidemark
  let db: Kysely<Tables>
  const views = new AsyncLocalStorage<View>()
  const defaults: View = { 'app.tenant': '', search_path: 'public', TimeZone: 'UTC' }

  beforeAll(async () => {
    tenants = await Tenants.create(database)
    await database.sql('create schema other')
    await database.sql('create table other.films (like films including all)')
    await database.sql(`grant usage on schema other to ${tenants.role}`)
    await database.sql(`grant all on other.films to ${tenants.role}`)
    await database.sql(`create role ${tenants.role}_chief in role ${tenants.role}`)
    await database.sql(`grant ${tenants.role}_chief to ${tenants.role}`).catch(() => undefined)
    await database.sql(
      `create policy chief on films using (current_user = '${tenants.role}_chief')`,
    )
    plain = new Kysely<Tables>({
      dialect: new PostgresDialect({
        pool: tenants.pool(),
        onReserveConnection: async (connection) => {
          const settings = { role: tenants.role, ...defaults, ...views.getStore() }
          for (const setting of Object.entries(settings)) {
            const set = CompiledQuery.raw('select set_config($1, $2, false)', setting)
            await connection.executeQuery(set)
          }
        },
      }),
    })
  })
  afterAll(async () => {
    await plain.destroy()
    await database.sql('drop policy chief on films')
    await database.sql('drop schema other cascade')
    await database.sql(`drop role ${tenants.role}_chief`)
    await tenants[Symbol.asyncDispose]()
  })

  beforeEach(async () => {
    cache = createTidemark()
    db = withCache(plain, cache, {
      cacheByDefault: true,
      partition: () => JSON.stringify(views.getStore() ?? {}),
    })
    await addFilm(database, 1, 'acme', 'Alien')
    await addFilm(database, 2, 'orion', 'Brazil')
    await database.sql(
      `insert into other.films (id, title, source) values (3, 'Cube', 'acme'), (4, 'Dune', 'x')`,
    )
  })
  afterEach(() => cache.close())

  const titles = async (from = db) =>
    (await from.selectFrom('films').select('title').orderBy('id').execute()).map(
      ({ title }) => title,
    )

  /** Asks each view twice, in turn, and tells how often the database was asked. */
  async function alternate<T>(ask: () => Promise<T>, ...of: readonly View[]) {
    const answers: T[][] = of.map(() => [])
    for (let round = 0; round < 2; round += 1) {
      for (const [index, view] of of.entries()) answers[index]!.push(await views.run(view, ask))
    }
    return answers
  }

  it('hazard 28: row-level security by a setting', async () => {
    const [acme, orion, nobody] = await alternate(
      titles,
      { 'app.tenant': 'acme' },
      { 'app.tenant': 'orion' },
      {},
    )
    expect(acme).toEqual([['Alien'], ['Alien']])
    expect(orion).toEqual([['Brazil'], ['Brazil']])
    expect(nobody).toEqual([[], []])
    expect(answersOf(cache)).toEqual({ absent: 3, memory: 3 })
  })

  it('hazard 28: row-level security by the role', async () => {
    const chief = { role: `${tenants.role}_chief` }
    const [all, own] = await alternate(titles, chief, { 'app.tenant': 'acme' })
    expect(all).toEqual([
      ['Alien', 'Brazil'],
      ['Alien', 'Brazil'],
    ])
    expect(own).toEqual([['Alien'], ['Alien']])
    expect(answersOf(cache)).toEqual({ absent: 2, memory: 2 })
  })

  it('hazard 28: search_path', async () => {
    const acme = { 'app.tenant': 'acme' }
    const [here, there] = await alternate(titles, acme, { ...acme, search_path: 'other' })
    expect(here).toEqual([['Alien'], ['Alien']])
    expect(there).toEqual([
      ['Cube', 'Dune'],
      ['Cube', 'Dune'],
    ])
    // Written under the other path, by the same name: both are asked for again.
    await views.run({ search_path: 'other' }, () =>
      db.updateTable('films').set({ title: 'Cube 2' }).where('id', '=', 3).execute(),
    )
    expect(await views.run({ ...acme, search_path: 'other' }, titles)).toEqual(['Cube 2', 'Dune'])
  })

  it('hazard 28: TimeZone', async () => {
    const ask = () =>
      db
        .selectFrom('films')
        .select(sql<string>`to_char(to_timestamp(${0}::double precision), 'HH24')`.as('hour'))
        .where('id', '=', 1)
        .execute()
    const acme = { 'app.tenant': 'acme' }
    const zones = ['UTC', 'Asia/Tokyo', 'America/Caracas']
    const answers = await alternate(ask, ...zones.map((TimeZone) => ({ ...acme, TimeZone })))
    const hours = answers.map((given) => given.map(([row]) => row?.hour))
    expect(hours[0]).toEqual(['00', '00'])
    expect(hours[1]).toEqual(['09', '09'])
    expect(new Set(hours.flat()).size).toBe(3)
    expect(answersOf(cache)).toEqual({ absent: 3, memory: 3 })
  })

  it('hazard 28: a write of one tenant makes the results of all new', async () => {
    const ask = () => titles()
    await alternate(ask, { 'app.tenant': 'acme' }, { 'app.tenant': 'orion' })
    await views.run({ 'app.tenant': 'acme' }, () =>
      db.updateTable('films').set({ title: 'Aliens' }).execute(),
    )
    const [acme, orion] = await alternate(ask, { 'app.tenant': 'acme' }, { 'app.tenant': 'orion' })
    expect(acme).toEqual([['Aliens'], ['Aliens']])
    expect(orion).toEqual([['Brazil'], ['Brazil']])
  })

  it('hazard 28: two tenants who ask at once share no load', async () => {
    const both = await Promise.all([
      views.run({ 'app.tenant': 'acme' }, titles),
      views.run({ 'app.tenant': 'orion' }, titles),
      views.run({ 'app.tenant': 'acme' }, titles),
    ])
    expect(both).toEqual([['Alien'], ['Brazil'], ['Alien']])
    expect(answersOf(cache)).toEqual({ absent: 2, joined: 1 })
  })

  it('hazard 28: what is set in a transaction is seen there and stored nowhere', async () => {
    await views.run({ 'app.tenant': 'acme' }, titles)
    const read = await views.run({ 'app.tenant': 'acme' }, () =>
      db.transaction().execute(async (trx) => {
        await sql`select set_config('app.tenant', ${'orion'}, true)`.execute(trx)
        const first = await titles(trx)
        await sql`set local search_path to other`.execute(trx)
        return [first, await titles(trx)]
      }),
    )
    expect(read).toEqual([['Brazil'], ['Cube', 'Dune']])
    // Nothing was made old by it.
    expect(await views.run({ 'app.tenant': 'acme' }, titles)).toEqual(['Alien'])
    expect(answersOf(cache)).toMatchObject({ absent: 1, memory: 1, 'in-transaction': 4 })
  })

  it('hazard 28: what is set on a held connection of a pool is seen there and stored nowhere', async () => {
    const acme = { 'app.tenant': 'acme' }
    await views.run(acme, titles)
    const read = await views.run(acme, () =>
      db.connection().execute(async (held) => {
        await sql`set search_path to other`.execute(held)
        const first = await titles(held)
        await sql`select set_config('search_path', 'public', false)`.execute(held)
        await sql`select set_config('app.tenant', 'orion', false)`.execute(held)
        return [first, await titles(held)]
      }),
    )
    expect(read).toEqual([['Cube', 'Dune'], ['Brazil']])
    expect(await views.run(acme, titles)).toEqual(['Alien'])
    expect(answersOf(cache)).toMatchObject({ absent: 1, memory: 1, 'pinned-connection': 5 })
  })

  it('a partition that throws, or is no name, fails the read and mixes nobody', async () => {
    let partition: () => unknown = () => 'acme'
    const own = withCache(plain, cache, {
      cacheByDefault: true,
      database: 'main',
      partition: () => partition() as string,
    })
    const asAcme = () => views.run({ 'app.tenant': 'acme' }, () => titles(own))
    const asOrion = () => views.run({ 'app.tenant': 'orion' }, () => titles(own))
    expect(await asAcme()).toEqual(['Alien'])
    const broken = new Error('no tenant')
    partition = () => {
      throw broken
    }
    await expect(asOrion()).rejects.toBe(broken)
    for (const answer of ['', null, 7, {}, Promise.resolve('acme')]) {
      partition = () => answer
      await expect(asOrion()).rejects.toMatchObject({ code: 'INVALID_OPTION' })
    }
    partition = () => undefined
    expect(await asOrion()).toEqual(['Brazil'])
    partition = () => 'orion'
    expect(await asOrion()).toEqual(['Brazil'])
    expect(answersOf(cache)).toEqual({ absent: 2, 'no-partition': 1 })
    // Writes never ask.
    partition = () => {
      throw broken
    }
    await views.run({ 'app.tenant': 'acme' }, () =>
      own.updateTable('films').set({ title: 'Aliens' }).execute(),
    )
    partition = () => 'acme'
    expect(await asAcme()).toEqual(['Aliens'])
  })

  it('a result is not stored when the partition is another by then', async () => {
    let tenant = 'acme'
    const own = withCache(plain, cache, { cacheByDefault: true, partition: () => tenant })
    // A tenant that is a variable, which the next request changes while this one waits.
    const first = views.run({ 'app.tenant': 'orion' }, () => titles(own))
    tenant = 'orion'
    await first
    tenant = 'acme'
    expect(await views.run({ 'app.tenant': 'acme' }, () => titles(own))).toEqual(['Alien'])
    expect(answersOf(cache)).toEqual({ 'no-partition': 1, absent: 1 })
  })

  it('hazard 28: Prisma, a client for each tenant and role on one cache', async () => {
    const open = (name: string, settings: View) => {
      const { options, ...connection } = tenants.connection
      const given = Object.entries(settings).map(([key, value]) => `-c ${key}=${value}`)
      const adapter = new PrismaPg({
        ...connection,
        options: [options, ...given].join(' '),
        max: 2,
      })
      return new database.PrismaClient({ adapter }).$extends(
        cacheExtension(cache, { cacheByDefault: true, database: 'main', partition: name }),
      )
    }
    const acme = open('acme', { 'app.tenant': 'acme' })
    const orion = open('orion', { 'app.tenant': 'orion' })
    const chief = open('chief', { role: `${tenants.role}_chief` })
    const clients = [acme, orion, chief]
    const ask = (client: typeof acme) =>
      client.film.findMany({ orderBy: { id: 'asc' } }).then((films) => films.map((f) => f.title))
    for (let round = 0; round < 2; round += 1) {
      expect(await Promise.all(clients.map(ask))).toEqual([
        ['Alien'],
        ['Brazil'],
        ['Alien', 'Brazil'],
      ])
    }
    await acme.film.updateMany({ data: { title: 'Aliens' } })
    expect(await Promise.all(clients.map(ask))).toEqual([
      ['Aliens'],
      ['Brazil'],
      ['Aliens', 'Brazil'],
    ])
    expect(answersOf(cache)).toEqual({ absent: 3, memory: 3, 'marks-moved': 3 })
    await Promise.all(clients.map((client) => client.$disconnect()))
  })

  it('hazard 28: Prisma, each operation in a transaction that says whose it is', async () => {
    const storage = new AsyncLocalStorage<string>()
    const base = new database.PrismaClient({ adapter: new PrismaPg(tenants.connection) })
    const asTenant = {
      query: {
        $allModels: {
          async $allOperations({ args, query }: Operation) {
            const tenant = storage.getStore() ?? ''
            const set = base.$executeRaw`select set_config('app.tenant', ${tenant}, true)`
            const [, result] = await base.$transaction([set, query(args) as typeof set])
            return result as unknown
          },
        },
      },
    }
    const caching = cacheExtension(cache, {
      cacheByDefault: true,
      partition: () => storage.getStore(),
    })
    for (const prisma of [
      base.$extends(asTenant).$extends(caching),
      base.$extends(caching).$extends(asTenant),
    ]) {
      const client = prisma as unknown as typeof base
      const one = async (id: number) => (await client.film.findUnique({ where: { id } }))?.title
      for (let round = 0; round < 2; round += 1) {
        const answers = ['acme', 'orion'].map((tenant) =>
          storage.run(tenant, () => Promise.all([one(1), one(2)])),
        )
        expect(await Promise.all(answers)).toEqual([
          ['Alien', undefined],
          [undefined, 'Brazil'],
        ])
      }
    }
    // Right, and without hits: the cache never answers in a transaction. The settings made nothing old.
    expect(answersOf(cache)).toEqual({ 'in-transaction': 16 })
    expect(cache.metrics().queries.filter(({ kind }) => kind === 'write')).toEqual([])
    await base.$disconnect()
  })
})

interface Operation {
  readonly args: object
  readonly query: (args: object) => unknown
}
