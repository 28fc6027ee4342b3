import type { LoggedWrite } from './write-log.ts'

/** A read that gave less than it had to, as far as the reader could know. */
export interface Finding {
  readonly kind: 'stale' | 'nonLinearizable' | 'stuck'
  /** In words. */
  readonly text: string
  /** Undefined where it has nothing to do with what others wrote: then nothing excuses it. */
  readonly missed?: Missed | undefined
}

/** What a read should have given, and did not. */
export interface Missed {
  /** Which process read, see `LoggedWrite`. */
  readonly process: string
  readonly row: number
  readonly got: number
  /** The newest version that was acknowledged or seen. */
  readonly newest: number
  /** When the read began, on the machine's monotonic clock, in milliseconds. */
  readonly startedAt: number
}

/**
 * Whether what a read missed is what docs/guarantees.md does not promise under `'available'`: every write that it missed went
 * on without a lock in another process, and the tier had not yet taken its release when the read began. One write among them
 * that was locked, or whose release had arrived, and the read is wrong: its release made all before it new as well.
 */
export function isExcused({ missed }: Finding, writes: readonly LoggedWrite[]): boolean {
  if (!missed) return false
  const { process, row, got, newest, startedAt } = missed
  const ofRow = writes.filter((write) => write.row === row)
  // Nobody was told of these: they did not live to be told. Each of them made one version at most.
  const untold = ofRow.filter(
    (write) => write.version === undefined && mayBeMissed(write, process, startedAt),
  )
  for (let version = got + 1; version <= newest; version += 1) {
    const write = ofRow.find((candidate) => candidate.version === version) ?? untold.pop()
    if (!write || !mayBeMissed(write, process, startedAt)) return false
  }
  return true
}

function mayBeMissed(write: LoggedWrite, process: string, startedAt: number): boolean {
  if (write.wasLocked || write.process === process) return false
  return write.releasedAt === undefined || write.releasedAt >= startedAt
}
