import { createTidemark, type Tidemark } from '@tidemark/core'
import { cached, uncached, withCache } from '@tidemark/kysely'
import { Gate } from '@tidemark/testing'
import {
  CamelCasePlugin,
  CompiledQuery,
  Kysely,
  type KyselyPlugin,
  sql,
  type UnknownRow,
} from 'kysely'
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest'
import type { Tables } from '../../../prisma/tables.ts'
import { describeEachDatabase } from '../../support/databases.ts'
import { answersOf, fillFilms } from './films.ts'
import { hasPool, interpose, type Interposition, isPostgres } from './interposed.ts'

describeEachDatabase('Kysely reads', (database) => {
  let cache: Tidemark
  let between: Interposition
  let plain: Kysely<Tables>
  let db: Kysely<Tables>

  beforeEach(async () => {
    between = { connections: 0 }
    cache = createTidemark()
    plain = interpose(database, between)
    db = withCache(plain, cache)
    await fillFilms(database)
  })
  afterEach(() => cache.close())

  const titleQuery = (from: Kysely<Tables> = db) =>
    from.selectFrom('films').select('title').where('id', '=', 1)
  const writeTitle = (title: string) =>
    db.updateTable('films').set({ title }).where('id', '=', 1).execute()

  const isOnlyPostgres = 'a test of what only Postgres has'
  const hasDefaultSchema = () => database.name !== 'mariadb'
  const schema = () => (isPostgres(database) ? 'public' : 'main')

  it('a hit sends no SQL and takes no connection', async () => {
    const query = titleQuery().$call(cached())
    await query.execute()
    const sent = database.statements.mark()
    between.connections = 0
    expect(await query.execute()).toEqual([{ title: 'Alien' }])
    expect(await query.executeTakeFirst()).toEqual({ title: 'Alien' })
    expect(await query.executeTakeFirstOrThrow()).toEqual({ title: 'Alien' })
    expect((await db.executeQuery(query)).rows).toEqual([{ title: 'Alien' }])
    expect((await db.executeQuery(query.compile())).rows).toEqual([{ title: 'Alien' }])
    expect(sent()).toEqual([])
    expect(between.connections).toBe(0)
  })

  it('a hit is not blocked by a transaction that holds the only connection', async () => {
    const query = titleQuery().$call(cached())
    await query.execute()
    await db.transaction().execute(async (trx) => {
      await trx.selectFrom('genres').selectAll().execute()
      expect(await query.execute()).toEqual([{ title: 'Alien' }])
    })
  })

  it('a hit is the whole result, as the driver gave it', async () => {
    const query = titleQuery().compile()
    const expected = await plain.executeQuery(query)
    const hinted = db.withPlugin(hintPlugin())
    expect(await hinted.executeQuery(query)).toEqual(expected)
    expect(await hinted.executeQuery(query)).toEqual(expected)
    expect(answersOf(cache)).toEqual({ absent: 1, memory: 1 })
  })

  it('a hit has values of the classes that the driver made', async ({ skip }) => {
    skip(!isPostgres(database), isOnlyPostgres)
    const query = titleQuery()
      .select(sql<object>`interval '1 year 2 days'`.as('span'))
      .select(sql<object>`point(1, 2)`.as('place'))
      .select(sql<object>`array[date '1979-05-25']`.as('days'))
    const expected = await query.$call(uncached()).executeTakeFirstOrThrow()
    await query.$call(cached()).execute()
    const hit = await query.$call(cached()).executeTakeFirstOrThrow()
    expect(hit).toStrictEqual(expected)
    expect(answersOf(cache)).toEqual({ 'bypass-hint': 1, absent: 1, memory: 1 })
  })

  it('asks the database without a hint or policy', async () => {
    await titleQuery().execute()
    await titleQuery().execute()
    expect(answersOf(cache)).toEqual({ 'no-policy': 2 })
  })

  it('caches what a policy of all its tables asks for', async () => {
    const own = withCache(plain, cache, {
      tables: { films: { ttl: '1m' }, genres: {}, routes: false },
    })
    const both = own.selectFrom('films').leftJoin('genres', 'genres.id', 'genre_id').select('title')
    await both.execute()
    await both.execute()
    expect(answersOf(cache)).toEqual({ absent: 1, memory: 1 })
    await own.selectFrom(['films', 'airports']).selectAll().execute()
    await own.selectFrom(['films', 'routes']).selectAll().execute()
    expect(answersOf(cache)).toMatchObject({ 'no-policy': 1, 'policy-off': 1 })
  })

  it('caches every read by default where that is asked for, and none that has no table', async () => {
    const own = withCache(plain, cache, { cacheByDefault: true })
    await titleQuery(own).execute()
    await titleQuery(own).execute()
    await sql`select 1`.execute(own)
    await titleQuery(own).$call(uncached()).execute()
    expect(answersOf(cache)).toEqual({ absent: 1, memory: 1, 'not-data': 1, 'bypass-hint': 1 })
  })

  describe('a hint', () => {
    it('on an instance holds for its queries, and the one nearest to the query wins', async ({
      skip,
    }) => {
      skip(!hasDefaultSchema(), 'its default schema has the name of the database')
      const hinted = cached({ ttl: '1m' })(db)
      expect(hinted).toBeInstanceOf(Kysely)
      await titleQuery(hinted).execute()
      await titleQuery(hinted.withoutPlugins().withSchema(schema())).execute()
      expect(answersOf(cache)).toEqual({ absent: 2 })
      await titleQuery(hinted).execute()
      await titleQuery(uncached()(hinted)).execute()
      await titleQuery(hinted).$call(uncached()).execute()
      await titleQuery(hinted).$call(uncached()).$call(cached()).execute()
      expect(answersOf(cache)).toEqual({ absent: 2, memory: 2, 'bypass-hint': 2 })
    })

    it('survives plugins, $if, and a transforming plugin behind it', async () => {
      const camel = db.withPlugin(new CamelCasePlugin()) as unknown as Kysely<{
        films: { usGross: number }
      }>
      const query = camel
        .selectFrom('films')
        .$call(cached())
        .select('usGross')
        .withPlugin(new CamelCasePlugin())
        .$if(true, (qb) => qb.limit(1))
        .clearOrderBy()
      await query.execute()
      await query.execute()
      expect(answersOf(cache)).toEqual({ absent: 1, memory: 1 })
    })

    it('with tags is invalidated by them, and is an entry of its own', async () => {
      const tagged = titleQuery().$call(cached({ tags: ['vip'] }))
      await tagged.execute()
      await titleQuery().$call(cached()).execute()
      expect(answersOf(cache)).toEqual({ absent: 2 })
      await cache.invalidate({ tags: ['vip'] })
      await tagged.execute()
      await titleQuery().$call(cached()).execute()
      expect(answersOf(cache)).toEqual({ absent: 2, 'marks-moved': 1, memory: 1 })
    })

    it('with tags on a mutation invalidates them', async () => {
      const tagged = titleQuery().$call(cached({ tags: ['vip'] }))
      await tagged.execute()
      await db
        .insertInto('genres')
        .values({ name: 'Drama' })
        .$call(cached({ tags: ['vip'] }))
        .execute()
      await tagged.execute()
      expect(answersOf(cache)).toEqual({ absent: 1, 'marks-moved': 1 })
    })
  })

  describe('raw SQL', () => {
    const rawTitle = sql<{ title: string }>`select title from films where id = 1`

    it('that hides its tables is not cached without naming them', async () => {
      await cached()(rawTitle).execute(db)
      await cached()(rawTitle).execute(db)
      expect(answersOf(cache)).toEqual({ 'opaque-sql': 2 })
    })

    it('is cached under the tables that its hint names', async () => {
      const query = cached({ tables: ['films'] })(rawTitle)
      await query.execute(db)
      expect((await query.execute(db)).rows).toEqual([{ title: 'Alien' }])
      expect(answersOf(cache)).toEqual({ absent: 1, memory: 1 })
      await writeTitle('Alien 1')
      expect((await query.execute(db)).rows).toEqual([{ title: 'Alien 1' }])
    })

    it('is cached where it names its tables with sql.table', async () => {
      const query = cached()(sql`select title from ${sql.table('films')} where id = ${1}`)
      await query.execute(db)
      await query.execute(db)
      await writeTitle('Alien 1')
      expect((await query.execute(db)).rows).toEqual([{ title: 'Alien 1' }])
      expect(answersOf(cache)).toEqual({ absent: 1, memory: 1, 'marks-moved': 1 })
    })

    it('that writes makes everything old, or what its hint names', async () => {
      const film = titleQuery().$call(cached())
      const genre = db.selectFrom('genres').selectAll().$call(cached())
      await film.execute()
      await genre.execute()
      const rename = sql`update films set title = 'Alien 1' where id = 1`
      await cached({ tables: ['films'] })(rename).execute(db)
      expect(await film.execute()).toEqual([{ title: 'Alien 1' }])
      await genre.execute()
      expect(answersOf(cache)).toEqual({ absent: 2, 'marks-moved': 1, memory: 1 })
      await db.executeQuery(CompiledQuery.raw('delete from films where id = 1'))
      expect(await film.execute()).toEqual([])
      await genre.execute()
      // Memory forgets everything, and Redis nothing.
      const found = inject('sharedTier')
        ? { absent: 2, 'marks-moved': 3 }
        : { absent: 4, 'marks-moved': 1 }
      expect(answersOf(cache)).toEqual({ ...found, memory: 1 })
    })

    it('that only asks for its plan makes nothing old', async ({ skip }) => {
      skip(!isPostgres(database), isOnlyPostgres)
      const query = titleQuery().$call(cached())
      await query.execute()
      await query.explain()
      await sql`explain select * from films`.execute(db)
      await sql`show timezone`.execute(db)
      await query.execute()
      expect(answersOf(cache)).toEqual({ absent: 1, 'not-data': 3, memory: 1 })
    })
  })

  it('a table is one table, with or without its default schema', async ({ skip }) => {
    skip(!hasDefaultSchema(), 'its default schema has the name of the database')
    const query = titleQuery(db.withSchema(schema())).$call(cached())
    await query.execute()
    await writeTitle('Alien 1')
    expect(await query.execute()).toEqual([{ title: 'Alien 1' }])
  })

  it('an instance made from it writes and reads through the cache as well', async () => {
    const query = titleQuery().$call(cached())
    await query.execute()
    const derived = db
      .withPlugin(new CamelCasePlugin())
      .withoutPlugins()
      .$extendTables<{ x: { y: 1 } }>()
      .$omitTables<'x'>()
      .$pickTables<'films'>()
    await derived.updateTable('films').set({ title: 'Alien 1' }).execute()
    expect(await query.execute()).toEqual([{ title: 'Alien 1' }])
    expect(derived).toBeInstanceOf(Kysely)
    expect(await db.introspection.getTables()).not.toEqual([])
  })

  it('reads of one partition are not answered with those of another', async () => {
    let tenant = 'a'
    const own = withCache(plain, cache, { partition: () => tenant })
    const query = titleQuery(own).$call(cached())
    await query.execute()
    tenant = 'b'
    await query.execute()
    expect(answersOf(cache)).toEqual({ absent: 2 })
    tenant = ''
    await expect(query.execute()).rejects.toThrow(
      'partition(): expected a string that is not empty, or undefined, got ""',
    )
  })

  it('plugins transform hits and misses alike, with what Kysely gives them', async () => {
    const seen: unknown[] = []
    const spy: KyselyPlugin = {
      transformQuery: ({ node }) => node,
      transformResult: async ({ queryId, result }) => {
        seen.push(queryId)
        return { ...result, rows: result.rows.map((row): UnknownRow => ({ ...row, seen: true })) }
      },
    }
    const query = titleQuery(db.withPlugin(spy)).$call(cached()).compile()
    const hinted = db.withPlugin(spy).withPlugin(hintPlugin())
    expect((await hinted.executeQuery(query)).rows).toEqual([{ title: 'Alien', seen: true }])
    expect((await hinted.executeQuery(query)).rows).toEqual([{ title: 'Alien', seen: true }])
    expect(seen).toEqual([query.queryId, query.queryId])
    expect(answersOf(cache)).toEqual({ absent: 1, memory: 1 })
  })

  describe('streams', () => {
    it('of reads are neither cached nor answered from the cache', async () => {
      await titleQuery().$call(cached()).execute()
      const rows = await collect(titleQuery().$call(cached()).stream())
      expect(rows).toEqual([{ title: 'Alien' }])
      expect(answersOf(cache)).toEqual({ absent: 1, stream: 1 })
    })

    const streamRename = (title: string) =>
      db.updateTable('films').set({ title }).returning('title').stream({ chunkSize: 1 })

    it('of mutations move their marks when they end', async ({ skip }) => {
      skip(database.name === 'mariadb', 'Kysely has no RETURNING for it')
      const query = titleQuery().$call(cached())
      await query.execute()
      const rows = await collect(streamRename('Alien 1'))
      expect(rows).toHaveLength(2)
      expect(await query.execute()).toEqual([{ title: 'Alien 1' }])
      await query.execute()
      expect(answersOf(cache)).toEqual({ absent: 1, 'marks-moved': 1, memory: 1 })
    })

    it('of mutations move their marks when they are abandoned', async ({ skip }) => {
      skip(database.name === 'mariadb', 'Kysely has no RETURNING for it')
      const query = titleQuery().$call(cached())
      await query.execute()
      for await (const row of streamRename('Alien 1')) {
        expect(row).toEqual({ title: 'Alien 1' })
        break
      }
      expect(await query.execute()).toEqual([{ title: 'Alien 1' }])
      await query.execute()
      expect(answersOf(cache)).toEqual({ absent: 1, 'marks-moved': 1, memory: 1 })
    })

    it('of mutations pass their error on', async () => {
      const broken = new Error('broken')
      between.statement = () => Promise.reject(broken)
      await expect(collect(streamRename('x'))).rejects.toBe(broken)
    })
  })

  describe('an abort signal', () => {
    it('that is aborted already throws its reason before anything else, hit or not', async () => {
      const query = titleQuery().$call(cached())
      await query.execute()
      const reason = new Error('enough')
      const signal = AbortSignal.abort(reason)
      between.connections = 0
      await expect(query.execute({ signal })).rejects.toBe(reason)
      await expect(writeTitleWith(signal)).rejects.toBe(reason)
      expect(between.connections).toBe(0)
      expect(answersOf(cache)).toEqual({ absent: 1 })
    })

    it('lets a hit be a hit', async () => {
      const query = titleQuery().$call(cached())
      const { signal } = new AbortController()
      expect(await query.execute({ signal })).toEqual([{ title: 'Alien' }])
      expect(await query.execute({ signal })).toEqual([{ title: 'Alien' }])
      expect(answersOf(cache)).toEqual({ absent: 1, memory: 1 })
    })

    it('makes a read that nobody else waits for: its caller may give it up', async ({ skip }) => {
      skip(!hasPool(database), 'one connection: the second read waits for the first')
      const gate = new Gate()
      let count = 0
      between.statement = (_, send) => {
        count += 1
        return count === 1 ? gate.pass(send) : send()
      }
      const controller = new AbortController()
      const query = titleQuery().$call(cached())
      const aborted = query.execute({ signal: controller.signal })
      await gate.reached
      expect(await query.execute()).toEqual([{ title: 'Alien' }])
      controller.abort(new Error('enough'))
      await expect(aborted).rejects.toThrow('enough')
      gate.open()
    })

    it('leaves the marks of an aborted write to their lease: the database may go on with it', async () => {
      const query = titleQuery().$call(cached())
      await query.execute()
      const gate = new Gate()
      between.statement = (_, send) => gate.pass(send)
      const controller = new AbortController()
      const write = writeTitleWith(controller.signal)
      await gate.reached
      // Even if it looks like an answer of the database.
      controller.abort(Object.assign(new Error('enough'), { code: '57014' }))
      await expect(write).rejects.toThrow('enough')
      delete between.statement
      gate.open()
      await query.execute()
      expect(answersOf(cache)).toEqual({ absent: 1, 'marks-locked': 1 })
    })

    it('stops plugins that take their time', async () => {
      const gate = new Gate()
      const slow: KyselyPlugin = {
        transformQuery: ({ node }) => node,
        transformResult: ({ result }) => gate.pass(() => result),
      }
      const controller = new AbortController()
      const query = titleQuery(db.withPlugin(slow)).$call(cached())
      const read = query.execute({ signal: controller.signal })
      await gate.reached
      controller.abort(new Error('enough'))
      await expect(read).rejects.toThrow('enough')
      gate.open()
    })

    const writeTitleWith = (signal: AbortSignal) =>
      db.updateTable('films').set({ title: 'x' }).where('id', '=', 1).execute({ signal })
  })

  it('a write that got no connection leaves no lock behind', async () => {
    const query = titleQuery().$call(cached())
    await query.execute()
    const exhausted = withCache(
      interpose(
        {
          ...database,
          kysely: {
            getExecutor: () => ({
              provideConnection: () => Promise.reject(new Error('pool timed out')),
            }),
          } as never,
        },
        between,
      ),
      cache,
      { database: 'exhausted', catalogue: false },
    )
    const write = exhausted.updateTable('films').set({ title: 'x' }).execute()
    await expect(write).rejects.toThrow('pool timed out')
    await query.execute()
    expect(answersOf(cache)).toEqual({ absent: 1, 'marks-moved': 1 })
  })

  it('hits stop when the instance is destroyed', async () => {
    const query = titleQuery().$call(cached())
    await query.execute()
    await query.execute()
    await db.destroy()
    await expect(query.execute()).rejects.toThrow('driver has already been destroyed')
  })

  it('asks again when the settings of the only connection were changed', async ({ skip }) => {
    skip(hasPool(database), 'which connection a SET reaches is chance')
    const isSqlite = database.name === 'sqlite'
    const [set, reset] = isSqlite
      ? ['pragma case_sensitive_like = 1', 'pragma case_sensitive_like = 0']
      : [`set search_path to pg_temp`, 'reset search_path']
    const query = db
      .selectFrom('films')
      .select('title')
      .where('title', 'like', isSqlite ? 'ALIEN' : 'Alien')
      .$call(cached())
    const read = () => query.execute().catch(() => 'no such table')
    expect(await read()).toEqual([{ title: 'Alien' }])
    await sql.raw(set).execute(db)
    expect(await read()).toEqual(isSqlite ? [] : 'no such table')
    await sql.raw(reset).execute(db)
    expect(await read()).toEqual([{ title: 'Alien' }])
  })

  it('keeps what is cached when a held connection is set up', async ({ skip }) => {
    skip(database.name !== 'postgres', 'one connection is that of everybody; MySQL has other words')
    const query = titleQuery().$call(cached())
    await query.execute()
    await db.connection().execute((connection) => sql`set work_mem = '8MB'`.execute(connection))
    await db.transaction().execute((trx) => sql`set local work_mem = '8MB'`.execute(trx))
    const sent = database.statements.mark()
    await query.execute()
    // The only connection of PGlite is everybody's, and so is what was set on it.
    expect(sent()).toHaveLength(hasPool(database) ? 0 : 1)
  })

  it('an instance is disposed of like any other', async () => {
    await using own = withCache(interpose(database, between), cache, { database: 'own' })
    expect(await titleQuery(own).execute()).toEqual([{ title: 'Alien' }])
  })

  /** What `cached()` puts on a builder, for what has no builder. */
  function hintPlugin(): KyselyPlugin {
    let plugin: KyselyPlugin | undefined
    const catcher = {
      withPlugin(given: KyselyPlugin) {
        plugin = given
        return catcher
      },
    }
    cached()(catcher)
    return plugin as KyselyPlugin
  }
})

async function collect<T>(rows: AsyncIterable<T>): Promise<T[]> {
  const collected: T[] = []
  for await (const row of rows) collected.push(row)
  return collected
}
