// One process of the check: reads and writes through both adapters, and judges what it reads by the ledger.
import { flushCompileCache } from 'node:module'
import { setTimeout as sleep } from 'node:timers/promises'
import { PrismaPg } from '@prisma/adapter-pg'
import { createTidemark, TidemarkError } from '@tidemark/core'
import { withCache } from '@tidemark/kysely'
import { cacheExtension } from '@tidemark/prisma'
import { redisTier } from '@tidemark/redis'
import { SeededRandom } from '@tidemark/testing'
import { Cluster, Redis } from 'ioredis'
import { Kysely, PostgresDialect } from 'kysely'
import { PrismaClient } from '../../prisma/generated/client.ts'
import type { Tables } from '../../prisma/tables.ts'
import { deafen, laggingPool, makeDeafenable } from './disturbed.ts'
import type { Finding, Missed } from './excuse.ts'
import { Ledger, now } from './ledger.ts'
import {
  ALL_ROWS,
  isNamed,
  listByKysely,
  listByPrisma,
  Misread,
  raiseByPrisma,
  raiseInTransaction,
  readByKysely,
  readByPrisma,
  type Row,
  ROWS,
  TABLES,
} from './rows.ts'
import {
  type Counts,
  type FromWorker,
  NOTHING,
  type Sample,
  type ToWorker,
  type WorkerSettings,
} from './settings.ts'
import { Witness } from './witness.ts'

const settings = JSON.parse(process.argv[2]!) as WorkerSettings
const random = new SeededRandom(settings.seed)
const ledger = new Ledger(settings.ledger, settings.processes, settings.process)
const counts: Counts = { ...NOTHING }
const witness = new Witness(
  settings.writeLog,
  `${settings.process}.${settings.seed}`,
  settings.consistency !== 'fresh',
)
const stopping = new AbortController()

makeDeafenable(`${settings.namespace}:bus`)
const client = connectToRedis()
client.on('error', () => {})
const cache = createTidemark({
  namespace: settings.namespace,
  shared: witness.over(
    redisTier(client, { timeout: '500ms', breaker: { retry: '100ms' }, heartbeat: '200ms' }),
  ),
  consistency: settings.consistency,
  maxStaleness: settings.maxStalenessMs,
  lease: settings.leaseMs,
  ttl: settings.ttlMs,
  staleWhileRevalidate: settings.staleMs,
  staleIfError: settings.staleMs,
  memory: settings.memory && { maxEntries: 1000 },
  writeThrough: settings.writeThrough,
})
const pool = laggingPool(settings.databaseUrl, random, settings.lagMs)
const plain = new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) })
const db = withCache(plain, cache, { cacheByDefault: true, database: 'checked' })
const prisma = new PrismaClient({ adapter: new PrismaPg(pool) }).$extends(
  cacheExtension(cache, { cacheByDefault: true, database: 'checked' }),
)

process.on('message', (message: ToWorker) => void obey(message))
// Nobody is left to work for, or it has ended in order.
process.on('disconnect', () => process.exit())
const rowsInUse = ALL_ROWS.filter(({ id }) => id <= settings.rows)
const loops = Array.from({ length: settings.loops }, () => work())
const reporting = setInterval(() => report(), 200)
flushCompileCache()
say({ kind: 'ready' })

async function obey(message: ToWorker): Promise<void> {
  if (message.kind === 'deafen') return deafen(message.forMs)
  if (message.kind === 'sample') return say({ kind: 'sample', sample: sample() })
  stopping.abort()
  await Promise.all(loops)
  clearInterval(reporting)
  report()
  if (message.kind === 'compare') say({ kind: 'stuck', findings: await compare() })
  if (message.kind !== 'end') return
  await cache.close()
  client.disconnect()
  await prisma.$disconnect()
  await pool.end().catch(() => undefined)
  process.disconnect?.()
}

