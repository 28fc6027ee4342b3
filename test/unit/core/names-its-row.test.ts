import { namesItsRow } from '@tidemark/core'
import { expect, it } from 'vitest'

it.each(['', 'a', 'A ', '☃', 0, -5, 2n ** 63n])(
  '%s finds the row that it was read from',
  (value) => {
    expect(namesItsRow(value)).toBe(true)
  },
)

it.each([1.5, 2 ** 53, Number.NaN, null, undefined, true, new Date(), {}, 'what?', '\uFFFD'])(
  '%s may find another row, or none',
  (value) => {
    expect(namesItsRow(value)).toBe(false)
  },
)
