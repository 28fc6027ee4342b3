// An HTTP API in three processes behind one Redis. All are killed and started again, one after the other, while a client
// writes and reads through them and checks what it is shown. See README.md; --seconds N says for how long.
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import Table from 'cli-table3'
import { PostgresServer } from '../../test/support/postgres-server.ts'
import { RedisServer } from '../../test/support/redis-server.ts'
import { Client, type Route } from './client.ts'
import { makeFilms } from './database.ts'
import { Fleet } from './fleet.ts'

const FILMS = 8
const { values } = parseArgs({ options: { seconds: { type: 'string', default: '10' } } })
const until = performance.now() + Number(values.seconds) * 1000
const isOver = () => performance.now() >= until

console.log('Starting PostgreSQL, Redis and three processes …')
await using database = await PostgresServer.start()
await using redis = await RedisServer.start()
await makeFilms(database.url(), FILMS)
await using fleet = await Fleet.start(3, [database.url(), redis.url()])
const client = new Client(fleet)
let redisRestarts = 0

console.log(`Reading, writing and killing for ${values.seconds} seconds …\n`)
await Promise.all([
  ...Array.from({ length: 6 }, () => readOn('at most 1 s behind')),
  ...Array.from({ length: 2 }, () => readOn('never behind')),
  // Two writers, each with films of its own.
  ...[0, 1].map((first) => writeOn(first)),
  killOn(),
])
await fleet.countAll()
// Where nothing was judged nothing is right.
for (const [route, { reads }] of Object.entries(client.routes)) {
  if (reads === 0) client.failures.push(`no read that is ${route} was answered`)
}
report()
if (client.failures.length > 0) process.exitCode = 1

async function readOn(route: Exclude<Route, 'with the ticket of a write'>): Promise<void> {
  while (!isOver()) {
    await client.read(Math.floor(Math.random() * FILMS), route)
  }
}

async function writeOn(first: number): Promise<void> {
  while (!isOver()) {
    for (let film = first; film < FILMS && !isOver(); film += 2) {
      await client.write(film)
      await sleep(Math.random() * 60)
    }
  }
}

/** A process, Redis, a process, a process, and again. */
async function killOn(): Promise<void> {
  for (let turn = 0; !isOver(); turn += 1) {
    await sleep(700)
    if (turn % 4 !== 1) {
      await fleet.replaceOne()
    } else {
      await redis.kill()
      await sleep(700)
      // With nothing of what it held.
      await redis.restart()
      redisRestarts += 1
    }
  }
}

function report(): void {
  const style = { head: [], border: [], compact: true }
  const reads = new Table({ head: ['reads that are', 'reads', 'behind', 'stale'], style })
  for (const [route, { reads: all, behind, stale }] of Object.entries(client.routes)) {
    reads.push([route, all, behind, stale])
  }
  const { acknowledged, refused, unknown } = client.writes
  const { memory, shared, joined, database } = fleet.counts
  const rest = new Table({ style })
  rest.push(
    { 'writes acknowledged': acknowledged },
    { 'writes refused, Redis being away': refused },
    { 'writes cut off, outcome unknown': unknown },
    { 'reads cut off': client.unanswered },
    { 'processes killed and started again': fleet.restarts },
    { 'Redis killed and started again': redisRestarts },
    { 'hits from memory': memory },
    { 'hits from Redis': shared },
    { 'reads that joined one that was on its way': joined },
    { 'reads from PostgreSQL': database },
  )
  console.log(`${reads.toString()}\n${rest.toString()}`)
  for (const failure of client.failures.slice(0, 20)) console.error(failure)
}
