import Table from 'cli-table3'

/** Prints times beside what they are divided by. Times differ from machine to machine; the ratios are to be read. */
export class Ratios<Name extends string> {
  readonly #us: Readonly<Record<Name, number>>
  readonly #table = new Table({
    head: ['', 'what', 'µs', 'divided by', 'µs', 'ratio', 'target'],
    colAligns: ['left', 'left', 'right', 'left', 'right', 'right', 'right'],
    style: { head: [], border: [], compact: true },
  })

  /** @param us microseconds, as `measure` gives them */
  constructor(us: Readonly<Record<Name, number>>) {
    this.#us = us
  }

  /**
   * @param target the name of the target, and the ratio that it allows
   * @returns itself
   */
  add(what: Name, dividedBy: Name, [name, bound]: readonly [string?, string?] = []): this {
    const [us, floor] = [this.#us[what], this.#us[dividedBy]]
    const times = [us.toFixed(1), floor.toFixed(1), (us / floor).toFixed(2)] as const
    this.#table.push([name ?? '', what, times[0], dividedBy, times[1], times[2], bound ?? ''])
    return this
  }

  toString(): string {
    return this.#table.toString()
  }
}
