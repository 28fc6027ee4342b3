import { isPromise } from '../awaitable.ts'
import type { CacheKey } from '../keys/cache-key.ts'
import type { Encoding } from '../tiers/codec.ts'
import type { Engine } from '../engine.ts'
import type { Lookup } from './lookup.ts'
import { longestWindowOf, ttlOf } from '../policies/read-policy.ts'
import { isEmptyResult } from './result.ts'
import type { Entry } from '../tiers/tier.ts'

/**
 * Keeps what was loaded, here and for other processes: for its time to live, and as long after it as this caller might serve
 * it. No caller waits for a tier that is slow.
 *
 * @param encoding of the value, for whoever needs it otherwise too
 * @returns when it is there for other processes, or has failed; undefined where it is not stored for them
 */
export function storeResult(
  engine: Engine,
  lookup: Lookup,
  loaded: Pick<Entry, 'tokens' | 'readAt' | 'loadMs'>,
  value: unknown,
  encoding = encodeResult(engine, lookup.key, value),
): Promise<unknown> | undefined {
  if (encoding.state === 'refused') return undefined
  const { clock, random, settings, shared } = engine
  const { call, policy, dependencies: tags } = lookup
  const { stored, bytes } = encoding
  const isEmpty = isEmptyResult(call, value)
  const ttlMs = ttlOf(policy, isEmpty) * (1 - settings.ttlJitter * random.fraction())
  const result = { ...loaded, isEmpty, stored, bytes, ttlMs }
  if (!rememberResult(engine, lookup, result)) return undefined
  call.plan.shape.stored(bytes)
  if (!shared) return undefined
  const { tokens, loadMs } = loaded
  const keepMs = ttlMs + longestWindowOf(policy)
  const ageMs = clock.now() - loaded.readAt
  return engine.runInBackground(() =>
    shared.store(lookup.key, { tokens, tags, ttlMs, keepMs, ageMs, loadMs, value }),
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
): boolean {
  const { marks, settings } = engine
  try {
    if (engine.closed || marks.match(tags, result.tokens) === 'moved') return false
  } catch {
    return true
  }
  const expiresAt = result.readAt + result.ttlMs * settings.memoryTtlShare
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
