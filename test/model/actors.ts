import type { Script } from './scenario.ts'
import type { Entry, Token, Version } from './world.ts'

export type ReaderAt =
  | 'start'
  | 'lookup'
  | 'gather'
  | 'init'
  | 'deliver'
  | 'join'
  | 'load'
  | 'store'
  | 'done'
  | 'crashed'

export interface Reader {
  readonly name: string
  readonly process: number
  readonly query: number
  at: ReaderAt
  readsLeft: number
  /** What was acknowledged, and what anyone had seen, when the read began. */
  mustSee: readonly Version[]
  wasSeen: readonly Version[]
  /** The marks as it took them, in the order of its query's tags. */
  tokens: readonly Token[]
  entry: Entry | undefined
  value: readonly Version[] | undefined
  /** On a Cluster: which of the value and the marks it has asked for, as bits. */
  got: number
  /** Whether its marks were moved, as far as its process was told, since it looked up. */
  isFenced: boolean
  /** Whether its lookup was sent at most Δ ago. */
  isYoung: boolean
}

export type WriterAt =
  | 'begin'
  | 'write'
  | 'read inside'
  | 'savepoint'
  | 'rollback to savepoint'
  | 'rollback'
  | 'intent'
  | 'commit'
  | 'renew'
  | 'release'
  | 'write through'
  | 'abandon'
  | 'retry'
  | 'done'
  | 'crashed'

export interface Writer {
  readonly name: string
  readonly process: number
  readonly bit: number
  readonly script: Script
  /** The tags that it writes. */
  readonly tags: readonly number[]
  at: WriterAt
  /** The place of `at` in its script. */
  step: number
  /** The tags whose marks it will move, and those noted since the savepoint. */
  tracked: readonly number[]
  sinceSavepoint: readonly number[]
  /** Of a step that goes to several servers: the tags that are still to be asked for. */
  todo: readonly number[]
  /** As far as the writer knows. */
  intent: 'none' | 'held' | 'failed'
  /** Under which its first INTENT was taken: that of its connection. */
  epochOfIntent: number
  /** Whether the whole of its RELEASE has taken effect, as far as the writer knows. */
  isReleased: boolean
  /** Whether its commit has been applied. */
  isApplied: boolean
  /** What its commit made of each of its tags, in their order. */
  versions: readonly Version[]
  /** All rows as its transaction sees them. */
  snapshot: readonly Version[] | undefined
  /** Write-through: all rows as it would store them, and the tokens it has for its query. */
  value: readonly Version[] | undefined
  tokens: readonly Token[]
}

/** A reader between two reads. */
export const idleReader = {
  at: 'start' as ReaderAt,
  mustSee: [] as readonly Version[],
  wasSeen: [] as readonly Version[],
  tokens: [] as readonly Token[],
  entry: undefined,
  value: undefined,
  got: 0,
  isFenced: false,
  isYoung: true,
}

/** A request whose sender has given up, and that arrives all the same. */
export interface LateRequest {
  readonly kind: 'intent' | 'release'
  readonly writer: number
  readonly tags: readonly number[]
}
