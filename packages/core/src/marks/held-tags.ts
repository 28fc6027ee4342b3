import type { Tag } from './tags.ts'

/** The tags that writers of this process are at work on. */
export class HeldTags {
  readonly #writers = new Map<Tag, number>()

  hold(tags: readonly Tag[]): void {
    for (const tag of tags) this.#writers.set(tag, (this.#writers.get(tag) ?? 0) + 1)
  }

  letGo(tags: readonly Tag[]): void {
    for (const tag of tags) {
      const writers = this.#writers.get(tag) ?? 0
      if (writers > 1) this.#writers.set(tag, writers - 1)
      else this.#writers.delete(tag)
    }
  }

  any(tags: readonly Tag[]): boolean {
    if (this.#writers.size === 0) return false
    return tags.some((tag) => this.#writers.has(tag))
  }
}
