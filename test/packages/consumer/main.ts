// A user's program, compiled and run by ../pack-smoke.mjs in a project of its own.
import assert from 'node:assert/strict'
import { createTidemark } from '@tidemark/core'
import { cached, uncached, withCache } from '@tidemark/kysely'
import { cacheExtension } from '@tidemark/prisma'
import { ManualClock } from '@tidemark/testing'
import Database from 'better-sqlite3'
import { Kysely, SqliteDialect } from 'kysely'

interface Tables {
  film: { id: number; title: string }
}

const sqlite = new Database(':memory:')
sqlite.exec(
  "create table film (id integer primary key, title text); insert into film values (1, 'M')",
)
const statements: string[] = []
const dialect = new SqliteDialect({
  database: {
    prepare: (sql) => {
      statements.push(sql)
      return sqlite.prepare(sql)
    },
    close: () => sqlite.close(),
  },
})

const cache = createTidemark({ ttl: '1m' })
const db = withCache(new Kysely<Tables>({ dialect }), cache)
const title = db.selectFrom('film').select('title').where('id', '=', 1)

const first: { title: string } | undefined = await title.$call(cached()).executeTakeFirst()
const second = await title.$call(cached()).executeTakeFirst()
assert.deepEqual(second, first)
assert.equal(statements.length, 1, 'the second read is a hit')

await db.updateTable('film').set({ title: 'Metropolis' }).where('id', '=', 1).execute()
assert.deepEqual(await title.$call(cached()).executeTakeFirst(), { title: 'Metropolis' })
await title.$call(uncached()).executeTakeFirst()
assert.equal(statements.length, 4, 'a write makes it new, and an uncached read is sent')

// A client needs a schema and a generator; that the extension loads and is made shows that its imports resolve.
assert.ok(cacheExtension(cache))
assert.ok(new ManualClock())

// @ts-expect-error a wrong option is seen by the compiler
assert.throws(() => createTidemark({ tll: '1m' }))

await db.destroy()
await cache.close()