async function work(): Promise<void> {
  while (!stopping.signal.aborted) {
    const row = rowsInUse[pick(rowsInUse.length)]!
    try {
      if (random.fraction() < 0.12) await write(row)
      else await read(row)
    } catch (error) {
      if (error instanceof Misread)
        find({ kind: 'stale', text: `stale: in ${row.table} ${row.id} ${error.message}` })
      else if (isRefusal(error)) counts.refused += 1
      else counts.failed += 1
    }
    if (random.fraction() < 0.3) await sleep(pick(5))
  }
}

async function read(row: Row): Promise<void> {
  const way = pick(settings.variety > 0 ? 5 : 4)
  const rows = way < 2 ? [row] : ALL_ROWS.filter(({ table }) => table === row.table)
  const startedAt = now()
  const known = rows.map(({ index }) => ({
    acknowledged: ledger.facts('acknowledged', index),
    seen: ledger.facts('seen', index),
  }))
  const ways = [
    async () => new Map([[row.id, await readByKysely(db, row)]]),
    async () => new Map([[row.id, await readByPrisma(prisma as never, row)]]),
    () => listByKysely(db, row.table),
    () => listByPrisma(prisma as never, row.table),
    () => listByKysely(db, row.table, ROWS + pick(settings.variety)),
  ]
  const found = await ways[way]!()
  counts.reads += 1
  for (const [place, row] of rows.entries()) {
    const got = found.get(row.id)!
    judge(row, way, known[place]!, { got, startedAt })
    ledger.note('seen', row.index, got)
  }
}

type Known = Readonly<Record<'acknowledged' | 'seen', readonly { version: number; at: number }[]>>

function judge(
  row: Row,
  way: number,
  { acknowledged, seen }: Known,
  { got, startedAt }: Pick<Missed, 'got' | 'startedAt'>,
): void {
  const { maxStalenessMs } = settings
  const what = `${row.table} ${row.id} by way ${way}: got ${got}`
  const missed = (newest: number): Missed => ({
    ...{ process: witness.process, row: row.index, got, newest, startedAt },
  })
  // What this process has written itself it sees at once; of what others have, only after maxStaleness.
  const isDue = ({ at }: { at: number }, process: number) =>
    process === settings.process || at <= startedAt - maxStalenessMs
  const newer = acknowledged.filter(({ version }) => version > got)
  const due = acknowledged.filter((fact, process) => fact.version > got && isDue(fact, process))
  if (due.length > 0) {
    const text = due
      .map(({ version, at }) => `${version} for ${Math.round(startedAt - at)} ms`)
      .join(', ')
    find({
      ...{ kind: 'stale', text: `stale: ${what}, acknowledged ${text}` },
      missed: missed(newestOf(due)),
    })
  } else if (newer.length > 0) {
    counts.unjudged += 1
  }
  if (maxStalenessMs > 0 || settings.consistency === 'fresh') return
  const newest = newestOf(seen)
  if (newest > got) {
    find({
      ...{ kind: 'nonLinearizable', text: `not linearizable: ${what}, seen ${newest}` },
      missed: missed(newest),
    })
  }
}

function newestOf(facts: readonly { readonly version: number }[]): number {
  return Math.max(...facts.map(({ version }) => version))
}

function find(finding: Finding): void {
  say({ kind: 'finding', finding })
}

function isRefusal(error: unknown): boolean {
  return error instanceof TidemarkError && error.code === 'MARKS_UNAVAILABLE'
}

async function write(row: Row): Promise<void> {
  const version = await witness.write(row.index, () => raise(row))
  if (version === undefined) return
  counts.writes += 1
  ledger.note('acknowledged', row.index, version)
}

const rolledBack = new Error('rolled back')

