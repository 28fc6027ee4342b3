import { fold } from './fold.ts'
import type { Change, ForeignKey, Trigger } from './relation.ts'
import type { WrittenRows } from './written-rows.ts'

/** A row that this key refers to is deleted. */
export function addDeleted(
  rows: WrittenRows,
  table: string,
  { onDelete, columns, rules }: ForeignKey,
  change: Change,
): void {
  if (change !== 'delete' && change !== 'any') return
  const by = `on delete ${rules?.onDelete ?? 'cascade'}`
  if (onDelete === 'delete') rows.add(table, 'delete', by)
  if (onDelete === 'update') rows.add(table, 'update', by, columns)
}

/**
 * A row that this key refers to is updated.
 *
 * @param set the columns that are set; `undefined` for any
 */
export function addUpdated(
  rows: WrittenRows,
  table: string,
  { onUpdate, references, columns, rules }: ForeignKey,
  change: Change,
  set: readonly string[] | undefined,
): void {
  if (onUpdate === 'nothing' || (change !== 'update' && change !== 'any')) return
  if (set?.length === 0) return
  const names = set?.map(fold)
  const concerns =
    !names ||
    !references ||
    references.some((name) => names.includes(fold(name))) ||
    names.some((name) => ROW_IDS.has(name))
  if (concerns) {
    rows.add(table, 'update', `on update ${rules?.onUpdate ?? 'cascade'}`, columns)
  }
}

/** SQLite's other names for an integer primary key. */
const ROW_IDS: ReadonlySet<string> = new Set(['rowid', 'oid', '_rowid_'])

/** The columns of the changed row that its triggers set. `undefined`: any. */
export function columnsSetBy(triggers: readonly Trigger[]): readonly string[] | undefined {
  const columns: string[] = []
  for (const { sets = [] } of triggers) {
    if (sets === 'any') return undefined
    columns.push(...sets)
  }
  return columns
}

export function fires({ on }: Trigger, change: Change): boolean {
  return change === 'any' || on.includes('any') || on.includes(change)
}
