// npm run check:consistency -- --seconds 60 --processes 4 --seed 1
// Several processes read and write through the cache, on a real PostgreSQL and Redis, while faults strike. Every row has a
// version; what anybody was told or has seen of it is in a ledger that all share, by which each read is judged.
import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { SeededRandom } from '@tidemark/testing'
import Table from 'cli-table3'
import { Kysely, PostgresDialect } from 'kysely'
import pg from 'pg'
import type { Tables } from '../../prisma/tables.ts'
import { readMigrations } from '../support/migrations.ts'
import { PostgresServer } from '../support/postgres-server.ts'
import { RedisCluster } from '../support/redis-cluster.ts'
import { RedisSentinels } from '../support/redis-sentinels.ts'
import { RedisServer } from '../support/redis-server.ts'
import { FAULTS, type Topology } from './faults.ts'
import { Ledger } from './ledger.ts'
import { insertRows, ROWS } from './rows.ts'
import {
  type Counts,
  type FromWorker,
  NOTHING,
  type RedisSettings,
  type ToWorker,
  type WorkerSettings,
} from './settings.ts'

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    processes: { type: 'string', default: '4' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    redis: { type: 'string', default: 'server' },
    consistency: { type: 'string', default: 'strict' },
    staleness: { type: 'string', default: '0' },
    'no-memory': { type: 'boolean', default: false },
    'no-faults': { type: 'boolean', default: false },
  },
})
const seconds = Number(values.seconds)
const processes = Number(values.processes)
const seed = Number(values.seed)
const random = new SeededRandom(seed)
const leaseMs = 2000
const namespace = 'checked'

await using stack = new AsyncDisposableStack()
const folder = mkdtempSync(join(tmpdir(), 'tidemark-check-'))
stack.defer(() => rmSync(folder, { recursive: true, force: true }))
const postgres = stack.use(await PostgresServer.start())
const topology = stack.use(await startRedis(values.redis))
await fillDatabase()
const ledger = join(folder, 'ledger')
Ledger.create(ledger, ROWS, processes)

const workers: { child: ChildProcess; counts: Counts; generation: number }[] = []
const ended: Counts[] = []
const findings: string[] = []
const faults = new Map<string, number>()
for (let slot = 0; slot < processes; slot += 1) startWorker(slot)

const until = performance.now() + seconds * 1000
while (performance.now() < until) {
  await sleep(300 + random.fraction() * 1200)
  if (values['no-faults']) continue
  const possible = FAULTS.filter(
    ({ isDouble, topologies }) =>
      topologies.includes(topology.kind) && !(isDouble && values.consistency !== 'strict'),
  )
  const fault = possible[Math.floor(random.fraction() * possible.length)]!
  await fault.strike({
    topology,
    namespace,
    fraction: () => random.fraction(),
    killWorker: () => killWorker(Math.floor(random.fraction() * processes)),
  })
  faults.set(fault.name, (faults.get(fault.name) ?? 0) + 1)
}

tellAll('stop')
// Locks of those who died end with their lease, and connections come back.
await sleep(leaseMs * 2)
const stuck = (await Promise.all(workers.map(({ child }) => compare(child)))).flat()
tellAll('end')
for (const { child } of workers) if (child.exitCode === null) await once(child, 'exit')
print()

function startWorker(slot: number): void {
  const generation = (workers[slot]?.generation ?? -1) + 1
  const settings: WorkerSettings = {
    process: slot,
    processes,
    seed: seed * 1000 + slot * 100 + generation,
    databaseUrl: postgres.url('checked'),
    redis: redisSettings(),
    ledger,
    consistency: values.consistency as WorkerSettings['consistency'],
    memory: !values['no-memory'],
    maxStalenessMs: Number(values.staleness),
    leaseMs,
    namespace,
  }
  const child = fork(new URL('./worker.ts', import.meta.url), [JSON.stringify(settings)], {
    execArgv: ['--conditions=tidemark-source'],
  })
  const worker = { child, counts: { ...NOTHING }, generation }
  workers[slot] = worker
  child.on('message', (message: FromWorker) => {
    if (message.kind === 'counts') worker.counts = message.counts
    if (message.kind === 'finding') findings.push(message.text)
  })
}

