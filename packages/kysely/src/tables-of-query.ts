import type {
  AggregateFunctionNode,
  AliasNode,
  BinaryOperationNode,
  FromNode,
  FunctionNode,
  JoinNode,
  OperationNode,
  OperatorNode,
  RawNode,
  SelectModifierNode,
  SelectQueryNode,
  TableNode,
  UsingNode,
  ValueNode,
  WhenNode,
  WithNode,
} from 'kysely'
import { type BypassReason, physicalTable } from '@tidemark/core'
import {
  type FunctionEffects,
  isNotData,
  isTimeWord,
  type RawPlace,
  type RowChange,
  type SqlDialect,
  type SqlParser,
  takesTableBehindIn,
} from '@tidemark/sql'
import { kindsOfMutation, type MutationKind } from './mutation-kinds.ts'
import { type MutationNode, targetsOfMutation } from './mutation-targets.ts'
import { namesOf, readRaw, type TableReference } from './raw-sql.ts'

/** What holds for every query of one cached instance. */
export interface QuerySettings {
  readonly dialect: SqlDialect
  readonly defaultSchema: string | undefined
  readonly functions: FunctionEffects
  /** Reads what nodes and the rules for raw text leave open. */
  readonly parser?: SqlParser | undefined
}

/** What a query touches, as far as its nodes and the text of its raw fragments tell. */
export interface QueryFindings {
  /** Physical names of the tables that it reads. */
  readonly reads: ReadonlySet<string>
  /** Physical names of the tables that its insert, update, delete and merge nodes write, at any depth. */
  readonly writes: ReadonlySet<string>
  /** What becomes of the rows of `writes`. */
  readonly changes: readonly RowChange[]
  /** It names tables in text, which nobody can look up: `reads` is not complete. */
  readonly hidesReads: boolean
  /** What it writes is named in text: `writes` is not complete. */
  readonly hidesWrites: boolean
  /** A raw fragment of it has a data-modifying keyword. */
  readonly rawModifies: boolean
  /** The functions that it calls and nobody knows, as they are named: each may write. */
  readonly unknownFunctions: ReadonlySet<string>
  /** What the same session answers from now on may be different, as behind `set_config`. */
  readonly changesSession: boolean
  /** Why its result must not be cached, whatever it reads. */
  readonly obstacle: BypassReason | undefined
}

/** Every table of a query, whatever nodes it is made of. */
export function tablesOfQuery(root: OperationNode, settings: QuerySettings): QueryFindings {
  const walk = new QueryWalk(root, settings)
  walk.visit(root, new Set())
  return walk
}

/** The names of common table expressions that are in scope: unqualified, each hides a table. */
type Scope = ReadonlySet<string>

class QueryWalk implements QueryFindings {
  readonly reads = new Set<string>()
  readonly writes = new Set<string>()
  readonly changes: RowChange[] = []
  hidesReads = false
  hidesWrites = false
  rawModifies = false
  readonly unknownFunctions = new Set<string>()
  changesSession = false
  obstacle: BypassReason | undefined
  readonly #root: OperationNode
  readonly #settings: QuerySettings

  constructor(root: OperationNode, settings: QuerySettings) {
    this.#root = root
    this.#settings = settings
  }

