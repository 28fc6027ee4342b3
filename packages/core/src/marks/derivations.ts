import type { Dependencies } from '../policies/query.ts'
import { EVERYTHING, keyTag, type Tag } from './tags.ts'
import { TidemarkError } from '../options/tidemark-error.ts'

/**
 * What results with a key of their own depend on beyond what they say themselves: the dashboard on the figures that it is
 * made of, and those on tables.
 *
 * Whoever reads such a result reads it under the marks of all that, near and far. So whatever moves one of them, in
 * whatever process, makes the result old under the one protocol that there is: nobody has to know of it who writes.
 */
export class Derivations {
  /** What each key was said to depend on. */
  readonly #direct = new Map<string, ReadonlySet<Tag>>()
  readonly #reached = new Map<string, readonly Tag[]>()

  /** @throws TidemarkError `INVALID_OPTION` for a cycle */
  add(key: string, on: readonly Tag[]): void {
    for (const tag of on) {
      const path = this.#pathTo(key, tag)
      if (path) {
        const cycle = [key, ...path.map((each) => each.slice(KEY.length))].join(' → ')
        throw new TidemarkError('INVALID_OPTION', `depends: expected no cycle, got ${cycle}`)
      }
    }
    if (!this.#direct.has(key) && this.#direct.size >= MAX_KEYS) {
      throw new TidemarkError(
        'INVALID_OPTION',
        `depends: expected at most ${MAX_KEYS} keys, got another (name what it depends on where it is read: tags, tables)`,
      )
    }
    this.#direct.set(key, new Set([...(this.#direct.get(key) ?? []), ...on]))
    this.#reached.clear()
  }

  /** The dependencies of a result with those of its key. */
  extend(own: Dependencies, key: string | undefined): Dependencies {
    if (key === undefined || !this.#direct.has(key)) return own
    const [everything, ...others] = own.tags
    const tags = [everything ?? EVERYTHING, ...new Set([...others, ...this.#reachOf(key)])]
    // Also its key, so that what was read before it was said is not served.
    return { ...own, tags, id: tags.join('\n') }
  }

  /** How each result with a key is reached from these tags: they first, then key after key. */
  cascade(tags: readonly Tag[]): readonly (readonly Tag[])[] {
    const paths: (readonly Tag[])[] = []
    const reached = new Set<Tag>(tags)
    let ends: readonly (readonly Tag[])[] = tags.map((tag) => [tag])
    while (ends.length > 0 && this.#direct.size > 0) {
      const next: (readonly Tag[])[] = []
      for (const path of ends) {
        for (const [key, on] of this.#direct) {
          const own = keyTag(key)
          if (!on.has(path.at(-1)!) || reached.has(own)) continue
          reached.add(own)
          next.push([...path, own])
        }
      }
      paths.push(...next)
      ends = next
    }
    return paths
  }

  #reachOf(key: string): readonly Tag[] {
    let reached = this.#reached.get(key)
    if (!reached) {
      const all = new Set<Tag>()
      const visit = (name: string) => {
        for (const tag of this.#direct.get(name) ?? []) {
          if (all.has(tag)) continue
          all.add(tag)
          if (tag.startsWith(KEY)) visit(tag.slice(KEY.length))
        }
      }
      visit(key)
      reached = [...all].sort()
      this.#reached.set(key, reached)
    }
    return reached
  }

  /** The keys from a tag to `key`, both among them, where it depends on it. */
  #pathTo(key: string, tag: Tag, seen = new Set<Tag>()): readonly Tag[] | undefined {
    if (tag === keyTag(key)) return [tag]
    if (!tag.startsWith(KEY) || seen.has(tag)) return undefined
    seen.add(tag)
    for (const next of this.#direct.get(tag.slice(KEY.length)) ?? []) {
      const path = this.#pathTo(key, next, seen)
      if (path) return [tag, ...path]
    }
    return undefined
  }
}

const KEY = keyTag('')
/** Keys that are made of other keys, one by one for each user, say, would else be kept for ever. */
const MAX_KEYS = 10_000
