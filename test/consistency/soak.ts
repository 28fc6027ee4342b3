// npm run check:soak -- --minutes 10 --processes 4 [--redis cluster]
// Processes read and write for a long time without faults, on keys that come and go. Fails where something that they take
// grows once they have warmed up: memory after a garbage collection, connections, timers, or what is kept in Redis.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import Table from 'cli-table3'
import { fieldOf } from '../support/redis-server.ts'
import { Crew } from './crew.ts'
import { CheckedDatabase } from './database.ts'
import { growthOf, median } from './growth.ts'
import { Ledger } from './ledger.ts'
import { numberOf, oneOf } from './options.ts'
import { ROWS } from './rows.ts'
import type { Sample } from './settings.ts'
import { primariesOf, redisSettings, startTopology, type Topology } from './topology.ts'

/** What is measured, and how much it may seem to grow in all: what noise makes of a trend that is none. */
const MEASURES = {
  'heap MB': { share: 0.05, least: 2 },
  'RSS MB': { share: 0.1, least: 20 },
  'outside heap MB': { share: 0.1, least: 2 },
  timers: { share: 0.1, least: 4 },
  'other resources': { share: 0, least: 1 },
  'database connections': { share: 0, least: 2 },
  'Redis connections': { share: 0, least: 1 },
  'Redis MB': { share: 0.05, least: 1 },
  // How many are there at a moment goes up and down by as much with what else the machine does.
  'Redis keys': { share: 0.1, least: 1000 },
} as const

type Measure = keyof typeof MEASURES
const NAMES = Object.keys(MEASURES) as Measure[]

interface Row {
  readonly minutes: number
  readonly reads: number
  readonly writes: number
  readonly values: Readonly<Record<Measure, number>>
}

/** The share of the run that is warming up: code is compiled, pools open connections, caches fill up. */
const WARM_UP = 0.3

try {
  await main()
} catch (error) {
  process.stderr.write(`check:soak: ${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 2
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      minutes: { type: 'string', default: '10' },
      processes: { type: 'string', default: '4' },
      redis: { type: 'string', default: 'server' },
    },
  })
  const minutes = numberOf('minutes', values.minutes, 1, 10_000)
  const processes = numberOf('processes', values.processes, 1, 64)
  const kind = oneOf('redis', values.redis, ['server', 'sentinels', 'cluster'])

  await using stack = new AsyncDisposableStack()
  const folder = mkdtempSync(join(tmpdir(), 'tidemark-soak-'))
  stack.defer(() => rmSync(folder, { recursive: true, force: true }))
  const database = stack.use(await CheckedDatabase.start())
  const topology = stack.use(await startTopology(kind))
  const ledger = join(folder, 'ledger')
  Ledger.create(ledger, ROWS, processes)
  const crew = new Crew(
    {
      ...{
        processes,
        ledger,
        writeLog: join(folder, 'writes'),
        namespace: 'soaked',
        leaseMs: 2000,
      },
      ...{ databaseUrl: database.url, redis: redisSettings(topology) },
      ...{
        consistency: 'available',
        memory: true,
        writeThrough: true,
        maxStalenessMs: 1000,
        ttlMs: 10_000,
        staleMs: 0,
      },
      // Far more queries than fit into memory.
      ...{ rows: 4, loops: 4, lagMs: 0, variety: 5000 },
    },
    1,
    ['--expose-gc'],
  )
  stack.defer(() => crew.kill())
  await crew.ready()
  const rows: Row[] = []
  const startedAt = performance.now()
  const elapsed = () => (performance.now() - startedAt) / 60_000
  let minute = 0
  while (elapsed() < minutes) {
    // Six a minute: a trend by the minute would rest on a few points.
    await sleep(10_000)
    const row = await measure(crew, topology, elapsed())
    rows.push(row)
    if (row.minutes < minute + 1) continue
    minute = Math.floor(row.minutes)
    process.stderr.write(`${minute} min: ${row.reads} reads, heap ${row.values['heap MB']} MB\n`)
  }
  crew.stop()
  await crew.end()
  const grown = print(rows)
  const wrong = [...crew.failures, ...crew.findings.map(({ text }) => text), ...grown]
  for (const line of wrong) process.stderr.write(`check:soak: ${line}\n`)
  if (wrong.length > 0) process.exitCode = 1
}

/** Of all processes together. */
async function measure(crew: Crew, topology: Topology, minutes: number): Promise<Row> {
  const samples = await crew.sample()
  const primaries = await primariesOf(topology)
  const infos = await Promise.all(primaries.map((server) => server.command('INFO')))
  const sizes = await Promise.all(primaries.map((server) => server.command('DBSIZE')))
  const sum = (name: keyof Sample) => samples.reduce((total, sample) => total + sample[name], 0)
  const inRedis = (field: string) =>
    infos.reduce<number>((total, info) => total + Number(fieldOf(String(info), field)), 0)
  return {
    minutes,
    reads: crew.sum('reads'),
    writes: crew.sum('writes'),
    values: {
      'heap MB': megabytes(sum('heapBytes')),
      'RSS MB': megabytes(sum('rssBytes')),
      'outside heap MB': megabytes(sum('outsideBytes')),
      timers: sum('timers'),
      'other resources': sum('resources'),
      'database connections': sum('databaseConnections'),
      'Redis connections': inRedis('connected_clients'),
      'Redis MB': megabytes(inRedis('used_memory')),
      'Redis keys': sizes.reduce<number>((total, size) => total + Number(size), 0),
    },
  }
}

/** Prints a row a minute and the trend of each measure. Says what grew. */
function print(rows: readonly Row[]): string[] {
  const warm = rows.filter(({ minutes }) => minutes >= rows.at(-1)!.minutes * WARM_UP)
  const table = new Table({
    head: ['minute', 'reads', 'writes', ...NAMES],
    style: { head: [], border: [] },
  })
  const last = new Map(rows.map((row) => [Math.round(row.minutes), row]))
  for (const [minute, { reads, writes, values }] of last) {
    table.push([minute, reads, writes, ...NAMES.map((name) => values[name])].map(String))
  }
  const grown: string[] = []
  const trends = NAMES.map((name) => {
    const points = warm.map(({ minutes: at, values }) => ({ at, value: values[name] }))
    const { perMinute, inAll } = growthOf(points)
    const { share, least } = MEASURES[name]
    const allowed = Math.max(least, share * median(points.map(({ value }) => value)))
    if (inAll > allowed) {
      grown.push(`${name} grew by ${inAll.toFixed(2)}, expected ${allowed.toFixed(2)} at most`)
    }
    return { trend: perMinute.toFixed(2), inAll: `${inAll.toFixed(2)} of ${allowed.toFixed(2)}` }
  })
  table.push(['a minute', '', '', ...trends.map(({ trend }) => trend)])
  table.push(['in all', '', '', ...trends.map(({ inAll }) => inAll)])
  process.stdout.write(`${table.toString()}\n`)
  return grown
}

function megabytes(bytes: number): number {
  return Math.round(bytes / 1e4) / 100
}
