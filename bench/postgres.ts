// What a miss and a write cost on a PostgreSQL that is a socket away, with memory alone and with Redis beside it.
import { type Consistency, createTidemark, type TidemarkOptions } from '@tidemark/core'
import { cached, withCache } from '@tidemark/kysely'
import { redisTier } from '@tidemark/redis'
import { Redis } from 'ioredis'
import { Kysely, PostgresDialect } from 'kysely'
import pg from 'pg'
import { loadDataset } from '../examples/demo/load-dataset.ts'
import { readDataset } from '../examples/demo/read-dataset.ts'
import type { Tables } from '../prisma/tables.ts'
import { readMigrations } from '../test/support/migrations.ts'
import { PostgresServer } from '../test/support/postgres-server.ts'
import { RedisServer } from '../test/support/redis-server.ts'
import { each, measure, type MeasureOptions } from './measure.ts'
import { Ratios } from './ratios.ts'

/**
 * Twice: on a server that is set up as PostgreSQL comes, so that a COMMIT waits for the disk, and on one that waits for nothing.
 * There a write is a matter of what goes to and fro, and what Tidemark sends in addition weighs the most.
 */
export async function benchPostgres(options: MeasureOptions): Promise<void> {
  await compare(true, options)
  await compare(false, options)
}

async function compare(isDurable: boolean, options: MeasureOptions): Promise<void> {
  await using ends = new AsyncDisposableStack()
  const postgres = ends.use(await PostgresServer.start({ isDurable }))
  const server = ends.use(await RedisServer.start())
  const pool = new pg.Pool({ connectionString: postgres.url() })
  const kysely = ends.use(new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) }))
  for (const statement of await readMigrations()) await pool.query(statement)
  await loadDataset(kysely, await readDataset())

  const over = (cacheOptions: TidemarkOptions) =>
    withCache(kysely, ends.use(createTidemark({ ttl: '1h', ...cacheOptions })))
  const onRedis = (consistency: Consistency) => {
    const redis = new Redis(server.options)
    ends.defer(() => redis.disconnect())
    // A moment at which the machine does something else is no reason to leave Redis alone.
    const shared = redisTier(redis, { timeout: '10s' })
    return over({ consistency, shared, lease: '1m', namespace: consistency })
  }
  const memory = over({})
  const [fresh, available, strict] = [onRedis('fresh'), onRedis('available'), onRedis('strict')]

  // Over as soon as it is stored: each call is a miss, with all that a miss does.
  const expired = cached({ ttl: Number.MIN_VALUE })
  const film = (from: typeof kysely) => from.selectFrom('films').selectAll().where('id', '=', 1)
  const touch = (from: typeof kysely) =>
    from.updateTable('genres').set({ name: 'Adventure!' }).where('id', '=', 1).execute()

  const us = await measure(
    {
      'Kysely query': each(() => film(kysely).execute()),
      'Kysely miss': each(() => film(memory).$call(expired).execute()),
      'Kysely miss, Redis': each(() => film(available).$call(expired).execute()),
      'Kysely write': each(() => touch(kysely)),
      'write, memory alone': each(() => touch(memory)),
      "write, Redis, 'fresh'": each(() => touch(fresh)),
      "write, Redis, 'available'": each(() => touch(available)),
      "write, Redis, 'strict'": each(() => touch(strict)),
    },
    options,
  )
  const target = (name: string, bound: string): [string?, string?] =>
    isDurable ? [name, bound] : []
  const ratios = new Ratios(us)
    .add('Kysely miss', 'Kysely query', target('S7', '≤ 1.10'))
    .add('Kysely miss, Redis', 'Kysely query', target('S7', '≤ 1.25'))
    .add('write, memory alone', 'Kysely write', target('S8', '≤ 1.10'))
    .add("write, Redis, 'fresh'", 'Kysely write', target('S8', '≤ 1.4'))
    .add("write, Redis, 'available'", 'Kysely write')
    .add("write, Redis, 'strict'", 'Kysely write', target('S8', '≤ 1.8'))
  const where = isDurable ? 'a PostgreSQL on this machine' : 'one that does not wait for its disk'
  console.log(`\nMisses and writes, on ${where}:\n${ratios.toString()}`)
  if (!isDurable) {
    console.log(
      "With Redis a miss asks it first, and a write tells it: one round trip under 'fresh', two under 'available' and 'strict'. " +
        'Where a query takes no longer than that, as here, these are most of the time.',
    )
  }
}
