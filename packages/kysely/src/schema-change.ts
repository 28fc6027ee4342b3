import type {
  AlterTableNode,
  CreateIndexNode,
  CreateTableNode,
  DropIndexNode,
  DropTableNode,
  OperationNode,
  TableNode,
} from 'kysely'
import { physicalTable, type Tables } from '@tidemark/core'

/**
 * The tables that a statement of `db.schema` changes, or `undefined` for a node that is no such
 * statement. `'unknown'` where what it reaches is not in the statement: a type, a view or a schema has
 * users that it does not name, and CASCADE drops what depends on a table.
 */
export function tablesOfSchemaChange(
  node: OperationNode,
  defaultSchema: string | undefined,
): Tables | undefined {
  const physical = ({ table: { schema, identifier } }: TableNode) =>
    physicalTable(identifier.name, schema?.name, defaultSchema)
  switch (node.kind) {
    case 'CreateTableNode':
      return [physical((node as CreateTableNode).table)]
    case 'DropTableNode': {
      const { table, cascade } = node as DropTableNode
      return cascade ? 'unknown' : [physical(table)]
    }
    case 'AlterTableNode': {
      const { table, renameTo, setSchema } = node as AlterTableNode
      const moved = setSchema
        ? [physicalTable(table.table.identifier.name, setSchema.name, defaultSchema)]
        : []
      return [physical(table), ...(renameTo ? [physical(renameTo)] : []), ...moved]
    }
    case 'CreateIndexNode':
    case 'DropIndexNode': {
      // An index changes no row. Where it names its table, readers may as well look again.
      const { table } = node as CreateIndexNode | DropIndexNode
      return table ? [physical(table)] : []
    }
    case 'CreateSchemaNode':
    case 'DropSchemaNode':
    case 'CreateViewNode':
    case 'DropViewNode':
    case 'RefreshMaterializedViewNode':
    case 'CreateTypeNode':
    case 'AlterTypeNode':
    case 'DropTypeNode':
      return 'unknown'
    default:
      return undefined
  }
}
