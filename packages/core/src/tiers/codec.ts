/**
 * Turns a result into the private form that a tier keeps, and back. Whatever comes out of `decode` is
 * deeply equal to what went into `encode`, types included, and shares nothing mutable with anything.
 *
 * In memory the form is a detached copy; for a tier behind a network it is bytes.
 */
export interface Codec {
  /** Part of what a shared tier stores, so that an entry of another codec is a miss, not an error. */
  readonly name: string
  encode(value: unknown, limits: EncodeLimits): Encoding
  decode(stored: Stored): unknown
  /**
   * What `decode` gives, or one object for all who ask: only where nobody can change anything in it. Default: there is none
   * such.
   */
  frozen?(stored: Stored): unknown
}

/** What a codec made of a result: opaque to everyone but the codec. */
export type Stored = object

export interface EncodeLimits {
  /** An encoding stops, refused, as soon as its estimated size goes over this. */
  readonly maxBytes: number
}

export type Encoding =
  | { readonly state: 'encoded'; readonly stored: Stored; readonly bytes: number }
  | { readonly state: 'refused'; readonly reason: EncodingRefusal }

export type EncodingRefusal =
  /** Its size is over `maxEntryBytes`. */
  | 'too-large'
  /** It contains a value of a class that the codec does not know. */
  | 'unstorable-value'
  /** A parameter was changed while the query ran: nobody knows what the result answers. */
  | 'unkeyable-parameter'
  /** The partition became another while the query ran: nobody knows whose view the result is. */
  | 'no-partition'
