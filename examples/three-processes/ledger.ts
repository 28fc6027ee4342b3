/** What one client knows of one film: which versions it has been told are written. */
export class Ledger {
  /** The last one that was sent, whatever became of it. */
  attempted = 0
  readonly #acknowledged: {
    readonly version: number
    readonly at: number
    readonly by: unknown
  }[] = [{ version: 0, at: -Infinity, by: undefined }]
  #seen = 0

  acknowledge(version: number, at: number, by: unknown): void {
    this.#acknowledged.push({ version, at, by })
  }

  /** A read that may not be behind has shown it, so no such read after it may show less. */
  see(version: number): void {
    this.#seen = Math.max(this.#seen, version)
  }

  /** The least that a read may show for which nothing may be old. */
  get current(): number {
    return Math.max(this.#seen, this.#acknowledged.at(-1)!.version)
  }

  /** The least that a read may show that began now, in this process, where others' writes may be so far behind. */
  atLeast(now: number, by: unknown, maxStalenessMs: number): number {
    return this.#acknowledged.findLast(
      (write) => write.by === by || write.at <= now - maxStalenessMs,
    )!.version
  }
}
