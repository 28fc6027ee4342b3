import type { FunctionEffects } from '../known-functions.ts'
import { isNotData } from '../not-data.ts'
import { CLAUSE_WORDS, NOT_FUNCTIONS, VOLATILE_WORDS, words } from '../raw-words.ts'
import type { SqlDialect } from '../sql-dialect.ts'
import { lexSql, type Token } from '../sql-lexer.ts'
import { isTimeWord } from '../time-words.ts'
import { effectBeside } from './catalogue-functions.ts'
import type { FunctionVolatility } from './relation.ts'

/** What the text of a view, trigger or rule says, as far as its words tell. */
export interface Body {
  /** Every identifier in it, in lower case. A table of that name counts as touched. */
  readonly names: ReadonlySet<string>
  /** What it does is not known: SQL made up as it runs, a function that nobody knows, text that is not clear. */
  readonly isOpaque: boolean
  /** It answers differently each time, or per session. */
  readonly isVolatile: boolean
  /** The columns of NEW that it may set. */
  readonly sets: readonly string[] | 'any'
}

export interface BodyContext {
  readonly dialect: SqlDialect
  readonly functions: FunctionEffects
  /** What the catalogue says of a function that is not built in. */
  readonly volatilityOf: (name: string) => FunctionVolatility | undefined
  /** Whether there is a table or the like of this name, in lower case and without schema. */
  readonly isRelation: (name: string) => boolean
}

/**
 * Reads a body by its words alone. The rule errs on one side: an identifier that is called like a table is taken for that
 * table, and whatever could reach a table under no name makes the body opaque.
 */
export function readBody(text: string, context: BodyContext): Body {
  const { tokens, clear } = lexSql([text], context.dialect)
  return readTokens(tokens, clear, context)
}

/** @param clear as the lexer says of the text that the tokens are from */
export function readTokens(tokens: readonly Token[], clear: boolean, context: BodyContext): Body {
  const names = new Set<string>()
  const sets = new Set<string>()
  let setsAny = false
  let isOpaque = !clear
  let isVolatile = false
  for (const [index, token] of tokens.entries()) {
    if (token.kind === 'variable') isVolatile = true
    if (token.kind === 'string' && isTimeWord(token.text)) isVolatile = true
    const name = nameOf(token)
    if (name === undefined) continue
    names.add(name)
    if (isNotData(name, undefined) || isNotData('', name)) isVolatile = true
    if (token.kind === 'word') {
      if (VOLATILE_WORDS.has(name)) isVolatile = true
      if (isDynamic(tokens, index)) isOpaque = true
      if (writesUnknown(tokens, index, context)) isOpaque = true
    }
    if (name === 'new') {
      const column = isSymbol(tokens[index + 1], '.') ? nameOf(tokens[index + 2]) : undefined
      if (column !== undefined) sets.add(column)
      else if (wordAt(tokens, index - 1) !== 'return') setsAny = true
    }
    if (wordAt(tokens, index) === 'return' && !returnsOwnRow(tokens, index)) setsAny = true
    const effect = effectOfCall(tokens, index, context)
    if (effect === 'unknown') isOpaque = true
    if (effect === 'volatile') isVolatile = true
  }
  return { names, isOpaque, isVolatile, sets: setsAny ? 'any' : [...sets] }
}

/** `execute format(…)`, `prepare`, `call f()`: what they run stands in no text, or elsewhere. */
function isDynamic(tokens: readonly Token[], index: number): boolean {
  // Behind a dot it is a column.
  if (isSymbol(tokens[index - 1], '.')) return false
  return ['execute', 'prepare', 'call', 'copy', 'exec'].includes(wordAt(tokens, index) as string)
}

