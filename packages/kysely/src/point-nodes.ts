import {
  AndNode,
  BinaryOperationNode,
  ColumnNode,
  InsertQueryNode,
  type OperationNode,
  OperatorNode,
  ReferenceNode,
  SelectAllNode,
  type SelectionNode,
  SelectQueryNode,
  TableNode,
  UpdateQueryNode,
  ValueNode,
  type WhereNode,
} from 'kysely'
import { physicalTable } from '@tidemark/core'

/** A query that reads whole rows, or columns of them, where columns have the values of its parameters, and does nothing else. */
export interface PointRead {
  /** Its physical name. */
  readonly table: string
  readonly columns: readonly string[] | 'all'
  /** What is compared, in the order of the parameters, which are all that the query has. */
  readonly where: readonly string[]
}

/** A statement that writes rows of one table and gives all of their columns back. */
export interface RowWrite {
  readonly table: string
  /** The columns that it sets in rows that are there. */
  readonly sets: readonly string[]
  /** What is compared with its last parameters, in their order, if that is all that says which rows it writes. */
  readonly where: readonly string[]
}

export function pointReadOf(
  node: OperationNode,
  defaultSchema: string | undefined,
): PointRead | undefined {
  if (!SelectQueryNode.is(node) || !hasOnly(node, ['from', 'selections', 'where'])) return undefined
  const [from, ...others] = node.from?.froms ?? []
  const table = others.length === 0 ? tableOf(from, defaultSchema) : undefined
  const columns = columnsOf(node.selections)
  const where = comparedIn(node.where)
  return table !== undefined && columns && where ? { table, columns, where } : undefined
}

export function rowWriteOf(
  node: OperationNode,
  defaultSchema: string | undefined,
): RowWrite | undefined {
  if (UpdateQueryNode.is(node)) {
    if (!hasOnly(node, ['table', 'updates', 'where', 'returning'])) return undefined
    const table = tableOf(node.table, defaultSchema)
    const sets = node.updates?.map(({ column }) => columnOf(column))
    if (table === undefined || !sets || sets.includes(undefined)) return undefined
    if (columnsOf(node.returning?.selections) !== 'all') return undefined
    return { table, sets: sets as string[], where: comparedIn(node.where) ?? [] }
  }
  if (InsertQueryNode.is(node)) {
    const parts = ['into', 'columns', 'values', 'returning', 'onConflict', 'defaultValues'] as const
    if (!hasOnly(node, parts)) return undefined
    const table = tableOf(node.into, defaultSchema)
    if (table === undefined || columnsOf(node.returning?.selections) !== 'all') return undefined
    const sets = node.onConflict?.updates?.map(({ column }) => columnOf(column)) ?? []
    return sets.includes(undefined) ? undefined : { table, sets: sets as string[], where: [] }
  }
  return undefined
}

/** Whether a node has no other parts: those of later versions of Kysely included. */
function hasOnly<T extends OperationNode>(node: T, parts: readonly (keyof T)[]): boolean {
  return Object.entries(node).every(
    ([name, part]) =>
      name === 'kind' ||
      part === undefined ||
      part === false ||
      parts.includes(name as keyof T) ||
      (Array.isArray(part) && part.length === 0),
  )
}

function tableOf(
  node: OperationNode | undefined,
  defaultSchema: string | undefined,
): string | undefined {
  if (!node || !TableNode.is(node)) return undefined
  const { schema, identifier } = node.table
  return physicalTable(identifier.name, schema?.name, defaultSchema)
}

function columnsOf(
  selections: readonly SelectionNode[] | undefined,
): readonly string[] | 'all' | undefined {
  const nodes = selections?.map(({ selection }) => selection) ?? []
  if (nodes.length === 1 && isAll(nodes[0]!)) return 'all'
  const columns = nodes.map(columnOf)
  return columns.length === 0 || columns.includes(undefined) ? undefined : (columns as string[])
}

function isAll(node: OperationNode): boolean {
  return SelectAllNode.is(node) || (ReferenceNode.is(node) && SelectAllNode.is(node.column))
}

/** A column by its own name, whose table, if it is named, can only be the one that there is. */
function columnOf(node: OperationNode): string | undefined {
  const column = ReferenceNode.is(node) ? node.column : node
  return ColumnNode.is(column) ? column.column.name : undefined
}

/** Undefined where it is not all of the form `column = parameter and …`. */
function comparedIn(node: WhereNode | undefined): readonly string[] | undefined {
  return node && comparedBy(node.where)
}

function comparedBy(node: OperationNode): readonly string[] | undefined {
  if (AndNode.is(node)) {
    const [left, right] = [comparedBy(node.left), comparedBy(node.right)]
    return left && right && [...left, ...right]
  }
  if (!BinaryOperationNode.is(node)) return undefined
  const { leftOperand, operator, rightOperand } = node
  const isComparison =
    OperatorNode.is(operator) &&
    operator.operator === '=' &&
    ValueNode.is(rightOperand) &&
    !rightOperand.immediate
  const column = isComparison ? columnOf(leftOperand) : undefined
  return column === undefined ? undefined : [column]
}
