import ms, { type StringValue } from 'ms'
import { invalidOption } from './tidemark-error.ts'

/** Milliseconds, or a number with a unit: `500`, `'500ms'`, `'30s'`, `'5m'`, `'2h'`, `'1d'`. */
export type Duration = number | `${number}${'ms' | 's' | 'm' | 'h' | 'd'}`

const PATTERN = /^\d+(\.\d+)?(ms|s|m|h|d)$/

const UNITS = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1000, ms: 1 }

/**
 * A duration in milliseconds.
 *
 * @param name the option's name, for the error
 * @throws TidemarkError `INVALID_OPTION` unless it is above 0; `Infinity` is allowed
 */
export function parseDuration(name: string, value: unknown): number {
  return parse(name, value, `a duration above 0 ${FORMS}`)
}

/** The same where `0` says: not at all. */
export function parseDurationOrZero(name: string, value: unknown): number {
  return value === 0 ? 0 : parse(name, value, `0, or a duration above it ${FORMS}`)
}

const FORMS = "(milliseconds, or a string such as '30s', '5m', '1d')"

function parse(name: string, value: unknown, expected: string): number {
  const parsed = typeof value === 'string' && PATTERN.test(value) ? ms(value as StringValue) : value
  if (typeof parsed === 'number' && parsed > 0) return parsed
  throw invalidOption(name, expected, value, hintFor(value))
}

/** What somebody meant who wrote `'5 minutes'`, `'5M'` or `'1w'`. */
function hintFor(value: unknown): string {
  if (typeof value !== 'string' || !/^\s*\d[\d.]{0,9}\s*[a-z]{1,12}\s*$/i.test(value)) return ''
  const meant = ms(value.trim() as StringValue)
  const unit = Object.entries(UNITS).find(([, length]) => meant >= length && meant % length === 0)
  return unit ? ` (did you mean '${meant / unit[1]}${unit[0]}'?)` : ''
}
