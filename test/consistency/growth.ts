/** What something measured, at which moment. */
export interface Point {
  /** In minutes. */
  readonly at: number
  readonly value: number
}

export interface Growth {
  /** By how much it grows, in its own unit a minute. */
  readonly perMinute: number
  /** By how much it grew in all, by that. */
  readonly inAll: number
}

/**
 * The trend of a measure: the median of the slopes between any two points (Theil and Sen). It asks for nothing about how
 * the noise is spread, and up to a quarter of the points may be wild without moving it much.
 *
 * @throws Error for less than two points
 */
export function growthOf(points: readonly Point[]): Growth {
  const slopes = points.flatMap((from, index) =>
    points.slice(index + 1).map((to) => (to.value - from.value) / (to.at - from.at)),
  )
  if (slopes.length === 0) throw new Error('expected two points or more')
  const perMinute = median(slopes)
  return { perMinute, inAll: perMinute * (points.at(-1)!.at - points[0]!.at) }
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((one, other) => one - other)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}
