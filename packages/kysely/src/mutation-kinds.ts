import type {
  ColumnNode,
  ColumnUpdateNode,
  InsertQueryNode,
  OperationNode,
  ReferenceNode,
} from 'kysely'
import type { RowChange } from '@tidemark/sql'
import type { MutationNode } from './mutation-targets.ts'

/** What a mutation does to rows of its targets. */
export type MutationKind = Omit<RowChange, 'table'>

const ANY: readonly MutationKind[] = [{ change: 'any' }]

export function kindsOfMutation(node: MutationNode): readonly MutationKind[] {
  switch (node.kind) {
    case 'InsertQueryNode':
      return kindsOfInsert(node)
    case 'UpdateQueryNode':
      return [{ change: 'update', columns: columnsOf(node.updates) }]
    case 'DeleteQueryNode':
      return [{ change: 'delete' }]
    case 'MergeQueryNode':
      return ANY
  }
}

function kindsOfInsert(node: InsertQueryNode): readonly MutationKind[] {
  const { onConflict, onDuplicateKey, orAction, replace } = node
  // It deletes the rows that are in its way.
  if (replace || (orAction && orAction.action !== 'ignore')) return ANY
  const kinds: MutationKind[] = [{ change: 'insert' }]
  if (onConflict && !onConflict.doNothing) {
    kinds.push({ change: 'update', columns: columnsOf(onConflict.updates) })
  }
  if (onDuplicateKey) kinds.push({ change: 'update', columns: columnsOf(onDuplicateKey.updates) })
  return kinds
}

/** The columns that are set; `undefined` where one of them is not named by a node. */
function columnsOf(
  updates: readonly ColumnUpdateNode[] | undefined,
): readonly string[] | undefined {
  const columns = updates?.map(({ column }) => nameOf(column))
  return columns?.every((name) => name !== undefined) ? columns : undefined
}

function nameOf(node: OperationNode): string | undefined {
  if (node.kind === 'ColumnNode') return (node as ColumnNode).column.name
  if (node.kind !== 'ReferenceNode') return undefined
  const { column } = node as ReferenceNode
  return column.kind === 'ColumnNode' ? column.column.name : undefined
}
