import type { FunctionCall, ParsedStatement, TableName } from './sql-parser.ts'
import { isTimeWord } from './time-words.ts'

/** A node of the tree: an object whose one key in upper case says what it is, or the fields of such a node. */
type Tree = Readonly<Record<string, unknown>>

/** The names of common table expressions that are in scope: unqualified, each hides a table. */
type Scope = ReadonlySet<string>

/**
 * What a statement does, by the tree that PostgreSQL's parser makes of it (`{ stmts: [{ stmt: { SelectStmt: … } }] }`).
 * Undefined where that is not for this tree to say, see `SqlParser.parse`.
 */
export function readPostgresTree(tree: object): ParsedStatement | undefined {
  const { stmts } = tree as { readonly stmts?: readonly { readonly stmt?: Tree }[] }
  const statement = stmts?.length === 1 ? stmts[0]?.stmt : undefined
  const [kind] = Object.keys(statement ?? {})
  if (!statement || kind === undefined || !STATEMENTS.has(kind)) return undefined
  const reader = new TreeReader()
  reader.visit(statement, new Set())
  return reader.isOpaque ? undefined : reader
}

const MODIFYING = new Set(['InsertStmt', 'UpdateStmt', 'DeleteStmt', 'MergeStmt'])
const STATEMENTS = new Set([...MODIFYING, 'SelectStmt', 'TruncateStmt'])

class TreeReader implements ParsedStatement {
  readonly reads: TableName[] = []
  readonly writes: TableName[] = []
  readonly calls: FunctionCall[] = []
  isLocking = false
  isVolatile = false
  /** It makes a table, or reaches some that it does not name. */
  isOpaque = false

  visit(value: unknown, scope: Scope): void {
    if (Array.isArray(value)) for (const item of value) this.visit(item, scope)
    else if (typeof value === 'object' && value !== null) this.#fields(value as Tree, scope)
  }

  #fields(fields: Tree, outer: Scope): void {
    const scope = this.#with(fields['withClause'] as WithClause | undefined, outer)
    for (const [key, value] of Object.entries(fields)) {
      if (key === 'withClause') continue
      if (/^[A-Z]/.test(key)) this.#node(key, value as Tree, scope)
      else this.#field(key, value, scope)
    }
  }

  #field(key: string, value: unknown, scope: Scope): void {
    switch (key) {
      case 'lockingClause':
        // It names tables of FROM once more.
        this.isLocking = true
        return
      case 'intoClause':
        this.isOpaque = true
        return
      default:
        this.visit(value, scope)
    }
  }

  #node(kind: string, node: Tree, scope: Scope): void {
    if (MODIFYING.has(kind)) return this.#modify(node, scope)
    switch (kind) {
      case 'RangeVar': {
        const table = nameOf(node)
        if (table.schema !== undefined || !scope.has(table.name)) this.reads.push(table)
        return
      }
      case 'TruncateStmt':
        return this.#truncate(node)
      case 'FuncCall':
        this.calls.push(callOf(node))
        break
      case 'SQLValueFunction':
      case 'RangeTableSample':
        this.isVolatile = true
        break
      case 'A_Const': {
        const text = (node['sval'] as { readonly sval?: string } | undefined)?.sval
        if (text !== undefined && isTimeWord(text)) this.isVolatile = true
        return
      }
    }
    this.#fields(node, scope)
  }

  #modify({ relation, ...others }: Tree, scope: Scope): void {
    this.writes.push(nameOf(relation as Tree))
    this.#fields(others, scope)
  }

  #truncate({ relations, behavior }: Tree): void {
    if (behavior === 'DROP_CASCADE') this.isOpaque = true
    for (const { RangeVar } of relations as { readonly RangeVar: Tree }[]) {
      this.writes.push(nameOf(RangeVar))
    }
  }

  /** A name counts from its definition on; if recursive, in the body of each. */
  #with(clause: WithClause | undefined, outer: Scope): Scope {
    if (!clause) return outer
    const expressions = clause.ctes.map(({ CommonTableExpr }) => CommonTableExpr)
    const scope = new Set(outer)
    if (clause.recursive) for (const { ctename } of expressions) scope.add(ctename)
    for (const { ctename, ctequery } of expressions) {
      this.visit(ctequery, scope)
      scope.add(ctename)
    }
    return scope
  }
}

interface WithClause {
  readonly recursive?: boolean
  readonly ctes: readonly {
    readonly CommonTableExpr: { readonly ctename: string; readonly ctequery: unknown }
  }[]
}

function nameOf(rangeVar: Tree): TableName {
  const { schemaname, relname } = rangeVar as { schemaname?: string; relname: string }
  return { schema: schemaname, name: relname }
}

function callOf(node: Tree): FunctionCall {
  const { funcname, args = [] } = node as {
    readonly funcname: readonly { readonly String: { readonly sval: string } }[]
    readonly args?: readonly { readonly A_Const?: { readonly boolval?: { boolval?: boolean } } }[]
  }
  return {
    name: funcname.map(({ String: { sval } }) => sval).join('.'),
    argumentCount: args.length,
    endsWithTrue: args.at(-1)?.A_Const?.boolval?.boolval === true,
  }
}
