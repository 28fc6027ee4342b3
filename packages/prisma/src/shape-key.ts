/**
 * A text under which the plan of an operation is kept: all keys of its arguments, and none of its values.
 * Injective for keys, so that no JSON document can imitate another operation and get its plan.
 *
 * It is for finding plans again and is never shown: it may contain keys of JSON documents. What people see
 * is the fingerprint.
 */
export function shapeKey(value: unknown): string {
  // The values that count: `include: { reviews: false }` reads no reviews, `_count: true` reads all relations.
  if (typeof value === 'boolean') return value ? 't' : 'f'
  if (Array.isArray(value)) return `[${[...new Set(value.map(shapeKey))].join('|')}]`
  if (!isPlainRecord(value)) return '?'
  let text = '{'
  for (const key in value) {
    if (value[key] !== undefined) text += `${key.length}:${key}${shapeKey(value[key])}`
  }
  return `${text}}`
}

export function isPlainRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}
