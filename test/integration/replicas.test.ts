import { PrismaPg } from '@prisma/adapter-pg'
import { createTidemark, type Tidemark } from '@tidemark/core'
import { cached, withCache } from '@tidemark/kysely'
import { withCache as withPrismaCache } from '@tidemark/prisma'
import { Kysely, MysqlDialect, PostgresDialect } from 'kysely'
import { createPool } from 'mysql2'
import pg from 'pg'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { PrismaClient } from '../../prisma/generated/client.ts'
import { MariadbServer } from '../support/mariadb-server.ts'
import { PostgresServer } from '../support/postgres-server.ts'

interface Tables {
  films: { id: number; title: string }
}

const ends: (() => unknown)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end()
})

function openCache(): Tidemark {
  const cache = createTidemark()
  ends.push(() => cache.close())
  return cache
}

function bypassesOf(cache: Tidemark): Record<string, number> {
  return Object.assign({}, ...cache.metrics().queries.map(({ bypasses }) => bypasses)) as never
}

async function titleOf(db: Kysely<Tables>): Promise<string> {
  const query = db.selectFrom('films').select('title').where('id', '=', 1).$call(cached())
  return (await query.executeTakeFirstOrThrow()).title
}

describe('a PostgreSQL standby that lags', () => {
  async function openBoth() {
    const server = await PostgresServer.start()
    ends.push(() => server.stop())
    const setup = new pg.Client({ connectionString: server.url() })
    await setup.connect()
    await setup.query('create table films (id int primary key, title text)')
    await setup.query(`insert into films values (1, 'Alien')`)
    await setup.end()
    const standby = await server.startStandby()
    ends.push(() => standby.stop())
    const connect = (url: string) => {
      const pool = new pg.Pool({ connectionString: url })
      const db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) })
      ends.push(() => db.destroy())
      return { pool, db }
    }
    const [primary, replica] = [connect(server.url()), connect(standby.url())]
    await vi.waitFor(
      async () => {
        expect(await titleOf(replica.db)).toBe('Alien')
      },
      { timeout: 15_000, interval: 50 },
    )
    await replica.pool.query('select pg_wal_replay_pause()')
    return { primary, replica, standby }
  }

  it('hazard 18: fills nothing, by Kysely or Prisma', async () => {
    const { primary, replica, standby } = await openBoth()
    const cache = openCache()
    const writer = withCache(primary.db, cache, { database: 'films' })
    const reader = withCache(replica.db, cache, { database: 'films' })
    await writer.updateTable('films').set({ title: 'Aliens' }).where('id', '=', 1).execute()
    // What it has is old, and is given to who asks it, and to nobody else.
    expect(await titleOf(reader)).toBe('Alien')
    expect(await titleOf(reader)).toBe('Alien')
    expect(await titleOf(writer)).toBe('Aliens')
    expect(bypassesOf(cache)).toEqual({ replica: 2 })

    const adapter = new PrismaPg({ connectionString: standby.url() })
    const base = new PrismaClient({ adapter })
    ends.push(() => base.$disconnect())
    const prisma = withPrismaCache(base, cache, { database: 'films' })
    const byPrisma = () =>
      prisma.film.findUnique({ where: { id: 1 }, select: { title: true }, cache: {} })
    expect(await byPrisma()).toEqual({ title: 'Alien' })
    expect(await byPrisma()).toEqual({ title: 'Alien' })
    expect(bypassesOf(cache)).toEqual({ replica: 2 })
    await replica.pool.query('select pg_wal_replay_resume()')
    await vi.waitFor(
      async () => {
        expect(await byPrisma()).toEqual({ title: 'Aliens' })
      },
      { timeout: 15_000, interval: 50 },
    )
  })

  it('hazard 18: is cached again once it is the primary, and the cache was cleared', async () => {
    const { replica } = await openBoth()
    const cache = openCache()
    const reader = withCache(replica.db, cache, { database: 'films' })
    await titleOf(reader)
    await replica.pool.query('select pg_wal_replay_resume()')
    await replica.pool.query('select pg_promote()')
    await cache.clear()
    await titleOf(reader)
    await titleOf(reader)
    expect(bypassesOf(cache)).toEqual({ replica: 1 })
    expect(cache.metrics().queries.map(({ hits }) => hits['memory'])).toContain(1)
  })
})

it('hazard 18: a replica of MariaDB, which is read-only, fills nothing', async () => {
  const server = await MariadbServer.start()
  ends.push(() => server.stop())
  const admin = createPool({ uri: server.url() }).promise()
  ends.push(() => admin.end())
  await admin.query('create database films')
  await admin.query('create table films.films (id int primary key, title varchar(20))')
  await admin.query(`insert into films.films values (1, 'Alien')`)
  const pool = createPool({ uri: server.url('films') })
  const db = new Kysely<Tables>({ dialect: new MysqlDialect({ pool }) })
  ends.push(() => db.destroy())
  for (const [readOnly, bypasses] of [
    ['on', { replica: 2 }],
    ['off', {}],
  ] as const) {
    await admin.query(`set global read_only = ${readOnly}`)
    const cache = openCache()
    const reader = withCache(db, cache)
    await titleOf(reader)
    await titleOf(reader)
    expect(bypassesOf(cache)).toEqual(bypasses)
  }
})
