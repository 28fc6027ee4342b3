import type { CacheKey } from '../keys/cache-key.ts'
import type { Engine } from '../engine.ts'
import type { Lookup } from './lookup.ts'
import { NoTier } from '../tiers/no-tier.ts'
import { readOut } from './result.ts'
import type { KeptResult, SharedEntry } from '../tiers/shared-tier.ts'
import { encodeResult, keepEntry, rememberResult } from './store-result.ts'
import type { Entry } from '../tiers/tier.ts'

/**
 * Keeps in this process what the shared tier has brought, in the form in which it came, where that can be kept: to make
 * this process's own form of it takes as long as to read it, and much of what is brought is not asked for again.
 */
export function promote(
  engine: Engine,
  lookup: Lookup,
  entry: SharedEntry,
  value: unknown,
  read: Pick<Entry, 'tokens' | 'readAt' | 'isEmpty'>,
): void {
  if (engine.tier instanceof NoTier) return
  const form = formOf(engine, lookup.key, entry, value)
  if (!form) return
  const { ttlMs, loadMs } = entry
  rememberResult(engine, lookup, { ...read, ...form, ttlMs, loadMs })
}

function formOf(
  engine: Engine,
  key: CacheKey,
  entry: SharedEntry,
  value: unknown,
): Pick<Entry, 'stored' | 'bytes'> | undefined {
  const kept = entry.keep?.()
  if (!kept) {
    const encoding = encodeResult(engine, key, value)
    return encoding.state === 'encoded'
      ? { stored: encoding.stored, bytes: encoding.bytes }
      : undefined
  }
  const { bytes } = kept
  return bytes <= engine.settings.maxEntryBytes ? { stored: new Unopened(kept), bytes } : undefined
}

/**
 * The result that an entry of this process holds, as `readOut` gives it. One that is as it came is given this process's own
 * form when it is asked for, which the next ones are served from.
 *
 * @throws where it cannot be read back
 */
export function resultOf(engine: Engine, lookup: Lookup, entry: Entry): unknown {
  const { key } = lookup
  const unopened = entry.stored
  if (!(unopened instanceof Unopened)) return readOut(engine, lookup, unopened)
  const value = unopened.kept.decode()
  if (unopened.isToBeOpened) {
    const encoding = encodeResult(engine, key, value)
    if (encoding.state === 'encoded') {
      const { stored, bytes } = encoding
      keepEntry(engine, key, { ...entry, stored, bytes })
    } else unopened.isToBeOpened = false
  }
  return value
}

/**
 * The same for whoever only looks: the entry stays as it is.
 *
 * @throws where it cannot be read back
 */
export function snapshotOf({ codec }: Engine, { stored }: Entry): unknown {
  return stored instanceof Unopened ? stored.kept.decode() : codec.decode(stored)
}

/** A result as the shared tier has brought it. */
class Unopened {
  readonly kept: KeptResult
  /** False once it was seen that this process has no form for it, such as for one that is too large. */
  isToBeOpened = true

  constructor(kept: KeptResult) {
    this.kept = kept
  }
}
