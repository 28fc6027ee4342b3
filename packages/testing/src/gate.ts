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
  /** Resolves as soon as someone waits at the gate. */
  readonly reached: Promise<void>
  /** Lets through whoever waits, and whoever comes. */
  readonly open: () => void
  readonly #opened: Promise<void>
  readonly #arrive: () => void

  constructor() {
    const reached = signal()
    const opened = signal()
    this.reached = reached.promise
    this.#arrive = reached.give
    this.#opened = opened.promise
    this.open = opened.give
  }

  /** Waits for the gate to be open, then goes on with `next`. */
  async pass<T>(next: () => T | Promise<T>): Promise<T> {
    this.#arrive()
    await this.#opened
    return next()
  }
}

function signal(): { readonly promise: Promise<void>; readonly give: () => void } {
  let give!: () => void
  const promise = new Promise<void>((resolve) => (give = resolve))
  return { promise, give }
}
