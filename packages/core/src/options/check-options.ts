import { didYouMean } from './did-you-mean.ts'
import { invalidOption, TidemarkError } from './tidemark-error.ts'

/** @throws TidemarkError `INVALID_OPTION` unless `value` is an object with properties of its own, or with none at all */
export function checkRecord(
  name: string,
  value: unknown,
  expected = 'an object',
): asserts value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || hidesAll(value)) {
    throw invalidOption(name, expected, value)
  }
}

/** A promise, a Map, a query: it has a class, and nothing that could be an option. */
function hidesAll(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value)
  const isPlain = prototype === null || Object.getPrototypeOf(prototype) === null
  return !isPlain && Object.keys(value).length === 0
}

/** @throws TidemarkError `INVALID_OPTION` unless `value` is an object that has no other keys than these */
export function checkKeys(
  name: string,
  value: unknown,
  known: readonly string[],
  expected = 'an object',
): void {
  checkRecord(name, value, expected)
  for (const key of Object.keys(value)) {
    if (!known.includes(key)) {
      throw new TidemarkError(
        'INVALID_OPTION',
        `${name}: unknown option ${JSON.stringify(key)}, expected one of ${known.join(', ')}${didYouMean(key, known)}`,
      )
    }
  }
}

/** @throws TidemarkError `INVALID_OPTION` unless `value` is an array of strings, none of them empty */
export function checkNames(name: string, value: unknown): asserts value is readonly string[] {
  if (!Array.isArray(value)) throw invalidOption(name, 'an array of strings', value)
  for (const [index, item] of value.entries()) checkName(`${name}[${index}]`, item)
}

/** @throws TidemarkError `INVALID_OPTION` unless `value` is a string that is not empty */
export function checkName(name: string, value: unknown): asserts value is string {
  if (typeof value !== 'string' || value === '') {
    throw invalidOption(name, 'a string that is not empty', value)
  }
}

/** @throws TidemarkError `INVALID_OPTION` unless `value` is a whole number from `min` to `max` */
export function checkCount(
  name: string,
  value: unknown,
  max = Number.MAX_SAFE_INTEGER,
  min = 1,
): asserts value is number {
  if (!Number.isSafeInteger(value) || (value as number) < min || (value as number) > max) {
    const bound = max === Number.MAX_SAFE_INTEGER ? 'above 0' : `from ${min} to ${max}`
    throw invalidOption(name, `a whole number ${bound}`, value)
  }
}
