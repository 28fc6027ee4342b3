// npm run check:consistency -- --seconds 60 --processes 4 --seed 1
// Several processes read and write through the cache, on a real PostgreSQL and Redis, while faults strike. Every row has a
// version; what anybody was told or has seen of it is in a ledger that all share, by which each read is judged.
import Table from 'cli-table3'
import { FAULTS } from './faults.ts'
import { parseOptions, type RunOptions } from './options.ts'
import { type Outcome, run } from './run.ts'

try {
  const options = parseOptions(
    process.argv.slice(2),
    FAULTS.map(({ name }) => name),
  )
  const outcome = await run(options)
  if (options.json) process.stdout.write(`${JSON.stringify(outcome)}\n`)
  else print(options, outcome)
  const { failures, findings, counts } = outcome
  if (failures.length > 0) throw new Error(failures.join('\n'))
  if (counts.hits === 0 && findings.length === 0)
    throw new Error('expected reads and hits, got none')
  if (findings.length > 0) process.exitCode = 1
} catch (error) {
  process.stderr.write(
    `check:consistency: ${error instanceof Error ? error.message : String(error)}\n`,
  )
  process.exitCode = 2
}

function print(options: RunOptions, outcome: Outcome): void {
  const { counts, killed, faults, findings, doubleFaults, excused } = outcome
  for (const finding of findings.slice(0, 20)) process.stdout.write(`${finding}\n`)
  const { reads, hits, writes, refused } = counts
  const table = new Table({ head: ['', ''], style: { head: [], border: [] } })
  const done = Object.entries(faults).map(([name, count]) => `${name} ${count}`)
  table.push(
    ['seed', String(options.seed)],
    ['Redis', options.redis],
    ['consistency', options.consistency],
    ['memory', options.memory ? `on, maxStaleness ${options.staleness} ms` : 'off'],
    ['write-through', options.writeThrough ? 'on' : 'off'],
    ['processes', `${options.processes}, ${killed} killed and replaced`],
    ['faults', done.join('\n') || 'none'],
    ['reads', String(reads)],
    ['hits', `${hits} (${((100 * hits) / Math.max(1, reads)).toFixed(1)} % of reads)`],
    ['writes', `${writes}, refused ${refused}`],
    ['failed by a fault', String(counts.failed)],
    ['not judged', String(counts.unjudged)],
    ['stale', String(counts.stale)],
    ['not linearizable', String(counts.nonLinearizable)],
    ['stuck', String(counts.stuck)],
    ['double faults', `${doubleFaults} writes, not judged for them ${excused}`],
  )
  process.stdout.write(`${table.toString()}\n`)
}
