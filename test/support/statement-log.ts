/**
 * The SQL that reached a database, in order: how a test proves that a hit sends nothing.
 *
 * ```ts
 * const sent = database.statements.mark()
 * await repeatedQuery.execute()
 * expect(sent()).toEqual([])
 * ```
 */
export class StatementLog {
  readonly #texts: string[] = []

  add(text: string): void {
    this.#texts.push(text)
  }

  /** Everything since the database was opened. */
  get all(): readonly string[] {
    return this.#texts
  }

  /** Remembers this moment, and answers with what came after it. */
  mark(): () => readonly string[] {
    const start = this.#texts.length
    return () => this.#texts.slice(start)
  }
}
