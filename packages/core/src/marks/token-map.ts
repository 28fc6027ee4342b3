import type { MarkToken } from './marks.ts'
import type { Tag } from './tags.ts'

/**
 * Tokens by their tags, a bounded number. What nobody has asked for since the last round makes room first.
 *
 * Every hit asks for each of its tags. So an answer is one look into a map and one flag, where a list in the order of use costs
 * four times as much; the order is made up for when something must go.
 */
export class TokenMap {
  readonly #cells = new Map<Tag, Cell>()
  readonly #max: number

  constructor(max: number) {
    this.#max = max
  }

  get(tag: Tag): MarkToken | undefined {
    const cell = this.#cells.get(tag)
    if (cell === undefined) return undefined
    cell.isUsed = true
    return cell.token
  }

  set(tag: Tag, token: MarkToken): void {
    if (!this.#cells.delete(tag) && this.#cells.size >= this.#max) this.#makeRoom()
    this.#cells.set(tag, { token, isUsed: false })
  }

  delete(tag: Tag): void {
    this.#cells.delete(tag)
  }

  keys(): Iterable<Tag> {
    return this.#cells.keys()
  }

  /** Whoever was used goes to the end instead, once: after a round of all the first is used no more. */
  #makeRoom(): void {
    for (const [tag, cell] of this.#cells) {
      this.#cells.delete(tag)
      if (!cell.isUsed) return
      cell.isUsed = false
      this.#cells.set(tag, cell)
    }
  }
}

interface Cell {
  readonly token: MarkToken
  isUsed: boolean
}
