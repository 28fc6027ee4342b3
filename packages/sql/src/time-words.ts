/** What databases read as a moment that moves on: `where at > 'today'` answers differently tomorrow. */
const PATTERN = /^\s*(?:now|today|tomorrow|yesterday)(?:\s+(?:allballs|\d[\d:.]*)\s*)?\s*$/i

/** Longer strings are text, not times. */
const MAX_LENGTH = 40

export function isTimeWord(value: string): boolean {
  return value.length <= MAX_LENGTH && PATTERN.test(value)
}

export function hasTimeWord(parameters: readonly unknown[]): boolean {
  for (const value of parameters) {
    if (typeof value === 'string' && isTimeWord(value)) return true
  }
  return false
}
