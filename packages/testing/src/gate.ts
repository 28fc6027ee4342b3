/**
 * A point at which a test holds what it tests. It tells when someone has come to it, and lets nobody
 * through until it is opened: interleavings are then what the test says, not what a timer made of them.
 *
 * @example
 * const gate = new Gate()
 * const read = cache.engine.read(call, () => gate.pass(() => queryDatabase()))
 * await gate.reached    // the read is about to ask the database
 * await write()
 * gate.open()           // only now does it ask
 * await read
 */
export class Gate {
  readonly #reached = Promise.withResolvers<void>()
  readonly #opened = Promise.withResolvers<void>()

  /** Resolves as soon as someone waits at the gate. */
  get reached(): Promise<void> {
    return this.#reached.promise
  }

  open(): void {
    this.#opened.resolve()
  }

  /** Waits for the gate to be open, then goes on with `next`. */
  async pass<T>(next: () => T | Promise<T>): Promise<T> {
    this.#reached.resolve()
    await this.#opened.promise
    return next()
  }
}
