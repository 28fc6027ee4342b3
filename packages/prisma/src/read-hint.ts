import { type ReadHint, resolveHint, type ResolvedHint, UNCACHED } from '@tidemark/core'
import { PlanMemo } from './plan-memo.ts'
import { isPlainRecord } from './shape-key.ts'

/** The `cache` arguments of reads. Prisma copies them for each call, so one is recognised by its content. */
export class ReadHints {
  readonly #hints = new PlanMemo<ResolvedHint>()
  /** Those that say no more than a time, as most do. */
  readonly #times = new PlanMemo<ResolvedHint>()

  /** @throws TidemarkError `INVALID_OPTION` that names the part of the hint at fault */
  resolve(cache: unknown): ResolvedHint {
    const ttl = onlyTtl(cache)
    if (ttl !== undefined) return this.#times.getOrMake(ttl, () => resolve(cache))
    const text = textOf(cache)
    return text === undefined ? resolve(cache) : this.#hints.getOrMake(text, () => resolve(cache))
  }
}

function resolve(cache: unknown): ResolvedHint {
  return cache === false ? UNCACHED : resolveHint(cache as ReadHint, 'cache', 'an object, or false')
}

function onlyTtl(cache: unknown): string | undefined {
  if (!isPlainRecord(cache)) return undefined
  for (const name in cache) if (name !== 'ttl') return undefined
  const { ttl } = cache
  return typeof ttl === 'string' ? ttl : undefined
}

/** The parts of a hint as a text, or undefined where it is not worth keeping or has a part that no right hint has. */
function textOf(cache: unknown): string | undefined {
  if (cache === false) return 'false'
  if (!isPlainRecord(cache)) return undefined
  let text = ''
  for (const [name, part] of Object.entries(cache)) {
    // A ticket is another one each time.
    if (name === 'freshAfter') return undefined
    const isList = Array.isArray(part)
    text += JSON.stringify(name) + (isList ? '[' : '')
    for (const item of isList ? (part as readonly unknown[]) : [part]) {
      if (typeof item === 'string') text += JSON.stringify(item)
      else if (typeof item === 'number' || typeof item === 'boolean') text += `${item};`
      else return undefined
    }
    if (isList) text += ']'
  }
  return text
}
