import type { Model } from './data-model.ts'
import { isPlainRecord } from './shape-key.ts'

/**
 * The shape of an operation, as people read it in the metrics: its arguments with every value replaced
 * by `?`.
 *
 * It never contains a value, so nothing that a user typed ends in a dashboard. That includes the keys of
 * JSON documents: what belongs to a scalar field is shown down to its operators and no further.
 *
 * @example
 * fingerprint('Film.findMany', film, { where: { title: { contains: 'x' } }, select: { id: true }, take: 9 })
 * // 'Film.findMany({ where: { title: { contains: ? } }, select: { id }, take: ? })'
 */
export function fingerprint(operation: string, model: Model, args: unknown): string {
  const shape = braces(args, (key, value) => argument(model, key, value))
  return `${operation}(${shape === '{}' || shape === '?' ? '' : shape})`
}

/** What may stand between a scalar field and its value. */
const OPERATORS = new Set([
  ...[
    'equals',
    'not',
    'in',
    'notIn',
    'lt',
    'lte',
    'gt',
    'gte',
    'contains',
    'startsWith',
    'endsWith',
  ],
  ...[
    'search',
    'mode',
    'has',
    'hasEvery',
    'hasSome',
    'isEmpty',
    'isSet',
    'path',
    'string_contains',
  ],
  ...['string_starts_with', 'string_ends_with', 'array_contains', 'array_starts_with'],
  ...['array_ends_with', 'set', 'unset', 'push', 'increment', 'decrement', 'multiply', 'divide'],
  ...['sort', 'nulls', '_count', '_avg', '_sum', '_min', '_max'],
])

/** At the top of an operation, and below a selected relation, keys are arguments. */
function argument(model: Model, key: string, value: unknown): string {
  switch (key) {
    case 'select':
    case 'include':
    case 'omit':
    case '_count':
    case '_avg':
    case '_sum':
    case '_min':
    case '_max':
      return selection(model, key, value)
    case 'where':
    case 'cursor':
    case 'having':
    case 'orderBy':
    case 'data':
    case 'create':
    case 'update':
      return `${key}: ${fields(model, value)}`
    default:
      return `${key}: ?`
  }
}

function selection(model: Model, key: string, value: unknown): string {
  if (!isPlainRecord(value)) return flag(key, value)
  return `${key}: ${braces(value, (name, child) => selected(model, name, child))}`
}

function selected(model: Model, key: string, value: unknown): string {
  if (!isPlainRecord(value)) return flag(key, value)
  const target = key === '_count' ? model : model.relations.get(key)?.target
  return target
    ? `${key}: ${braces(value, (name, child) => argument(target, name, child))}`
    : `${key}: ?`
}

/** Of filters, orders and data: keys are fields, or words such as `AND`, `some`, `connect`. */
function fields(model: Model, value: unknown): string {
  return braces(value, (key, child) => {
    const relation = model.relations.get(key)
    if (relation) return `${key}: ${fields(relation.target, child)}`
    return `${key}: ${model.scalars.has(key) ? scalar(child) : fields(model, child)}`
  })
}

function scalar(value: unknown): string {
  if (!isPlainRecord(value) || !Object.keys(value).every((key) => OPERATORS.has(key))) return '?'
  return braces(value, (key) => `${key}: ?`)
}

function flag(key: string, value: unknown): string {
  return value === true ? key : `${key}: ${value === false ? 'false' : '?'}`
}

function braces(value: unknown, show: (key: string, value: unknown) => string): string {
  if (Array.isArray(value)) {
    return `[${[...new Set(value.map((item) => braces(item, show)))].join(' | ')}]`
  }
  if (!isPlainRecord(value)) return '?'
  const parts = Object.keys(value)
    .filter((key) => value[key] !== undefined)
    .map((key) => show(key, value[key]))
  return parts.length === 0 ? '{}' : `{ ${parts.join(', ')} }`
}
