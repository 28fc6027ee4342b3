import type { FunctionEffects } from './known-functions.ts'
import { type CallContext, RawCalls } from './raw-calls.ts'
import {
  ENDS_TABLE_LIST,
  LOCK_STRENGTHS,
  LOCK_WORDS,
  OPAQUE_WORDS,
  TAKES_FROM,
  TSQL_STATEMENTS,
  VOLATILE_WORDS,
} from './raw-words.ts'
import { takesTableBehindIn } from './sql-dialect.ts'
import type { Token } from './sql-lexer.ts'
import type { FunctionCall } from './sql-parser.ts'
import { isTimeWord } from './time-words.ts'
import { TokenRow } from './token-row.ts'

/** A table that nodes between the texts name: one for each part of its name. */
export type TableReference<N extends object> = readonly N[]

export interface RawContext<N extends object> extends CallContext<N> {
  readonly functions: FunctionEffects
  readonly place: RawPlace
}

/** Where a piece of raw SQL stands. */
export type RawPlace =
  /** It is the whole statement. */
  | 'statement'
  /** Where a table is named: `selectFrom(sql\`…\`.as('x'))`. */
  | 'table'
  /** Behind AS: a name, with columns in parentheses or without. The tokens begin with that word. */
  | 'alias'
  | 'elsewhere'

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
  readonly #functions: FunctionEffects
  readonly #levels: Level[]
  readonly #row: TokenRow<N>
  readonly #calls: RawCalls<N>
  readonly #place: RawPlace
  /** T-SQL needs nothing between two statements. */
  readonly #endsWithoutSemicolon: boolean
  /** SQLite takes a table without parentheses: `id in favourites`. */
  readonly #readsBehindIn: boolean
  #expecting: Expectation

  constructor(tokens: readonly Token<N>[], context: RawContext<N>) {
    const { dialect, functions, place } = context
    this.#row = new TokenRow(tokens)
    this.#calls = new RawCalls(this.#row, context)
    this.#place = place
    this.#endsWithoutSemicolon = dialect === 'mssql' || dialect === 'other'
    this.#readsBehindIn = takesTableBehindIn(dialect)
    this.#tokens = tokens
    this.#functions = functions
    const inTableList = place === 'table' || place === 'alias'
    this.#levels = [{ callee: undefined, inTableList }]
    this.#expecting = place === 'table' ? 'source' : undefined
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
    if (this.#calls.isCall(index, this.#expecting === 'target')) {
      this.#call(this.#calls.callAt(index))
    }
    // What follows a dot is a column, whatever it is called.
    const word =
      token.kind === 'word' && !this.#row.isSymbol(index - 1, '.') ? token.text : undefined
    if (this.#expecting) return this.#table(token, word, index)
    if (word !== undefined) this.#keyword(word, index)
  }

  #symbol(text: string, index: number): void {
    switch (text) {
      case '(':
        this.#levels.push({
          callee: this.#row.word(index - 1),
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
    const isSecond = this.#place !== 'statement' || this.#row.hasStatementBefore(index)
    return isSecond && this.#row.hasStatementBehind(index)
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
      if (startsSubquery && this.#row.isSymbol(index - 1, '(')) {
        this.#level.inTableList = false
        return
      }
      if (this.#calls.isQualifiedCall(index, false)) return
    }
    this.hidesTables = true
    if (word !== undefined) this.#keyword(word, index)
  }

  /** `sql.id('audit', 'person')` is two nodes with a dot between them. */
  #reference(index: number): TableReference<N> {
    const nodes: N[] = []
    for (let at = index; ; at += 2) {
      const token = this.#row.at(at)
      if (token?.kind !== 'node') {
        // A name that goes on in text: `${sql.id('audit')}.person`.
        this.hidesTables = true
        return nodes
      }
      nodes.push(token.node)
      if (!this.#row.isSymbol(at + 1, '.')) return nodes
    }
  }

  #keyword(word: string, index: number): void {
    if (ENDS_TABLE_LIST.has(word)) this.#level.inTableList = false
    if (VOLATILE_WORDS.has(word)) this.isVolatile = true
    if (this.#isLock(word, index)) this.isLocking = true
    const previous = this.#row.word(index - 1)
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
        if (!this.#row.isSymbol(index + 1, '(') && this.#level.callee !== 'convert')
          this.#expectList()
        return
      case 'table':
        // The command `TABLE person`, and `TRUNCATE TABLE person`.
        this.#expectList('target')
        return
      case 'in':
        if (!this.#readsBehindIn || this.#row.isSymbol(index + 1, '(')) return
        if (!TAKES_FROM.has(this.#level.callee ?? '')) this.#expecting = 'source'
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
        if (this.#row.isSymbol(index + 1, '(')) return
        this.modifies = true
        this.#expectList('target')
        return
      case 'replace':
        if (!this.#row.isSymbol(index + 1, '(')) this.#modify('into', index, 1)
        return
      case 'insert':
        return this.#modify('into', index, 3)
      case 'delete':
        if (!isPartOfClause(previous)) this.#modify('from', index, 1)
        return
      case 'merge':
        if (this.#row.word(index + 1) !== 'join') this.#modify('into', index, 1)
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
    const behind = Array.from({ length: within }, (_, at) => this.#row.word(index + 1 + at))
    const isNamed = behind.includes(keyword) || this.#row.at(index + 1)?.kind === 'node'
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
    if (word === 'for') return LOCK_STRENGTHS.has(this.#row.word(index + 1) ?? '')
    if (word === 'lock') return this.#row.word(index + 1) === 'in'
    return LOCK_WORDS.has(word)
  }

  #call({ name, argumentCount, endsWithTrue }: FunctionCall): void {
    const effect = this.#functions.effectOf(name, argumentCount)
    if (effect === 'volatile' || effect === 'setting') this.isVolatile = true
    if (effect === 'setting' && !endsWithTrue) this.changesSession = true
    if (effect === 'unknown') this.unknownFunctions.add(name)
  }
}

/** `for update`, `for no key update`, `do update set`, `on duplicate key update`, `on delete cascade`. */
function isPartOfClause(previous: string | undefined): boolean {
  return previous !== undefined && ['for', 'key', 'do', 'on', 'then'].includes(previous)
}
