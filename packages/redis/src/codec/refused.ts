import type { EncodingRefusal } from '@tidemark/core'
import type { BytesEncoding } from './bytes-codec.ts'

/** Thrown inside a codec for a value that it must not encode. It never leaves `encoding`. */
export class Refused extends Error {
  readonly reason: EncodingRefusal

  constructor(reason: EncodingRefusal) {
    super(reason)
    this.reason = reason
  }
}

export function encoding(encode: () => Uint8Array): BytesEncoding {
  try {
    return { state: 'encoded', bytes: encode() }
  } catch (error) {
    if (error instanceof Refused) return { state: 'refused', reason: error.reason }
    throw error
  }
}
