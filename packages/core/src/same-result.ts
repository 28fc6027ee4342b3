import { inspect, isDeepStrictEqual } from 'node:util'

/** How two answers to one question compare. `'order'`: the same rows, in another order. */
export type Comparison = 'same' | 'order' | 'different'

/**
 * Compares what was served with what the database answers. Without an ORDER BY a database may give the same rows in any
 * order, so that is told apart from other rows: in lists at any depth, as relations are.
 */
export function compareResults(one: unknown, other: unknown): Comparison {
  if (isDeepStrictEqual(one, other)) return 'same'
  return textOf(one) === textOf(other) ? 'order' : 'different'
}

/** A text that is equal for equal values, whatever the order of their lists. */
function textOf(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(textOf).sort().join()}]`
  if (isPlain(value)) {
    const fields = Object.entries(value).map(
      ([name, field]) => `${JSON.stringify(name)}:${textOf(field)}`,
    )
    return `{${fields.sort().join()}}`
  }
  return inspect(value, WHOLE)
}

function isPlain(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

const WHOLE = {
  depth: Infinity,
  maxArrayLength: Infinity,
  maxStringLength: Infinity,
  breakLength: Infinity,
} as const
