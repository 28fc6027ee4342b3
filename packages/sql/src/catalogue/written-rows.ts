import type { Change } from './relation.ts'

/** One kind of change of one table. */
interface Step {
  readonly table: string
  readonly change: Change
  /** The columns of an update; `undefined` for any. */
  readonly columns: readonly string[] | undefined
}

/** A table that changes because another does. */
export interface ReachedTable {
  readonly table: string
  readonly from: string
  /** Why, such as `on delete cascade` or `trigger`. */
  readonly by: string
}

/** The changes that are known so far, and those whose consequences have not been looked at. */
export class WrittenRows {
  readonly #seen = new Map<string, Set<string>>()
  readonly #todo: Step[] = []
  /** In the order in which they were found. */
  readonly reached: ReachedTable[] = []
  /** The table whose consequences are being added. */
  from = ''

  /** @param by why, for people */
  add(table: string, change: Change, by: string, columns?: readonly string[]): void {
    let seen = this.#seen.get(table)
    if (!seen) {
      this.#seen.set(table, (seen = new Set()))
      this.reached.push({ table, from: this.from, by })
    }
    const isUpdateOfSome = change === 'update' && columns !== undefined
    if (seen.has('any') || seen.has(change)) return
    const fresh = isUpdateOfSome ? columns.filter((name) => !seen.has(`column ${name}`)) : undefined
    if (isUpdateOfSome && fresh?.length === 0 && seen.has('update of some')) return
    if (isUpdateOfSome) {
      seen.add('update of some')
      for (const name of columns) seen.add(`column ${name}`)
    } else seen.add(change)
    this.#todo.push({ table, change, columns: fresh })
  }

  next(): Step | undefined {
    return this.#todo.pop()
  }
}
