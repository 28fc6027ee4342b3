import { appendFileSync, existsSync, readFileSync } from 'node:fs'

/** One line of what the processes say of their writes, beside the ledger. */
export type WriteLine =
  /** Its intent was not taken, and it goes on. Said before it does: who is killed then says no more. */
  | {
      readonly kind: 'unlocked'
      readonly id: string
      readonly process: string
      readonly row: number
    }
  /** It was acknowledged with this version. */
  | {
      readonly kind: 'done'
      readonly id: string
      readonly process: string
      readonly row: number
      readonly version: number
      /** When it was told that its release was taken. Undefined: it was not. */
      readonly releasedAt: number | undefined
      readonly wasLocked: boolean
    }
  /** A release that it owed was taken later. */
  | { readonly kind: 'made up'; readonly id: string; readonly at: number }

/** Adds a line, which survives its process. */
export function log(path: string, line: WriteLine): void {
  appendFileSync(path, `${JSON.stringify(line)}\n`)
}

/** What became of one write, by all that was said of it. */
export interface LoggedWrite {
  /** Which process wrote it, by a name that no other ever has. */
  readonly process: string
  readonly row: number
  /** Undefined where nobody was told, because the process died or the database failed it. */
  version?: number
  /** Whether its marks were locked while it ran. */
  wasLocked: boolean
  /** When the tier had taken its release, at once or later. Undefined: not until the end. */
  releasedAt?: number | undefined
  /** Whether neither its intent nor its release was taken when it was acknowledged. */
  isDoubleFault: boolean
}

/** What all processes have said of their writes so far. */
export function readWrites(path: string): readonly LoggedWrite[] {
  const writes = new Map<string, LoggedWrite>()
  const text = existsSync(path) ? readFileSync(path, 'utf8') : ''
  for (const line of text.split('\n').slice(0, -1)) {
    const said = JSON.parse(line) as WriteLine
    const write = writes.get(said.id)
    if (said.kind === 'unlocked') {
      // Until it is acknowledged nobody knows whether its release will arrive.
      const { process, row } = said
      writes.set(said.id, { process, row, wasLocked: false, isDoubleFault: false })
    } else if (said.kind === 'done') {
      const { process, row, version, wasLocked, releasedAt } = said
      const isDoubleFault = !wasLocked && releasedAt === undefined
      writes.set(said.id, { process, row, version, wasLocked, releasedAt, isDoubleFault })
    } else if (write) {
      write.releasedAt = said.at
    }
  }
  return [...writes.values()]
}
