// The long run of the property test: `npm run check:property -- --minutes 10`.
import { parseArgs } from 'node:util'
import { pathToFileURL } from 'node:url'
import type { DatabaseName } from '../support/databases.ts'
import { MariadbServer } from '../support/mariadb-server.ts'
import { PostgresServer } from '../support/postgres-server.ts'
import { dialects, type Servers } from './open-place.ts'
import { type Example, replay, runRound } from './round.ts'
import type { Adapter } from './series.ts'

const usage = `Random schemas, data, queries and transactions, through the cache and past it.

  --minutes N      how long it looks for differences; 1 unless given
  --seed N         of the first round; each round has the next. By default another one each time
  --database A,B   ${Object.keys(dialects).join(', ')}; all unless given
  --adapter A,B    kysely, prisma, both; all three in turn unless given
  --rounds N       stops after so many, even if time is left
  --replay FILE    runs once what a find has printed`

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '1' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    database: { type: 'string', default: Object.keys(dialects).join() },
    adapter: { type: 'string', default: 'kysely,prisma,both' },
    rounds: { type: 'string', default: 'Infinity' },
    replay: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
})

const adaptersBy: Readonly<Record<string, readonly Adapter[]>> = {
  kysely: ['kysely'],
  prisma: ['prisma'],
  both: ['kysely', 'prisma'],
}

function chosen(given: string, known: readonly string[], option: string): string[] {
  const list = given.split(',')
  const unknown = list.find((each) => !known.includes(each))
  if (unknown === undefined) return list
  throw new Error(`--${option}: expected some of ${known.join(', ')}, got ${unknown}`)
}

function numberFrom(given: string, option: string): number {
  const number = Number(given)
  if (number >= 0) return number
  throw new Error(`--${option}: expected a number, got ${given}`)
}

async function main(): Promise<void> {
  if (values.help) return console.log(usage)
  await using started = new AsyncDisposableStack()
  const example = values.replay === undefined ? undefined : await readExample(values.replay)
  const databases = example
    ? [example.database]
    : (chosen(values.database, Object.keys(dialects), 'database') as DatabaseName[])
  const servers: Servers = {
    ...(databases.includes('postgres') && {
      postgres: started.use(await PostgresServer.start()).url(),
    }),
    ...(databases.includes('mariadb') && {
      mariadb: started.use(await MariadbServer.start()).url(),
    }),
  }
  if (example) {
    await replay(example, servers)
    return console.log('no difference')
  }
  await runRounds(databases, servers)
}

async function readExample(file: string): Promise<Example> {
  return ((await import(pathToFileURL(file).href)) as { example: Example }).example
}

async function runRounds(databases: readonly DatabaseName[], servers: Servers): Promise<void> {
  const adapters = chosen(values.adapter, Object.keys(adaptersBy), 'adapter')
  const kinds = adapters.flatMap((adapter) => databases.map((database) => ({ adapter, database })))
  const first = numberFrom(values.seed, 'seed')
  const end = performance.now() + numberFrom(values.minutes, 'minutes') * 60_000
  const rounds = numberFrom(values.rounds, 'rounds')
  const totals = { rounds: 0, series: 0, steps: 0, compared: 0, hits: 0, finds: 0 }
  while (performance.now() < end && totals.rounds < rounds) {
    const seed = first + totals.rounds
    const { adapter, database } = kinds[totals.rounds % kinds.length]!
    const report = await runRound({
      ...{ database, adapters: adaptersBy[adapter]!, seed, servers },
      ...{ series: 1000, mostSteps: 30, limitMs: 20_000, shrinkMs: 60_000 },
    })
    const { series, steps, compared, hits, refused, find } = report
    totals.rounds += 1
    for (const name of ['series', 'steps', 'compared', 'hits'] as const)
      totals[name] += report[name]
    console.log(
      `seed ${seed} ${database} ${adapter}: ${series} series, ${steps} steps (${refused} refused), ` +
        `${compared} compared, ${hits} hits`,
    )
    console.log(`  bypassed: ${JSON.stringify(report.bypasses)}`)
    if (!find) continue
    totals.finds += 1
    console.log(`FOUND --seed ${seed} --database ${database} --adapter ${adapter}`)
    console.log(find.message)
    console.log(find.text)
  }
  console.log(JSON.stringify(totals))
  if (totals.finds > 0) process.exitCode = 1
}

await main()
