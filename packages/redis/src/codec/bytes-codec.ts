import type { EncodingRefusal, ValueType } from '@tidemark/core'

/**
 * Turns a result into bytes that another process turns back into it. What comes out of `decode` is deeply
 * equal to what went into `encode`, types included: a result that could not be is refused.
 *
 * `decode` is given whatever somebody put into Redis. It answers with a value or with `'corrupt'`, and
 * never throws, changes a prototype, or takes more time and memory than the bytes are worth.
 */
export interface BytesCodec {
  /** Part of every entry, so that what another codec wrote is a miss. Up to 32 characters of ASCII. */
  readonly name: string
  /** From 0 to 255. Another one for every change after which older bytes would be misread. */
  readonly version: number
  encode(value: unknown, context: CodecContext): BytesEncoding
  decode(bytes: Uint8Array, context: CodecContext): Decoding
}

export interface CodecContext {
  /** What adapters have declared; the list grows while adapters are bound. */
  readonly valueTypes: readonly ValueType[]
  /** What is larger is refused. */
  readonly maxBytes: number
}

export type BytesEncoding =
  | { readonly state: 'encoded'; readonly bytes: Uint8Array }
  | { readonly state: 'refused'; readonly reason: EncodingRefusal }

export type Decoding =
  | { readonly state: 'decoded'; readonly value: unknown }
  /** `detail` is for people; it has nothing of the content. */
  | { readonly state: 'corrupt'; readonly detail: string }
