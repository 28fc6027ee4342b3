import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Histogram } from '../../../packages/core/src/insight/histogram.ts'

const recorded = (times: readonly number[]) => {
  const histogram = new Histogram()
  for (const ms of times) histogram.record(ms)
  return histogram
}

/** The least of the times that this share does not exceed, by sorting them. */
const exact = (times: readonly number[], share: number) =>
  times.toSorted((a, b) => a - b)[Math.max(1, Math.ceil(share * times.length)) - 1]!

const times = fc.array(fc.double({ min: 0, max: 120_000, noNaN: true }), { minLength: 1 })

describe('a histogram', () => {
  it('knows each percentile to a sixteenth, and count and sum exactly', () => {
    fc.assert(
      fc.property(times, fc.double({ min: 0, max: 1, noNaN: true }), (all, share) => {
        const histogram = recorded(all)
        const truth = exact(all, share)
        const off = Math.abs(histogram.percentile(share)! - truth)
        expect(off).toBeLessThanOrEqual(Math.max(truth / 16, 1 / 32_000) + Number.EPSILON)
        expect(histogram.count).toBe(all.length)
        expect(histogram.totalMs).toBe(all.reduce((sum, ms) => sum + ms, 0))
      }),
    )
  })

  it('that another is added to is that of both', () => {
    fc.assert(
      fc.property(times, times, (one, other) => {
        const sum = recorded(one)
        sum.add(recorded(other))
        const both = recorded([...one, ...other])
        for (const share of [0, 0.5, 0.95, 0.99, 1]) {
          expect(sum.percentile(share)).toBe(both.percentile(share))
        }
        expect(sum.count).toBe(both.count)
      }),
    )
  })

  it('takes what is out of range for its ends', () => {
    expect(recorded([-5]).percentile(1)).toBeLessThan(0.0001)
    expect(recorded([NaN]).percentile(1)).toBe(recorded([0]).percentile(1))
    expect(recorded([1e12, Infinity]).percentile(1)).toBeCloseTo(130_000, -4)
  })

  it('takes what is no time for none', () => {
    const histogram = recorded([-5, NaN, -Infinity, 3])
    expect([histogram.count, histogram.totalMs]).toEqual([4, 3])
    expect(histogram.percentile(0.75)).toBeLessThan(0.0001)
  })

  it('counts on where 32 bits end', () => {
    const histogram = recorded([1, 2])
    const median = histogram.percentile(0.5)
    for (let time = 0; time < 40; time += 1) histogram.add(histogram)
    expect(histogram.count).toBe(2 ** 41)
    expect(histogram.percentile(0.5)).toBe(median)
  })

  it('of nothing knows nothing', () => {
    expect(new Histogram().percentile(0.5)).toBeUndefined()
  })
})
