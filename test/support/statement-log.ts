// Vitest's global setup finds no sources under the names of packages.
import { CATALOGUE_MARK } from '../../packages/sql/src/index.ts'

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

  /** What is sent to read the database's catalogue is kept apart: no query of the test's own sends it. */
  readonly catalogue: string[] = []

  add(text: string): void {
    if (text.startsWith(CATALOGUE_MARK)) this.catalogue.push(text)
    else this.#texts.push(text)
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
