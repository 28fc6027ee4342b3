import type { KnownFunctions } from './known-functions.ts'
import {
  BEFORE_EXPRESSION,
  CLAUSE_WORDS,
  ENDS_TABLE_LIST,
  LOCK_STRENGTHS,
  LOCK_WORDS,
  NOT_FUNCTIONS,
  OPAQUE_WORDS,
  TAKES_FROM,
  TSQL_STATEMENTS,
  VOLATILE_WORDS,
} from './raw-words.ts'
import type { SqlDialect } from './sql-dialect.ts'
import type { Token } from './sql-lexer.ts'
import { isTimeWord } from './time-words.ts'

/** A table that nodes between the texts name: one for each part of its name. */
export type TableReference<N extends object> = readonly N[]

export interface RawContext<N extends object> {
  readonly dialect: SqlDialect
  readonly functions: KnownFunctions
  /** The whole fragment stands where a table is named: `selectFrom(sql\`…\`.as('x'))`. */
  readonly isTable: boolean
  /** It is the whole statement, and not a part of one. */
  readonly isWhole: boolean
  /** Whether a node names something, a function among others. */
  readonly isName: (node: N) => boolean
}

/** What the next token is expected to be: a table that is read, one that is written, or nothing of the kind. */
type Expectation = 'source' | 'target' | undefined

interface Level {
  /** The function whose arguments these parentheses hold. */
  readonly callee: string | undefined
  /** Inside of a list of tables, where a comma is followed by another table. */
  inTableList: boolean
}

/**
 * Walks the tokens once. The rule for tables: FROM, JOIN, INTO, UPDATE, TABLE and USING followed by a
 * node name that table; followed by a subquery or a function they name none; followed by anything else
 * they hide one.
 */
export class RawReader<N extends object> {
  readonly tables: TableReference<N>[] = []
  hidesTables = false
  modifies = false
  doubtful = false
  /** Those that it calls and nobody knows, as they are named: each may write. */
  readonly unknownFunctions = new Set<string>()
  /** What the same session answers from now on may be different. */
  changesSession = false
  isLocking = false
  isVolatile = false
  readonly #tokens: readonly Token<N>[]
  readonly #functions: KnownFunctions
  readonly #levels: Level[]
  readonly #dialect: SqlDialect
  readonly #isWhole: boolean
  readonly #isName: (node: N) => boolean
  /** T-SQL needs nothing between two statements. */
  readonly #endsWithoutSemicolon: boolean
  #expecting: Expectation

  constructor(tokens: readonly Token<N>[], context: RawContext<N>) {
    const { dialect, functions, isTable, isWhole, isName } = context
    this.#dialect = dialect
    this.#isWhole = isWhole
    this.#isName = isName
    this.#endsWithoutSemicolon = dialect === 'mssql' || dialect === 'other'
    this.#tokens = tokens
    this.#functions = functions
    this.#levels = [{ callee: undefined, inTableList: isTable }]
    this.#expecting = isTable ? 'source' : undefined
  }

