import type { CacheKey, ListedEntry, ListedMark } from '@tidemark/core'
import type { EntryCodec } from './codec/entry-codec.ts'
import { readKey } from './codec/entry-envelope.ts'
import type { RedisLink } from './redis-link.ts'
import type { RedisNames } from './redis-names.ts'
import { readEntry as storedEntry } from './stored-entry.ts'

/** See `SharedTier.listMarks`. */
export async function* listMarks(
  link: RedisLink,
  names: RedisNames,
  prefix: string,
): AsyncIterable<readonly ListedMark[]> {
  for await (const found of link.scan(names.patternOfMarks(prefix))) {
    yield found.map((name) => names.listedMark(name))
  }
}

/** See `SharedTier.listEntries`. */
export async function* listEntries(
  link: RedisLink,
  names: RedisNames,
  codec: EntryCodec,
): AsyncIterable<readonly ListedEntry[]> {
  for await (const found of link.scan(names.patternOfEntries)) {
    for (let at = 0; at < found.length; at += READ_AT_ONCE) {
      const entries = await Promise.all(
        found.slice(at, at + READ_AT_ONCE).map((name) => readEntry(link, codec, name)),
      )
      yield entries.filter((entry) => entry !== undefined)
    }
  }
}

/** Each may be large. */
const READ_AT_ONCE = 20

/** Undefined where it has gone since its name was found. */
async function readEntry(
  link: RedisLink,
  codec: EntryCodec,
  name: string,
): Promise<ListedEntry | undefined> {
  const { bytes, remainingMs } = await link.lookup([], name)
  if (!bytes) return undefined
  const opened = codec.openAny(name, bytes)
  if (opened.state === 'unreadable') {
    const reason = opened.reason === 'corrupt' ? 'corrupt-entry' : 'foreign-entry'
    return { key: undefined, entry: reason, bytes: bytes.length }
  }
  const key = readKey(opened.key) as CacheKey
  const entry = storedEntry(codec, name, key, bytes, remainingMs)
  return entry && { key, entry, bytes: bytes.length }
}
