import type { SqlDialect } from './sql-dialect.ts'

/**
 * A piece of SQL, as far as the rules of this package care. `N` is what may stand between the texts: the
 * nodes of whoever composes them, or nothing.
 */
export type Token<N extends object = object> = (TextToken | NodeToken<N>) & {
  /** White space or a comment stands before it. */
  readonly spaced: boolean
}

type TextToken =
  /** A keyword or plain name, in lower case. */
  | { readonly kind: 'word'; readonly text: string }
  /** A quoted name, without its quotes. */
  | { readonly kind: 'quoted'; readonly text: string }
  /** A literal; `text` is what stands between its quotes. */
  | { readonly kind: 'string'; readonly text: string }
  | { readonly kind: 'number' }
  /** What a parameter is bound to: `$1`, `?`, `@1`. */
  | { readonly kind: 'placeholder'; readonly text: string }
  /** A session variable: `@x`, `@@x`. */
  | { readonly kind: 'variable'; readonly text: string }
  | { readonly kind: 'symbol'; readonly text: string }

/** What stands between two texts: a table, a subquery, a value. */
interface NodeToken<N extends object> {
  readonly kind: 'node'
  readonly node: N
}

export interface Lexed<N extends object = object> {
  readonly tokens: readonly Token<N>[]
  /**
   * `false` where the text could be read in more than one way: an open quote or comment, a backslash
   * whose meaning depends on a setting, an executable comment. Nothing must be concluded from it then.
   */
  readonly clear: boolean
}

/** Stands for a node. It is in a private area of Unicode, so no SQL has it outside of a literal. */
const NODE = '\uE000'

/** Splits text and nodes into tokens. Every doubt about where a quote or comment ends makes it unclear. */
export function lexSql<N extends object = object>(
  parts: readonly (string | N)[],
  dialect: SqlDialect,
): Lexed<N> {
  const nodes = parts.filter((part): part is N => typeof part !== 'string')
  const texts = parts.map((part) => (typeof part === 'string' ? part : NODE))
  const sql = texts.join('')
  const pattern = PATTERNS[dialect]
  const tokens: Token<N>[] = []
  let clear = sql.split(NODE).length - 1 === nodes.length
  let nextNode = 0
  let spaced = false
  pattern.lastIndex = 0
  for (let match = pattern.exec(sql); match; match = pattern.exec(sql)) {
    const [text] = match
    if (text === NODE) {
      const node = nodes[nextNode]
      if (node) tokens.push({ kind: 'node', node, spaced })
      nextNode += 1
      spaced = false
      continue
    }
    // A node inside of a quote or a comment is not what it looks like.
    if (text.includes(NODE)) clear = false
    const token = tokenOf(match.groups as Groups, text, dialect)
    if (token === 'unclear') clear = false
    else if (token) tokens.push({ ...token, spaced })
    spaced = token === undefined
  }
  return { tokens, clear }
}

type Groups = Partial<Record<'space' | 'comment' | 'string' | 'escaped' | 'dollar', string>> &
  Partial<Record<'quoted' | 'number' | 'placeholder' | 'variable' | 'word' | 'symbol', string>>

function tokenOf(
  groups: Groups,
  text: string,
  dialect: SqlDialect,
): TextToken | 'unclear' | undefined {
  if (groups.space !== undefined) return undefined
  if (groups.word !== undefined) return { kind: 'word', text: text.toLowerCase() }
  if (groups.comment !== undefined) return isPlainComment(text) ? undefined : 'unclear'
  if (groups.string !== undefined) {
    // Whether a backslash escapes the quote after it is a setting of the session.
    const ambiguous = dialect !== 'mysql' && text.includes("\\'")
    return ambiguous ? 'unclear' : { kind: 'string', text: text.slice(1, -1) }
  }
  if (groups.escaped !== undefined) return { kind: 'string', text: text.slice(2, -1) }
  if (groups.dollar !== undefined)
    return { kind: 'string', text: text.replace(/^\$.*?\$|\$\w*\$$/g, '') }
  if (groups.quoted !== undefined) return { kind: 'quoted', text: unquoted(text) }
  if (groups.number !== undefined) return { kind: 'number' }
  if (groups.placeholder !== undefined) return { kind: 'placeholder', text }
  if (groups.variable !== undefined) return { kind: 'variable', text }
  return DOUBTFUL[dialect].includes(text) ? 'unclear' : { kind: 'symbol', text }
}

