import { AsyncLocalStorage } from 'node:async_hooks'
import type { SharedTier, Tag, WriterId } from '@tidemark/core'
import { now } from './ledger.ts'
import { log } from './write-log.ts'

interface Hold {
  readonly write: Write
  readonly wasLocked: boolean
  releasedAt?: number
}

/** One write of the check. A transaction may hold its marks more than once. */
interface Write {
  readonly id: string
  readonly row: number
  readonly holds: Hold[]
}

/**
 * Notes of each write whether the shared tier took its intent and its release. It stands between the cache and the tier and
 * changes nothing.
 */
export class Witness {
  readonly #path: string
  /** This process, by a name that no other ever has. */
  readonly process: string
  readonly #expectsLocks: boolean
  readonly #current = new AsyncLocalStorage<Write>()
  readonly #holds = new Map<WriterId, Hold>()
  /** Those whose release was not taken, and for which marks it is still owed. */
  readonly #owed = new Map<Hold, Set<Tag>>()
  #count = 0

  /** @param expectsLocks whether writes lock their marks, which they do not under `'fresh'` */
  constructor(path: string, process: string, expectsLocks: boolean) {
    this.#path = path
    this.process = process
    this.#expectsLocks = expectsLocks
  }

  /**
   * Runs a write and logs what became of its marks, before anybody is told.
   *
   * @param run undefined where nothing was written in the end
   */
  async write(row: number, run: () => Promise<number | undefined>): Promise<number | undefined> {
    const write: Write = { id: `${this.process}/${(this.#count += 1)}`, row, holds: [] }
    const version = await this.#current.run(write, run)
    if (version === undefined) return undefined
    const { holds } = write
    if (!this.#expectsLocks) return version
    if (holds.length === 0) throw new Error('expected a write to lock marks, saw it lock none')
    const released = holds.map(({ releasedAt }) => releasedAt ?? Infinity)
    const releasedAt = Math.max(...released)
    log(this.#path, {
      ...{ kind: 'done', id: write.id, process: this.process, row, version },
      releasedAt: Number.isFinite(releasedAt) ? releasedAt : undefined,
      wasLocked: holds.every(({ wasLocked }) => wasLocked),
    })
    return version
  }

  /** The same tier, observed. */
  over(tier: SharedTier): SharedTier {
    const intent = async (marks: readonly Tag[], writer: WriterId) => {
      const write = this.#current.getStore()
      let wasLocked = false
      try {
        await tier.intent(marks, writer)
        wasLocked = true
      } finally {
        if (write) this.#open(write, writer, wasLocked)
      }
    }
    const ending = async <T>(marks: readonly Tag[], writer: WriterId, end: () => Promise<T>) => {
      const hold = this.#holds.get(writer)
      this.#holds.delete(writer)
      try {
        const ended = await end()
        if (hold) hold.releasedAt = now()
        else this.#makeUp(marks)
        return ended
      } catch (error) {
        if (hold) this.#owed.set(hold, new Set(marks))
        throw error
      }
    }
    const observed: Partial<SharedTier> = {
      intent,
      release: (marks, writer) => ending(marks, writer, () => tier.release(marks, writer)),
      replace: (marks, writer, tokens) =>
        ending(marks, writer, async () => tier.replace!(marks, writer, tokens)),
      // Whether it took effect nobody knows: its lease ends it.
      abandon: (marks, writer) => {
        this.#holds.delete(writer)
        return tier.abandon(marks, writer)
      },
    }
    return new Proxy(tier, {
      get(target, name) {
        const own = observed[name as keyof SharedTier]
        if (own) return own
        const part: unknown = Reflect.get(target, name, target)
        return typeof part === 'function' ? (part.bind(target) as unknown) : part
      },
    })
  }

  #open(write: Write, writer: WriterId, wasLocked: boolean): void {
    const hold: Hold = { write, wasLocked }
    write.holds.push(hold)
    this.#holds.set(writer, hold)
    if (!wasLocked)
      log(this.#path, {
        ...{ kind: 'unlocked', id: write.id, row: write.row },
        process: this.process,
      })
  }

  /** A release by a writer that nobody knows is of writes that owed it. */
  #makeUp(marks: readonly Tag[]): void {
    const at = now()
    for (const [hold, owed] of this.#owed) {
      for (const mark of marks) owed.delete(mark)
      if (owed.size > 0) continue
      this.#owed.delete(hold)
      hold.releasedAt = at
      log(this.#path, { kind: 'made up', id: hold.write.id, at })
    }
  }
}
