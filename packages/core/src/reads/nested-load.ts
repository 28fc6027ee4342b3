import { AsyncLocalStorage } from 'node:async_hooks'
import { TidemarkError } from '../options/tidemark-error.ts'

/** The load within which something is asked for. */
const running = new AsyncLocalStorage<NestedLoad>()
/** How many there are now. Mostly none, and then no hit looks for them. */
let count = 0

/**
 * A load that may ask the cache in turn, as that of `getOrLoad` may. Whoever asks within one for what is on its way already must
 * not wait for what waits for them: it would be for ever.
 *
 * Nobody can see whether a promise is awaited, so such a load is no error yet: it is done once more, by itself. Only one that
 * goes on so is.
 */
export class NestedLoad {
  readonly #id: string
  readonly #name: string | undefined
  /** Those within which it was begun: several where it loads for several. */
  readonly #outer = new Set<NestedLoad>()
  readonly #waitsFor = new Set<NestedLoad>()
  #isRunning = false

  /**
   * @param id what it loads, and under which marks
   * @param name of what it loads, for errors. Default: it is of no interest
   */
  constructor(id: string, name?: string) {
    this.#id = id
    this.#name = name
  }

  /** It is begun here, or what is here waits for it as well. */
  beginHere(): void {
    const outer = running.getStore()
    if (!outer) return
    this.#outer.add(outer)
    outer.#waitsFor.add(this)
  }

  async run<T>(load: () => Promise<T>): Promise<T> {
    this.beginHere()
    try {
      return await this.runUnawaited(load)
    } finally {
      for (const outer of this.#outer) outer.#waitsFor.delete(this)
      // Else one that is begun within what another leaves behind would keep all before it.
      this.#outer.clear()
    }
  }

  /** The same for one that nobody waits for who is here. */
  async runUnawaited<T>(load: () => Promise<T>): Promise<T> {
    this.#isRunning = true
    count += 1
    try {
      return await running.run(this, load)
    } finally {
      this.#isRunning = false
      count -= 1
    }
  }

  /**
   * Whether what is done here is a part of loading this. What is stored of it is no answer then: it would be stored once more
   * as if it were new.
   *
   * @param id asked for where something is being loaded at all
   */
  static isAround(id: () => string): boolean {
    const own = count === 0 ? undefined : running.getStore()
    if (!own) return false
    const name = id()
    return own.#chain().some((each) => each.#isRunning && each.#id === name)
  }

  /**
   * Waits for it here. Undefined where it waits for what is being done here.
   *
   * @throws TidemarkError `LOAD_CYCLE` where it has been loaded within itself twice
   */
  wait<T>(result: Promise<T>): Promise<T> | undefined {
    const own = running.getStore()
    if (!own) return result
    if (this.#reaches(own)) {
      own.#refuseCycle(this.#id)
      return undefined
    }
    own.#waitsFor.add(this)
    return result.finally(() => own.#waitsFor.delete(this))
  }

  #reaches(other: NestedLoad): boolean {
    const all = new Set<NestedLoad>([this])
    // It goes on to what is added meanwhile.
    for (const each of all) {
      if (each === other) return true
      for (const next of each.#waitsFor) all.add(next)
    }
    return false
  }

  /** It, and what it was begun within, the outermost first. */
  #chain(): readonly NestedLoad[] {
    const [outer] = this.#outer
    return outer ? [...outer.#chain(), this] : [this]
  }

  #refuseCycle(id: string): void {
    const chain = this.#chain()
    const same = chain.filter((each) => each.#id === id)
    if (same.length < 2) return
    const round = chain.slice(chain.indexOf(same[0]!), chain.indexOf(same[1]!) + 1)
    const names = round.flatMap((each) => (each.#name === undefined ? [] : [each.#name]))
    throw new TidemarkError(
      'LOAD_CYCLE',
      `expected a load that does not ask for what it loads, got ${names.join(' → ')}`,
    )
  }
}
