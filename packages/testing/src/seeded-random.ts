import type { Random } from '@tidemark/core'

/** Chance that a test can replay: the same seed gives the same run. Tokens never repeat within one. */
export class SeededRandom implements Random {
  #state: number
  #tokens = 0

  constructor(seed: number) {
    this.#state = seed >>> 0
  }

  /** Mulberry32: 32 bits of state, evenly spread, which is all that a jitter needs. */
  fraction(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0
    let bits = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state)
    bits = (bits + Math.imul(bits ^ (bits >>> 7), 61 | bits)) ^ bits
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32
  }

  token(): string {
    this.#tokens += 1
    return `token-${this.#tokens}`
  }
}