/** Undefined where nothing was written in the end. */
async function raise(row: Row): Promise<number | undefined> {
  const way = pick(5)
  if (!isNamed(row)) {
    if (way < 2) {
      const update = db
        .updateTable('films')
        .set((eb) => ({ imdb_votes: eb('imdb_votes', '+', 1) }))
        .where('id', '=', row.id)
        .returningAll()
      return (await update.executeTakeFirstOrThrow()).imdb_votes!
    }
    const data = { imdbVotes: { increment: 1 } }
    const update = prisma.film.update({ where: { id: row.id }, data })
    if (way < 4) return (await update).imdbVotes!
    const [film] = await prisma.$transaction([update, prisma.film.findFirst()])
    return film.imdbVotes!
  }
  switch (way) {
    case 0:
      return db.transaction().execute((trx) => raiseInTransaction(trx, row))
    case 1:
      return undone(
        db.transaction().execute(async (trx) => {
          await raiseInTransaction(trx, row)
          throw rolledBack
        }),
      )
    case 2: {
      const trx = await db.startTransaction().execute()
      try {
        const version = await raiseInTransaction(trx, row)
        const saved = await trx.savepoint('before').execute()
        await raiseInTransaction(saved, row)
        await saved.rollbackToSavepoint('before').execute()
        await trx.commit().execute()
        return version
      } catch (error) {
        if (!trx.isCommitted && !trx.isRolledBack) await trx.rollback().execute()
        throw error
      }
    }
    case 3:
      return prisma.$transaction((tx) => raiseByPrisma(tx as never, row))
    default:
      return undone(
        prisma.$transaction(async (tx) => {
          await raiseByPrisma(tx as never, row)
          throw rolledBack
        }),
      )
  }
}

async function undone(transaction: Promise<unknown>): Promise<undefined> {
  try {
    await transaction
  } catch (error) {
    if (error !== rolledBack) throw error
  }
}

/** What the cache says that the database does not. */
async function compare(): Promise<Finding[]> {
  const stuck: Finding[] = []
  for (const table of TABLES) {
    const truth = await listByKysely(plain, table)
    const rows = ALL_ROWS.filter((row) => row.table === table)
    const lists = [await listByKysely(db, table), await listByPrisma(prisma as never, table)]
    for (const row of rows) {
      const points = [await readByKysely(db, row), await readByPrisma(prisma as never, row)]
      const found = [...points, ...lists.map((list) => list.get(row.id))]
      if (found.some((version) => version !== truth.get(row.id))) {
        const newest = truth.get(row.id)!
        stuck.push({
          kind: 'stuck',
          text: `stuck: ${table} ${row.id}: got ${found.join(', ')}, the database has ${newest}`,
          missed: {
            ...{ process: witness.process, row: row.index, newest, startedAt: now() },
            got: Math.min(...found.map((version) => version!)),
          },
        })
      }
    }
  }
  return stuck
}

function sample(): Sample {
  globalThis.gc?.()
  const { rss, heapUsed, external } = process.memoryUsage()
  const resources = process.getActiveResourcesInfo()
  const timers = resources.filter((name) => name === 'Timeout' || name === 'Immediate').length
  return {
    ...{ rssBytes: rss, heapBytes: heapUsed, outsideBytes: external },
    ...{ timers, resources: resources.length - timers, databaseConnections: pool.totalCount },
  }
}

function report(): void {
  const { queries } = cache.metrics()
  counts.hits = queries.reduce(
    (sum, { hits }) => sum + Object.values(hits).reduce<number>((all, count) => all + count, 0),
    0,
  )
  say({ kind: 'counts', counts })
}

function say(message: FromWorker): void {
  if (process.connected) process.send!(message)
}

function pick(count: number): number {
  return Math.floor(random.fraction() * count)
}

function connectToRedis(): Redis | Cluster {
  const { redis } = settings
  const quick = { retryStrategy: () => 50, maxRetriesPerRequest: 1 }
  return redis.kind === 'server'
    ? new Redis({ ...redis.options, ...quick })
    : new Cluster(redis.nodes, { ...redis.options, clusterRetryStrategy: () => 50 })
}
