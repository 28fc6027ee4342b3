import { checkName, type EncodingRefusal, invalidOption, type ValueType } from '@tidemark/core'
import type { BytesCodec, CodecContext, Decoding } from './bytes-codec.ts'
import { canDecompress, compress, type Compression, decompress } from './compression.ts'
import { decoding } from './corrupt.ts'
import type { Encryption } from './encryption.ts'
import {
  type Body,
  bytesOfKey,
  type EntryFacts,
  type Header,
  readBody,
  readHeader,
  readTags,
  writeFacts,
  writeHeader,
} from './entry-envelope.ts'

export interface EntryCodecOptions {
  readonly codec: BytesCodec
  /** What adapters have declared. The list may grow. */
  readonly valueTypes: readonly ValueType[]
  /** Of a value as its codec writes it, before compression. Neither written nor read above it. */
  readonly maxBytes: number
  /** What is longer is compressed, in bytes. `Infinity` for never. */
  readonly compressAbove: number
  readonly encryption?: Encryption | undefined
}

export type Sealed =
  | { readonly state: 'sealed'; readonly bytes: Buffer }
  | { readonly state: 'refused'; readonly reason: EncodingRefusal }

/** Why an entry cannot be used. Each is a miss, and is counted by its name. */
export type UnreadableReason =
  /** Not an entry, changed since it was made, or moved here from another key. */
  | 'corrupt'
  /** Of a format, codec or compression that this process does not read: another version wrote it. */
  | 'unknown-format'
  /** Encrypted with a key that this process does not have, or not encrypted where it has one. */
  | 'unknown-key'
  /** The entry of another query whose key has the same hash. */
  | 'other-query'

export type Opened =
  | {
      readonly state: 'opened'
      readonly facts: Omit<EntryFacts, 'tags'>
      /** Read when it is asked for, which no hit does. */
      tags(): readonly string[]
      /** Its whole key, for `readKey`. */
      readonly key: Uint8Array
      /** Decompressed and decoded when it is asked for: an entry whose marks have moved need not be. */
      value(): Decoding
    }
  | { readonly state: 'unreadable'; readonly reason: UnreadableReason; readonly detail: string }

/** What is stored under a key of Redis: a value, and all that tells whether it is the right one. */
export class EntryCodec {
  readonly #codec: BytesCodec
  readonly #context: CodecContext
  readonly #compressAbove: number
  readonly #encryption: Encryption | undefined

  /** @throws TidemarkError `INVALID_OPTION` for a codec of one's own with an impossible name or version */
  constructor({ codec, valueTypes, maxBytes, compressAbove, encryption }: EntryCodecOptions) {
    checkName('codec.name', codec.name)
    if (!/^[\x20-\x7e]{1,32}$/.test(codec.name)) {
      throw invalidOption('codec.name', 'up to 32 characters of ASCII', codec.name)
    }
    const { version } = codec
    if (!Number.isInteger(version) || version < 0 || version > 255) {
      throw invalidOption('codec.version', 'a whole number from 0 to 255', version)
    }
    this.#codec = codec
    this.#context = { valueTypes, maxBytes }
    this.#compressAbove = compressAbove
    this.#encryption = encryption
  }

  /**
   * @param name where it will be stored: an encrypted entry is good for nothing elsewhere
   * @param key the whole key of the query
   */
  seal(name: string, key: string, facts: EntryFacts, value: unknown): Sealed {
    const encoding = this.#codec.encode(value, this.#context)
    if (encoding.state === 'refused') return encoding
    const { length } = encoding.bytes
    const { compression, bytes } = compress(encoding.bytes, this.#compressAbove)
    const header = writeHeader({
      codec: this.#codec.name,
      codecVersion: this.#codec.version,
      compression,
      keyId: this.#encryption?.keyId,
    })
    const parts = [writeFacts(facts, bytesOfKey(key), length), bytes]
    const body = this.#encryption?.encrypt(parts, authenticated(header, name)) ?? parts
    return { state: 'sealed', bytes: Buffer.concat([header, ...body]) }
  }

  /**
   * @param name where it was found
   * @param key the whole key of the query that is asked for
   * @param bytes whatever is there
   */
  open(name: string, key: string, bytes: Buffer): Opened {
    const opened = this.openAny(name, bytes)
    if (opened.state === 'unreadable') return opened
    return Buffer.compare(opened.key, bytesOfKey(key)) === 0
      ? opened
      : unreadable('other-query', 'another key with the same hash')
  }

  /** For whoever wants to know what is there, whatever query it answers. */
  openAny(name: string, bytes: Buffer): Opened {
    const read = readHeader(bytes)
    if (read.state === 'corrupt') return unreadable('corrupt', 'not an entry')
    if (read.state === 'unknown') return unreadable('unknown-format', 'another format')
    const { header, length } = read
    const obstacle = this.#obstacle(header)
    if (obstacle) return obstacle
    const opening = decoding(() => this.#body(header, bytes, length, name))
    if (opening.state === 'corrupt') return unreadable('corrupt', opening.detail)
    const body = opening.value as Body
    const { tokens, createdAt, ttlMs, keepMs, loadMs } = body
    return {
      state: 'opened',
      facts: { tokens, createdAt, ttlMs, keepMs, loadMs },
      tags: () => readTags(body.tags),
      key: body.key,
      value: () => this.#value(header, body),
    }
  }

  #obstacle({ codec, codecVersion, compression, keyId }: Header): Opened | undefined {
    if (codec !== this.#codec.name || codecVersion !== this.#codec.version) {
      return unreadable('unknown-format', 'another codec')
    }
    if (!canDecompress(compression)) return unreadable('unknown-format', 'another compression')
    // Whoever encrypts must not believe what anybody could have written.
    if (keyId === undefined ? this.#encryption : !this.#encryption?.knows(keyId)) {
      return unreadable('unknown-key', keyId === undefined ? 'not encrypted' : 'an unknown key')
    }
    return undefined
  }

  #body({ keyId }: Header, bytes: Buffer, start: number, name: string): Body {
    const rest = bytes.subarray(start)
    if (keyId === undefined) return readBody(rest)
    const context = authenticated(bytes.subarray(0, start), name)
    return readBody(asBuffer(this.#encryption!.decrypt(keyId, rest, context)))
  }

  #value({ compression }: Header, { payload, length }: Body): Decoding {
    const { maxBytes } = this.#context
    // Before anything of that size is allocated.
    if (length > maxBytes) return { state: 'corrupt', detail: 'larger than this process takes' }
    // Around the codec too: an application may bring its own.
    const decoded = decoding(() => {
      const plain = decompress({ compression: compression as Compression, bytes: payload }, length)
      return this.#codec.decode(plain, this.#context)
    })
    return decoded.state === 'corrupt' ? decoded : (decoded.value as Decoding)
  }
}

/** What is not encrypted and must yet be as it was. The header says where it ends. */
function authenticated(header: Uint8Array, name: string): Uint8Array {
  return Buffer.concat([header, Buffer.from(name)])
}

function unreadable(reason: UnreadableReason, detail: string): Opened {
  return { state: 'unreadable', reason, detail }
}

function asBuffer({ buffer, byteOffset, byteLength }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength)
}
