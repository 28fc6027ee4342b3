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
  readonly #direct = new Map<Tag, Set<Tag>>()
  /** The same from the other side. */
  readonly #dependents = new Map<Tag, Tag[]>()
  readonly #reached = new Map<Tag, readonly Tag[]>()
  #count = 0

  /** @throws TidemarkError `INVALID_OPTION` for a cycle, and beyond `MAX_DEPENDENCIES`. Nothing of it is kept then */
  add(key: string, on: readonly Tag[]): void {
    const own = keyTag(key)
    const known = this.#direct.get(own) ?? new Set()
    const fresh = new Set(on.filter((tag) => !known.has(tag)))
    for (const tag of fresh) {
      const path = this.#pathTo(own, tag)
      if (path) {
        const cycle = [own, ...path].map((each) => each.slice(KEY.length)).join(' → ')
        throw new TidemarkError('INVALID_OPTION', `depends: expected no cycle, got ${cycle}`)
      }
    }
    if (this.#count + fresh.size > MAX_DEPENDENCIES) {
      throw new TidemarkError(
        'INVALID_OPTION',
        `depends: expected at most ${MAX_DEPENDENCIES} dependencies in all, got more (name what a result depends on where it is read: tags, tables)`,
      )
    }
    this.#count += fresh.size
    this.#direct.set(own, known)
    for (const tag of fresh) {
      known.add(tag)
      const dependents = this.#dependents.get(tag)
      if (dependents) dependents.push(own)
      else this.#dependents.set(tag, [own])
    }
    this.#reached.clear()
  }

  /** The dependencies of a result with those of its key. */
  extend(own: Dependencies, key: string | undefined): Dependencies {
    if (key === undefined || this.#count === 0) return own
    const name = keyTag(key)
    if (!this.#direct.has(name)) return own
    const [everything, ...others] = own.tags
    const tags = [everything ?? EVERYTHING, ...new Set([...others, ...this.#reachOf(name)])]
    // Also its key, so that what was read before it was said is not served.
    return { ...own, tags, id: tags.join('\n') }
  }

  /** The keys that were said to depend on a tag, at first hand. */
  dependentsOf(tag: Tag): readonly Tag[] {
    return this.#dependents.get(tag) ?? []
  }

  #reachOf(key: Tag): readonly Tag[] {
    let reached = this.#reached.get(key)
    if (!reached) {
      const all = new Set(this.#direct.get(key))
      // It goes on to what is added meanwhile.
      for (const tag of all) for (const next of this.#direct.get(tag) ?? []) all.add(next)
      reached = [...all].sort()
      this.#reached.set(key, reached)
    }
    return reached
  }

  /** The keys from a tag to `key`, both among them, where it depends on it. */
  #pathTo(key: Tag, tag: Tag): readonly Tag[] | undefined {
    const cameFrom = new Map<Tag, Tag | undefined>([[tag, undefined]])
    for (const each of cameFrom.keys()) {
      if (each === key) {
        const path: Tag[] = []
        for (let at: Tag | undefined = each; at !== undefined; at = cameFrom.get(at)) path.push(at)
        return path.toReversed()
      }
      for (const next of this.#direct.get(each) ?? []) {
        if (!cameFrom.has(next)) cameFrom.set(next, each)
      }
    }
    return undefined
  }
}

const KEY = keyTag('')
/**
 * One of each key on each thing that it is made of. Who says them one by one for each user, say, would else keep them for
 * ever, and read a result under ever more marks.
 */
const MAX_DEPENDENCIES = 10_000
