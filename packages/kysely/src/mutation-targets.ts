import type {
  AliasNode,
  DeleteQueryNode,
  InsertQueryNode,
  JoinNode,
  ListNode,
  MergeQueryNode,
  OperationNode,
  TableNode,
  UpdateQueryNode,
} from 'kysely'
import type { SqlDialect } from '@tidemark/sql'

export type MutationNode = InsertQueryNode | UpdateQueryNode | DeleteQueryNode | MergeQueryNode

/** Where a mutation writes. */
export interface MutationTargets {
  readonly tables: readonly TableNode[]
  /** Targets that are no table nodes: named in text, or a subquery. */
  readonly others: readonly OperationNode[]
  /** The parts of the node that name targets and nothing else. */
  readonly parts: readonly string[]
}

export function targetsOfMutation(node: MutationNode, dialect: SqlDialect): MutationTargets {
  switch (node.kind) {
    case 'InsertQueryNode':
      return targets(node.into ? [node.into] : [], ['into'])
    case 'MergeQueryNode':
      return targets([node.into], ['into'])
    case 'UpdateQueryNode': {
      const beside = besideTarget(dialect, node.from?.froms, node.joins)
      return targets([...(node.table ? [node.table] : []), ...beside], ['table'])
    }
    case 'DeleteQueryNode': {
      const beside = besideTarget(dialect, node.using?.tables, node.joins)
      return targets([...node.from.froms, ...beside], ['from'])
    }
  }
}

/**
 * MySQL updates what is joined, and both it and SQL Server name their target by an alias that is
 * declared in FROM or USING; so there every table that stands beside the target counts as one.
 */
function besideTarget(
  dialect: SqlDialect,
  sources: readonly OperationNode[] = [],
  joins: readonly JoinNode[] = [],
): readonly OperationNode[] {
  if (dialect === 'postgres' || dialect === 'sqlite') return []
  return [...sources, ...joins.map(({ table }) => table)].filter((node) => isPlainTable(node))
}

function targets(nodes: readonly OperationNode[], parts: readonly string[]): MutationTargets {
  const flat = nodes.flatMap(targetNodes)
  return {
    tables: flat.filter((node): node is TableNode => node.kind === 'TableNode'),
    others: flat.filter(({ kind }) => kind !== 'TableNode'),
    parts,
  }
}

function targetNodes(node: OperationNode): readonly OperationNode[] {
  switch (node.kind) {
    case 'AliasNode':
      // Behind an alias in text, the text may go on.
      return (node as AliasNode).alias.kind === 'RawNode'
        ? [node]
        : targetNodes((node as AliasNode).node)
    case 'ListNode':
      return (node as ListNode).items.flatMap(targetNodes)
    default:
      return [node]
  }
}

function isPlainTable(node: OperationNode): boolean {
  return (
    node.kind === 'TableNode' ||
    (node.kind === 'AliasNode' && isPlainTable((node as AliasNode).node))
  )
}
