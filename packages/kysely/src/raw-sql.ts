import type {
  ColumnNode,
  IdentifierNode,
  OperationNode,
  RawNode,
  ReferenceNode,
  TableNode,
} from 'kysely'
import { lexSql, type RawContext, RawReader } from '@tidemark/sql'

/** A table that `sql.table`, `sql.ref` or `sql.id` names, as the nodes that name it. */
export type TableReference = readonly OperationNode[]

/** What the text of a raw fragment shows. Its nodes are looked at by whoever asked. */
export interface RawFindings {
  /** Nodes that stand where a table is named: behind FROM, JOIN, INTO, … */
  readonly tables: readonly TableReference[]
  /** All nodes, those of `tables` included. */
  readonly nodes: readonly OperationNode[]
  /** A table is named in text, or the text is not clear: which tables it touches is not known. */
  readonly hidesTables: boolean
  /** It has a data-modifying keyword, or is not clear. */
  readonly modifies: boolean
  readonly unknownFunctions: ReadonlySet<string>
  readonly changesSession: boolean
  readonly isLocking: boolean
  readonly isVolatile: boolean
}

/** Text and nodes of a raw fragment in their order; fragments inside of it are part of its text. */
function flattenRaw(node: RawNode): readonly (string | OperationNode)[] {
  return node.sqlFragments.flatMap((fragment, index) => {
    const parameter = node.parameters[index]
    if (!parameter) return [fragment]
    return parameter.kind === 'RawNode'
      ? [fragment, ...flattenRaw(parameter as RawNode)]
      : [fragment, parameter]
  })
}

export function readRaw(
  node: RawNode,
  context: Omit<RawContext<OperationNode>, 'nameOf'>,
): RawFindings {
  const parts = flattenRaw(node)
  const { tokens, clear } = lexSql(
    context.place === 'alias' ? ['as ', ...parts] : parts,
    context.dialect,
  )
  const reader = new RawReader(tokens, { ...context, nameOf })
  reader.read()
  const nodes = tokens.flatMap((token) => (token.kind === 'node' ? [token.node] : []))
  const doubtful = !clear || reader.doubtful
  return {
    tables: reader.tables,
    nodes,
    hidesTables: reader.hidesTables || doubtful,
    modifies: reader.modifies || doubtful,
    unknownFunctions: reader.unknownFunctions,
    changesSession: reader.changesSession,
    isLocking: reader.isLocking,
    isVolatile: reader.isVolatile,
  }
}

/** What `sql.id`, `sql.ref` and `sql.table` name. */
function nameOf(node: OperationNode): string | undefined {
  return namesOf(node).join('.') || undefined
}

/** The parts of a name, whatever node has it: schema, table, column. */
export function namesOf(node: OperationNode): readonly string[] {
  switch (node.kind) {
    case 'IdentifierNode':
      return [(node as IdentifierNode).name]
    case 'TableNode': {
      const { schema, identifier } = (node as TableNode).table
      return schema ? [schema.name, identifier.name] : [identifier.name]
    }
    case 'ColumnNode':
      return [(node as ColumnNode).column.name]
    case 'ReferenceNode': {
      const { table, column } = node as ReferenceNode
      const names = table ? namesOf(table) : []
      return column.kind === 'ColumnNode' ? [...names, column.column.name] : names
    }
    default:
      return []
  }
}
