import { afterEach, beforeEach, expect, it } from 'vitest'
import { CatalogueReader } from '../../../packages/sql/src/catalogue/read-catalogue.ts'
import { KnownFunctions } from '../../../packages/sql/src/index.ts'
import { describeDatabase } from '../../support/databases.ts'

describeDatabase('mariadb', 'The catalogue of MariaDB', (database) => {
  const tables = ['torn_children', 'torn_notes', 'torn_parents']
  const dropAll = async () => {
    for (const table of tables) await database.sql(`drop table if exists ${table}`)
  }

  beforeEach(async () => {
    await dropAll()
    await database.sql('create table torn_parents (id int primary key)')
    await database.sql('create table torn_notes (id int)')
    // Without a primary key, which would be seen along with the foreign key.
    await database.sql(`create table torn_children (parent_id int,
      foreign key (parent_id) references torn_parents (id) on delete cascade)`)
    await database.sql(`create trigger torn_note after insert on torn_children for each row
      insert into torn_notes values (new.parent_id)`)
  })
  afterEach(dropAll)

  const reader = () =>
    new CatalogueReader(
      {
        ...{ dialect: 'mysql', defaultSchema: undefined, sideEffects: {}, isPartitioned: false },
        ...{ isComplete: true, functions: new KnownFunctions('mysql') },
      },
      (text) => database.sql(text),
    )

  it.each(tables.filter((table) => table !== 'torn_notes'))(
    'hazard 24: has all keys and triggers while somebody alters %s by copying it',
    async (altered) => {
      const own = reader()
      let catalogue = await own.read(undefined)
      const done = new AbortController()
      const altering = (async () => {
        while (!done.signal.aborted)
          await database.sql(`alter table ${altered} force, algorithm = copy`)
      })()
      try {
        for (let round = 0; round < 25; round += 1) {
          catalogue = await own.read(catalogue)
          const after = (table: string, change: 'insert' | 'delete') => {
            const written = catalogue.writes([{ table, change }])
            return written === 'unknown' ? [] : written.tables
          }
          expect(after('torn_parents', 'delete')).toContain('torn_children')
          expect(after('torn_children', 'insert')).toContain('torn_notes')
          expect(catalogue.reads(tables).obstacle).toBe(undefined)
        }
      } finally {
        done.abort()
        await altering
      }
    },
  )

  it('has names as they are', async () => {
    await database.sql(`create table "torn' \\ é" (id int primary key, name varchar(9))`)
    try {
      const catalogue = await reader().read(undefined)
      expect(catalogue.hasAll(["torn' \\ é"])).toBe(true)
    } finally {
      await database.sql(`drop table "torn' \\ é"`)
    }
  })

  it('is read where a key refers to a table that is gone', async () => {
    await database.sql(
      'begin not atomic set foreign_key_checks = 0; drop table torn_parents; set foreign_key_checks = 1; end',
    )
    const catalogue = await reader().read(undefined)
    expect(catalogue.hasAll(['torn_children'])).toBe(true)
  })
})
