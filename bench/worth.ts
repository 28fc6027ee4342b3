// When a hit is worth it: what hits cost beside the queries that they spare, on databases that are as near as can be.
// docs/when-not-to-cache.md has the conclusions. --quick only shows that it runs.
import { parseArgs } from 'node:util'
import { createTidemark, type Tidemark } from '@tidemark/core'
import { cached, withCache } from '@tidemark/kysely'
import { redisTier } from '@tidemark/redis'
import Database from 'better-sqlite3'
import { Redis } from 'ioredis'
import { type Dialect, Kysely, PostgresDialect, SqliteDialect } from 'kysely'
import pg from 'pg'
import type { Tables } from '../prisma/tables.ts'
import { PostgresServer } from '../test/support/postgres-server.ts'
import { RedisServer } from '../test/support/redis-server.ts'
import { each, measure } from './measure.ts'
import { Ratios } from './ratios.ts'

const { quick } = parseArgs({ options: { quick: { type: 'boolean', default: false } } }).values
const hint = cached({ ttl: '1h' })

await using postgres = await PostgresServer.start()
await using redis = await RedisServer.start()

const pool = new pg.Pool({ connectionString: postgres.url() })
await compare('SQLite, in this process', new SqliteDialect({ database: new Database(':memory:') }))
await compare('PostgreSQL, on this machine', new PostgresDialect({ pool }))
if (quick) console.log('\nA quick run: these figures mean nothing.')

async function compare(where: string, dialect: Dialect): Promise<void> {
  await using kysely = new Kysely<Tables>({ dialect })
  await fill(kysely)
  await using ends = new AsyncDisposableStack()
  const client = new Redis(redis.options)
  ends.defer(() => client.disconnect())
  const over = (cache: Tidemark) => withCache(kysely, ends.use(cache))
  const fromMemory = over(createTidemark())
  const shared = redisTier(client)
  const fromRedis = over(createTidemark({ memory: false, shared, namespace: where }))

  const point = (db: Kysely<Tables>) =>
    db.selectFrom('airports').selectAll().where('iata', '=', 'A7')
  const hundred = (db: Kysely<Tables>) => db.selectFrom('airports').selectAll().limit(100)
  const report = (db: Kysely<Tables>) =>
    db
      .selectFrom('airports')
      .select(({ fn }) => ['country', fn.countAll().as('count'), fn.avg('latitude').as('latitude')])
      .groupBy('country')
  const us = await measure(
    {
      'one row': each(() => point(kysely).execute()),
      'one row, from memory': each(() => point(fromMemory).$call(hint).execute()),
      'one row, from Redis': each(() => point(fromRedis).$call(hint).execute()),
      'a hundred rows': each(() => hundred(kysely).execute()),
      'a hundred rows, from memory': each(() => hundred(fromMemory).$call(hint).execute()),
      'a hundred rows, from Redis': each(() => hundred(fromRedis).$call(hint).execute()),
      'an aggregate of 5000': each(() => report(kysely).execute()),
      'an aggregate of 5000, from memory': each(() => report(fromMemory).$call(hint).execute()),
      'an aggregate of 5000, from Redis': each(() => report(fromRedis).$call(hint).execute()),
    },
    quick ? { rounds: 1, turnMs: 1 } : {},
  )
  const ratios = new Ratios(us)
  for (const what of ['one row', 'a hundred rows', 'an aggregate of 5000'] as const) {
    ratios.add(`${what}, from memory`, what).add(`${what}, from Redis`, what)
  }
  console.log(`${where}:\n${ratios.toString()}`)
}

async function fill(kysely: Kysely<Tables>): Promise<void> {
  await kysely.schema
    .createTable('airports')
    .addColumn('iata', 'varchar(8)', (column) => column.primaryKey())
    .addColumn('name', 'text')
    .addColumn('city', 'text')
    .addColumn('state', 'text')
    .addColumn('country', 'text')
    .addColumn('latitude', 'double precision')
    .addColumn('longitude', 'double precision')
    .execute()
  for (let at = 0; at < 5000; at += 500) {
    const rows = Array.from({ length: 500 }, (_, index) => ({
      ...{ iata: `A${at + index}`, name: `Airport ${at + index}`, city: 'Anywhere', state: null },
      ...{ country: `Country ${index % 50}`, latitude: index / 7, longitude: -index / 3 },
    }))
    await kysely.insertInto('airports').values(rows).execute()
  }
}
