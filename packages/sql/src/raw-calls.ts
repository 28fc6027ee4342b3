import { BEFORE_EXPRESSION, CLAUSE_WORDS, NOT_FUNCTIONS } from './raw-words.ts'
import type { SqlDialect } from './sql-dialect.ts'
import type { FunctionCall } from './sql-parser.ts'
import type { TokenRow } from './token-row.ts'

/** What the rules for calls need to know beside the tokens. */
export interface CallContext<N extends object> {
  readonly dialect: SqlDialect
  /** What a node names, a function among others; undefined for a node that names nothing. */
  readonly nameOf: (node: N) => string | undefined
}

/** What is longer is not looked through for its last argument: calls in calls would take the square of their number. */
const MAX_ARGUMENT_TOKENS = 100

/**
 * Tells calls from everything else that has parentheses behind it: keywords of a clause, types, aliases with their
 * columns. In doubt it is a call.
 */
export class RawCalls<N extends object> {
  readonly #row: TokenRow<N>
  readonly #context: CallContext<N>

  constructor(row: TokenRow<N>, context: CallContext<N>) {
    this.#row = row
    this.#context = context
  }

  /**
   * A name with parentheses behind it that is neither a keyword nor an alias with its columns.
   *
   * @param isTarget a table to write is expected here: what follows its name are columns
   */
  isCall(index: number, isTarget: boolean): boolean {
    const row = this.#row
    const token = row.at(index)
    if (!row.isSymbol(index + 1, '(')) return false
    // `pragma table_info(films)`
    if (row.word(0) === 'pragma') return false
    if (token?.kind === 'node') {
      return this.#context.nameOf(token.node) !== undefined && !isTarget && !this.#isAlias(index)
    }
    if (token?.kind !== 'word' && token?.kind !== 'quoted') return false
    if (row.isSymbol(index - 1, '.')) return true
    if (token.kind === 'word' && this.#isKeyword(token.text, index)) return false
    // `x::numeric(10, 2)`, `unnest(…) f(a, b)`
    const previous = row.at(index - 1)
    const isBehindSymbol = previous?.kind === 'symbol' && ':)'.includes(previous.text)
    return previous?.kind !== 'node' && !isBehindSymbol && !this.#isAlias(index)
  }

  /** Whether a name that may have a schema in front is one of a function. */
  isQualifiedCall(index: number, isTarget: boolean): boolean {
    let at = index
    while (this.#row.isSymbol(at + 1, '.')) at += 2
    return this.isCall(at, isTarget)
  }

  /** The call whose name, without its schema, stands here. More than two arguments count as two. */
  callAt(index: number): FunctionCall {
    const names: string[] = []
    for (let at = index; ; at -= 2) {
      names.unshift(this.#nameAt(at))
      if (!this.#row.isSymbol(at - 1, '.')) break
    }
    const isClosed = (at: number) => this.#row.isSymbol(index + at, ')')
    return {
      name: names.join('.'),
      argumentCount: isClosed(2) ? 0 : isClosed(3) ? 1 : 2,
      endsWithTrue: this.#endsWithTrue(index + 1),
    }
  }

  #nameAt(index: number): string {
    const token = this.#row.at(index)
    if (token?.kind === 'node') return this.#context.nameOf(token.node) ?? '?'
    return token?.kind === 'word' || token?.kind === 'quoted' ? token.text : '?'
  }

  /** @param start where the parentheses open */
  #endsWithTrue(start: number): boolean {
    const row = this.#row
    let depth = 0
    for (let at = start; at < start + MAX_ARGUMENT_TOKENS && at < row.length; at += 1) {
      if (row.isSymbol(at, '(')) depth += 1
      if (row.isSymbol(at, ')')) depth -= 1
      if (depth === 0) return row.word(at - 1) === 'true' && row.isSymbol(at - 2, ',')
    }
    return false
  }

  /** `x as f(a, b)`, `with f(a, b) as (…)` */
  #isAlias(index: number): boolean {
    return ['as', 'with', 'recursive'].includes(this.#row.word(index - 1) ?? '')
  }

  /** Whether a word with parentheses behind it belongs to a clause, and is not the name of a function. */
  #isKeyword(word: string, index: number): boolean {
    return NOT_FUNCTIONS.has(word) || (CLAUSE_WORDS.has(word) && !this.#startsExpression(index))
  }

  #startsExpression(index: number): boolean {
    const token = this.#row.at(index - 1)
    // SQL Server wants a schema in front of a function that somebody wrote.
    if (this.#context.dialect === 'mssql') return false
    if (token?.kind === 'symbol') return !')]'.includes(token.text)
    const previous = this.#row.word(index - 1)
    if (previous === undefined) return token === undefined
    // `x not like (y)`, `as not materialized (…)`
    if (previous === 'not') return this.#startsExpression(index - 1)
    if (previous === 'on' && this.#row.word(index) === 'conflict') return false
    return BEFORE_EXPRESSION.has(previous)
  }
}
