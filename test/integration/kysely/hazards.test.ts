import { createTidemark, type Tidemark } from '@tidemark/core'
import { cached, withCache } from '@tidemark/kysely'
import { Gate } from '@tidemark/testing'
import { CamelCasePlugin, type Kysely, ParseJSONResultsPlugin, sql } from 'kysely'
import { afterEach, beforeEach, expect, it } from 'vitest'
import type { Tables } from '../../../prisma/tables.ts'
import { describeEachDatabase } from '../../support/databases.ts'
import { answersOf, fillFilms } from './films.ts'
import { besides, hasPool, interpose, type Interposition, isPostgres } from './interposed.ts'

describeEachDatabase('Kysely hazards', (database) => {
  let cache: Tidemark
  let between: Interposition
  let db: Kysely<Tables>

  beforeEach(async () => {
    between = { connections: 0 }
    cache = createTidemark()
    db = withCache(interpose(database, between), cache)
    await fillFilms(database)
  })
  afterEach(() => cache.close())

  const titleQuery = (from: Kysely<Tables> = db) =>
    from.selectFrom('films').select('title').where('id', '=', 1).$call(cached())
  const readTitle = async (from?: Kysely<Tables>) =>
    (await titleQuery(from).executeTakeFirst())?.title
  const writeTitle = (title: string, to: Kysely<Tables> = db) =>
    to.updateTable('films').set({ title }).where('id', '=', 1).execute()

  /** Holds the answers to SELECTs, with what the database said, until the gate is opened. */
  function holdAnswers(): Gate {
    const gate = new Gate()
    between.statement = async (text, send) => {
      const answer = await send()
      return text.startsWith('select') ? gate.pass(() => answer) : answer
    }
    return gate
  }

  // With one connection nobody can write while a read is held on it.
  const isPool = () => hasPool(database)
  const isOnlyPostgres = 'a test of what only Postgres has'

  it('hazard 1: a row read before a write is not stored after it', async () => {
    const gate = holdAnswers()
    const early = readTitle()
    await gate.reached
    delete between.statement
    const write = writeTitle('Alien 1')
    if (isPool()) await write
    gate.open()
    expect(await early).toBe('Alien')
    await write
    expect(await readTitle()).toBe('Alien 1')
    expect(await readTitle()).toBe('Alien 1')
  })

  it('hazard 2: a row read before a commit is not served after it', async () => {
    const gate = new Gate()
    between.statement = (text, send) => (text === 'commit' ? gate.pass(send) : send())
    const write = db.transaction().execute((trx) => writeTitle('Alien 1', trx))
    await gate.reached
    const early = readTitle()
    if (isPool()) expect(await early).toBe('Alien')
    gate.open()
    await Promise.all([write, early])
    expect(await readTitle()).toBe('Alien 1')
  })

  it('hazard 3: what is rolled back is never cached, and makes nothing old', async () => {
    expect(await readTitle()).toBe('Alien')
    const abandon = new Error('abandon')
    const transaction = db.transaction().execute(async (trx) => {
      await writeTitle('Never', trx)
      expect(await readTitle(trx)).toBe('Never')
      throw abandon
    })
    await expect(transaction).rejects.toBe(abandon)
    const sent = database.statements.mark()
    expect(await readTitle()).toBe('Alien')
    // MySQL has tables that keep what is rolled back, so there the database is asked.
    expect(sent()).toHaveLength(database.name === 'mariadb' ? 1 : 0)
  })

  it('hazard 4: a transaction with an old snapshot does not fill', async ({ skip }) => {
    skip(!isPool(), 'one connection: nobody can write beside the transaction')
    await db
      .transaction()
      .setIsolationLevel('repeatable read')
      .execute(async (trx) => {
        expect(await readTitle(trx)).toBe('Alien')
        await writeTitle('Alien 1')
        expect(await readTitle(trx)).toBe('Alien')
      })
    expect(await readTitle()).toBe('Alien 1')
  })

  it('hazard 5: a transaction sees its own writes', async () => {
    expect(await readTitle()).toBe('Alien')
    await db.transaction().execute(async (trx) => {
      await writeTitle('Alien 1', trx)
      expect(await readTitle(trx)).toBe('Alien 1')
    })
    expect(await readTitle()).toBe('Alien 1')
  })

  it('hazard 15: a read after a write does not join one from before it', async () => {
    // Another instance on the same database: where there is one connection, the held read has this one's.
    const beside = withCache(besides(database), cache, { database: 'films' })
    const holding = withCache(interpose(database, between), cache, { database: 'films' })
    const gate = holdAnswers()
    const early = readTitle(holding)
    await gate.reached
    delete between.statement
    await writeTitle('Alien 1', beside)
    const late = await readTitle(beside)
    gate.open()
    expect([await early, late]).toEqual(['Alien', 'Alien 1'])
    expect(answersOf(cache)).toEqual({ absent: 2 })
    expect(await readTitle(holding)).toBe('Alien 1')
  })

  it('hazard 17: a COMMIT that nobody answers keeps readers from the cache', async ({ skip }) => {
    skip(database.name === 'sqlite', 'it answers ROLLBACK in a way that settles it')
    expect(await readTitle()).toBe('Alien')
    const died = new Error('Connection terminated unexpectedly')
    between.statement = async (text, send) => {
      const answer = await send()
      if (text === 'commit') throw died
      return answer
    }
    const write = db.transaction().execute((trx) => writeTitle('Alien 1', trx))
    await expect(write).rejects.toBe(died)
    expect(await readTitle()).toBe('Alien 1')
    expect(answersOf(cache)['marks-locked']).toBe(1)
  })

  it('hazard 23: a data-modifying expression in a select is a write', async ({ skip }) => {
    skip(!isPostgres(database), isOnlyPostgres)
    expect(await readTitle()).toBe('Alien')
    await db
      .with('changed', (eb) => eb.updateTable('films').set({ title: 'Alien 1' }).returning('id'))
      .selectFrom('changed')
      .selectAll()
      .$call(cached())
      .execute()
    expect(await readTitle()).toBe('Alien 1')
  })

  it('hazard 23: a function that writes makes everything old', async ({ skip }) => {
    skip(!isPostgres(database), isOnlyPostgres)
    await database.sql(
      `create or replace function rename_film(new_title text) returns void language sql
       as 'update films set title = new_title where id = 1'`,
    )
    expect(await readTitle()).toBe('Alien')
    await sql`select rename_film(${'Alien 1'})`.execute(db)
    expect(await readTitle()).toBe('Alien 1')
    await db.selectNoFrom((eb) => eb.fn('rename_film', [eb.val('Alien 2')]).as('x')).execute()
    expect(await readTitle()).toBe('Alien 2')
  })

  it('hazard 29: parameters that the database tells apart have entries of their own', async ({
    skip,
  }) => {
    skip(!isPostgres(database), isOnlyPostgres)
    const ask = (value: string | null) =>
      sql<{ given: unknown }>`select ${value}::text as given from ${sql.table('films')} limit 1`
    for (const value of ['1', 'null', null, '', 'undefined', 'NaN', '[]']) {
      expect((await cached()(ask(value)).execute(db)).rows).toEqual([{ given: value }])
    }

    const byTitle = (title: string | null) =>
      db
        .selectFrom('films')
        .select('id')
        .where('title', 'is not distinct from', title)
        .$call(cached())
        .execute()
    expect(await byTitle('null')).toEqual([])
    await database.sql(`insert into films (id, title, tags) values (3, 'null', '{}')`)
    expect(await byTitle(null)).toEqual([])
    await cache.clear()
    expect(await byTitle('null')).toEqual([{ id: 3 }])
  })

  it('hazard 31: what answers differently each time is not cached', async () => {
    const expressions = isPostgres(database)
      ? ['now()', 'random()', `nextval('films_id_seq')`, 'current_user', 'pg_advisory_xact_lock(1)']
      : ['current_timestamp', database.name === 'sqlite' ? 'random()' : 'rand()']
    for (const expression of expressions) {
      const query = db.selectFrom('films').select(sql.raw(expression).as('x')).$call(cached())
      await query.execute()
      await query.execute()
    }
    expect(answersOf(cache)).toEqual({ 'volatile-function': expressions.length * 2 })
  })

  it('hazard 31: a locking read is not cached, and neither is a time that moves on', async () => {
    const query = db.selectFrom('films').selectAll().$call(cached())
    await query.where('source', '<', 'today').execute()
    expect(answersOf(cache)).toEqual({ 'volatile-function': 1 })
    if (database.name === 'sqlite') return
    await query.forUpdate().execute()
    expect(answersOf(cache)).toEqual({ 'locking-read': 1, 'volatile-function': 1 })
  })

  it('hazard 33: a caller that changes its rows changes nobody else’s', async () => {
    const poster = Buffer.from([1, 2])
    const details = '{"crew": ["Ripley"]}'
    await database.sql(
      `update films set poster = $1, details = $2, released_on = '1979-05-25' where id = 1`,
      [poster, details],
    )
    const read = () =>
      db
        .selectFrom('films')
        .selectAll()
        .where('id', '=', 1)
        .$call(cached())
        .executeTakeFirstOrThrow()
    const original = await database.kysely
      .selectFrom('films')
      .selectAll()
      .where('id', '=', 1)
      .executeTakeFirstOrThrow()
    for (let round = 0; round < 2; round += 1) {
      const row = await read()
      expect(row).toEqual(original)
      for (const [column, value] of Object.entries(row)) {
        if (Array.isArray(value)) value.push('changed')
        else if (value instanceof Uint8Array) value.fill(9)
        else if (value instanceof Date) value.setFullYear(2000)
        else if (value !== null && typeof value === 'object') Object.assign(value, { changed: 1 })
        else Object.assign(row, { [column]: 'changed' })
      }
    }
    expect(await read()).toEqual(original)
  })

  it('hazard 33: nor does one that shares its load', async () => {
    const gate = holdAnswers()
    const both = [titleQuery().execute(), titleQuery().execute()]
    await gate.reached
    gate.open()
    const [first, second] = await Promise.all(both)
    first![0]!.title = 'changed'
    expect(second).toEqual([{ title: 'Alien' }])
    expect(answersOf(cache)).toEqual({ absent: 1, joined: 1 })
  })

  it('hazard 34: an insert is seen where nothing was found before', async () => {
    const read = () =>
      db.selectFrom('genres').selectAll().where('name', '=', 'Drama').$call(cached()).execute()
    expect([await read(), await read()]).toEqual([[], []])
    await db.insertInto('genres').values({ name: 'Drama' }).execute()
    expect(await read()).toHaveLength(1)
  })

  it('hazard 35: an error is the caller’s, unchanged, and nothing is cached', async () => {
    const broken = new Error('broken')
    between.statement = () => Promise.reject(broken)
    await expect(readTitle()).rejects.toBe(broken)
    await expect(writeTitle('x')).rejects.toBe(broken)
    delete between.statement
    const errorOf = (query: Promise<unknown>) => query.catch((error: unknown) => error)
    const duplicate = (to: Kysely<Tables>) =>
      errorOf(to.insertInto('films').values({ id: 1, title: 'x' }).execute())
    const misspelt = (from: Kysely<Tables>) =>
      errorOf(cached()(sql`select * from nowhere`).execute(from))
    for (const fail of [duplicate, misspelt]) {
      const [theirs, ours] = [await fail(database.kysely), await fail(db)]
      expect(ours).toBeInstanceOf(Error)
      expect(ours).toEqual(theirs)
    }
    expect(await readTitle()).toBe('Alien')
  })

  it('hazard 35: the error of one reader does not reach those who joined it', async () => {
    const gate = new Gate()
    let count = 0
    between.statement = (text, send) => {
      count += 1
      return count === 1 ? gate.pass(() => Promise.reject(new Error('first'))) : send()
    }
    const both = [titleQuery().execute(), titleQuery().execute()]
    await gate.reached
    gate.open()
    await expect(both[0]).rejects.toThrow('first')
    expect(await both[1]).toEqual([{ title: 'Alien' }])
  })

  it('hazard 45: instances with and without plugins share entries, and each gets its own shape', async () => {
    await database.sql(`update films set source = '{"novel": true}' where id = 1`)
    const camel = db.withPlugin(new CamelCasePlugin()) as unknown as Kysely<{
      films: { id: number; usGross: unknown; source: string }
    }>
    const parsing = db.withPlugin(new ParseJSONResultsPlugin())
    const plainQuery = (from: Kysely<Tables>) =>
      from
        .selectFrom('films')
        .select(['us_gross', 'source'])
        .where('id', '=', 1)
        .$call(cached())
        .execute()
    const camelQuery = () =>
      camel
        .selectFrom('films')
        .select(['usGross', 'source'])
        .where('id', '=', 1)
        .$call(cached())
        .execute()

    const sent = database.statements.mark()
    for (let round = 0; round < 2; round += 1) {
      expect(await camelQuery()).toEqual([{ usGross: null, source: '{"novel": true}' }])
      expect(await plainQuery(db)).toEqual([{ us_gross: null, source: '{"novel": true}' }])
      expect(await plainQuery(parsing)).toEqual([{ us_gross: null, source: { novel: true } }])
    }
    expect(sent()).toHaveLength(1)
  })

  it('hazard 47: BEGIN and COMMIT as raw SQL on one connection are a transaction', async () => {
    expect(await readTitle()).toBe('Alien')
    const sent = database.statements.mark()
    await db.connection().execute(async (connection) => {
      await sql`begin`.execute(connection)
      await writeTitle('Alien 1', connection)
      expect(await readTitle(connection)).toBe('Alien 1')
      const before = sent().length
      // Nothing is committed yet: for everybody else the entry is still true.
      expect(await readTitle()).toBe('Alien')
      expect(sent()).toHaveLength(before)
      await sql`commit`.execute(connection)
      expect(await readTitle(connection)).toBe('Alien 1')
    })
    expect(await readTitle()).toBe('Alien 1')
    expect(answersOf(cache)).toMatchObject({ 'in-transaction': 1, 'pinned-connection': 1 })
  })
})
