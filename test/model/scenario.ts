import type { Property } from './properties.ts'
import type { Protocol } from './protocol.ts'

/**
 * What can go wrong. A scenario names one (or two, to see what a double fault does); each happens at
 * most once in a run, at any moment.
 */
export type Fault =
  /** A process dies, with all that it is doing. A COMMIT that it has sent may still be applied. */
  | 'crash'
  /** Redis does not answer one of the processes, or all, for a while: requests or answers are lost. */
  | 'outage'
  /** One mark or entry is evicted. */
  | 'eviction'
  | 'FLUSHALL'
  /** A replica that lags is made the primary: what was acknowledged last is lost. */
  | 'failover'
  /** The server comes back with nothing. */
  | 'restart'
  /**
   * The server changes its epoch and goes on. (Redis takes another replication id when its first replica
   * comes, and when the last has long gone.) Processes that connected before know the old one.
   */
  | 'another epoch'
  /** The connection of a process to the bus is gone. It learns of the gap later. */
  | 'lost messages'
  /** The answer to a COMMIT is lost; it has been applied, will be, or never. */
  | 'unknown outcome'
  /** As before, but the database applies it only after the lease. */
  | 'unknown outcome, applied late'
  /** A writer is paused, and its lease ends. */
  | 'pause past the lease'

export type Script =
  | 'autocommit'
  | 'transaction'
  | 'rolled back'
  | 'savepoint'
  /** An autocommit statement so slow that its lease is renewed. */
  | 'renewed'

export interface ReaderPlan {
  readonly process: number
  readonly query: number
  readonly reads: number
}

export interface WriterPlan {
  readonly process: number
  /** The tags that it writes. */
  readonly tags: readonly number[]
  readonly script: Script
}

export interface Scenario {
  readonly name: string
  readonly protocol: Protocol
  readonly faults: readonly Fault[]
  readonly processes: number
  /** Each tag stands for a table and its rows; the rows have one version together. */
  readonly tags: number
  /** Of each query, the tags that it depends on. */
  readonly queries: readonly (readonly number[])[]
  readonly readers: readonly ReaderPlan[]
  readonly writers: readonly WriterPlan[]
  /** `bounded`: hits within Δ of a validation. `validated`: Δ = 0, each hit is validated first. */
  readonly memory: 'none' | 'bounded' | 'validated'
  /** On a Cluster each mark and the value are on servers of their own: no two are touched at once. */
  readonly servers: 'one' | 'cluster'
  /** Whether the cache is full or empty at the start, or either. */
  readonly start: 'cold' | 'warm' | 'either'
  /**
   * Which properties are judged, and whether a writer without a lock is excused (see properties.ts).
   * Without excuses the model shows what a fault really does.
   */
  readonly judged: readonly Property[]
  readonly excuses: 'granted' | 'none'
}
