import * as zlib from 'node:zlib'
import { Corrupt } from './corrupt.ts'

/** How a payload was compressed, as entries say it. */
export const COMPRESSION = { none: 0, deflate: 1, zstd: 2 } as const

export type Compression = (typeof COMPRESSION)[keyof typeof COMPRESSION]

/** Node has it from 22.15 and 23.8 on. */
const zstd =
  typeof zlib.zstdCompressSync === 'function'
    ? { compress: zlib.zstdCompressSync, decompress: zlib.zstdDecompressSync }
    : undefined

export interface Compressed {
  readonly compression: Compression
  readonly bytes: Uint8Array
}

/**
 * Compresses what is longer than `above`, if it gets shorter by that. In this thread: what another thread
 * would save is less than the way there and back, for all but the largest of entries.
 *
 * @param above in bytes; `Infinity` for never
 */
export function compress(bytes: Uint8Array, above: number): Compressed {
  if (bytes.length <= above) return { compression: COMPRESSION.none, bytes }
  const compressed = zstd
    ? { compression: COMPRESSION.zstd, bytes: zstd.compress(bytes, ZSTD_FAST) }
    : { compression: COMPRESSION.deflate, bytes: zlib.deflateRawSync(bytes, { level: 1 }) }
  return compressed.bytes.length < bytes.length
    ? compressed
    : { compression: COMPRESSION.none, bytes }
}

/** Level 1: higher ones take longer and gain little on rows. */
const ZSTD_FAST = { params: { [zlib.constants.ZSTD_c_compressionLevel ?? 100]: 1 } }

/** Whether this process can read it. One with an older Node cannot read zstd. */
export function canDecompress(compression: number): compression is Compression {
  switch (compression) {
    case COMPRESSION.none:
    case COMPRESSION.deflate:
      return true
    case COMPRESSION.zstd:
      return zstd !== undefined
    default:
      return false
  }
}

/** What zlib takes at least. */
const MIN_CHUNK = 64

/**
 * @param length what must come out, in bytes: no more is made of the bytes, whatever they say of themselves
 * @throws Corrupt, or an error of zlib
 */
export function decompress({ compression, bytes }: Compressed, length: number): Uint8Array {
  // One chunk for all of it, and none for more.
  const options = { maxOutputLength: Math.max(length, 1), chunkSize: Math.max(length, MIN_CHUNK) }
  const result = {
    [COMPRESSION.none]: () => bytes,
    [COMPRESSION.deflate]: () => zlib.inflateRawSync(bytes, options),
    [COMPRESSION.zstd]: () => zstd!.decompress(bytes, options),
  }[compression]()
  if (result.length !== length) throw new Corrupt('a payload of another length')
  return result
}