  visit(node: OperationNode, scope: Scope): void {
    switch (node.kind) {
      case 'TableNode':
        return this.#read(node as TableNode, scope)
      case 'ReferenceNode':
      case 'CommonTableExpressionNameNode':
        // The table of a column is an alias, or a table that FROM names as well.
        return
      case 'ValueNode':
        return this.#value(node as ValueNode)
      case 'PrimitiveValueListNode':
        return
      case 'AliasNode':
        this.#alias(node as AliasNode, scope)
        return this.visit((node as AliasNode).node, scope)
      case 'RawNode':
        return this.#raw(node as RawNode, scope, node === this.#root ? 'statement' : 'elsewhere')
      case 'FunctionNode':
        return this.#call(
          node,
          (node as FunctionNode).func,
          (node as FunctionNode).arguments,
          scope,
        )
      case 'AggregateFunctionNode': {
        const { func, aggregated } = node as AggregateFunctionNode
        return this.#call(node, func, aggregated, scope)
      }
      case 'BinaryOperationNode':
        return this.#binary(node as BinaryOperationNode, scope)
      case 'SelectModifierNode':
        return this.#modifier(node as SelectModifierNode, scope)
      case 'ExplainNode':
        this.obstacle ??= 'not-data'
        return this.#children(node, scope)
      case 'FromNode':
        return this.#sources((node as FromNode).froms, scope)
      case 'UsingNode':
        return this.#sources((node as UsingNode).tables, scope)
      case 'JoinNode':
        this.#sources([(node as JoinNode).table], scope)
        return this.#children(node, scope, ['table'])
      case 'SelectQueryNode':
        return this.#children(node, this.#with((node as SelectQueryNode).with, scope), ['with'])
      case 'WhenNode':
        // DELETE and DO NOTHING are raw text of Kysely's own.
        return this.#children(node, scope, isRawResult(node as WhenNode) ? ['result'] : [])
      case 'InsertQueryNode':
      case 'UpdateQueryNode':
      case 'DeleteQueryNode':
      case 'MergeQueryNode':
        return this.#mutation(node as MutationNode, scope)
      default:
        // Whatever Kysely adds: what is inside of it is still nodes.
        return this.#children(node, scope)
    }
  }

  #children(node: OperationNode, scope: Scope, except: readonly string[] = []): void {
    for (const [name, value] of Object.entries(node) as [string, unknown][]) {
      if (except.includes(name)) continue
      for (const child of Array.isArray(value) ? (value as unknown[]) : [value]) {
        if (isNode(child)) this.visit(child, scope)
      }
    }
  }

  /**
   * Visits the common table expressions, and answers with the scope of the query behind them. A name
   * counts from its definition on, in its own body only if recursive. Where a database lets it count
   * earlier, the table of that name is one tag too many, and no row is served too long.
   */
  #with(node: WithNode | undefined, outer: Scope): Scope {
    if (!node) return outer
    const scope = new Set(outer)
    for (const { name, expression } of node.expressions) {
      const identifier = name.table.table.identifier.name
      if (node.recursive) scope.add(identifier)
      this.visit(expression, scope)
      scope.add(identifier)
    }
    return scope
  }

  #mutation(node: MutationNode, outer: Scope): void {
    const scope = this.#with(node.with, outer)
    const { tables, others, parts } = targetsOfMutation(node, this.#settings.dialect)
    const kinds = kindsOfMutation(node)
    for (const table of tables) this.#write(table, kinds, scope)
    // Without any target it is a branch of a MERGE, which has named it.
    if (others.length > 0) this.hidesWrites = true
    for (const other of others) this.visit(other, scope)
    this.#children(node, scope, ['with', ...parts])
  }

  #sources(nodes: readonly OperationNode[], scope: Scope): void {
    for (const node of nodes) {
      const isAliased = node.kind === 'AliasNode'
      if (isAliased) this.#alias(node as AliasNode, scope)
      const source = isAliased ? (node as AliasNode).node : node
      if (source.kind === 'RawNode') this.#raw(source as RawNode, scope, 'table')
      else this.visit(source, scope)
    }
  }

  /** `.as(sql\`x(a, b)\`)`: text, which may go on behind the name. */
  #alias({ alias }: AliasNode, scope: Scope): void {
    if (alias.kind === 'RawNode') this.#raw(alias as RawNode, scope, 'alias')
  }

  #read({ table: { schema, identifier } }: TableNode, scope: Scope): void {
    if (!schema && scope.has(identifier.name)) return
    this.#readTable(identifier.name, schema?.name)
  }

  #readTable(table: string, schema: string | undefined): void {
    if (isNotData(table, schema)) this.obstacle ??= 'not-data'
    this.reads.add(physicalTable(table, schema, this.#settings.defaultSchema))
  }

  #write(
    { table: { schema, identifier } }: TableNode,
    kinds: readonly MutationKind[],
    scope: Scope,
  ): void {
    const table = physicalTable(identifier.name, schema?.name, this.#settings.defaultSchema)
    this.writes.add(table)
    for (const kind of kinds) this.changes.push({ table, ...kind })
    // SQL Server updates a table through the common table expression that selects from it.
    const isExpression = !schema && scope.has(identifier.name)
    if (isExpression && this.#settings.dialect !== 'postgres') this.rawModifies = true
  }

  #call(
    node: OperationNode,
    name: string,
    parameters: readonly OperationNode[],
    scope: Scope,
  ): void {
    // Kysely prints the name as it is, so it may be more than a name.
    const effect = /^[\w.]+$/.test(name)
      ? this.#settings.functions.effectOf(name, parameters.length)
      : 'unknown'
    if (effect === 'volatile' || effect === 'setting') this.obstacle ??= 'volatile-function'
    if (effect === 'setting' && !isLiteralTrue(parameters.at(-1))) this.changesSession = true
    if (effect === 'unknown') this.unknownFunctions.add(name)
    // `to_json(person)` names a row of FROM.
    for (const parameter of parameters)
      if (parameter.kind !== 'TableNode') this.visit(parameter, scope)
    this.#children(node, scope, ['arguments', 'aggregated'])
  }

  #binary(node: BinaryOperationNode, scope: Scope): void {
    const { operator, rightOperand } = node
    const name = operator.kind === 'OperatorNode' ? (operator as OperatorNode).operator : undefined
    if (!takesTableBehindIn(this.#settings.dialect) || (name !== 'in' && name !== 'not in')) {
      return this.#children(node, scope)
    }
    this.#children(node, scope, ['rightOperand'])
    if (rightOperand.kind === 'ReferenceNode') this.#reference([rightOperand], scope)
    const isTable =
      rightOperand.kind === 'RawNode' && !startsWithParenthesis(rightOperand as RawNode)
    if (isTable) this.#raw(rightOperand as RawNode, scope, 'table')
    else this.visit(rightOperand, scope)
  }

  #modifier({ modifier, rawModifier }: SelectModifierNode, scope: Scope): void {
    if (modifier !== undefined && modifier !== 'Distinct') this.obstacle ??= 'locking-read'
    if (rawModifier) this.visit(rawModifier, scope)
  }

  #value({ immediate, value }: ValueNode): void {
    if (immediate && typeof value === 'string' && isTimeWord(value)) {
      this.obstacle ??= 'volatile-function'
    }
  }

  #raw(node: RawNode, scope: Scope, place: RawPlace): void {
    const { dialect, functions } = this.#settings
    const findings = readRaw(node, { dialect, functions, place })
    if (findings.hidesTables) this.hidesReads = true
    if (findings.modifies) this.rawModifies = true
    for (const name of findings.unknownFunctions) this.unknownFunctions.add(name)
    if (findings.changesSession) this.changesSession = true
    if (findings.isLocking) this.obstacle ??= 'locking-read'
    if (findings.isVolatile) this.obstacle ??= 'volatile-function'
    for (const reference of findings.tables) this.#reference(reference, scope)
    for (const child of findings.nodes) this.visit(child, scope)
  }

  /** A table behind FROM and the like in raw SQL, by whatever node it is named. */
  #reference(reference: TableReference, scope: Scope): void {
    const names = reference.flatMap(namesOf)
    const [table, schema] = names.toReversed()
    if (table === undefined) {
      // A subquery or a function is visited with all nodes; a bound value names nothing.
      if (reference.some(({ kind }) => kind === 'ValueNode')) this.hidesReads = true
      return
    }
    if (names.length > 2) this.hidesReads = true
    if (schema !== undefined || !scope.has(table)) this.#readTable(table, schema)
  }
}

/** `set_config(name, value, true)` is for the transaction that it is in. */
function isLiteralTrue(node: OperationNode | undefined): boolean {
  if (node?.kind !== 'ValueNode') return false
  const { immediate, value } = node as ValueNode
  return immediate === true && value === true
}

function startsWithParenthesis({ sqlFragments: [first = ''] }: RawNode): boolean {
  return first.trimStart().startsWith('(')
}

function isRawResult({ result }: WhenNode): boolean {
  return result?.kind === 'RawNode'
}

function isNode(value: unknown): value is OperationNode {
  return (
    typeof value === 'object' && value !== null && typeof (value as OperationNode).kind === 'string'
  )
}
