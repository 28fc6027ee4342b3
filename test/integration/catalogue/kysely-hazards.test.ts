import { createTidemark, type Tidemark } from '@tidemark/core'
import { cached, withCache } from '@tidemark/kysely'
import { type Kysely, sql } from 'kysely'
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type DatabaseName, describeEachDatabase } from '../../support/databases.ts'
import { answersOf } from '../kysely/films.ts'
import { createRelations, fillRelations, type Relations } from './relations.ts'

type Read = (db: Kysely<Relations>) => Promise<unknown>
type Write = (db: Kysely<Relations>) => Promise<unknown>

const all =
  (table: keyof Relations): Read =>
  (db) =>
    db.selectFrom(table).selectAll().orderBy('id').execute()

const deleteParent: Write = (db) => db.deleteFrom('parents').where('id', '=', 1).execute()
const renameParent: Write = (db) =>
  db.updateTable('parents').set({ name: 'Uno' }).where('id', '=', 1).execute()

/** What is read, what is written, and where: by default everywhere. */
type Case = [title: string, read: Read, write: Write, where?: readonly DatabaseName[]]

const POSTGRES = ['postgres', 'pglite'] as const
const NOT_SQLITE = ['postgres', 'pglite', 'mariadb'] as const

const cascades: Case[] = [
  ['ON DELETE CASCADE', all('children'), deleteParent],
  ['ON DELETE SET NULL at the end of a chain', all('grandchildren'), deleteParent],
  [
    'a table that refers to itself',
    all('tree'),
    (db) => db.deleteFrom('tree').where('id', '=', 1).execute(),
  ],
  [
    'ON UPDATE CASCADE',
    all('by_code'),
    (db) => db.updateTable('parents').set({ code: 'uno' }).where('id', '=', 1).execute(),
  ],
  [
    'a cascade that an upsert sets off',
    all('by_code'),
    (db) =>
      db
        .insertInto('parents')
        .values({ id: 1, code: 'uno', name: 'Uno' })
        .onConflict((conflict) => conflict.column('id').doUpdateSet({ code: 'uno' }))
        .execute(),
    ['postgres', 'pglite', 'sqlite'],
  ],
  [
    'a cascade that REPLACE sets off',
    all('children'),
    (db) => db.replaceInto('parents').values({ id: 1, code: 'uno', name: 'Uno' }).execute(),
    ['mariadb', 'sqlite'],
  ],
  [
    'a cascade that raw SQL sets off',
    all('children'),
    (db) => sql`delete from ${sql.table('parents')} where id = 1`.execute(db),
  ],
  ['a cascade in a transaction', all('children'), (db) => db.transaction().execute(deleteParent)],
]

const triggers: Case[] = [
  [
    'what a trigger writes to another table',
    all('audit'),
    (db) => db.updateTable('logged').set({ name: 'y' }).where('id', '=', 1).execute(),
  ],
  [
    'what a trigger writes on insert',
    all('audit'),
    (db) => db.insertInto('logged').values({ id: 2, name: 'y' }).execute(),
  ],
  [
    'a trigger that sets a column of the row itself',
    all('stamped'),
    (db) => db.updateTable('stamped').set({ name: 'y' }).where('id', '=', 1).execute(),
    NOT_SQLITE,
  ],
  [
    'a trigger that does not show what it does',
    all('audit'),
    (db) => db.updateTable('opaque').set({ name: 'y' }).where('id', '=', 1).execute(),
    NOT_SQLITE,
  ],
  [
    'a rule',
    all('audit'),
    (db) => db.updateTable('ruled').set({ name: 'y' }).where('id', '=', 1).execute(),
    POSTGRES,
  ],
  [
    'the default of a column that is counted in another table',
    all('counters'),
    (db) =>
      db
        .insertInto('numbered')
        .values({ id: 1 } as never)
        .execute(),
    POSTGRES,
  ],
  [
    'an INSTEAD OF trigger of a view',
    all('parents'),
    (db) => db.updateTable('summary').set({ name: 'Uno' }).where('id', '=', 1).execute(),
    ['postgres', 'pglite', 'sqlite'],
  ],
]

const views: Case[] = [
  ['a view, whose table is written', all('parent_names'), renameParent],
  ['a view of a view', all('loud_names'), renameParent],
  [
    'the table behind a view that is written',
    all('parents'),
    (db) => db.updateTable('parent_names').set({ name: 'Uno' }).where('id', '=', 1).execute(),
    NOT_SQLITE,
  ],
  [
    'a cascade from the table behind a view that is written',
    all('children'),
    (db) => db.deleteFrom('parent_names').where('id', '=', 1).execute(),
    NOT_SQLITE,
  ],
  [
    'another view of the table behind a view that is written',
    all('loud_names'),
    (db) => db.updateTable('parent_names').set({ name: 'Uno' }).where('id', '=', 1).execute(),
    NOT_SQLITE,
  ],
  [
    'a view that only a hint names',
    async (db) => {
      const names = sql`select id, name from parent_names order by id`
      return (await cached({ tables: ['parent_names'] })(names).execute(db)).rows
    },
    renameParent,
  ],
  [
    'a materialized view that is refreshed',
    all('snapshot'),
    async (db) => {
      await renameParent(db)
      await db.schema.refreshMaterializedView('snapshot').execute()
    },
    POSTGRES,
  ],
]

