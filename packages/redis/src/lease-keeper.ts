import type { Tag, WriterId } from '@tidemark/core'

/**
 * Renews the locks of writes that take long: a COMMIT that waits for disks must not lose its marks before it is done.
 */
export class LeaseKeeper {
  readonly #renew: (marks: readonly Tag[], writer: WriterId) => Promise<unknown>
  readonly #everyMs: number
  readonly #held = new Map<WriterId, { readonly marks: readonly Tag[]; since: number }>()
  #timer: NodeJS.Timeout | undefined

  /** @param leaseMs how long a lock lasts without being renewed; it is renewed when a third of that has gone by */
  constructor(
    leaseMs: number,
    renew: (marks: readonly Tag[], writer: WriterId) => Promise<unknown>,
  ) {
    this.#renew = renew
    this.#everyMs = leaseMs / 3
  }

  /** From now on, until `drop`. */
  keep(marks: readonly Tag[], writer: WriterId): void {
    this.#held.set(writer, { marks, since: performance.now() })
    this.#timer ??= setInterval(() => this.#renewOld(), this.#everyMs / 2).unref()
  }

  drop(writer: WriterId): void {
    this.#held.delete(writer)
    if (this.#held.size === 0) this.close()
  }

  close(): void {
    clearInterval(this.#timer)
    this.#timer = undefined
  }

  #renewOld(): void {
    const now = performance.now()
    for (const [writer, hold] of this.#held) {
      if (now - hold.since < this.#everyMs / 2) continue
      hold.since = now
      // Where it fails the next turn tries again, and the lease is long enough for several.
      this.#renew(hold.marks, writer).catch(() => undefined)
    }
  }
}
