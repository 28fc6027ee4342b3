import type { Finding } from './excuse.ts'

/** What a worker is told when it starts. */
export interface WorkerSettings {
  readonly process: number
  readonly processes: number
  readonly seed: number
  readonly databaseUrl: string
  readonly redis: RedisSettings
  readonly ledger: string
  /** See write-log.ts. */
  readonly writeLog: string
  readonly namespace: string
  readonly consistency: 'strict' | 'available' | 'fresh'
  readonly memory: boolean
  readonly writeThrough: boolean
  readonly maxStalenessMs: number
  readonly leaseMs: number
  readonly ttlMs: number
  /** How long results are served after that, by policy. */
  readonly staleMs: number
  /** How many rows of each table are read and written. */
  readonly rows: number
  /** How many reads or writes are under way at once. */
  readonly loops: number
  /** The longest that an answer of the database is held up at random, in milliseconds. */
  readonly lagMs: number
  /** How many queries there are that differ in nothing but a parameter, beside the usual ones. */
  readonly variety: number
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
}

export const NOTHING: Counts = {
  reads: 0,
  hits: 0,
  writes: 0,
  refused: 0,
  failed: 0,
  unjudged: 0,
}

/** What a worker takes, after its garbage has been collected. */
export interface Sample {
  readonly rssBytes: number
  readonly heapBytes: number
  readonly outsideBytes: number
  readonly timers: number
  /** Sockets, and whatever else keeps a process alive, without timers. */
  readonly resources: number
  readonly databaseConnections: number
}

/** What a worker says. */
export type FromWorker =
  | { readonly kind: 'ready' }
  | { readonly kind: 'counts'; readonly counts: Counts }
  | { readonly kind: 'finding'; readonly finding: Finding }
  | { readonly kind: 'stuck'; readonly findings: readonly Finding[] }
  | { readonly kind: 'sample'; readonly sample: Sample }

export type ToWorker =
  | { readonly kind: 'stop' | 'compare' | 'sample' | 'end' }
  | { readonly kind: 'deafen'; readonly forMs: number }
