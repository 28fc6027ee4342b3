/** What a worker is told when it starts. */
export interface WorkerSettings {
  readonly process: number
  readonly processes: number
  readonly seed: number
  readonly databaseUrl: string
  readonly redis: RedisSettings
  readonly ledger: string
  readonly consistency: 'strict' | 'available' | 'fresh'
  readonly memory: boolean
  readonly maxStalenessMs: number
  readonly leaseMs: number
  readonly namespace: string
}

export type RedisSettings =
  | { readonly kind: 'server'; readonly options: object }
  | {
      readonly kind: 'cluster'
      readonly nodes: { host: string; port: number }[]
      readonly options: object
    }

/** What a worker counts. */
export interface Counts {
  reads: number
  hits: number
  writes: number
  /** Writes that were refused before they were sent, as `'strict'` asks. */
  refused: number
  /** Reads or writes that the database or its connection failed. */
  failed: number
  /** Reads of which cannot be said whether they were too old: the row was written within `maxStaleness`. */
  unjudged: number
  /** Reads that gave less than what had been acknowledged when they began. */
  stale: number
  /** Reads that gave less than what somebody had seen when they began. */
  nonLinearizable: number
}

export const NOTHING: Counts = {
  reads: 0,
  hits: 0,
  writes: 0,
  refused: 0,
  failed: 0,
  unjudged: 0,
  stale: 0,
  nonLinearizable: 0,
}

/** What a worker says. */
export type FromWorker =
  | { readonly kind: 'counts'; readonly counts: Counts }
  | { readonly kind: 'finding'; readonly text: string }
  /** Rows that the cache still answers otherwise than the database, when nothing goes on any more. */
  | { readonly kind: 'stuck'; readonly rows: readonly string[] }

export type ToWorker = 'stop' | 'compare' | 'end'