/** A quote inside of a name is written twice. */
function unquoted(text: string): string {
  const quote = text.slice(-1)
  return text.slice(1, -1).replaceAll(quote + quote, quote)
}

/** MySQL executes what is in some comments, and dialects differ on whether comments nest. */
function isPlainComment(text: string): boolean {
  if (!text.startsWith('/*')) return !text.endsWith('\r')
  return text.endsWith('*/') && text.length > 3 && !/^\/\*M?!/.test(text) && !text.includes('/*', 2)
}

/** Single characters that open something which did not end, or that this dialect has no use for. */
const DOUBTFUL: Readonly<Record<SqlDialect, string>> = {
  postgres: `'"\`\\$`,
  mysql: `'"\`\\`,
  sqlite: `'"\`[\\#`,
  mssql: `'"\`[\\`,
  other: `'"\`[\\#$`,
}

const SPACE = '(?<space>\\s+)'
const BLOCK_COMMENT = '\\/\\*(?:[^*]|\\*(?!\\/))*(?:\\*\\/|$)'
// A lone carriage return ends a comment for some databases only; isPlainComment refuses it.
const LINE_COMMENT = '--[^\\r\\n]*(?:\\r(?!\\n))?'
const STRING = "(?<string>'(?:[^']|'')*')"
const NUMBER = '(?<number>0[xX][\\da-fA-F]+(?!\\w)|(?:\\d+(?:\\.\\d*)?|\\.\\d+)(?:[eE][+-]?\\d+)?)'
const WORD = '(?<word>[A-Za-z_\\u0080-\\uDFFF\\uE001-\\uFFFF][\\w$\\u0080-\\uDFFF\\uE001-\\uFFFF]*)'
const SYMBOL = '(?<symbol>[^])'

/** One expression for each dialect: the first alternative that fits wins, so their order matters. */
const PATTERNS: Readonly<Record<SqlDialect, RegExp>> = {
  postgres: pattern([
    SPACE,
    `(?<comment>${LINE_COMMENT}|${BLOCK_COMMENT})`,
    "(?<escaped>[eE]'(?:[^'\\\\]|\\\\[^]|'')*')",
    STRING,
    '(?<quoted>"(?:[^"]|"")*")',
    '(?<dollar>\\$(?<tag>(?:[A-Za-z_]\\w*)?)\\$[^]*?\\$\\k<tag>\\$)',
    '(?<placeholder>\\$\\d+)',
  ]),
  mysql: pattern([
    SPACE,
    `(?<comment>${LINE_COMMENT.replace('--', '(?:--(?=\\s|$)|#)')}|${BLOCK_COMMENT})`,
    '(?<string>\'(?:[^\'\\\\]|\\\\[^]|\'\')*\'|"(?:[^"\\\\]|\\\\[^]|"")*")',
    '(?<quoted>`(?:[^`]|``)*`)',
    '(?<placeholder>\\?)',
    '(?<variable>@@?[\\w.$]+)',
  ]),
  sqlite: pattern([
    SPACE,
    `(?<comment>${LINE_COMMENT}|${BLOCK_COMMENT})`,
    STRING,
    '(?<quoted>"(?:[^"]|"")*"|`(?:[^`]|``)*`|\\[[^\\]]*\\])',
    '(?<placeholder>\\?\\d*|[@:$][A-Za-z_]\\w*)',
  ]),
  mssql: pattern([
    SPACE,
    `(?<comment>${LINE_COMMENT}|${BLOCK_COMMENT})`,
    STRING,
    '(?<quoted>"(?:[^"]|"")*"|\\[(?:[^\\]]|\\]\\])*\\])',
    '(?<placeholder>@\\d+)',
    '(?<variable>@@?\\w+)',
  ]),
  other: pattern([
    SPACE,
    `(?<comment>${LINE_COMMENT}|${BLOCK_COMMENT})`,
    STRING,
    '(?<quoted>"(?:[^"]|"")*")',
    '(?<placeholder>\\$\\d+|\\?|@\\d+)',
    '(?<variable>@@?\\w+)',
  ]),
}

function pattern(alternatives: readonly string[]): RegExp {
  return new RegExp([...alternatives, NUMBER, WORD, SYMBOL].join('|'), 'gy')
}
