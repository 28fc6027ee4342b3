import { Corrupt } from './corrupt.ts'

/** 'T', 'i', 'd' and what no text starts with. */
const MAGIC = 0x5469_64f1
/** Another one for every change of the layout below. */
const FORMAT = 3

const COMPRESSION_BITS = 0b0000_0011
const ENCRYPTED_BIT = 0b0000_0100

/** What stands before everything else, readable for all. */
export interface Header {
  readonly codec: string
  readonly codecVersion: number
  readonly compression: number
  /** Of the key that what follows is encrypted with. */
  readonly keyId: string | undefined
}

/** What is known of an entry beside its value. */
export interface EntryFacts {
  /** The marks that it was read under, in the order of its query's tags. */
  readonly tokens: readonly string[]
  /** When the database was asked, in milliseconds since 1970, on the clock that the tier goes by. */
  readonly createdAt: number
  /** How long it counts as fresh from then on, in milliseconds. `Infinity` for ever. */
  readonly ttlMs: number
  /** How long it is kept from then on, in milliseconds. */
  readonly keepMs: number
  /** How long the database took, in milliseconds. */
  readonly loadMs: number
  /** What it depends on. */
  readonly tags: readonly string[]
}

export interface Body extends Omit<EntryFacts, 'tags'> {
  /** For `readTags`. */
  readonly tags: Buffer
  /** The whole key, as `keyBytes` has it. */
  readonly key: Uint8Array
  /** Of the payload, once it is decompressed. */
  readonly length: number
  readonly payload: Uint8Array
}

export type ReadHeader =
  | { readonly state: 'read'; readonly header: Header; readonly length: number }
  | { readonly state: 'corrupt' }
  /** It is an entry, of a version that this one does not know. */
  | { readonly state: 'unknown' }

/**
 * ```text
 * magic 4 | format 1 | flags 1 | codec version 1 | codec length 1 | codec | [key id length 1 | key id]
 * ```
 */
export function writeHeader({ codec, codecVersion, compression, keyId }: Header): Buffer {
  const name = Buffer.from(codec, 'latin1')
  const id = keyId === undefined ? undefined : Buffer.from(keyId, 'latin1')
  const bytes = Buffer.alloc(8 + name.length + (id ? 1 + id.length : 0))
  bytes.writeUInt32BE(MAGIC, 0)
  bytes[4] = FORMAT
  bytes[5] = compression | (id ? ENCRYPTED_BIT : 0)
  bytes[6] = codecVersion
  bytes[7] = name.length
  name.copy(bytes, 8)
  if (id) {
    bytes[8 + name.length] = id.length
    id.copy(bytes, 9 + name.length)
  }
  return bytes
}

export function readHeader(bytes: Buffer): ReadHeader {
  if (bytes.length < 8 || bytes.readUInt32BE(0) !== MAGIC) return { state: 'corrupt' }
  const flags = bytes[5]!
  if (bytes[4] !== FORMAT || (flags & ~(COMPRESSION_BITS | ENCRYPTED_BIT)) !== 0) {
    return { state: 'unknown' }
  }
  const codecEnd = 8 + bytes[7]!
  const encrypted = (flags & ENCRYPTED_BIT) !== 0
  const end = encrypted ? codecEnd + 1 + (bytes[codecEnd] ?? 0) : codecEnd
  if (end > bytes.length || (encrypted && codecEnd >= bytes.length)) return { state: 'corrupt' }
  const header = {
    codec: bytes.toString('latin1', 8, codecEnd),
    codecVersion: bytes[6]!,
    compression: flags & COMPRESSION_BITS,
    keyId: encrypted ? bytes.toString('latin1', codecEnd + 1, end) : undefined,
  }
  return { state: 'read', header, length: end }
}

/**
 * All but the payload, which follows it:
 *
 * ```text
 * created 8 | ttl 8 | load 8 | keep 8 | payload length 4 | key length 4 | key | tags length 4 | tags | tokens 2 |
 * (length 1 | token)* | payload
 * ```
 *
 * The tags are JSON, which keeps any text apart from any other.
 */
