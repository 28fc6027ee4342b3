import { Corrupt } from './corrupt.ts'

/** 'T', 'i', 'd' and what no text starts with. */
const MAGIC = 0x5469_64f1
/** Another one for every change of the layout below. */
const FORMAT = 1

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
  /** How long it may be served from then on, in milliseconds. `Infinity` for ever. */
  readonly ttlMs: number
}

export interface Body extends EntryFacts {
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
 * created 8 | ttl 8 | payload length 4 | key length 4 | key | tokens 2 | (length 1 | token)* | payload
 * ```
 */
export function writeFacts(facts: EntryFacts, key: Uint8Array, length: number): Buffer {
  const tokens = facts.tokens.map((token) => Buffer.from(token, 'latin1'))
  const size = 26 + key.length + tokens.reduce((sum, token) => sum + 1 + token.length, 0)
  const bytes = Buffer.allocUnsafe(size)
  bytes.writeDoubleBE(facts.createdAt, 0)
  bytes.writeDoubleBE(facts.ttlMs, 8)
  bytes.writeUInt32BE(length, 16)
  bytes.writeUInt32BE(key.length, 20)
  bytes.set(key, 24)
  let at = bytes.writeUInt16BE(tokens.length, 24 + key.length)
  for (const token of tokens) {
    bytes[at] = token.length
    bytes.set(token, at + 1)
    at += 1 + token.length
  }
  return bytes
}

/** @throws Corrupt */
export function readBody(bytes: Buffer): Body {
  if (bytes.length < 26) throw new Corrupt('a body that is too short')
  const keyEnd = 24 + bytes.readUInt32BE(20)
  if (keyEnd + 2 > bytes.length) throw new Corrupt('a key that is longer than the body')
  const count = bytes.readUInt16BE(keyEnd)
  const tokens: string[] = []
  let at = keyEnd + 2
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
    length: bytes.readUInt32BE(16),
    key: bytes.subarray(24, keyEnd),
    tokens,
    payload: bytes.subarray(at),
  }
}

/** As UTF-8; text that is not well-formed, which UTF-8 would make like other text, as UTF-16 behind a byte that UTF-8 lacks. */
export function bytesOfKey(key: string): Uint8Array {
  if (key.isWellFormed()) return Buffer.from(key)
  return Buffer.concat([Buffer.from([0xff]), Buffer.from(key, 'utf16le')])
}
