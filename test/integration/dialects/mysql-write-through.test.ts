import { createTidemark, type Tidemark } from '@tidemark/core'
import { type CacheOptions, withCache } from '@tidemark/kysely'
import { type Generated, Kysely, MysqlAdapter, MysqlDialect, sql } from 'kysely'
import { createPool } from 'mysql2'
import { afterEach, beforeEach, expect, inject, it } from 'vitest'
import { describeDatabase } from '../../support/databases.ts'

interface Tables {
  samples: { id: Generated<number>; name: string; a_char?: string; a_moment?: string }
  named: { code: string; title: string }
  odd: { at: string; title: string }
}

/** Kysely's own says that MySQL has no RETURNING, and gives back no rows. */
class MariadbAdapter extends MysqlAdapter {
  override get supportsReturning(): boolean {
    return true
  }
}

class MariadbDialect extends MysqlDialect {
  override createAdapter(): MysqlAdapter {
    return new MariadbAdapter()
  }
}

describeDatabase('mariadb', 'An insert by Kysely that gives back its row', (database) => {
  let cache: Tidemark
  let plain: Kysely<Tables>
  let db: Kysely<Tables>
  let sent: string[]

  beforeEach(async () => {
    for (const table of ['samples', 'named', 'odd']) {
      await database.sql(`drop table if exists ${table}`)
    }
    await database.sql(`create table samples (
      id bigint unsigned auto_increment primary key, name varchar(20) not null, length int as (length(name)) virtual,
      loud varchar(20) as (upper(name)) stored, a_char char(5), a_decimal decimal(6, 2) default (10 / 3), a_float float default 0.1,
      a_moment datetime(3), a_stamp timestamp default current_timestamp on update current_timestamp, a_bit bit(3) default b'101',
      a_json json default '{"a": 1}', an_enum enum('a', 'b') default 'b', a_blob blob default x'00ff', hidden int invisible default 1
    )`)
    await database.sql('create table named (code varchar(20) primary key, title varchar(20))')
    await database.sql('create table odd (at datetime(6) primary key, title varchar(20))')
    const [row] = await database.sql<{ name: string }>('select database() as name')
    sent = []
    plain = pooled(row!.name)
    cache = createTidemark()
    const policy = { writeThrough: true }
    options = {
      defaultSchema: row!.name,
      tables: { samples: policy, named: policy, odd: policy },
    }
    db = withCache(plain, cache, options)
  })
  let options: CacheOptions & { defaultSchema: string }

  function pooled(schema: string, charset = 'utf8mb4'): Kysely<Tables> {
    const url = new URL(inject('mariadbUrl'))
    url.pathname = schema
    const pool = createPool({ uri: url.href, connectionLimit: 2, dateStrings: true, charset })
    return new Kysely<Tables>({
      dialect: new MariadbDialect({ pool }),
      log: ({ query }) => void sent.push(query.sql),
    })
  }
  afterEach(async () => {
    await cache.close()
    await plain.destroy()
    for (const table of ['samples', 'named', 'odd']) await database.sql(`drop table ${table}`)
  })

  const sample = (id: number, from: Kysely<Tables> = db) =>
    from.selectFrom('samples').selectAll().where('id', '=', id).execute()
  const named = (code: string, from: Kysely<Tables> = db) =>
    from.selectFrom('named').selectAll().where('code', '=', code).execute()

  /** Whether it was answered without the database, which has the same answer. */
  async function isHit(read: (from: Kysely<Tables>) => Promise<unknown>): Promise<boolean> {
    const before = sent.length
    const found = await read(db)
    const isSent = sent.length > before
    expect(found).toStrictEqual(await read(plain))
    return !isSent
  }

  it('makes the next read a hit, with columns of all kinds as they are read', async () => {
    await plain.insertInto('samples').values({ name: 'known' }).execute()
    await sample(1)
    const row = await db
      .insertInto('samples')
      .values({ name: 'new', a_char: 'x  ', a_moment: '2020-02-29 12:34:56.7899' })
      .returningAll()
      .executeTakeFirstOrThrow()
    expect(await isHit((from) => sample(row.id, from))).toBe(true)
  })

  it('is found by the letters that it has, and by no others without the database', async () => {
    await plain.insertInto('named').values({ code: 'known', title: '1' }).execute()
    await named('known')
    await db.insertInto('named').values({ code: 'Dune ', title: '2' }).returningAll().execute()
    expect(await isHit((from) => named('Dune ', from))).toBe(true)
    for (const code of ['dune', 'Dune', 'dune ']) {
      expect(await isHit((from) => named(code, from)), code).toBe(false)
    }
  })

  it('leaves nothing where it replaces, ignores or updates what is there', async () => {
    await plain.insertInto('named').values({ code: 'known', title: '1' }).execute()
    await named('known')
    const values = { code: 'KNOWN', title: '2' }
    for (const write of [
      () => db.replaceInto('named').values(values).returningAll(),
      () => db.insertInto('named').ignore().values(values).returningAll(),
      () =>
        db.insertInto('named').values(values).onDuplicateKeyUpdate({ title: '3' }).returningAll(),
    ]) {
      await write().execute()
      expect(await isHit((from) => named('KNOWN', from)), write().compile().sql).toBe(false)
      expect(await isHit((from) => named('known', from))).toBe(false)
    }
  })

  it('leaves nothing under a key that the connection cannot express', async () => {
    const latin = pooled(options.defaultSchema, 'latin1_swedish_ci')
    const own = withCache(latin, cache, { database: 'latin', ...options })
    try {
      await plain.insertInto('named').values({ code: 'known', title: '1' }).execute()
      await named('known', own)
      const snowman = sql<string>`convert(x'e29883' using utf8mb4)`
      const written = await own
        .insertInto('named')
        .values({ code: snowman, title: '2' })
        .returningAll()
        .execute()
      expect(written).toEqual([{ code: '?', title: '2' }])
      expect(await named('?', own)).toEqual(await named('?', latin))
    } finally {
      await latin.destroy()
    }
  })

  it('leaves nothing under a key of another type', async () => {
    const odd = (at: string, from: Kysely<Tables> = db) =>
      from.selectFrom('odd').selectAll().where('at', '=', at).execute()
    await plain.insertInto('odd').values({ at: '2020-01-01', title: '1' }).execute()
    await odd('2020-01-01')
    const { at } = await db
      .insertInto('odd')
      .values({ at: '2021-01-01', title: '2' })
      .returningAll()
      .executeTakeFirstOrThrow()
    expect(await isHit((from) => odd(at, from))).toBe(false)
  })
})
