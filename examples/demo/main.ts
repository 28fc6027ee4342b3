// Tidemark at work: one database in this process, asked through Kysely and through Prisma, with the
// cache and without. Options: --json prints one JSON object, --steps N sets the length of the
// workload, --seed N another choice of rows.
import { parseArgs } from 'node:util'
import { createTidemark } from '@tidemark/core'
import { SeededRandom } from '@tidemark/testing'
import { SingleBar } from 'cli-progress'
import { cachedClients, plainClients } from './clients.ts'
import { loadDataset } from './load-dataset.ts'
import { openDatabase } from './open-database.ts'
import { readDataset } from './read-dataset.ts'
import { formatReport, makeReport } from './report.ts'
import { runWorkload } from './run-workload.ts'
import { makeWorkload } from './workload.ts'

const { json, steps, seed } = readArguments()
const random = new SeededRandom(seed)

const log = (text: string) => {
  if (!json) console.log(text)
}

log('Starting PostgreSQL in this process (PGlite) and loading films, airports and routes …')
const dataset = await readDataset()
const database = await openDatabase()
// Cloned while empty: a copy of a running database may skip numbers that its sequences had in hand.
const twin = await database.clone()
await loadDataset(database.kysely, dataset)
await loadDataset(twin.kysely, dataset)
const cache = createTidemark({ ttl: '10m' })

log(`Running ${steps} reads and writes through Kysely and Prisma, with the cache and without:\n`)
const workload = makeWorkload(steps, () => random.fraction())
const bar = new SingleBar({
  format: '  {bar} {percentage} % | {value} of {total} steps | {eta} s left',
  noTTYOutput: false,
})
if (!json) bar.start(workload.length, 0)
const result = await runWorkload(
  workload,
  cachedClients(database, cache),
  plainClients(twin),
  (done) => bar.update(done),
)
bar.stop()

const report = makeReport(cache.metrics(), result)
console.log(json ? JSON.stringify(report) : `\n${formatReport(report)}`)
await cache.close()
await database.close()
await twin.close()
if (report.mismatches > 0) process.exitCode = 1

function readArguments(): { json: boolean; steps: number; seed: number } {
  const { values } = parseArgs({
    options: {
      json: { type: 'boolean', default: false },
      steps: { type: 'string', default: '6000' },
      seed: { type: 'string', default: '1' },
    },
  })
  return {
    json: values.json,
    steps: count('steps', values.steps),
    seed: count('seed', values.seed),
  }
}

function count(name: string, text: string): number {
  const value = Number(text)
  if (Number.isSafeInteger(value) && value > 0) return value
  console.error(`--${name}: expected a whole number above 0, got ${JSON.stringify(text)}`)
  process.exit(2)
}
