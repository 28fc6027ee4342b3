/**
 * How long things took, in constant memory: 2 KB, whatever their number.
 *
 * Log-linear as an HDR histogram is: each power of two of sixteenths of a microsecond is cut into eight. A percentile is
 * the middle of its bucket, which is at most 1/16 off, from 0.5 µs to 134 s; below that it is off by 1/32 µs, and all above counts
 * as 134 s. What is no time, as where a clock went back, counts as 0. To record is one addition, since it happens on every hit.
 */
export class Histogram {
  /** Doubles: what is hit a million times a second would pass 32 bits in an hour or so. */
  readonly #counts = new Float64Array(BUCKETS)
  #count = 0
  #totalMs = 0

  /** @param ms a time in milliseconds */
  record(ms: number): void {
    this.#count += 1
    if (ms > 0) this.#totalMs += ms
    this.#counts[bucketOf(ms)]! += 1
  }

  get count(): number {
    return this.#count
  }

  get totalMs(): number {
    return this.#totalMs
  }

  /**
   * The time that this share of all did not exceed, in milliseconds; undefined where nothing was recorded.
   *
   * @param share from 0 to 1; `0.5` for the median
   */
  percentile(share: number): number | undefined {
    if (this.#count === 0) return undefined
    const rank = Math.max(1, Math.ceil(share * this.#count))
    let bucket = 0
    for (let seen = this.#counts[0]!; seen < rank; seen += this.#counts[bucket]!) bucket += 1
    return middleOf(bucket)
  }

  /** Adds what another has recorded. */
  add(other: Histogram): void {
    for (let bucket = 0; bucket < BUCKETS; bucket += 1) {
      this.#counts[bucket]! += other.#counts[bucket]!
    }
    this.#count += other.#count
    this.#totalMs += other.#totalMs
  }
}

/** Sixteenths of a microsecond in a millisecond. */
const UNITS = 16_000
const MAX_UNITS = 2 ** 31 - 1

function bucketOf(ms: number): number {
  const units = Math.trunc(Math.min(Math.max(ms * UNITS || 0, 0), MAX_UNITS))
  if (units < 8) return units
  const power = 31 - Math.clz32(units)
  return (power - 2) * 8 + ((units >> (power - 3)) & 7)
}

const BUCKETS = bucketOf(Infinity) + 1

function middleOf(bucket: number): number {
  if (bucket < 8) return (bucket + 0.5) / UNITS
  const width = 2 ** (Math.floor(bucket / 8) - 1)
  return ((8 + (bucket % 8) + 0.5) * width) / UNITS
}
