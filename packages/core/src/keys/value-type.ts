/**
 * A class of values that drivers or clients return and take, beyond what the language has: a Decimal,
 * an interval. An adapter declares those it knows; a value of a class that nobody declared is served
 * and not cached, since a copy of it could be wrong in ways that nobody sees.
 */
export interface ValueType<T extends object = object> {
  /** For messages and metrics: `'Decimal'`. */
  readonly name: string
  matches(value: object): value is T
  /** A copy that shares nothing mutable with `value`. */
  copy(value: T): T
  /** Injective text, for cache keys (see canonical-encoding.ts) and for what other processes share. */
  encode(value: T): string
  /**
   * The value that `encode` gave this text for. It may throw for any other text. Without it, or where it
   * makes instances of another class, results with such a value stay in the memory of the process.
   */
  decode?(text: string): T
}
