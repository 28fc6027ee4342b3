import { idleReader, type LateRequest, type Reader, type Writer } from './actors.ts'
import type { Fault, Scenario } from './scenario.ts'

/**
 * How often the rows of a tag were written, when they were read. Below zero: what writer `-version - 1`
 * has written and not committed.
 */
export type Version = number

/** A random token: the number of its making, and the epoch that it was made in. 0 is none. */
export type Token = number
export const EPOCHS = 4
export const LOCKED: Token = -1

/** Absent (no token, nobody holds it), a token, or locked. Never changed in place. */
export interface Mark {
  readonly token: Token
  /** The writers that hold it, as bits. */
  readonly holders: number
  /** Whether more than one writer held it since it was last open. */
  readonly shared: boolean
  /** Only for weaker protocols: the token that the lock took away. */
  readonly was: Token
}

/** A stored result, with the tokens that it was read under. Never changed in place. */
export interface Entry {
  readonly tokens: readonly Token[]
  readonly value: readonly Version[]
}

/** Redis. */
export interface Server {
  /** By tag: that of the server which has its mark. It changes when a server restarts or is replaced. */
  epochs: readonly number[]
  /** By tag. */
  marks: readonly Mark[]
  /** By query. */
  entries: readonly (Entry | undefined)[]
}

export interface KeptEntry extends Entry {
  /** Whether its last validation was sent at most Δ ago. */
  readonly young: boolean
}

export interface Process {
  /** By tag: the epoch of the server that has its mark, as it was when the process connected. */
  epochs: readonly number[]
  isDead: boolean
  /** Whether Redis does not answer it. */
  isCut: boolean
  /** By query. */
  memory: readonly (KeptEntry | undefined)[]
  /** By tag: the writers of this process whose RELEASE has failed so far, as bits. */
  owed: readonly number[]
  /** By tag: messages of the bus that are on their way to it. */
  messages: readonly number[]
  /** Whether messages are lost on their way to it, and it does not know it yet. */
  hasGap: boolean
  /** By tag: the newest version that a writer of this process was told to have written. */
  acknowledged: readonly Version[]
}

/** All lists in it are replaced, never changed in place. */
export interface World {
  readonly scenario: Scenario
  /** The database: the committed version of each tag's rows. */
  rows: readonly Version[]
  server: Server
  /** The server as its replica knows it, once the replica has fallen behind. Never changed in place. */
  replica: Server | undefined
  processes: Process[]
  readers: Reader[]
  writers: Writer[]
  late: readonly LateRequest[]
  /** COMMITs without an answer that the database may still apply, as bits of their writers. */
  orphans: number
  spent: readonly Fault[]
  nextToken: number

  // What the properties are about. None of it is known to anybody in the model.
  acknowledged: readonly Version[]
  /** As it was more than Δ ago. */
  acknowledgedBefore: readonly Version[]
  seen: readonly Version[]
  /**
   * Writers, as bits, that work without a lock: they have none, or a fault took it away. Until their
   * RELEASE what is promised for the time of the lock is not.
   */
  unlocked: number
  /** Writers, as bits, whose client was told of the write while no mark had moved: `available`, `fresh`. */
  untold: number
}

export const absentMark: Mark = { token: 0, holders: 0, shared: false, was: 0 }

export function startOf(scenario: Scenario, temperature: 'cold' | 'warm'): World {
  const { queries, protocol } = scenario
  const zeros = () => Array.from({ length: scenario.tags }, () => 0)
  const token = (id: number): Token => (protocol.tokens === 'counted' ? 1 : id) * EPOCHS
  const isWarm = temperature === 'warm'
  const entries = queries.map((tags): KeptEntry | undefined =>
    isWarm
      ? { tokens: tags.map((tag) => token(tag + 1)), value: tags.map(() => 0), young: true }
      : undefined,
  )
  return {
    scenario,
    rows: zeros(),
    server: {
      epochs: zeros(),
      marks: zeros().map((_, tag) =>
        isWarm ? { ...absentMark, token: token(tag + 1) } : absentMark,
      ),
      entries: entries.map((entry) => entry && { tokens: entry.tokens, value: entry.value }),
    },
    replica: undefined,
    processes: Array.from({ length: scenario.processes }, () => ({
      epochs: zeros(),
      isDead: false,
      isCut: false,
      memory: scenario.memory === 'none' ? queries.map(() => undefined) : [...entries],
      owed: zeros(),
      messages: zeros(),
      hasGap: false,
      acknowledged: zeros(),
    })),
    readers: scenario.readers.map(({ process, query, reads }, index) => ({
      name: `R${index + 1}`,
      process,
      query,
      readsLeft: reads,
      ...idleReader,
    })),
    writers: scenario.writers.map(({ process, tags, script }, index) => ({
      name: `W${index + 1}`,
      process,
      bit: 1 << index,
      script,
      tags,
      at: 'begin',
      step: 0,
      tracked: [],
      sinceSavepoint: [],
      todo: [],
      intent: 'none',
      epochOfIntent: 0,
      isReleased: false,
      isApplied: false,
      versions: [],
      snapshot: undefined,
      value: undefined,
      tokens: [],
    })),
    late: [],
    orphans: 0,
    spent: [],
    nextToken: scenario.tags + 1,
    acknowledged: zeros(),
    acknowledgedBefore: zeros(),
    seen: zeros(),
    unlocked: 0,
    untold: 0,
  }
}

/** A copy whose objects can be changed. */
export function cloneWorld(world: World): World {
  return {
    ...world,
    server: { ...world.server },
    processes: world.processes.map((process) => ({ ...process })),
    readers: world.readers.map((reader) => ({ ...reader })),
    writers: world.writers.map((writer) => ({ ...writer })),
  }
}
