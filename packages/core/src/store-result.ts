import { isPromise } from './awaitable.ts'
import type { CacheKey } from './cache-key.ts'
import type { Encoding } from './codec.ts'
import type { Engine } from './engine.ts'
import type { Lookup } from './lookup.ts'
import type { Entry } from './tier.ts'

/**
 * Keeps what was loaded, here and for other processes. No caller waits for a tier that is slow.
 *
 * @returns when it is there for other processes, or has failed; undefined where it is not stored for them
 */
export function storeResult(
  engine: Engine,
  lookup: Lookup,
  result: Result,
  value: unknown,
): Promise<unknown> | undefined {
  const { clock, random, settings, shared } = engine
  const ttlMs = lookup.ttlMs * (1 - settings.ttlJitter * random.fraction())
  if (!rememberResult(engine, lookup, result, ttlMs) || !shared) return undefined
  const { tokens, loadMs } = result
  const ageMs = clock.now() - result.readAt
  const tags = lookup.dependencies
  return engine.runInBackground(() =>
    shared.store(lookup.key, { tokens, tags, ttlMs, ageMs, loadMs, value }),
  )
}

/** A result with the marks that it was read under. */
type Result = Omit<Entry, 'expiresAt' | 'tags'>

/**
 * Keeps a result in this process.
 *
 * @returns false where a write came in between: to store it anywhere would be harmless, and useless
 */
export function rememberResult(
  engine: Engine,
  { key, dependencies, tags }: Lookup,
  result: Result,
  ttlMs: number,
): boolean {
  const { marks, settings } = engine
  try {
    if (engine.closed || marks.match(tags, result.tokens) === 'moved') return false
  } catch {
    return true
  }
  const expiresAt = result.readAt + ttlMs * settings.memoryTtlShare
  keepEntry(engine, key, { ...result, tags: dependencies, expiresAt })
  return true
}

/** A tier that fails has forgotten, which it may at any time. */
export function keepEntry(engine: Engine, key: CacheKey, entry: Entry): void {
  try {
    const storing = engine.tier.set(key, entry)
    if (isPromise(storing)) void engine.runInBackground(() => storing)
  } catch {
    // Forgotten.
  }
}

/** The form in which a result is kept here, or why it is not. */
export function encodeResult({ codec, settings }: Engine, key: CacheKey, value: unknown): Encoding {
  try {
    return codec.encode(value, { maxBytes: settings.maxEntryBytes - key.length * 2 })
  } catch {
    return { state: 'refused', reason: 'unstorable-value' }
  }
}
