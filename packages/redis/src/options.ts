import {
  type ByteSize,
  checkCount,
  checkKeys,
  checkRecord,
  type Duration,
  invalidOption,
  parseByteSize,
  parseDuration,
} from '@tidemark/core'
import type { BytesCodec } from './codec/bytes-codec.ts'
import { Encryption, type EncryptionOptions } from './codec/encryption.ts'
import { HashedNames } from './codec/hashed-names.ts'
import { msgpackCodec } from './codec/msgpack-codec.ts'

export interface RedisTierOptions {
  /** How long a call to Redis may take before the database is asked instead. Default: `'250ms'`. */
  readonly timeout?: Duration
  /**
   * When Redis is left alone: after one call that timed out, or this many `failures` in a row (default 5). From then on
   * nothing waits for it; every `retry` (default `'1s'`) a probe in the background finds out whether it is back.
   */
  readonly breaker?: { readonly failures?: number; readonly retry?: Duration }
  /** How often it is checked that messages of other processes come through. Default: `'1s'`. */
  readonly heartbeat?: Duration
  /** How long a mark is kept that nobody writes. When it ends, what depends on it is a miss. Default: `'7d'`. */
  readonly markTtl?: Duration
  /** The longest that an entry is kept, whatever its time to live. Default: `'30d'`. */
  readonly maxTtl?: Duration
  /** A result that takes more bytes, before compression, is not shared. Default: `'1mb'`. */
  readonly maxEntryBytes?: ByteSize
  /** What takes more bytes is compressed. Default: `'1kb'`. `Infinity`: nothing is. */
  readonly compressAbove?: ByteSize
  /** How results become bytes. Default: `msgpackCodec`; `superjsonCodec` can be read by people. */
  readonly codec?: BytesCodec
  /** Encrypts entries, so that nobody without a key can read or make one. Needs `nameSecret`. Default: they are not. */
  readonly encryption?: EncryptionOptions
  /**
   * 32 random bytes, or them as base64 or hexadecimal text, that hide the names of queries, tables and tags. One for all
   * processes of a namespace. Default: queries are known by their SHA-256, tables and tags by their names.
   */
  readonly nameSecret?: Uint8Array | string
}

export interface ResolvedRedisOptions {
  readonly timeoutMs: number
  readonly failures: number
  readonly retryMs: number
  readonly heartbeatMs: number
  readonly markTtlMs: number
  readonly maxTtlMs: number
  readonly maxEntryBytes: number
  readonly compressAbove: number
  readonly codec: BytesCodec
  readonly encryption: Encryption | undefined
  readonly hashes: HashedNames
  readonly areTagsHidden: boolean
}

const NAMES = [
  'timeout',
  'breaker',
  'heartbeat',
  'markTtl',
  'maxTtl',
  'maxEntryBytes',
  'compressAbove',
  'codec',
  'encryption',
  'nameSecret',
] as const

/** @throws TidemarkError `INVALID_OPTION` that names the option, what was expected and what came */
export function resolveRedisOptions(options: RedisTierOptions): ResolvedRedisOptions {
  checkKeys('redisTier', options, NAMES)
  const { timeout = '250ms', breaker = {}, heartbeat = '1s', markTtl = '7d' } = options
  const { maxTtl = '30d', maxEntryBytes = '1mb', compressAbove = '1kb' } = options
  const { codec = msgpackCodec, encryption, nameSecret } = options
  checkKeys('redisTier.breaker', breaker, ['failures', 'retry'])
  const { failures = 5, retry = '1s' } = breaker
  checkCount('redisTier.breaker.failures', failures)
  if (typeof codec?.encode !== 'function' || typeof codec.decode !== 'function') {
    throw invalidOption('redisTier.codec', 'a codec such as msgpackCodec', codec)
  }
  if (encryption !== undefined) {
    checkRecord('redisTier.encryption', encryption, 'an object such as { keys: [{ id, key }] }')
  }
  if (encryption !== undefined && nameSecret === undefined) {
    throw invalidOption(
      'redisTier.nameSecret',
      'a secret beside encryption (without it queries could be guessed by their hash)',
      nameSecret,
    )
  }
  return {
    timeoutMs: parseFinite('redisTier.timeout', timeout),
    failures,
    retryMs: parseFinite('redisTier.breaker.retry', retry),
    heartbeatMs: parseFinite('redisTier.heartbeat', heartbeat),
    markTtlMs: parseFinite('redisTier.markTtl', markTtl),
    maxTtlMs: parseFinite('redisTier.maxTtl', maxTtl),
    maxEntryBytes: parseByteSize('redisTier.maxEntryBytes', maxEntryBytes),
    compressAbove:
      compressAbove === Infinity
        ? Infinity
        : parseByteSize('redisTier.compressAbove', compressAbove),
    codec,
    encryption: encryption && new Encryption(encryption),
    hashes: new HashedNames(nameSecret),
    areTagsHidden: nameSecret !== undefined,
  }
}

/** Timers of the runtime count to this. */
const MAX_TIMER_MS = 2 ** 31 - 1

function parseFinite(name: string, value: unknown): number {
  const ms = parseDuration(name, value)
  if (ms <= MAX_TIMER_MS || name.endsWith('Ttl')) {
    if (ms !== Infinity) return ms
  }
  throw invalidOption(name, 'a duration that ends (timers reach 24 days)', value)
}