  read(): void {
    for (const [index, token] of this.#tokens.entries()) this.#visit(token, index)
    if (this.#levels.length !== 1) this.doubtful = true
    this.#stopExpecting()
  }

  get #level(): Level {
    return this.#levels.at(-1) as Level
  }

  #visit(token: Token<N>, index: number): void {
    if (token.kind === 'variable') this.isVolatile = true
    if (token.kind === 'string' && isTimeWord(token.text)) this.isVolatile = true
    if (token.kind === 'symbol') return this.#symbol(token.text, index)
    if (this.#isCall(index)) this.#call(index)
    // What follows a dot is a column, whatever it is called.
    const word = token.kind === 'word' && !this.#isSymbol(index - 1, '.') ? token.text : undefined
    if (this.#expecting) return this.#table(token, word, index)
    if (word !== undefined) this.#keyword(word, index)
  }

  #symbol(text: string, index: number): void {
    switch (text) {
      case '(':
        this.#levels.push({
          callee: this.#word(index - 1),
          inTableList: this.#expecting === 'source',
        })
        return
      case ')':
        this.#stopExpecting()
        if (this.#levels.length > 1) this.#levels.pop()
        else this.doubtful = true
        return
      case ',':
        if (this.#level.inTableList) this.#expecting ??= 'source'
        return
      case ';':
        if (this.#precedesStatement(index)) this.doubtful = true
        return
      default:
        return
    }
  }

  /** A second statement may be anything. With T-SQL the first may begin so: `;with x as (…) select …`. */
  #precedesStatement(index: number): boolean {
    const isStatement = (token: Token<N>) => !(token.kind === 'symbol' && token.text === ';')
    const isSecond = !this.#isWhole || this.#tokens.slice(0, index).some(isStatement)
    return isSecond && this.#tokens.slice(index).some(isStatement)
  }

  /** A table was expected, and words that may be its name were skipped. */
  #stopExpecting(): void {
    if (this.#expecting) this.hidesTables = true
    this.#expecting = undefined
  }

  /** A token where a table is expected. */
  #table(token: Token<N>, word: string | undefined, index: number): void {
    if (word !== undefined && ['only', 'lateral', 'table', 'rows', 'if', 'exists'].includes(word))
      return
    const expecting = this.#expecting
    this.#expecting = undefined
    if (token.kind === 'node') {
      const reference = this.#reference(index)
      this.tables.push(reference)
      return
    }
    if (word === 'from') return this.#keyword(word, index)
    if (expecting === 'source') {
      const startsSubquery = word !== undefined && ['select', 'values', 'with'].includes(word)
      if (startsSubquery && this.#isSymbol(index - 1, '(')) {
        this.#level.inTableList = false
        return
      }
      if (this.#isQualifiedCall(index)) return
    }
    this.hidesTables = true
    if (word !== undefined) this.#keyword(word, index)
  }

  /** `sql.id('audit', 'person')` is two nodes with a dot between them. */
  #reference(index: number): TableReference<N> {
    const nodes: N[] = []
    for (let at = index; ; at += 2) {
      const token = this.#tokens[at]
      if (token?.kind !== 'node') {
        // A name that goes on in text: `${sql.id('audit')}.person`.
        this.hidesTables = true
        return nodes
      }
      nodes.push(token.node)
      if (!this.#isSymbol(at + 1, '.')) return nodes
    }
  }

  #keyword(word: string, index: number): void {
    if (ENDS_TABLE_LIST.has(word)) this.#level.inTableList = false
    if (VOLATILE_WORDS.has(word)) this.isVolatile = true
    if (this.#isLock(word, index)) this.isLocking = true
    const previous = this.#word(index - 1)
    switch (word) {
      case 'value':
        // `next value for ids` takes a number from a sequence.
        if (previous === 'next' || previous === 'previous') this.isVolatile = true
        return
      case 'from':
        // `extract(year from at)`, `is distinct from`: no table follows.
        if (previous !== 'distinct' && !TAKES_FROM.has(this.#level.callee ?? '')) this.#expectList()
        return
      case 'join':
      case 'straight_join':
      case 'apply':
        this.#expecting = 'source'
        return
      case 'using':
        // `join pet using (id)`, `convert(name using utf8)`
        if (!this.#isSymbol(index + 1, '(') && this.#level.callee !== 'convert') this.#expectList()
        return
      case 'table':
        // The command `TABLE person`, and `TRUNCATE TABLE person`.
        this.#expectList('target')
        return
      case 'into':
        this.modifies = true
        this.#expecting = 'target'
        return
      case 'update':
        if (isPartOfClause(previous)) return
        this.modifies = true
        this.#expectList('target')
        return
      case 'truncate':
        // It is a function as well, like `replace`.
        if (this.#isSymbol(index + 1, '(')) return
        this.modifies = true
        this.#expectList('target')
        return
      case 'replace':
        if (!this.#isSymbol(index + 1, '(')) this.#modify('into', index, 1)
        return
      case 'insert':
        return this.#modify('into', index, 3)
      case 'delete':
        if (!isPartOfClause(previous)) this.#modify('from', index, 1)
        return
      case 'merge':
        if (this.#word(index + 1) !== 'join') this.#modify('into', index, 1)
        return
      case 'cascade':
        // Reaches tables that nobody named.
        this.hidesTables = true
        return
      default:
        if (!this.#startsAnything(word)) return
        this.modifies = true
        this.hidesTables = true
    }
  }

  /** The keyword before its table may be left out: `insert person values (…)`. */
  #modify(keyword: string, index: number, within: number): void {
    this.modifies = true
    const behind = Array.from({ length: within }, (_, at) => this.#word(index + 1 + at))
    const isNamed = behind.includes(keyword) || this.#tokens[index + 1]?.kind === 'node'
    if (!isNamed) this.hidesTables = true
  }

  #startsAnything(word: string): boolean {
    if (OPAQUE_WORDS.has(word)) return true
    return this.#endsWithoutSemicolon && TSQL_STATEMENTS.has(word)
  }

  #expectList(expecting: 'source' | 'target' = 'source'): void {
    this.#expecting = expecting
    this.#level.inTableList = true
  }

  #isLock(word: string, index: number): boolean {
    if (word === 'for') return LOCK_STRENGTHS.has(this.#word(index + 1) ?? '')
    if (word === 'lock') return this.#word(index + 1) === 'in'
    return LOCK_WORDS.has(word)
  }

  /** A name with parentheses behind it that is neither a keyword nor an alias with its columns. */
  #isCall(index: number): boolean {
    const token = this.#tokens[index]
    if (!this.#isSymbol(index + 1, '(')) return false
    // `pragma table_info(films)`
    if (this.#word(0) === 'pragma') return false
    if (token?.kind === 'node' && !this.#isName(token.node)) return false
    if (token?.kind === 'node') return this.#expecting !== 'target' && !this.#isAlias(index)
    if (token?.kind !== 'word' && token?.kind !== 'quoted') return false
    if (this.#isSymbol(index - 1, '.')) return true
    if (token.kind === 'word' && this.#isKeyword(token.text, index)) return false
    // `x::numeric(10, 2)`, `unnest(…) f(a, b)`
    const previous = this.#tokens[index - 1]
    const isBehindSymbol = previous?.kind === 'symbol' && ':)'.includes(previous.text)
    return previous?.kind !== 'node' && !isBehindSymbol && !this.#isAlias(index)
  }

  /** `x as f(a, b)`, `with f(a, b) as (…)` */
  #isAlias(index: number): boolean {
    return ['as', 'with', 'recursive'].includes(this.#word(index - 1) ?? '')
  }

  /** Whether a word with parentheses behind it belongs to a clause, and is not the name of a function. */
  #isKeyword(word: string, index: number): boolean {
    return NOT_FUNCTIONS.has(word) || (CLAUSE_WORDS.has(word) && !this.#startsExpression(index))
  }

  #startsExpression(index: number): boolean {
    const token = this.#tokens[index - 1]
    // SQL Server wants a schema in front of a function that somebody wrote.
    if (this.#dialect === 'mssql') return false
    if (token?.kind === 'symbol') return !')]'.includes(token.text)
    const previous = this.#word(index - 1)
    if (previous === undefined) return token === undefined
    // `x not like (y)`, `as not materialized (…)`
    if (previous === 'not') return this.#startsExpression(index - 1)
    if (previous === 'on' && this.#word(index) === 'conflict') return false
    return BEFORE_EXPRESSION.has(previous)
  }

  #isQualifiedCall(index: number): boolean {
    let at = index
    while (this.#isSymbol(at + 1, '.')) at += 2
    return this.#isCall(at)
  }

  #call(index: number): void {
    const names: string[] = []
    for (let at = index; ; at -= 2) {
      const token = this.#tokens[at]
      names.unshift(token?.kind === 'word' || token?.kind === 'quoted' ? token.text : '?')
      if (!this.#isSymbol(at - 1, '.')) break
    }
    const isClosed = (at: number) => this.#isSymbol(index + at, ')')
    const argumentCount = isClosed(2) ? 0 : isClosed(3) ? 1 : 2
    const name = names.join('.')
    const effect = this.#functions.effectOf(name, argumentCount)
    if (effect === 'volatile' || effect === 'setting') this.isVolatile = true
    if (effect === 'setting' && !this.#isLocal(index)) this.changesSession = true
    if (effect === 'unknown') this.unknownFunctions.add(name)
  }

  /** `set_config(name, value, true)`: for this transaction only. */
  #isLocal(index: number): boolean {
    let depth = 0
    for (let at = index + 1; at < this.#tokens.length; at += 1) {
      if (this.#isSymbol(at, '(')) depth += 1
      if (this.#isSymbol(at, ')')) depth -= 1
      if (depth === 0) return this.#word(at - 1) === 'true' && this.#isSymbol(at - 2, ',')
    }
    return false
  }

  #word(index: number): string | undefined {
    const token = this.#tokens[index]
    return token?.kind === 'word' ? token.text : undefined
  }

  #isSymbol(index: number, text: string): boolean {
    const token = this.#tokens[index]
    return token?.kind === 'symbol' && token.text === text
  }
}

/** `for update`, `for no key update`, `do update set`, `on duplicate key update`, `on delete cascade`. */
function isPartOfClause(previous: string | undefined): boolean {
  return previous !== undefined && ['for', 'key', 'do', 'on', 'then'].includes(previous)
}
