import { parseArgs } from 'node:util'
import type { WorkerSettings } from './settings.ts'
import type { TopologyKind } from './topology.ts'

/** What a run is asked for. */
export interface RunOptions {
  readonly seconds: number
  readonly processes: number
  /** The same seed gives the same faults in the same order; what the processes do beside each other still varies. */
  readonly seed: number
  readonly redis: TopologyKind
  readonly consistency: WorkerSettings['consistency']
  /** `maxStaleness`, in milliseconds. */
  readonly staleness: number
  /**
   * How long results are served after their time, which is then very short, while they are loaded anew or the database fails; in
   * milliseconds. 0: they are not, and last longer than the run.
   */
  readonly stale: number
  readonly memory: boolean
  /** Whether writes leave what they wrote for the next reads of it. */
  readonly writeThrough: boolean
  /** How many rows of each table are read and written. */
  readonly rows: number
  /** How many reads or writes a process has under way. */
  readonly loops: number
  /** The longest that the database's answers are held up at random, in milliseconds. */
  readonly lag: number
  /** The names of the faults to do. Undefined: all that the setting bears. */
  readonly faults: readonly string[] | undefined
  /** The mean time between two faults, in milliseconds. */
  readonly every: number
  /** Whether faults are done as well that docs/guarantees.md lists as more than the setting bears. */
  readonly residuals: boolean
  /** Whether to end at the first finding. */
  readonly untilCaught: boolean
  readonly json: boolean
}

const OPTIONS = {
  seconds: { type: 'string', default: '60' },
  processes: { type: 'string', default: '4' },
  seed: { type: 'string', default: String(Date.now() % 1_000_000) },
  redis: { type: 'string', default: 'server' },
  consistency: { type: 'string', default: 'strict' },
  staleness: { type: 'string', default: '0' },
  stale: { type: 'string', default: '0' },
  'no-memory': { type: 'boolean', default: false },
  'write-through': { type: 'boolean', default: false },
  rows: { type: 'string', default: '4' },
  loops: { type: 'string', default: '4' },
  lag: { type: 'string', default: '20' },
  faults: { type: 'string' },
  'no-faults': { type: 'boolean', default: false },
  every: { type: 'string', default: '900' },
  residuals: { type: 'boolean', default: false },
  'until-caught': { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
} as const

/**
 * @param faultNames those that there are
 * @throws Error that names the option, what was expected and what came
 */
export function parseOptions(args: readonly string[], faultNames: readonly string[]): RunOptions {
  const { values } = parseArgs({ args: [...args], options: OPTIONS })
  return {
    seconds: numberOf('seconds', values.seconds, 1, 86_400),
    processes: numberOf('processes', values.processes, 1, 64),
    seed: numberOf('seed', values.seed, 0, 1e9),
    redis: oneOf('redis', values.redis, ['server', 'sentinels', 'cluster']),
    consistency: oneOf('consistency', values.consistency, ['strict', 'available', 'fresh']),
    staleness: numberOf('staleness', values.staleness, 0, 3_600_000),
    stale: numberOf('stale', values.stale, 0, 3_600_000),
    memory: !values['no-memory'],
    writeThrough: values['write-through'],
    rows: numberOf('rows', values.rows, 1, 4),
    loops: numberOf('loops', values.loops, 1, 64),
    lag: numberOf('lag', values.lag, 0, 1000),
    faults: values['no-faults']
      ? []
      : values.faults?.split(',').map((name) => oneOf('faults', name.trim(), faultNames)),
    every: numberOf('every', values.every, 10, 60_000),
    residuals: values.residuals,
    untilCaught: values['until-caught'],
    json: values.json,
  }
}

export function numberOf(option: string, text: string, least: number, most: number): number {
  const value = Number(text)
  if (text.trim() !== '' && Number.isInteger(value) && value >= least && value <= most) return value
  throw new Error(`--${option}: expected a whole number from ${least} to ${most}, got '${text}'`)
}

export function oneOf<T extends string>(option: string, text: string, choices: readonly T[]): T {
  const choice = choices.find((candidate) => candidate === text)
  if (choice !== undefined) return choice
  throw new Error(`--${option}: expected one of ${choices.join(', ')}; got '${text}'`)
}