async function killWorker(slot: number): Promise<void> {
  const { child, counts } = workers[slot]!
  child.kill('SIGKILL')
  await once(child, 'exit')
  ended.push(counts)
  startWorker(slot)
}

function tellAll(message: ToWorker): void {
  for (const { child } of workers) child.send(message)
}

function compare(child: ChildProcess): Promise<readonly string[]> {
  return new Promise((resolve, reject) => {
    child.once('exit', () => reject(new Error('a worker ended before it had compared')))
    child.on('message', (message: FromWorker) => {
      if (message.kind === 'stuck') resolve(message.rows)
    })
    child.send('compare' satisfies ToWorker)
  })
}

async function startRedis(kind: string | undefined): Promise<Topology & AsyncDisposable> {
  switch (kind) {
    case 'server': {
      const server = await RedisServer.start()
      return { kind, server, [Symbol.asyncDispose]: () => server.stop() }
    }
    case 'sentinels': {
      const sentinels = await RedisSentinels.start()
      return { kind, sentinels, [Symbol.asyncDispose]: () => sentinels.stop() }
    }
    case 'cluster': {
      const cluster = await RedisCluster.start()
      return { kind, cluster, [Symbol.asyncDispose]: () => cluster.stop() }
    }
    default:
      throw new Error(`--redis: expected server, sentinels or cluster, got ${kind}`)
  }
}

function redisSettings(): RedisSettings {
  switch (topology.kind) {
    case 'server':
      return { kind: 'server', options: topology.server.options }
    case 'sentinels':
      return { kind: 'server', options: topology.sentinels.options }
    case 'cluster':
      return {
        kind: 'cluster',
        nodes: topology.cluster.startupNodes,
        options: topology.cluster.options,
      }
  }
}

async function fillDatabase(): Promise<void> {
  const maintenance = new pg.Client({ connectionString: postgres.url() })
  await maintenance.connect()
  await maintenance.query('create database checked')
  await maintenance.end()
  const pool = new pg.Pool({ connectionString: postgres.url('checked'), max: 1 })
  await using db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) })
  for (const statement of await readMigrations()) await pool.query(statement)
  await insertRows(db)
}

function print(): void {
  const all = [...ended, ...workers.map(({ counts }) => counts)]
  const sum = (name: keyof Counts) => all.reduce((total, counts) => total + counts[name], 0)
  for (const finding of [...findings, ...stuck.map((row) => `stuck: ${row}`)].slice(0, 20)) {
    process.stdout.write(`${finding}\n`)
  }
  const table = new Table({ head: ['', ''], style: { head: [], border: [] } })
  const hits = sum('hits')
  table.push(
    ['seed', String(seed)],
    ['Redis', topology.kind],
    ['consistency', values.consistency],
    ['memory', values['no-memory'] ? 'off' : `on, maxStaleness ${values.staleness} ms`],
    ['processes', `${processes}, ${ended.length} killed and replaced`],
    ['faults', [...faults].map(([name, count]) => `${name} ${count}`).join(', ') || 'none'],
    ['reads', String(sum('reads'))],
    ['hits', `${hits} (${((100 * hits) / Math.max(1, sum('reads'))).toFixed(1)} % of reads)`],
    ['writes', `${sum('writes')}, refused ${sum('refused')}`],
    ['failed by a fault', String(sum('failed'))],
    ['not judged', String(sum('unjudged'))],
    ['stale', String(sum('stale'))],
    ['not linearizable', String(sum('nonLinearizable'))],
    ['stuck', String(stuck.length)],
  )
  process.stdout.write(`${table.toString()}\n`)
  if (sum('reads') === 0 || hits === 0) throw new Error('expected reads and hits, got none')
  if (sum('stale') + sum('nonLinearizable') + stuck.length > 0) process.exitCode = 1
}