const parts: Case[] = [
  [
    'a partitioned table, whose partition is written',
    all('whole'),
    (db) => db.updateTable('part_low').set({ name: 'x' }).execute(),
    POSTGRES,
  ],
  [
    'a partition, whose table is written',
    all('part_low'),
    (db) => db.updateTable('whole').set({ name: 'x' }).execute(),
    POSTGRES,
  ],
  [
    'a row that moves from one partition to another',
    all('part_high'),
    (db) => db.updateTable('whole').set({ id: 12 }).where('id', '=', 1).execute(),
    POSTGRES,
  ],
  [
    'a table that others inherit from',
    all('base'),
    (db) => db.updateTable('derived').set({ name: 'x' }).execute(),
    POSTGRES,
  ],
  [
    'a table that inherits',
    all('derived'),
    (db) => db.updateTable('base').set({ name: 'x' }).execute(),
    POSTGRES,
  ],
]

describeEachDatabase('Kysely and the catalogue', (database) => {
  let cache: Tidemark
  let db: Kysely<Relations>

  const wrap = (options = {}) =>
    withCache(database.kysely as unknown as Kysely<Relations>, cache, {
      cacheByDefault: true,
      ...options,
    })

  beforeAll(() => createRelations(database))
  beforeEach(async () => {
    await fillRelations(database)
    cache = createTidemark()
    db = wrap()
  })
  afterEach(() => cache.close())

  /** The read is served from the cache, until the write. */
  async function expectMadeNew(read: Read, write: Write): Promise<void> {
    const before = await read(db)
    expect(await read(db)).toEqual(before)
    expect(answersOf(cache)).toEqual({ absent: 1, memory: 1 })
    await write(db)
    const after = await read(db)
    expect(after).toEqual(await read(database.kysely as never))
    expect(after, 'a write that changes nothing proves nothing').not.toEqual(before)
  }

  function cases(title: string, list: readonly Case[]): void {
    describe(`${title}, one by one`, () => {
      for (const [name, read, write, where] of list) {
        it(`${title}: ${name}`, async ({ skip }) => {
          skip(where !== undefined && !where.includes(database.name), 'the database has none')
          await expectMadeNew(read, write)
        })
      }
    })
  }

  cases('hazard 24', cascades)
  cases('hazard 24', triggers)
  cases('hazard 25', views)
  cases('hazard 25', parts)

  /** Which of the two reads is asked of the database again after the write. */
  async function isKept(read: Read, write: Write): Promise<boolean> {
    await read(db)
    await write(db)
    const sent = database.statements.mark()
    await read(db)
    return sent().length === 0
  }

  it('hazard 24: an insert, or an update of other columns, leaves what refers to the rows as it is', async () => {
    const insert: Write = (to) =>
      to.insertInto('parents').values({ id: 3, code: 'three', name: 'Three' }).execute()
    expect(await isKept(all('children'), insert)).toBe(true)
    expect(await isKept(all('by_code'), renameParent)).toBe(true)
  })

  it('hazard 24: a trigger that sets columns of the row itself makes nothing else old', async ({
    skip,
  }) => {
    skip(database.name === 'sqlite', 'its triggers cannot')
    const rename: Write = (to) => to.updateTable('stamped').set({ name: 'y' }).execute()
    expect(await isKept(all('parents'), rename)).toBe(true)
    expect(await isKept(all('stamped_refs'), rename)).toBe(true)
  })

  it('hazard 24: sideEffects says what a trigger writes whose text does not', async ({ skip }) => {
    skip(database.name === 'sqlite', 'its triggers show all that they do')
    const write: Write = (to) => to.updateTable('opaque').set({ name: 'y' }).execute()
    await write(db)
    const reasons = cache.metrics().queries.flatMap(({ opaqueBecause }) => opaqueBecause ?? [])
    expect(reasons).toEqual([expect.stringContaining('see the option sideEffects')])
    db = wrap({ database: 'declared', sideEffects: { opaque: ['audit'] } })
    await expectMadeNew(all('audit'), write)
    expect(await isKept(all('parents'), write)).toBe(true)
  })

  it('hazard 24: sideEffects counts without the catalogue as well', async () => {
    db = wrap({ database: 'bare', catalogue: false, sideEffects: { parents: ['children'] } })
    await expectMadeNew(all('children'), deleteParent)
    expect(database.statements.catalogue.length, 'nothing was asked of the catalogue').toBe(asked)
  })
  let asked = 0
  beforeEach(() => {
    asked = database.statements.catalogue.length
  })

  it('hazard 25: a view that answers differently each time is not cached', async () => {
    await all('moments')(db)
    await all('moments')(db)
    expect(answersOf(cache)).toEqual({ 'volatile-view': 2 })
  })

  it('hazard 25: a table with row-level security is cached for a partition only', async ({
    skip,
  }) => {
    skip(database.name !== 'postgres' && database.name !== 'pglite', 'the database has none')
    await all('secured')(db)
    await all('secured')(db)
    expect(answersOf(cache)).toEqual({ 'row-level-security': 2 })
    await expectPartitioned()
  })

  async function expectPartitioned(): Promise<void> {
    await cache.close()
    cache = createTidemark()
    const tenant = wrap({ database: 'tenants', partition: 'tenant 1' })
    await all('secured')(tenant)
    await all('secured')(tenant)
    expect(answersOf(cache)).toEqual({ absent: 1, memory: 1 })
  }
})
