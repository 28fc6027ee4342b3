import type { FoundEntry, KeptResult, SharedEntry } from '@tidemark/core'
import type { EntryCodec, Opened, UnreadableReason } from './codec/entry-codec.ts'

/**
 * What was found in Redis, as core takes it.
 *
 * @param name where it was found
 * @param key what was asked for
 * @param remainingMs how long Redis will keep it
 */
export function readEntry(
  codec: EntryCodec,
  name: string,
  key: string,
  bytes: Buffer,
  remainingMs: number,
): FoundEntry | undefined {
  const opened = codec.open(name, key, bytes)
  if (opened.state === 'unreadable') return MISSES[opened.reason]
  return new StoredEntry(opened, remainingMs, () => keep(codec, name, key, bytes))
}

/**
 * What came is a part of all that came with it; a small copy would be a part of what Node keeps for small ones. By a function of
 * its own, since closures of one function hold on to what any of them does.
 */
function keep(codec: EntryCodec, name: string, key: string, bytes: Buffer): KeptResult {
  const own = Buffer.allocUnsafeSlow(bytes.length)
  own.set(bytes)
  return keptIn(codec, name, key, own)
}

function keptIn(codec: EntryCodec, name: string, key: string, own: Buffer): KeptResult {
  return { bytes: own.length, decode: () => valueOf(codec.open(name, key, own)) }
}

/** The entry of another query, whose key has the same hash, is as good as none. */
const MISSES: Readonly<Record<UnreadableReason, FoundEntry | undefined>> = {
  corrupt: 'corrupt-entry',
  'unknown-format': 'foreign-entry',
  'unknown-key': 'foreign-entry',
  'other-query': undefined,
}

/** A class, since its getter costs a hit nothing. */
class StoredEntry implements SharedEntry {
  readonly tokens: SharedEntry['tokens']
  readonly ttlMs: number
  readonly ageMs: number
  readonly loadMs: number
  readonly keep: () => KeptResult
  readonly #opened: Readable

  constructor(opened: Readable, remainingMs: number, keep: () => KeptResult) {
    const { tokens, ttlMs, keepMs, loadMs } = opened.facts
    this.tokens = tokens as SharedEntry['tokens']
    this.ttlMs = ttlMs
    this.ageMs = Math.max(0, keepMs - remainingMs)
    this.loadMs = loadMs
    this.keep = keep
    this.#opened = opened
  }

  get tags(): SharedEntry['tags'] {
    return this.#opened.tags() as SharedEntry['tags']
  }

  decode(): unknown {
    return valueOf(this.#opened)
  }
}

type Readable = Extract<Opened, { state: 'opened' }>

function valueOf(opened: Opened): unknown {
  if (opened.state === 'unreadable') throw new Error(opened.detail)
  const decoding = opened.value()
  if (decoding.state === 'corrupt') throw new Error(decoding.detail)
  return decoding.value
}
