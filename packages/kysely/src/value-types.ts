import type { ValueType } from '@tidemark/core'

type IntervalParts = Record<string, number>

/** The prototype of the intervals that were seen last: the application brings their class. */
let intervals: object | undefined

/** What the `pg` driver makes of an `interval`. Matched by shape. */
const postgresInterval: ValueType<IntervalParts> = {
  name: 'PostgresInterval',
  matches(value): value is IntervalParts {
    if (nameOfClass(value) !== 'PostgresInterval') return false
    if (!Object.values(value).every((part) => typeof part === 'number')) return false
    intervals = Object.getPrototypeOf(value) as object
    return true
  },
  copy: (value) => withParts(Object.getPrototypeOf(value) as object, value),
  encode: (value) =>
    JSON.stringify(
      Object.entries(value).map(([name, part]) => [name, Object.is(part, -0) ? '-0' : `${part}`]),
    ),
  decode(text) {
    // The driver has made none yet, so there is no class to make one of. It will be asked now.
    if (!intervals) throw new Error('no interval has come from the driver yet')
    const parts = JSON.parse(text) as [string, string][]
    return withParts(intervals, Object.fromEntries(parts.map(([name, part]) => [name, +part])))
  },
}

function withParts(prototype: object, parts: IntervalParts): IntervalParts {
  return Object.assign(Object.create(prototype) as IntervalParts, parts)
}

/** The classes whose instances drivers put into rows. */
export const DRIVER_VALUE_TYPES: readonly ValueType[] = [postgresInterval]

function nameOfClass(value: { constructor?: { name?: unknown } }): unknown {
  return value.constructor?.name
}
