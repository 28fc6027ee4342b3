import { createTidemark } from '@tidemark/core'
import { withCache } from '@tidemark/kysely'
import Database from 'better-sqlite3'
import { Kysely, SqliteDialect, sql } from 'kysely'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

interface Tables {
  films: { id: number; code: string | null; title: string }
}

describe('A write by Kysely that gives back its row, where SQLite has ways of its own', () => {
  let plain: Kysely<Tables>
  let db: Kysely<Tables>
  let cache: ReturnType<typeof createTidemark>

  beforeEach(() => {
    plain = new Kysely<Tables>({
      dialect: new SqliteDialect({ database: new Database(':memory:') }),
    })
    cache = createTidemark()
    db = withCache(plain, cache, { tables: { films: { writeThrough: true } } })
  })
  afterEach(async () => {
    await cache.close()
    await plain.destroy()
  })

  const create = (unique: string) =>
    sql`create table films (id integer primary key, code text ${sql.raw(unique)}, title text)`.execute(
      plain,
    )
  const point = (from: Kysely<Tables>, id: number) =>
    from.selectFrom('films').selectAll().where('id', '=', id).execute()
  const insert = (...rows: Tables['films'][]) => db.insertInto('films').values(rows).returningAll()

  /** Reads what the cache says, which must be what is there. */
  async function expectTrue(...ids: number[]) {
    for (const id of ids) expect(await point(db, id)).toEqual(await point(plain, id))
  }

  async function knowTheRead() {
    await plain.insertInto('films').values({ id: 100, code: null, title: 'known' }).execute()
    await point(db, 100)
  }

  it('stores no row that another one of the statement has replaced', async () => {
    await create('unique on conflict replace')
    await knowTheRead()
    const [one, other] = [1, 2].map((id) => ({ id, code: 'same', title: `${id}` }))
    expect(await insert(one!, other!).execute()).toHaveLength(2)
    await expectTrue(1, 2)
    await insert({ id: 3, code: 'else', title: '3' }).execute()
    const updated = await db.updateTable('films').set({ code: 'one' }).returningAll().execute()
    expect(updated.length).toBeGreaterThan(1)
    await expectTrue(1, 2, 3, 100)
  })

  it('stores the last of what one statement has made of a row', async () => {
    await create('')
    await knowTheRead()
    const versions = ['a', 'b', 'c'].map((title) => ({ id: 1, code: null, title }))
    const rows = await insert(...versions)
      .onConflict((conflict) =>
        conflict.column('id').doUpdateSet((eb) => ({ title: eb.ref('excluded.title') })),
      )
      .execute()
    expect(rows).toHaveLength(3)
    await expectTrue(1)
  })

  it.each(['ID', 'rowid', '_rowid_', 'oid'])(
    'stores no row under the key that it had, by the name %s of that key',
    async (name) => {
      await create('')
      await knowTheRead()
      const written = await db
        .updateTable('films')
        .set({ [name]: 5 } as object)
        .where('id', '=', 100)
        .returningAll()
        .execute()
      expect(written).toMatchObject([{ id: 5 }])
      await expectTrue(100, 5)
    },
  )
})
