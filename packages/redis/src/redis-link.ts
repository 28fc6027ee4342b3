import type { SharedMark } from '@tidemark/core'
import type { Script } from './scripts.ts'

/** What was found, as Redis gives it. */
export interface RawLookup {
  readonly marks: readonly SharedMark[]
  readonly bytes: Buffer | null
  /** How long the entry will be kept, in milliseconds. */
  readonly remainingMs: number
}

/** What is asked for at once with others, see `TickBatch`. */
export interface LookupRequest {
  readonly marks: readonly string[]
  readonly entry: string | undefined
}

export interface MintRequest {
  readonly mark: string
  readonly token: string
  readonly ttlMs: number
}

/**
 * What a script is given beside its marks: where it is run for all of them, and where it is run for one alone, by its place.
 *
 * Each run tells others of the marks that it moves. Were each to tell of all, what is sent would grow with the square of their
 * number; and somebody must tell of all, so that others know that they belong together.
 */
export type ArgsOf = (marks: 'all' | number) => readonly (string | number)[]

/** The way to one server, or to a Cluster of them. Calls reject where no answer came in time. */
export interface RedisLink {
  /** One round trip. */
  lookup(marks: readonly string[], entry?: string): Promise<RawLookup>
  /** @param tokens one for each mark, without their epoch */
  mint(
    marks: readonly string[],
    tokens: readonly string[],
    ttlMs: number,
  ): Promise<readonly SharedMark[]>
  /** Runs `INTENT`, `RELEASE` or `UNCLAIM`. The numbers that they return, added. */
  write(script: Script, marks: readonly string[], args: ArgsOf): Promise<number>
  /** Runs `REPLACE`. What it returns for each of the marks. */
  replace(
    marks: readonly string[],
    args: ArgsOf,
    tokens: readonly string[],
  ): Promise<readonly number[]>
  /** With what the tokens of these marks begin now. */
  epochs(marks: readonly string[]): Promise<readonly string[]>
  store(entry: string, bytes: Buffer, ttlMs: number): Promise<void>
  /** Writes a name where there is none, and says which is there. */
  claim(claim: string, who: string, ttlMs: number): Promise<string | null>
  publish(channel: string, message: string): Promise<void>
  /** The names that fit a pattern of Redis, see `scanServer`. Rejects where they may not be all. */
  scan(pattern: string): AsyncIterable<readonly string[]>
  /** Asks each server that it knows for its epoch again, whether or not it has failed lately. */
  checkEpochs(): Promise<void>
  close(): void
}

/** A token begins with the epoch of the server that minted it. */
const EPOCH_LENGTH = 8

/** What a mark says, on a server of this epoch. What was minted in another is dead: that server may have lost a write since. */
export function readMark(raw: Buffer | string | null, epoch: string): SharedMark {
  if (raw === null) return 'absent'
  const value = typeof raw === 'string' ? raw : raw.toString('latin1')
  if (value.startsWith('~')) return 'locked'
  return value.startsWith(epoch) ? (value as SharedMark) : 'absent'
}

/**
 * The epoch of a server: the first characters of its replication id, which changes whenever a replica becomes a primary,
 * and at each restart.
 *
 * @param info the answer to `INFO replication`
 * @throws Error where it is a replica: what it says may be old
 */
export function readEpoch(info: string): string {
  const role = /^role:(\w+)/m.exec(info)?.[1]
  const id = /^master_replid:([\da-f]+)/m.exec(info)?.[1]
  if (role !== 'master') throw new Error(`expected the primary, got a server in the role ${role}`)
  if (!id || id.length < EPOCH_LENGTH) throw new Error('expected a replication id, got none')
  return id.slice(0, EPOCH_LENGTH)
}

/** Runs a script by its name, and sends its text only to a server that does not know it. */
export async function runScript(
  client: { evalsha: Evaluate; eval: Evaluate },
  { sha, text }: Script,
  keys: readonly string[],
  args: readonly (string | number)[],
): Promise<unknown> {
  try {
    return await client.evalsha(sha, keys.length, ...keys, ...args)
  } catch (error) {
    if (!(error instanceof Error && error.message.startsWith('NOSCRIPT'))) throw error
    return client.eval(text, keys.length, ...keys, ...args)
  }
}

type Evaluate = (script: string, count: number, ...args: (string | number)[]) => Promise<unknown>
