import type { MarkToken, Replacement, Tag, WriterId } from '@tidemark/core'
import type { RedisBus } from './redis-bus.ts'
import type { ArgsOf, RedisLink } from './redis-link.ts'
import type { RedisNames } from './redis-names.ts'
import { INTENT, RELEASE } from './scripts.ts'

export interface MarkWritesParts {
  readonly link: RedisLink
  readonly bus: RedisBus
  readonly names: RedisNames
  readonly leaseMs: number
}

/** What moves marks: each script tells the other processes which they are. */
export class MarkWrites {
  readonly #parts: MarkWritesParts

  constructor(parts: MarkWritesParts) {
    this.#parts = parts
  }

  lock(marks: readonly Tag[], writer: WriterId, how: 'new' | 'renew'): Promise<number> {
    const { leaseMs, link, names } = this.#parts
    return link.write(INTENT, names.marks(marks), this.#telling(marks, [writer, leaseMs, how]))
  }

  release(marks: readonly Tag[], writer: WriterId): Promise<number> {
    const { link, names } = this.#parts
    return link.write(RELEASE, names.marks(marks), this.#telling(marks, [writer]))
  }

  /** @param ttlMs how long the new tokens last that nobody asks for */
  async replace(
    marks: readonly Tag[],
    writer: WriterId,
    tokens: ReadonlyMap<Tag, MarkToken>,
    ttlMs: number,
  ): Promise<readonly Replacement[]> {
    const { link, names } = this.#parts
    const done = await link.replace(
      names.marks(marks),
      this.#telling(marks, [writer, ttlMs]),
      marks.map((mark) => tokens.get(mark) ?? ''),
    )
    return done.map((code) => REPLACEMENTS[code] ?? 'lost')
  }

  /** On a Cluster each mark tells of itself, and the first of all of them. */
  #telling(marks: readonly Tag[], args: readonly (string | number)[]): ArgsOf {
    const { bus, names } = this.#parts
    return (at) => {
      const message = at === 'all' ? bus.message(marks) : bus.messageOfPart(marks[at]!)
      return [names.channel, message, ...args]
    }
  }
}

/** By what `REPLACE` returns. */
const REPLACEMENTS: readonly Replacement[] = ['lost', 'released', 'replaced']