/** Whether a table that it writes is called by a name that no table has: it may come to be. */
function writesUnknown(
  tokens: readonly Token[],
  index: number,
  { isRelation }: BodyContext,
): boolean {
  const word = wordAt(tokens, index) as string
  if (!['insert', 'replace', 'merge', 'update', 'delete', 'truncate'].includes(word)) return false
  // The functions `insert()` and `replace()`, a column, `for update`, `on update cascade`, `before insert or update`.
  const before = wordAt(tokens, index - 1)
  if (isSymbol(tokens[index + 1], '(') || isSymbol(tokens[index - 1], '.')) return false
  if (
    before !== undefined &&
    ['for', 'do', 'key', 'on', 'or', 'before', 'after', 'of'].includes(before)
  ) {
    return false
  }
  let at = index + 1
  while (MODIFIERS.has(wordAt(tokens, at) ?? '')) at += 1
  // `then update set x = 1` of a MERGE, `when not matched then delete`, `update or replace`.
  if (['set', undefined].includes(wordAt(tokens, at)) && tokens[at]?.kind !== 'quoted') return false
  while (isSymbol(tokens[at + 1], '.')) at += 2
  const name = nameOf(tokens[at])
  return name === undefined || !isRelation(name)
}

const MODIFIERS = words(`
  into from only table ignore low_priority high_priority delayed quick or replace abort fail rollback values
`)

/** What calling the function at this place does; `undefined` where none is called. */
function effectOfCall(
  tokens: readonly Token[],
  index: number,
  { functions, volatilityOf, isRelation }: BodyContext,
): 'stable' | 'volatile' | 'unknown' | undefined {
  const name = nameOf(tokens[index])
  if (name === undefined || !isSymbol(tokens[index + 1], '(')) return undefined
  const isPlain = tokens[index]?.kind === 'word'
  let start = index
  while (isSymbol(tokens[start - 1], '.') && nameOf(tokens[start - 2]) !== undefined) start -= 2
  if (start === index) {
    if (isPlain && NOT_CALLED.has(name)) return undefined
    // `insert into log (a, b)`, `with x (a) as`, `x as (`, `) x (a)`, `::numeric (10, 2)`
    const before = wordAt(tokens, index - 1)
    if (before !== undefined && ['as', 'with', 'recursive', 'into', 'table'].includes(before)) {
      return undefined
    }
    if (isSymbol(tokens[index - 1], ')') || isSymbol(tokens[index - 1], ':')) return undefined
  } else {
    const before = wordAt(tokens, start - 1)
    if (before === 'into' && isRelation(name)) return undefined
  }
  const qualified = tokens
    .slice(start, index + 1)
    .map((token) => nameOf(token) ?? '.')
    .join('')
  const isClosed = (at: number) => isSymbol(tokens[index + at], ')')
  const known = functions.effectOf(qualified, isClosed(2) ? 0 : isClosed(3) ? 1 : 2)
  // With the database's own schema it is not one that somebody wrote.
  const written = volatilityOf(qualified) ?? (known === 'unknown' ? volatilityOf(name) : undefined)
  const effect = effectBeside(known, written)
  return effect === 'setting' ? 'volatile' : effect
}

/** Words that parentheses may follow and that are no functions: of clauses, of PL/pgSQL, of types. */
const NOT_CALLED: ReadonlySet<string> = new Set([
  ...NOT_FUNCTIONS,
  ...CLAUSE_WORDS,
  ...words(`
    if elsif elseif while return exit continue loop perform raise assert declare begin end then begin atomic
    varchar char character varying nchar nvarchar numeric decimal dec float real int integer bigint smallint tinyint
    mediumint bit varbit varbinary binary text time timestamp datetime interval signed unsigned enum double precision
    set row rows
  `),
])

/** `return new`, `return old`, `return null`, `return;` */
function returnsOwnRow(tokens: readonly Token[], index: number): boolean {
  const next = tokens[index + 1]
  return isSymbol(next, ';') || ['new', 'old', 'null'].includes(wordAt(tokens, index + 1) ?? '')
}

function nameOf(token: Token | undefined): string | undefined {
  return token?.kind === 'word' || token?.kind === 'quoted' ? token.text.toLowerCase() : undefined
}

function wordAt(tokens: readonly Token[], index: number): string | undefined {
  const token = tokens[index]
  return token?.kind === 'word' ? token.text : undefined
}

function isSymbol(token: Token | undefined, text: string): boolean {
  return token?.kind === 'symbol' && token.text === text
}
