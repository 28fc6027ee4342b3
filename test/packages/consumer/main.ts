// A user's program, compiled and run by ../pack-smoke.mjs in a project of its own.
import assert from 'node:assert/strict'
import { createTidemark } from '@tidemark/core'
import { cached, uncached, withCache } from '@tidemark/kysely'
import { cacheExtension } from '@tidemark/prisma'
import { EntryCodec, msgpackCodec, superjsonCodec } from '@tidemark/redis'
import { ManualClock } from '@tidemark/testing'
import { Kysely, PGliteDialect } from 'kysely'

interface Tables {
  film: { id: number; title: string }
}

// Not typed: its declarations need others that it does not bring, and here all declarations are checked.
const untyped: string = '@electric-sql/pglite'
const { PGlite } = await import(untyped)
const pglite = await PGlite.create()
await pglite.exec(
  "create table film (id int primary key, title text); insert into film values (1, 'M')",
)
const statements: string[] = []
const plain = new Kysely<Tables>({
  dialect: new PGliteDialect({ pglite }),
  log: ({ query }) => {
    statements.push(query.sql)
  },
})

const cache = createTidemark({ ttl: '1m' })
const db = withCache(plain, cache)
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

// Compressed as this version of Node can.
const rows = Array.from({ length: 50 }, (_, id) => ({ id, title: 'Metropolis', at: new Date(id) }))
for (const codec of [msgpackCodec, superjsonCodec]) {
  const entries = new EntryCodec({ codec, valueTypes: [], maxBytes: 100_000, compressAbove: 0 })
  const sealed = entries.seal(
    'name',
    'key',
    { tokens: [], tags: [], createdAt: 0, ttlMs: 1, keepMs: 2, loadMs: 1 },
    rows,
  )
  assert.equal(sealed.state, 'sealed')
  const opened = entries.open('name', 'key', sealed.bytes)
  assert.equal(opened.state, 'opened')
  assert.deepEqual(opened.value(), { state: 'decoded', value: rows })
}

// @ts-expect-error a wrong option is seen by the compiler
assert.throws(() => createTidemark({ tll: '1m' }))

await db.destroy()
await cache.close()
