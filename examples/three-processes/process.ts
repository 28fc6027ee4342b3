// One of the three processes: it serves the API on a free port until it is killed, and says on which.
import { serve } from '@hono/node-server'
import { createTidemark } from '@tidemark/core'
import { withCache } from '@tidemark/kysely'
import { redisTier } from '@tidemark/redis'
import { Redis } from 'ioredis'
import { Kysely, PostgresDialect } from 'kysely'
import pg from 'pg'
import { filmsApi, type Tables } from './api.ts'

const [databaseUrl, redisUrl] = process.argv.slice(2)

// What the database has not done by then it never does, so a lease of 2 s is long enough.
const pool = new pg.Pool({ connectionString: databaseUrl!, statement_timeout: 1500 })
const kysely = new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) })

const redis = new Redis(redisUrl!, { retryStrategy: () => 100 })
// The cache says by itself that Redis is away.
redis.on('error', () => {})

const cache = createTidemark({
  namespace: 'films',
  shared: redisTier(redis),
  maxStaleness: '1s',
  lease: '2s',
  // A write that cannot be told to the others is refused: only so can the client demand that nothing is ever old.
  consistency: 'strict',
})
const api = filmsApi(withCache(kysely, cache, { cacheByDefault: true }), cache)
serve({ fetch: api.fetch, hostname: '127.0.0.1', port: 0 }, ({ port }) => process.send!(port))
