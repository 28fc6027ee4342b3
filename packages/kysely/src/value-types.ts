import type { ValueType } from '@tidemark/core'

type IntervalParts = Record<string, number>

/** What the `pg` driver makes of an `interval`. Matched by shape: the application brings the class. */
const postgresInterval: ValueType<IntervalParts> = {
  name: 'PostgresInterval',
  matches: (value): value is IntervalParts =>
    nameOfClass(value) === 'PostgresInterval' &&
    Object.values(value).every((part) => typeof part === 'number'),
  copy: (value) =>
    Object.assign(Object.create(Object.getPrototypeOf(value) as object), value) as IntervalParts,
  encode: (value) => JSON.stringify(Object.entries(value)),
}

/** The classes whose instances drivers put into rows. */
export const DRIVER_VALUE_TYPES: readonly ValueType[] = [postgresInterval]

function nameOfClass(value: { constructor?: { name?: unknown } }): unknown {
  return value.constructor?.name
}
