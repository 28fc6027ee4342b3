// Kysely on SQLite, with a cache.
import assert from 'node:assert/strict'
import { createTidemark } from '@tidemark/core'
import { cached, withCache } from '@tidemark/kysely'
import Database from 'better-sqlite3'
import { Kysely, SqliteDialect } from 'kysely'

const dialect = new SqliteDialect({ database: new Database(':memory:') })
const kysely = new Kysely<{ films: { id: number; title: string } }>({ dialect })
await kysely.schema
  .createTable('films')
  .addColumn('id', 'integer', (column) => column.primaryKey())
  .addColumn('title', 'text')
  .execute()
await kysely.insertInto('films').values({ id: 1, title: 'Dune' }).execute()

const cache = createTidemark({ ttl: '5m' })
const db = withCache(kysely, cache)
const film = () => db.selectFrom('films').selectAll().where('id', '=', 1).$call(cached())

assert.deepEqual(await film().execute(), [{ id: 1, title: 'Dune' }]) // from the database
assert.deepEqual(await film().execute(), [{ id: 1, title: 'Dune' }]) // from the cache
await db.updateTable('films').set({ title: 'Dune: Part One' }).where('id', '=', 1).execute()
assert.deepEqual(await film().execute(), [{ id: 1, title: 'Dune: Part One' }]) // the new one

console.log(cache.metrics().queries[0])
await cache.close()
await db.destroy()
