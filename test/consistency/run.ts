import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { SeededRandom } from '@tidemark/testing'
import { Crew } from './crew.ts'
import { CheckedDatabase } from './database.ts'
import { type Finding, isExcused } from './excuse.ts'
import { type Fault, FAULTS, type Victims } from './faults.ts'
import { Ledger, now } from './ledger.ts'
import type { RunOptions } from './options.ts'
import { ROWS } from './rows.ts'
import type { Counts } from './settings.ts'
import { redisSettings, startTopology } from './topology.ts'
import { readWrites } from './write-log.ts'

const LEASE_MS = 2000
const NAMESPACE = 'checked'
const LEAST_READS = 500
/** Longer than a write takes whose intent and release both wait for a server that does not answer. */
const WRITE_MS = 3000

/** What a run came to. */
export interface Outcome {
  readonly counts: Counts & Readonly<Record<Finding['kind'], number>>
  /** Writes whose intent and release were both not taken when they were acknowledged. */
  readonly doubleFaults: number
  /** Reads that are not promised to be right, because of those, see `isExcused`. */
  readonly excused: number
  readonly killed: number
  /** How often each fault was done. */
  readonly faults: Readonly<Record<string, number>>
  /** What was found to be wrong, in words. */
  readonly findings: readonly string[]
  /** What went wrong with the check itself, in words. */
  readonly failures: readonly string[]
  /** Until the first finding, or until the end. */
  readonly seconds: number
}

/** Lets processes read and write while faults strike, and says what came of it. */
export async function run(options: RunOptions): Promise<Outcome> {
  const { processes, seed, untilCaught } = options
  const possible = faultsOf(options)
  const random = new SeededRandom(seed)
  await using stack = new AsyncDisposableStack()
  const folder = mkdtempSync(join(tmpdir(), 'tidemark-check-'))
  stack.defer(() => rmSync(folder, { recursive: true, force: true }))
  const [database, topology] = await Promise.all([
    CheckedDatabase.start().then((started) => stack.use(started)),
    startTopology(options.redis).then((started) => stack.use(started)),
  ])
  const [ledger, writeLog] = [join(folder, 'ledger'), join(folder, 'writes')]
  Ledger.create(ledger, ROWS, processes)
  const crew = new Crew(
    {
      ...{ processes, ledger, writeLog, namespace: NAMESPACE, leaseMs: LEASE_MS },
      ...{ databaseUrl: database.url, redis: redisSettings(topology) },
      ...{ consistency: options.consistency, memory: options.memory },
      writeThrough: options.writeThrough,
      ...{ maxStalenessMs: options.staleness, variety: 0 },
      ...{ ttlMs: options.stale > 0 ? 20 : 600_000, staleMs: options.stale },
      ...{ rows: options.rows, loops: options.loops, lagMs: options.lag },
    },
    seed,
  )
  stack.defer(() => crew.kill())
  const anyone = () => Math.floor(random.fraction() * processes)
  const victims: Victims = {
    ...{ topology, namespace: NAMESPACE, leaseMs: LEASE_MS, fraction: () => random.fraction() },
    killWorker: () => crew.replace(anyone()),
    pauseWorker: (forMs) => crew.pause(anyone(), forMs),
    deafenWorker: (forMs) => crew.deafen(anyone(), forMs),
  }
  const mayBeExcused = options.consistency === 'available'
  // What excuses a read is not known before the writes that it missed have ended.
  const isRipe = ({ missed }: Finding) =>
    !mayBeExcused || !missed || now() - missed.startedAt > WRITE_MS
  const wrongOf = (found: readonly Finding[]): readonly Finding[] => {
    if (!mayBeExcused || found.length === 0) return found
    const writes = readWrites(writeLog)
    return found.filter((finding) => !isExcused(finding, writes))
  }
  const done: Record<string, number> = {}
  await crew.ready()
  const startedAt = performance.now()
  const elapsed = () => (performance.now() - startedAt) / 1000
  // On a machine that is busy it takes longer until there is anything to judge.
  const isLong = () =>
    elapsed() >= options.seconds &&
    (crew.sum('reads') >= LEAST_READS || elapsed() >= options.seconds * 5)
  const isCaught = () => untilCaught && wrongOf(crew.findings.filter(isRipe)).length > 0
  const isOver = () => isLong() || crew.failures.length > 0 || isCaught()
  let nextFaultAt = performance.now()
  while (!isOver()) {
    await sleep(50)
    if (possible.length === 0 || performance.now() < nextFaultAt) continue
    const fault = possible[Math.floor(random.fraction() * possible.length)]!
    await fault.strike(victims)
    done[fault.name] = (done[fault.name] ?? 0) + 1
    nextFaultAt = performance.now() + options.every * (0.3 + random.fraction() * 1.4)
  }
  const seconds = elapsed()
  // Also while the last writes end: what is lost of them nobody will say again.
  const last = possible.filter(({ isLast }) => isLast).map((fault) => fault.strike(victims))
  if (last.length > 0) await sleep(150)
  crew.stop()
  await Promise.all(last)
  let stuck: readonly Finding[] = []
  if (crew.failures.length === 0 && !isCaught()) {
    // Locks of those who died end with their lease, and connections come back.
    await sleep(LEASE_MS * 2)
    stuck = await crew.compare()
  }
  await crew.end()
  const found = [...crew.findings, ...stuck]
  const wrong = wrongOf(found)
  const countOf = (kind: Finding['kind']) => wrong.filter((each) => each.kind === kind).length
  return {
    counts: {
      reads: crew.sum('reads'),
      hits: crew.sum('hits'),
      writes: crew.sum('writes'),
      refused: crew.sum('refused'),
      failed: crew.sum('failed'),
      unjudged: crew.sum('unjudged'),
      stale: countOf('stale'),
      nonLinearizable: countOf('nonLinearizable'),
      stuck: countOf('stuck'),
    },
    doubleFaults: readWrites(writeLog).filter(({ isDoubleFault }) => isDoubleFault).length,
    excused: found.length - wrong.length,
    killed: crew.killed,
    faults: done,
    findings: wrong.map(({ text }) => text),
    failures: crew.failures,
    seconds,
  }
}

/** @throws Error where a fault was asked for that cannot be done */
function faultsOf(options: RunOptions): readonly Fault[] {
  const { redis, residuals, faults } = options
  if (!faults) {
    return FAULTS.filter(
      ({ topologies, isResidual }) =>
        topologies.includes(redis) && (residuals || !isResidual(options)),
    )
  }
  return faults.map((name) => {
    const fault = FAULTS.find((candidate) => candidate.name === name)!
    if (fault.topologies.includes(redis)) return fault
    throw new Error(
      `--faults: '${name}' is for ${fault.topologies.join(' and ')}, not for ${redis}`,
    )
  })
}
