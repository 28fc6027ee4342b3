import { type BypassReason, physicalTable } from '@tidemark/core'
import { isNotData, type TableName } from '@tidemark/sql'
import type { QueryFindings, QuerySettings } from './tables-of-query.ts'

/**
 * What the text of a query shows to a parser, or undefined where there is none, or it does not answer for this text. The
 * compiled text has what nodes and raw fragments say, and how they stand to each other.
 */
export function findingsOfText(
  sql: string,
  { parser, functions, defaultSchema }: QuerySettings,
): QueryFindings | undefined {
  const parsed = parser?.parse(sql)
  if (!parsed) return undefined
  const physical = ({ schema, name }: TableName) => physicalTable(name, schema, defaultSchema)
  const unknownFunctions = new Set<string>()
  let changesSession = false
  let obstacle: BypassReason | undefined
  if (parsed.isLocking) obstacle ??= 'locking-read'
  if (parsed.isVolatile) obstacle ??= 'volatile-function'
  if (parsed.reads.some(({ schema, name }) => isNotData(name, schema))) obstacle ??= 'not-data'
  for (const { name, argumentCount, endsWithTrue } of parsed.calls) {
    const effect = functions.effectOf(name, argumentCount)
    if (effect === 'volatile' || effect === 'setting') obstacle ??= 'volatile-function'
    if (effect === 'setting' && !endsWithTrue) changesSession = true
    if (effect === 'unknown') unknownFunctions.add(name)
  }
  return {
    reads: new Set(parsed.reads.map(physical)),
    writes: new Set(parsed.writes.map(physical)),
    changes: parsed.writes.map((name) => ({ table: physical(name), change: 'any' })),
    hidesReads: false,
    hidesWrites: false,
    rawModifies: false,
    unknownFunctions,
    changesSession,
    obstacle,
  }
}

/** Whether nodes and raw fragments leave something open that a parser may know. */
export function isUncertain(findings: QueryFindings): boolean {
  const { hidesReads, hidesWrites, rawModifies, unknownFunctions } = findings
  return hidesReads || hidesWrites || rawModifies || unknownFunctions.size > 0
}
