import { SeededRandom } from '@tidemark/testing'
import fc from 'fast-check'

const LARGEST = 0xffff

/**
 * A list of numbers, spent one by one on decisions. When none are left every decision is the first choice, so whoever
 * decides puts the simplest first: numbers that fast-check shrinks then make what they decide simpler.
 */
export class Genes {
  readonly #numbers: readonly number[]
  #at = 0

  constructor(numbers: readonly number[]) {
    this.#numbers = numbers
  }

  static seeded(seed: number, length: number): Genes {
    const random = new SeededRandom(seed)
    return new Genes(Array.from({ length }, () => Math.floor(random.fraction() * (LARGEST + 1))))
  }

  /** From 0 to below `bound`. */
  below(bound: number): number {
    const number = this.#numbers[this.#at] ?? 0
    this.#at += 1
    return bound <= 1 ? 0 : number % bound
  }

  pick<T>(choices: readonly T[]): T {
    return choices[this.below(choices.length)]!
  }

  /** True once in so many times. */
  oneIn(times: number): boolean {
    return this.below(times) === times - 1
  }

  list<T>(least: number, most: number, make: (index: number) => T): T[] {
    const length = least + this.below(most - least + 1)
    return Array.from({ length }, (_, index) => make(index))
  }

  /** Some of these, in their order. */
  some<T>(choices: readonly T[], most: number, least = 0): T[] {
    const chosen = new Set(
      this.list(Math.min(least, choices.length), Math.min(most, choices.length), () =>
        this.pick(choices),
      ),
    )
    return choices.filter((choice) => chosen.has(choice))
  }
}

/** What genes decide, as an arbitrary that shrinks. */
export function decoded<T>(make: (genes: Genes) => T, mostGenes: number): fc.Arbitrary<T> {
  const numbers = fc.array(fc.nat(LARGEST), { maxLength: mostGenes, size: 'max' })
  return fc.noBias(numbers).map((list) => make(new Genes(list)))
}
