import { createTidemark, type Tidemark } from '@tidemark/core'
import { cached, withCache } from '@tidemark/kysely'
import { cacheExtension } from '@tidemark/prisma'
import { Gate } from '@tidemark/testing'
import { type Kysely, sql } from 'kysely'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import type { PrismaClient } from '../../prisma/generated/client.ts'
import type { Tables } from '../../prisma/tables.ts'
import { describeEachDatabase } from '../support/databases.ts'
import { costOfRollback } from './prisma/library.ts'

const schemaOf = {
  pglite: 'current_schema',
  postgres: 'current_schema',
  mariadb: 'database()',
  sqlite: `'main'`,
}

describeEachDatabase('Kysely and Prisma on one database and one cache', (database) => {
  let cache: Tidemark
  let kysely: Kysely<Tables>
  let prisma: ReturnType<typeof extend>

  const extend = (client: PrismaClient) =>
    client.$extends(cacheExtension(cache, { cacheByDefault: true }))

  beforeEach(async () => {
    cache = createTidemark()
    kysely = withCache(database.kysely, cache, { cacheByDefault: true })
    prisma = extend(new database.PrismaClient({ adapter: database.prismaAdapter() }))
    await database.sql(`insert into films (title) values ('Alien'), ('Brazil')`)
    await database.sql(`insert into directors (name) values ('Ridley Scott')`)
  })

  afterEach(async () => {
    await prisma.$disconnect()
    await cache.close()
  })

  const titles = () =>
    kysely.selectFrom('films').select('title').where('title', '!=', 'x').orderBy('id').execute()
  const film = () => prisma.film.findUnique({ where: { id: 1 } })

  it('a Prisma write makes Kysely reads of the mapped table new', async () => {
    expect(await titles()).toEqual([{ title: 'Alien' }, { title: 'Brazil' }])
    await prisma.film.update({ where: { id: 1 }, data: { title: 'Aliens' } })
    expect(await titles()).toEqual([{ title: 'Aliens' }, { title: 'Brazil' }])
  })

  it('a Kysely write makes Prisma reads of the mapped model new', async () => {
    expect(await film()).toMatchObject({ title: 'Alien' })
    await kysely.updateTable('films').set({ title: 'Aliens' }).where('id', '=', 1).execute()
    expect(await film()).toMatchObject({ title: 'Aliens' })
  })

  it('a Kysely write with the schema spelled out makes Prisma reads new', async () => {
    await film()
    const [row] = await database.sql<{ name: string }>(`select ${schemaOf[database.name]} as name`)
    await kysely.withSchema(row!.name).updateTable('films').set({ title: 'Aliens' }).execute()
    expect(await film()).toMatchObject({ title: 'Aliens' })
  })

  it('raw SQL through either makes reads through the other new', async () => {
    await film()
    await titles()
    await prisma.$executeRaw`update films set title = 'Alien 3' where id = 1`
    expect(await titles()).toEqual([{ title: 'Alien 3' }, { title: 'Brazil' }])
    expect(await film()).toMatchObject({ title: 'Alien 3' })
  })

  it('a Kysely write to a join table makes a many-to-many include new', async () => {
    const { id } = await prisma.viewer.create({ data: { name: 'Ada', email: 'ada@example.org' } })
    const favourites = () =>
      prisma.viewer.findUnique({ where: { id }, select: { favourites: { select: { id: true } } } })
    expect(await favourites()).toEqual({ favourites: [] })
    await kysely.insertInto('_Favourites').values({ A: 2, B: id }).execute()
    expect(await favourites()).toEqual({ favourites: [{ id: 2 }] })
  })

  it('a many-to-many change through Prisma makes a Kysely read of the join table new', async () => {
    const { id } = await prisma.viewer.create({ data: { name: 'Ada', email: 'ada@example.org' } })
    const pairs = () => kysely.selectFrom('_Favourites').selectAll().execute()
    expect(await pairs()).toEqual([])
    await prisma.viewer.update({ where: { id }, data: { favourites: { connect: { id: 1 } } } })
    expect(await pairs()).toEqual([{ A: 1, B: id }])
  })

  it('a referential action that Prisma causes makes Kysely reads of the other table new', async () => {
    await prisma.film.update({ where: { id: 1 }, data: { directorId: 1 } })
    const directorOf = () =>
      kysely.selectFrom('films').select('director_id').where('id', '=', 1).executeTakeFirst()
    expect(await directorOf()).toEqual({ director_id: 1 })
    await prisma.director.delete({ where: { id: 1 } })
    expect(await directorOf()).toEqual({ director_id: null })
  })

  it('hazard 3: a Prisma transaction that rolls back leaves Kysely reads as they were', async () => {
    const before = await titles()
    const rollback = new Error('roll back')
    const transaction = prisma.$transaction(async (tx) => {
      await tx.film.update({ where: { id: 1 }, data: { title: 'Aliens' } })
      throw rollback
    })
    await expect(transaction).rejects.toBe(rollback)
    const sent = database.statements.mark()
    expect(await titles()).toEqual(before)
    expect(sent()).toHaveLength(costOfRollback(database))
  })

  it('a Kysely transaction makes Prisma reads new when it commits, and not before', async () => {
    await film()
    const writing = new Gate()
    const transaction = kysely.transaction().execute(async (trx) => {
      await trx.updateTable('films').set({ title: 'Aliens' }).where('id', '=', 1).execute()
      await writing.pass(() => undefined)
    })
    await writing.reached
    // Served from the cache: on PGlite the only connection is taken.
    expect(await film()).toMatchObject({ title: 'Alien' })
    writing.open()
    await transaction
    expect(await film()).toMatchObject({ title: 'Aliens' })
  })

  it('each keeps its own shape of the same rows', async () => {
    const row = () => kysely.selectFrom('films').selectAll().where('id', '=', 1).executeTakeFirst()
    const plain = await database.kysely.selectFrom('films').selectAll().executeTakeFirst()
    for (let time = 0; time < 2; time += 1) {
      expect(await film()).toMatchObject({ releasedOn: null, usGross: null })
      expect(await row()).toEqual(plain)
    }
  })

  it('invalidate and clear reach reads of both', async () => {
    await film()
    await titles()
    await database.sql(`update films set title = 'Unseen' where id = 1`)
    expect(await film()).toMatchObject({ title: 'Alien' })
    await cache.invalidate({ tables: ['films'] })
    expect(await film()).toMatchObject({ title: 'Unseen' })
    expect((await titles())[0]).toEqual({ title: 'Unseen' })
    await database.sql(`update films set title = 'Again' where id = 1`)
    await cache.clear()
    expect(await film()).toMatchObject({ title: 'Again' })
    expect((await titles())[0]).toEqual({ title: 'Again' })
  })

  it('counts the reads of each on their own, parameters left out', async () => {
    await film()
    await film()
    await kysely.selectFrom('films').selectAll().where('title', '=', 'Secret name').execute()
    const { queries } = cache.metrics()
    expect(queries).toContainEqual(
      expect.objectContaining({ adapter: 'prisma', calls: 2, hits: { memory: 1 } }),
    )
    expect(queries).toContainEqual(expect.objectContaining({ adapter: 'kysely', calls: 1 }))
    expect(JSON.stringify(queries)).not.toContain('Secret')
  })

  it('a ticket is for what either has written, however it was committed', async () => {
    const ticketOf = async (work: () => PromiseLike<unknown>) =>
      (await cache.withTicket(work)).ticket
    const kyselyWrite = (db: Kysely<Tables>) =>
      db.updateTable('directors').set({ name: 'Ridley' }).where('id', '=', 1).execute()
    const data = { name: 'Ridley' }
    const where = { id: 1 }
    const expected = await ticketOf(() => cache.invalidate({ tables: ['directors'] }))
    expect(expected).toHaveLength(13)
    expect(await ticketOf(titles)).toHaveLength(5)

    expect(await ticketOf(() => kyselyWrite(kysely))).toBe(expected)
    expect(await ticketOf(() => kysely.transaction().execute(kyselyWrite))).toBe(expected)
    const controlled = await kysely.startTransaction().execute()
    expect(await ticketOf(() => kyselyWrite(controlled))).toHaveLength(5)
    expect(await ticketOf(() => controlled.commit().execute())).toBe(expected)
    expect(await ticketOf(() => prisma.director.update({ where, data }))).toBe(expected)
    const interactive = () => prisma.$transaction((tx) => tx.director.update({ where, data }))
    expect(await ticketOf(interactive)).toBe(expected)
    const batch = () => prisma.$transaction([prisma.director.update({ where, data })])
    expect(await ticketOf(batch)).toBe(expected)

    const films = { create: { title: 'Duel' } }
    const nested = await ticketOf(() => prisma.director.create({ data: { name: 'Steven', films } }))
    expect(nested).toContain(expected.slice(5))
    expect(nested.length).toBeGreaterThan(expected.length)
    expect(
      await kysely
        .selectFrom('films')
        .select('id')
        .$call(cached({ freshAfter: nested }))
        .execute(),
    ).toHaveLength(3)
    expect(await prisma.film.count({ cache: { freshAfter: [nested, expected] } })).toBe(3)
  })

  it('hits of both are compared with the database, and what somebody else wrote is found', async () => {
    const verified = createTidemark({ verify: { sample: 1, settle: 1, switchOff: true } })
    const options = { cacheByDefault: true, database: 'verified' }
    const db = withCache(database.kysely, verified, options)
    const client = new database.PrismaClient({ adapter: database.prismaAdapter() })
    const hits = client.$extends(cacheExtension(verified, options))
    const read = () =>
      Promise.all([
        db.selectFrom('films').selectAll().orderBy('id').execute(),
        hits.film.findMany({ orderBy: { id: 'asc' }, include: { director: true } }),
      ])
    await read()
    await read()
    await vi.waitFor(() =>
      expect(verified.metrics().verification).toMatchObject({
        ...{ freshConfirmed: 2, staleConfirmed: 0, inconclusive: {} },
      }),
    )
    await database.sql(`update films set title = 'Unseen' where id = 1`)
    const [old] = await read()
    expect(old[0]!.title).toBe('Alien')
    await vi.waitFor(() => expect(verified.metrics().verification!.switchedOff).toContain('films'))
    const [rows, records] = await read()
    expect([rows[0]!.title, records[0]!.title]).toEqual(['Unseen', 'Unseen'])
    await client.$disconnect()
    await verified.close()
  })

  it('a query of either is explained, and not sent', async () => {
    const alien = kysely.selectFrom('films').selectAll().where('id', '=', 1)
    expect(await cache.explain(alien)).toMatchObject({ answeredFrom: 'database', reason: 'absent' })
    const { key } = await cache.explain(alien)
    await alien.execute()
    expect(await cache.explain(alien)).toMatchObject({ key, reason: undefined })
    expect((await cache.explain(alien)).answeredFrom).toBe('memory')

    const search = { where: { id: 1 }, include: { director: true } }
    const found = await cache.explain(prisma.film.findUnique({ ...search, cache: { ttl: '7s' } }))
    expect(found).toMatchObject({ adapter: 'prisma', fingerprint: expect.stringContaining('Film') })
    expect(found.policy!.ttlMs).toEqual({ value: 7000, from: 'hint' })
    expect(found.tags.map(({ name }) => name)).toEqual(['*', 'directors', 'films'])

    const before = cache.metrics().totals.reads
    const rename = { where: { id: 1 }, data: { title: 'Sent' } }
    const writes = [
      kysely.deleteFrom('films'),
      () => kysely.transaction().execute((trx) => trx.deleteFrom('films').execute()),
      prisma.film.update(rename),
      () => prisma.$transaction([prisma.film.update(rename), prisma.film.deleteMany()]),
      () => prisma.$transaction((tx) => tx.film.deleteMany()),
      () => kysely.connection().execute((db) => db.deleteFrom('films').execute()),
      () =>
        prisma.director.create({ data: { name: 'Sent', films: { create: { title: 'Sent' } } } }),
    ]
    for (const write of writes) {
      const { kind, tags } = await cache.explain(write)
      expect(kind).toBe('write')
      expect(tags.map(({ name }) => name)).toContain('films')
    }
    const raw = [
      () => sql`delete from films`.execute(kysely),
      prisma.$executeRawUnsafe('delete from films'),
    ]
    for (const write of raw) {
      const { tags } = await cache.explain(write)
      expect(tags.map(({ name }) => name)).toEqual(['*'])
    }
    expect(cache.metrics().totals.reads).toEqual(before)
    const left = await database.sql<{ title: string }>('select title from films order by id')
    expect(left).toEqual([{ title: 'Alien' }, { title: 'Brazil' }])
    // What was explained may still be sent.
    await alien.execute()
    await prisma.film.update(rename)
    expect((await alien.executeTakeFirst())!.title).toBe('Sent')
  })

  it('the audit trail has what each of them committed, and nothing that was rolled back', async () => {
    const trail = () =>
      cache
        .invalidations()
        .map(({ origin, cause, tags }) => [origin, cause, tags.map(({ name }) => name).join()])
    // From now on the tables that they write are known.
    await kysely.updateTable('genres').set({ name: 'x' }).where('id', '=', 9).execute()
    await prisma.genre.deleteMany({ where: { id: 9 } })
    const before = trail().length
    const failing = new Error('given up')
    // Where a rollback may leave something behind, see `costOfRollback`.
    const ofRollbacks = { pglite: 0, postgres: 0, mariadb: 2, sqlite: 1 }[database.name]
    await kysely
      .transaction()
      .execute(async (transaction) => {
        await transaction.updateTable('films').set({ title: 'x' }).execute()
        throw failing
      })
      .catch((error: unknown) => expect(error).toBe(failing))
    await prisma
      .$transaction(async (transaction) => {
        await transaction.film.updateMany({ data: { title: 'x' } })
        throw failing
      })
      .catch((error: unknown) => expect(error).toBe(failing))
    expect(trail().length - before).toBe(ofRollbacks)
    await kysely.transaction().execute(async (transaction) => {
      await transaction.updateTable('films').set({ title: 'Kysely' }).execute()
      expect(trail().length - before).toBe(ofRollbacks)
    })
    await prisma.$transaction([prisma.film.updateMany({ data: { title: 'Prisma' } })])
    const [byPrisma, byKysely] = trail()
    expect(trail().length - before).toBe(ofRollbacks + 2)
    expect(byPrisma).toEqual(['write', 'Film.updateMany({ data: { title: ? } })', 'films'])
    expect(byKysely![1]).toContain('update')
    expect(byKysely![2]).toBe('films')
  })
})
