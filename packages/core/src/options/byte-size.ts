import bytes from 'bytes'
import { invalidOption } from './tidemark-error.ts'

/** Bytes, or a number with a unit of 1024s: `65536`, `'64kb'`, `'64mb'`, `'1gb'`. */
export type ByteSize = number | `${number}${'b' | 'kb' | 'mb' | 'gb'}`

const PATTERN = /^\d+(\.\d+)?(b|kb|mb|gb)$/

/**
 * A size in whole bytes.
 *
 * @param name the option's name, for the error
 * @throws TidemarkError `INVALID_OPTION` unless it is a finite size of at least `min` bytes
 */
export function parseByteSize(name: string, value: unknown, min = 1): number {
  const parsed = typeof value === 'string' && PATTERN.test(value) ? bytes.parse(value) : value
  if (typeof parsed === 'number' && Number.isFinite(parsed) && parsed >= min) {
    return Math.floor(parsed)
  }
  throw invalidOption(
    name,
    `a size of at least ${min} byte${min === 1 ? '' : 's'} (bytes, or a string such as '64mb')`,
    value,
    hintFor(value),
  )
}

/** What somebody meant who wrote `'64 MB'`, `'64m'` or `'64MiB'`. */
function hintFor(value: unknown): string {
  const match = typeof value === 'string' && /^\s*(\d+(?:\.\d+)?)\s*([kmg])i?b?\s*$/i.exec(value)
  return match ? ` (did you mean '${match[1]}${match[2]!.toLowerCase()}b'?)` : ''
}
