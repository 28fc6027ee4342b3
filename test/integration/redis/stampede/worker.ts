// One of several processes that all ask for the same at once; tells how often it has asked the database.
import { createTidemark } from '@tidemark/core'
import { cached, withCache } from '@tidemark/kysely'
import { redisTier } from '@tidemark/redis'
import { Redis } from 'ioredis'
import { Kysely, PostgresDialect } from 'kysely'
import pg from 'pg'
import type { FromWorker, WorkerSettings } from './settings.ts'

const settings = JSON.parse(process.argv[2]!) as WorkerSettings
const redis = new Redis(settings.redisUrl)
const cache = createTidemark({
  namespace: settings.namespace,
  shared: redisTier(redis, { timeout: '2s' }),
})
let asked = 0
const kysely = new Kysely<Record<string, { value: string }>>({
  dialect: new PostgresDialect({ pool: new pg.Pool({ connectionString: settings.postgresUrl }) }),
  log: () => {
    asked += 1
  },
})
const db = withCache(kysely, cache, { catalogue: false })
const query = db.selectFrom(settings.table).select('value')

process.on('message', (message: 'read' | 'end') => void (message === 'read' ? run() : end()))
// So that connections are open.
await Promise.all([query.execute(), redis.ping()])
tell({ kind: 'ready' })

async function run(): Promise<void> {
  asked = 0
  const reads = Array.from({ length: 50 }, () => query.$call(cached(settings.hint)).execute())
  tell({ kind: 'reading' })
  const values = (await Promise.all(reads)).flat().map(({ value }) => value)
  const counted = cache.metrics().queries.find(({ hits }) => Object.keys(hits).length > 0)
  tell({ kind: 'done', asked, values: [...new Set(values)], hits: counted?.hits ?? {} })
}

async function end(): Promise<void> {
  await cache.close()
  redis.disconnect()
  await kysely.destroy()
  process.disconnect?.()
}

function tell(message: FromWorker): void {
  process.send?.(message)
}
