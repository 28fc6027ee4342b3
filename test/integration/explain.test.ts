import { createTidemark, type ReadEvent, type Tidemark } from '@tidemark/core'
import { cached, uncached, withCache } from '@tidemark/kysely'
import { cacheExtension } from '@tidemark/prisma'
import { type Kysely, sql } from 'kysely'
import { afterEach, beforeEach, expect, it } from 'vitest'
import type { PrismaClient } from '../../prisma/generated/client.ts'
import type { Tables } from '../../prisma/tables.ts'
import { describeEachDatabase } from '../support/databases.ts'

/** What a read was, by name, and what sends it. */
type Sends = Readonly<Record<string, () => PromiseLike<unknown>>>

describeEachDatabase('an explanation', (database) => {
  let cache: Tidemark
  let db: Kysely<Tables>
  let prisma: ReturnType<typeof extend>

  const extend = (client: PrismaClient) =>
    client.$extends(
      cacheExtension(cache, {
        models: { Film: { ttl: '1m' }, Director: { ttl: '2m' }, Genre: false },
      }),
    )

  beforeEach(async () => {
    cache = createTidemark({ staleIfError: '1h' })
    db = withCache(database.kysely, cache, {
      tables: { films: { ttl: '1m' }, directors: { ttl: '2m' }, genres: false },
    })
    prisma = extend(new database.PrismaClient({ adapter: database.prismaAdapter() }))
    await database.sql(`insert into films (title) values ('Alien'), ('Brazil')`)
  })

  afterEach(async () => {
    await prisma.$disconnect()
    await cache.close()
  })

  /** What is said of a read before it is sent, and what it then was; the first one, where it is several. */
  async function compare(send: () => PromiseLike<unknown>) {
    const before = JSON.stringify(cache.metrics().totals)
    const sent = database.statements.mark()
    const { answeredFrom, reason } = await cache.explain(send)
    const wasSent = sent().filter(
      (text) =>
        !/^(begin|start transaction|commit|rollback|set|\/\* tidemark: catalogue)/i.test(text),
    )
    const hasCounted = JSON.stringify(cache.metrics().totals) !== before
    const told: ReadEvent[] = []
    const stop = cache.on('read', (event) => told.push(event))
    await Promise.resolve(send()).catch(() => undefined)
    stop()
    const said = answeredFrom === 'database' ? reason : answeredFrom
    return { said, was: told[0]?.reason, wasSent, hasCounted }
  }

  /**
   * Compares each of them twice, and gives what they were at first.
   *
   * @param counted what counts something although it is not sent, and what
   */
  async function compareAll(sends: Sends, counted: Readonly<Record<string, string>> = {}) {
    const were: Record<string, string | undefined> = {}
    for (const [name, send] of Object.entries(sends)) {
      for (const time of ['first', 'second']) {
        const { said, was, wasSent, hasCounted } = await compare(send)
        expect([name, time, said, wasSent]).toEqual([name, time, was, []])
        expect([name, hasCounted]).toEqual([name, name in counted])
        were[name] ??= was
      }
    }
    return were
  }

  it('of a read of Kysely agrees with what it is', async () => {
    const films = (of = db) => of.selectFrom('films').select(['id', 'title']).orderBy('id')
    const raw = sql`select title from films`
    expect(
      await compareAll({
        'by a policy': () => films().execute(),
        'by a hint': () =>
          films()
            .$call(cached({ ttl: '1s', tags: ['vip'] }))
            .execute(),
        'for nobody': () => films().$call(uncached()).execute(),
        'to bypass': () =>
          films()
            .$call(cached({ mode: 'bypass' }))
            .execute(),
        'to refresh': () =>
          films()
            .$call(cached({ mode: 'refresh' }))
            .execute(),
        'that is not there': () =>
          films()
            .where('id', '=', 5)
            .$call(cached({ mode: 'only-if-cached' }))
            .execute(),
        'of no policy': () => db.selectFrom('viewers').selectAll().execute(),
        'of a policy that is off': () => db.selectFrom('genres').selectAll().execute(),
        'of the time': () =>
          films()
            .select(sql`current_timestamp`.as('now'))
            .$call(cached({}))
            .execute(),
        'in raw SQL': () => raw.execute(db),
        'in raw SQL with a hint': () => raw.execute(cached({ tables: ['films'] })(db)),
        'of a table that is not there': () =>
          db
            .selectFrom('nowhere' as 'films')
            .select('id')
            .$call(cached({}))
            .execute(),
        'on a connection': () => db.connection().execute((held) => films(held).execute()),
        'in a transaction': () => db.transaction().execute((trx) => films(trx).execute()),
      }),
    ).toEqual({
      ...{ 'by a policy': 'absent', 'by a hint': 'absent', 'in raw SQL with a hint': 'absent' },
      ...{ 'for nobody': 'bypass-hint', 'to bypass': 'bypass-hint', 'to refresh': 'refresh' },
      ...{ 'that is not there': 'absent', 'of no policy': 'no-policy', 'in raw SQL': 'no-policy' },
      'of a policy that is off': 'policy-off',
      'of the time': 'volatile-function',
      'of a table that is not there': 'unknown-relation',
      'on a connection': 'pinned-connection',
      'in a transaction': 'in-transaction',
    })
  })

  it('of a read of Prisma agrees with what it is', async () => {
    const where = { id: 1 }
    const onSqlite: Readonly<Record<string, string>> =
      database.name === 'sqlite'
        ? { 'in a transaction': 'its rollback, which may undo others' }
        : {}
    expect(
      await compareAll(
        {
          'by a policy': () => prisma.film.findUnique({ where }),
          'of one that is not there': () => prisma.film.findUniqueOrThrow({ where: { id: 7 } }),
          'by a hint': () => prisma.film.findMany({ cache: { ttl: '1s', tags: ['vip'] } }),
          'for nobody': () => prisma.film.findMany({ cache: false }),
          'to refresh': () => prisma.film.count({ cache: { mode: 'refresh' } }),
          'of groups': () => prisma.film.groupBy({ by: ['title'], _count: true }),
          'of no policy': () => prisma.viewer.findMany(),
          'of a policy that is off': () => prisma.film.findMany({ include: { genre: true } }),
          'in raw SQL': () => prisma.$queryRawUnsafe('select title from films'),
          'in a batch': () => prisma.$transaction([prisma.film.count()]),
          'in a transaction': () => prisma.$transaction((tx) => tx.film.count()),
        },
        onSqlite,
      ),
    ).toEqual({
      ...{ 'by a policy': 'absent', 'by a hint': 'absent', 'of one that is not there': 'absent' },
      ...{ 'of groups': 'absent', 'to refresh': 'refresh', 'for nobody': 'bypass-hint' },
      ...{ 'of no policy': 'no-policy', 'in raw SQL': 'no-policy' },
      'of a policy that is off': 'policy-off',
      'in a batch': 'in-transaction',
      'in a transaction': 'in-transaction',
    })
  })

  it('says who has decided, for both adapters alike', async () => {
    const ofKysely = db
      .selectFrom('films')
      .innerJoin('directors', 'directors.id', 'films.director_id')
      .select('directors.name')
    const ofPrisma = prisma.film.findMany({ include: { director: true } })
    for (const query of [ofKysely, ofPrisma]) {
      const { policy, tags } = await cache.explain(query)
      expect(policy).toMatchObject({
        ttlMs: { value: 60_000, from: 'table films' },
        staleIfErrorMs: { value: 3_600_000, from: 'cache' },
        isolation: { value: 'copy', from: 'default' },
      })
      expect(tags.map(({ name, from }) => `${from}: ${name}`)).toEqual([
        ...['every query: *', 'query: directors', 'query: films'],
      ])
    }
  })

  it('says what the catalogue knows of a view', async () => {
    await database.sql('create view film_titles as select id, title from films')
    await cache.clear()
    try {
      const titles = db
        .selectFrom('film_titles' as 'films')
        .select('title')
        .$call(cached({}))
      const { tags, answeredFrom, reason } = await cache.explain(titles)
      expect([answeredFrom, reason]).toEqual(['database', 'absent'])
      expect(tags).toContainEqual({ kind: 'table', name: 'films', from: 'catalogue' })
    } finally {
      await database.sql('drop view film_titles')
    }
  })

  it('of a write in a transaction changes nothing of it', async () => {
    const films = () => db.selectFrom('films').selectAll().execute()
    await films()
    await db.transaction().execute(async (trx) => {
      const rename = trx.updateTable('films').set({ title: 'Aliens' })
      expect(await cache.explain(rename)).toMatchObject({ kind: 'write' })
      expect(await cache.explain(trx.selectFrom('films').selectAll())).toMatchObject({
        reason: 'in-transaction',
      })
      await trx.updateTable('directors').set({ name: 'Ridley Scott' }).execute()
      // Its writes still move no mark before the COMMIT.
      expect(cache.invalidations()).toEqual([])
    })
    expect(cache.invalidations().map(({ tags }) => tags.map(({ name }) => name))).toEqual([
      ['directors'],
    ])
    expect(cache.metrics().queries.some(({ hits }) => hits.memory)).toBe(false)
    await films()
    expect(cache.metrics().totals.reads.hits).toBe(1)
  })

  it('sends nothing of a Kysely query that is not of this cache', async () => {
    const other = createTidemark()
    const refused = async (query: unknown, message: string) => {
      const sent = database.statements.mark()
      const explaining = cache.explain(query as () => Promise<unknown>)
      await expect(explaining).rejects.toMatchObject({ code: 'INVALID_OPTION' })
      await expect(explaining).rejects.toThrow(message)
      expect(sent()).toEqual([])
    }
    try {
      await refused(database.kysely.deleteFrom('films'), 'of another client; nothing was sent')
      const elsewhere = withCache(database.kysely, other).deleteFrom('films')
      await refused(elsewhere, 'got one of another cache; nothing was sent')
      await refused(sql`delete from films`, 'raw SQL is passed as a function that sends it')
    } finally {
      await other.close()
    }
    const explanation = await cache.explain(() => sql`delete from films`.execute(db))
    expect(explanation).toMatchObject({ kind: 'write' })
    expect(await db.selectFrom('films').select('id').execute()).toHaveLength(2)
  })
})
