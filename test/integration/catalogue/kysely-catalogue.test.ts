import { createTidemark, type Tidemark } from '@tidemark/core'
import { cached, withCache } from '@tidemark/kysely'
import { Gate } from '@tidemark/testing'
import { type Kysely, sql, type QueryResult } from 'kysely'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { describeEachDatabase } from '../../support/databases.ts'
import { answersOf } from '../kysely/films.ts'
import { hasPool, interpose, type Interposition, isPostgres } from '../kysely/interposed.ts'

interface Tables {
  owners: { id: number; name: string }
  things: { id: number; owner_id: number }
  log: { id: number; what: string }
  late: { id: number }
}

describeEachDatabase('When Kysely reads the catalogue', (database) => {
  let cache: Tidemark
  let between: Interposition
  let db: Kysely<Tables>
  let sent: () => number

  beforeEach(async () => {
    const run = (text: string) => database.sql(text)
    for (const table of ['late', 'things', 'log', 'owners'])
      await run(`drop table if exists ${table}`)
    await run('create table owners (id int primary key, name varchar(20) not null)')
    await run(`create table things (id int primary key, owner_id int,
      foreign key (owner_id) references owners (id) on delete cascade)`)
    const counting = isPostgres(database)
      ? 'int generated always as identity primary key'
      : 'integer primary key'
    await run(
      `create table log (id ${database.name === 'mariadb' ? 'int auto_increment primary key' : counting}, what varchar(20))`,
    )
    await run(`insert into owners values (1, 'a'), (2, 'b')`)
    await run('insert into things values (1, 1), (2, 2)')
    cache = createTidemark()
    between = { connections: 0 }
    db = withCache(plainInstance(), cache, { cacheByDefault: true })
    const start = database.statements.catalogue.length
    // On MariaDB, how many statements come after the first one depends on what others are doing.
    sent = () => database.statements.catalogue.slice(start).filter(isFirst).length
  })
  afterEach(() => cache.close())

  const isFirst = (text: string) => database.name !== 'mariadb' || text.includes('user_privileges')
  const plainInstance = () => interpose(database, between) as unknown as Kysely<Tables>
  const statements = () => ({ mariadb: 1, sqlite: 3, postgres: 1, pglite: 1 })[database.name]
  const things = (from: Kysely<Tables> = db) => from.selectFrom('things').selectAll().execute()
  const log = () => db.selectFrom('log').select('what').execute()
  const rename = (to: Kysely<Tables> = db) =>
    to.updateTable('owners').set({ name: 'c' }).where('id', '=', 1).execute()
  const addTrigger = async () => {
    if (isPostgres(database)) {
      await sql`create or replace function log_owner() returns trigger language plpgsql as $$
        begin insert into log (what) values (new.name); return new; end $$`.execute(db)
      await sql`create trigger t after update on owners for each row execute function log_owner()`.execute(
        db,
      )
    } else if (database.name === 'mariadb') {
      await sql`create trigger t after update on owners for each row insert into log (what) values (new.name)`.execute(
        db,
      )
    } else {
      await sql`create trigger t after update on owners begin insert into log (what) values (new.name); end`.execute(
        db,
      )
    }
  }

  it('once, however many reads come first', async () => {
    await Promise.all([things(), log(), things()])
    await things()
    await rename()
    expect(sent()).toBe(statements())
  })

  it('not for reads that are not cached', async () => {
    const bare = withCache(plainInstance(), cache, {
      database: 'bare',
    })
    const before = sent()
    await bare.selectFrom('things').selectAll().execute()
    await sql`select 1`.execute(bare)
    expect(sent()).toBe(before)
    await bare.selectFrom('things').selectAll().$call(cached()).execute()
    expect(sent()).toBe(before + statements())
  })

  it('before a transaction, and never inside of one', async () => {
    await db.transaction().execute(async (trx) => {
      expect(sent()).toBe(statements())
      await addTriggerIn(trx)
      await rename(trx)
      await things(trx)
      expect(sent()).toBe(statements())
    })
    await log()
    expect(sent()).toBe(2 * statements())
  })
  const addTriggerIn = (trx: Kysely<Tables>) =>
    sql`create table late (id int primary key)`.execute(trx)

  it('again after DDL that any client of the cache has sent, and the plans are new', async () => {
    expect(await log()).toEqual([])
    await rename()
    await addTrigger()
    await log()
    await rename()
    expect(await log()).toEqual([{ what: 'c' }])
  })

  it('again after clear(), which tells of a migration by another process', async () => {
    await database.sql('alter table things add column extra int')
    await database.sql(
      'create table late (id int primary key, owner_id int, foreign key (owner_id) references owners (id) on delete cascade)',
    )
    await database.sql('insert into late values (1, 1)')
    const late = () => db.selectFrom('late').selectAll().execute()
    await things()
    expect(await late()).toHaveLength(1)
    await late()
    await cache.clear()
    const before = sent()
    await things()
    expect(sent()).toBe(before + statements())
  })

  it('again for a table that somebody else has made since', async () => {
    await things()
    await database.sql('create table late (id int primary key)')
    const late = () => db.selectFrom('late').selectAll().execute()
    await late()
    await late()
    expect(answersOf(cache)).toEqual({ absent: 2, memory: 1 })
    expect(sent()).toBe(2 * statements())
  })

  it('not again and again for a table that it does not have', async () => {
    if (database.name === 'mariadb') {
      const [own] = await database.sql<{ name: string }>('select database() as name')
      // Other tests make and drop databases meanwhile, so that each answer is another.
      between.catalogue = async (_, send) => {
        const answer = (await send()) as QueryResult<{ kind: string; a: string }>
        const isOurs = (row: { kind: string; a: string }) =>
          ['server', 'grant'].includes(row.kind) || row.a === own!.name
        return { ...answer, rows: answer.rows.filter(isOurs) }
      }
    }
    await things()
    const missing = () =>
      db
        .selectFrom('late')
        .selectAll()
        .execute()
        .catch(() => undefined)
    await missing()
    await missing()
    await missing()
    expect(sent()).toBe(2 * statements())
    expect(answersOf(cache)).toMatchObject({ 'unknown-relation': 3 })
  })

  it('and where it cannot, the query runs all the same, and nothing is cached', async () => {
    between.catalogue = () => Promise.reject(new Error('no catalogue today'))
    expect(await things()).toHaveLength(2)
    expect(await things()).toHaveLength(2)
    expect(answersOf(cache)).toEqual({ 'no-catalogue': 2 })
    await db.deleteFrom('owners').where('id', '=', 1).execute()
    expect(await things()).toHaveLength(1)
  })

  it('with all of a table, though a list of files was without it', async ({ skip }) => {
    skip(database.name !== 'mariadb', 'the others answer as of one moment')
    // As it is while `alter table things … algorithm = copy` puts the table in its place.
    let left = 0
    between.catalogue = async (text, send) => {
      const answer = (await send()) as QueryResult<{ kind: string; b: string }>
      if (!isFirst(text)) return answer
      const rows = answer.rows.filter(({ kind, b }) => kind !== 'key' || b !== 'things')
      left += answer.rows.length - rows.length
      return { ...answer, rows }
    }
    expect(await things()).toHaveLength(2)
    await things()
    await db.deleteFrom('owners').where('id', '=', 1).execute()
    expect(await things()).toHaveLength(1)
    expect(left).toBeGreaterThan(0)
    expect(answersOf(cache)).toMatchObject({ memory: 1 })
  })

  it('without keeping a caller who gave up', async () => {
    const gate = new Gate()
    between.catalogue = (_, send) => gate.pass(send)
    const controller = new AbortController()
    const read = db.selectFrom('things').selectAll().execute({ signal: controller.signal })
    await gate.reached
    controller.abort(new Error('enough'))
    await expect(read).rejects.toThrow('enough')
    gate.open()
    await things()
  })

  it('and a write that waited while a trigger was made makes everything old', async ({ skip }) => {
    skip(!hasPool(database), 'one connection: nothing comes between')
    await rename()
    expect(await log()).toEqual([])
    const gate = new Gate()
    between.statement = (text, send) => (text.startsWith('update') ? gate.pass(send) : send())
    const write = rename()
    await gate.reached
    await addTrigger()
    expect(await log()).toEqual([])
    gate.open()
    await write
    expect(await log()).toEqual([{ what: 'c' }])
  })

  it('past the log of the instance', async () => {
    const texts: string[] = []
    const logged = interpose(database, between, [], ({ query }) => void texts.push(query.sql))
    const wrapped = withCache(logged as unknown as Kysely<Tables>, cache, {
      database: 'logged',
      cacheByDefault: true,
    })
    const before = sent()
    expect(await things(wrapped)).toHaveLength(2)
    expect(sent()).toBe(before + statements())
    expect(texts).toHaveLength(1)
  })
})
