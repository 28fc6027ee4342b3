import type { Decoding } from './bytes-codec.ts'

/** Thrown inside a codec for bytes that no codec of ours has made. It never leaves `decoding`. */
export class Corrupt extends Error {
  override readonly name = 'Corrupt'
}

/**
 * Runs a decoder on bytes of unknown origin. Whatever it throws, its own errors, those of the parsers and
 * a stack overflow among them, means that the bytes are corrupt.
 */
export function decoding(decode: () => unknown): Decoding {
  try {
    return { state: 'decoded', value: decode() }
  } catch (error) {
    return { state: 'corrupt', detail: error instanceof Corrupt ? error.message : nameOf(error) }
  }
}

/** The message of a parser's error may quote what it parsed, which does not belong in logs. */
function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : 'unreadable'
}