export function writeFacts(facts: EntryFacts, key: Uint8Array, length: number): Buffer {
  const tokens = facts.tokens.map((token) => Buffer.from(token, 'latin1'))
  const tags = Buffer.from(JSON.stringify(facts.tags))
  const ofTokens = tokens.reduce((sum, token) => sum + 1 + token.length, 0)
  const size = FIXED_BYTES + key.length + tags.length + ofTokens
  const bytes = Buffer.allocUnsafe(size)
  bytes.writeDoubleBE(facts.createdAt, 0)
  bytes.writeDoubleBE(facts.ttlMs, 8)
  bytes.writeDoubleBE(facts.loadMs, 16)
  bytes.writeDoubleBE(facts.keepMs, 24)
  bytes.writeUInt32BE(length, 32)
  bytes.writeUInt32BE(key.length, 36)
  bytes.set(key, KEY_AT)
  let at = bytes.writeUInt32BE(tags.length, KEY_AT + key.length)
  bytes.set(tags, at)
  at = bytes.writeUInt16BE(tokens.length, at + tags.length)
  for (const token of tokens) {
    bytes[at] = token.length
    bytes.set(token, at + 1)
    at += 1 + token.length
  }
  return bytes
}

/** Where the key begins, and how long a body is without key, tags, tokens and payload. */
const KEY_AT = 40
const FIXED_BYTES = KEY_AT + 6

/** @throws Corrupt */
export function readBody(bytes: Buffer): Body {
  if (bytes.length < FIXED_BYTES) throw new Corrupt('a body that is too short')
  const keyEnd = KEY_AT + bytes.readUInt32BE(36)
  if (keyEnd + 6 > bytes.length) throw new Corrupt('a key that is longer than the body')
  const tagsEnd = keyEnd + 4 + bytes.readUInt32BE(keyEnd)
  if (tagsEnd + 2 > bytes.length) throw new Corrupt('tags that are longer than the body')
  const loadMs = bytes.readDoubleBE(16)
  // By an endless one each hit would seem about to end, and be loaded anew.
  if (!(loadMs >= 0 && loadMs < Infinity)) throw new Corrupt('a time that is none')
  const count = bytes.readUInt16BE(tagsEnd)
  const tokens: string[] = []
  let at = tagsEnd + 2
  if (at + count > bytes.length) throw new Corrupt('more tokens than the body has')
  for (let token = 0; token < count; token += 1) {
    const end = at + 1 + (bytes[at] ?? 0)
    if (end > bytes.length) throw new Corrupt('a token that is longer than the body')
    tokens.push(bytes.toString('latin1', at + 1, end))
    at = end
  }
  return {
    createdAt: bytes.readDoubleBE(0),
    ttlMs: bytes.readDoubleBE(8),
    loadMs,
    keepMs: bytes.readDoubleBE(24),
    length: bytes.readUInt32BE(32),
    key: bytes.subarray(KEY_AT, keyEnd),
    tags: bytes.subarray(keyEnd + 4, tagsEnd),
    tokens,
    payload: bytes.subarray(at),
  }
}

/** None where they cannot be read: they say what is there, and decide nothing. */
export function readTags(bytes: Buffer): readonly string[] {
  try {
    const tags: unknown = JSON.parse(bytes.toString())
    if (Array.isArray(tags) && tags.every((tag) => typeof tag === 'string')) return tags
  } catch {
    // Not JSON.
  }
  return []
}

/** The other way round than `bytesOfKey`. */
export function readKey(bytes: Uint8Array): string {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return buffer[0] === 0xff ? buffer.toString('utf16le', 1) : buffer.toString()
}

/** As UTF-8; text that is not well-formed, which UTF-8 would make like other text, as UTF-16 behind a byte that UTF-8 lacks. */
export function bytesOfKey(key: string): Uint8Array {
  if (key.isWellFormed()) return Buffer.from(key)
  return Buffer.concat([Buffer.from([0xff]), Buffer.from(key, 'utf16le')])
}
