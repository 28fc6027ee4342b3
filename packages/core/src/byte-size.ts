import bytes from 'bytes'
import { invalidOption } from './tidemark-error.ts'

/** Bytes, or a number with a unit of 1024s: `65536`, `'64kb'`, `'64mb'`, `'1gb'`. */
export type ByteSize = number | `${number}${'b' | 'kb' | 'mb' | 'gb'}`

const PATTERN = /^\d+(\.\d+)?(b|kb|mb|gb)$/

/**
 * A size in whole bytes.
 *
 * @param name the option's name, for the error
 * @throws TidemarkError `INVALID_OPTION` unless it is a finite size of at least one byte
 */
export function parseByteSize(name: string, value: unknown): number {
  const parsed = typeof value === 'string' && PATTERN.test(value) ? bytes.parse(value) : value
  if (typeof parsed === 'number' && Number.isFinite(parsed) && parsed >= 1) {
    return Math.floor(parsed)
  }
  throw invalidOption(name, "a size of at least 1 byte (bytes, or a string such as '64mb')", value)
}
