/**
 * The name that was probably meant, for the end of a message: ` (did you mean ttl?)`, or nothing where none is near.
 *
 * @example
 * didYouMean('tll', ['ttl', 'tags']) // ' (did you mean ttl?)'
 */
export function didYouMean(given: string, known: readonly string[]): string {
  const distances = known.map((name) => distance(given.toLowerCase(), name.toLowerCase()))
  const nearest = Math.min(...distances)
  return nearest <= Math.max(1, Math.min(given.length, 9) / 3)
    ? ` (did you mean ${known[distances.indexOf(nearest)]}?)`
    : ''
}

/** How many letters must be added, removed or replaced to make one of the other (Levenshtein). */
function distance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index)
  for (let i = 1; i <= Math.min(from.length, 40); i += 1) {
    const next = [i]
    for (let j = 1; j <= to.length; j += 1) {
      const replaced = row[j - 1]! + (from[i - 1] === to[j - 1] ? 0 : 1)
      next.push(Math.min(replaced, row[j]! + 1, next[j - 1]! + 1))
    }
    row = next
  }
  return row[to.length]!
}
