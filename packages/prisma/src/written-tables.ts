import type { ReachedTable, WriteReach } from '@tidemark/core'

/** The tables that an operation writes: those of its own, and those that foreign keys lead to. */
export class WrittenTables {
  readonly #named = new Set<string>()
  readonly #followed = new Map<string, ReachedTable>()

  /** Its model's, or that of a write nested in it. */
  add(table: string): void {
    this.#named.add(table)
  }

  /** One that a foreign key leads to from another. */
  follow(table: string, from: string, by: string): void {
    if (!this.#followed.has(table)) this.#followed.set(table, { table, from, by })
  }

  get all(): WriteReach {
    const tables = new Set([...this.#named, ...this.#followed.keys()])
    const reached = [...this.#followed.values()].filter(({ table }) => !this.#named.has(table))
    return { tables: [...tables].sort(), reached }
  }
}
