import ms, { type StringValue } from 'ms'
import { invalidOption } from './tidemark-error.ts'

/** Milliseconds, or a number with a unit: `500`, `'500ms'`, `'30s'`, `'5m'`, `'2h'`, `'1d'`. */
export type Duration = number | `${number}${'ms' | 's' | 'm' | 'h' | 'd'}`

const PATTERN = /^\d+(\.\d+)?(ms|s|m|h|d)$/

/**
 * A duration in milliseconds.
 *
 * @param name the option's name, for the error
 * @throws TidemarkError `INVALID_OPTION` unless it is above 0; `Infinity` is allowed
 */
export function parseDuration(name: string, value: unknown): number {
  const parsed = typeof value === 'string' && PATTERN.test(value) ? ms(value as StringValue) : value
  if (typeof parsed === 'number' && parsed > 0) return parsed
  throw invalidOption(
    name,
    "a duration above 0 (milliseconds, or a string such as '30s', '5m', '1d')",
    value,
  )
}
