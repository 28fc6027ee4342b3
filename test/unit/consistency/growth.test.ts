import { describe, expect, test } from 'vitest'
import { growthOf } from '../../consistency/growth.ts'

const series = (values: readonly number[]) => values.map((value, at) => ({ at, value }))

describe('growthOf', () => {
  test('finds a steady leak under noise', () => {
    const noisy = Array.from({ length: 40 }, (_, at) => 100 + at * 0.5 + ((at * 7) % 5))
    const { perMinute, inAll } = growthOf(series(noisy))
    expect(perMinute).toBeCloseTo(0.5, 1)
    expect(inAll).toBeCloseTo(0.5 * 39, 0)
  })

  test('is not moved by a few wild points', () => {
    const wild = Array.from({ length: 40 }, (_, at) => (at % 9 === 8 ? 1000 : 100))
    expect(growthOf(series(wild)).perMinute).toBe(0)
  })

  test('finds nothing in what goes up and down', () => {
    const waves = Array.from({ length: 41 }, (_, at) => 100 + (at % 2) * 10)
    expect(growthOf(series(waves)).inAll).toBe(0)
  })

  test('asks for two points', () => {
    expect(() => growthOf(series([1]))).toThrow('expected two points')
  })
})
