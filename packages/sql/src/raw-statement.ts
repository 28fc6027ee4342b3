import type { SqlDialect } from './sql-dialect.ts'
import { lexSql, type Token } from './sql-lexer.ts'

/** A statement that opens or ends a transaction, or sets a point in one. */
export type TransactionControl =
  | 'begin'
  | 'commit'
  /** `COMMIT AND CHAIN`, `ROLLBACK AND CHAIN`: another transaction is open afterwards. */
  | 'commit-and-chain'
  | 'rollback'
  | 'rollback-and-chain'

/** What a whole statement of raw SQL is, as far as its first words tell. */
export type RawStatement =
  /** SELECT, VALUES, TABLE, WITH … that has no data-modifying word: it reads, unless a function it calls writes. */
  | { readonly kind: 'select' }
  /** INSERT, UPDATE, DELETE, MERGE, TRUNCATE, REPLACE: it writes to the tables that it names. */
  | { readonly kind: 'modify' }
  /** SHOW, EXPLAIN, SET, SAVEPOINT …: no rows of a table are in its answer, and none is changed. */
  | { readonly kind: 'not-data' }
  /** SET, RESET, PRAGMA with a value: what the same connection answers from now on may be different. */
  | { readonly kind: 'setting' }
  | { readonly kind: 'control'; readonly control: TransactionControl }
  /**
   * Anything else, several statements in one text included: it may do everything. `changesSchema`: it may define tables,
   * beside what it does to their rows.
   */
  | { readonly kind: 'opaque'; readonly changesSchema: boolean }

/**
 * @param sql the compiled text: what the database gets
 */
export function readRawStatement(sql: string, dialect: SqlDialect): RawStatement {
  const { tokens, clear } = lexSql([sql], dialect)
  const statement = withoutSemicolons(tokens)
  if (!clear || statement.some((token) => isSymbol(token, ';'))) {
    return { kind: 'opaque', changesSchema: true }
  }
  const words = statement.map((token) => (token.kind === 'word' ? token.text : ''))
  const first = words[statement.findIndex((token) => !isSymbol(token, '('))] ?? ''
  if (SELECTING.has(first)) return { kind: 'select' }
  // MySQL commits when it truncates, as with anything that changes a definition.
  const commits = first === 'truncate' && dialect === 'mysql'
  if (MODIFYING.has(first) && !commits) return { kind: 'modify' }
  const control = controlOf(words)
  if (control === 'savepoint') return { kind: 'not-data' }
  if (control) return { kind: 'control', control }
  // EXPLAIN ANALYZE runs what it explains, and `SET autocommit` ends a transaction.
  const isHarmless = NOT_DATA.has(first) && !words.some((word) => NOT_HARMLESS.has(word))
  if (!isHarmless || statement.some(isAutocommit)) {
    return { kind: 'opaque', changesSchema: !ROWS_ONLY.has(first) }
  }
  if (first === 'pragma') return { kind: kindOfPragma(statement) }
  return { kind: isSetting(words, dialect) ? 'setting' : 'not-data' }
}

function isSetting([first, second = '']: readonly string[], dialect: SqlDialect): boolean {
  // Its driver resets a connection for whoever gets it next.
  if (dialect === 'mssql') return false
  if (first !== 'set' && first !== 'reset') return false
  // To MySQL, LOCAL is another word for SESSION.
  if (second === 'local') return dialect !== 'postgres'
  return second !== 'transaction' && second !== 'constraints'
}

/** `SET autocommit`, in all the ways to write it: @@autocommit, `autocommit`, @@session.autocommit. */
function isAutocommit(token: Token): boolean {
  return (token.kind === 'variable' || token.kind === 'quoted') && /autocommit$/i.test(token.text)
}

/** `pragma x` and `pragma main.x(table)` ask; `pragma x = value` and `pragma x(value)` set. */
function kindOfPragma(tokens: readonly Token[]): 'not-data' | 'setting' {
  const at = tokens[2] && isSymbol(tokens[2], '.') ? 3 : 1
  const name = tokens[at]
  const asks = name?.kind === 'word' && ASKING_PRAGMAS.has(name.text)
  return asks || tokens.length <= at + 1 ? 'not-data' : 'setting'
}

/** Those that take what they ask about as an argument. */
const ASKING_PRAGMAS = new Set(
  `table_info table_xinfo table_list index_info index_xinfo index_list foreign_key_list foreign_key_check
  integrity_check quick_check wal_checkpoint optimize incremental_vacuum`.split(/\s+/),
)

const SELECTING = new Set(['select', 'values', 'table', 'with'])
// A procedure may define tables. Nobody could call one any more without all that is known of the schema becoming old.
const ROWS_ONLY = new Set('call copy lock unlock vacuum analyze set'.split(' '))
const MODIFYING = new Set(['insert', 'update', 'delete', 'merge', 'truncate', 'replace'])
const NOT_DATA = new Set(
  'show set reset explain describe desc pragma listen unlisten notify'.split(' '),
)
const NOT_HARMLESS = new Set(
  'insert update delete merge replace into call execute autocommit'.split(' '),
)

/** @param words the words of a statement; `''` for every token that is none */
function controlOf(words: readonly string[]): TransactionControl | 'savepoint' | undefined {
  const [first, second = ''] = words
  const chains = words.includes('chain') && !words.includes('no')
  switch (first) {
    case 'begin':
      // `BEGIN UPDATE … END` is a block of T-SQL.
      return second === '' && words.length > 1 ? undefined : controlOfBegin(second)
    case 'start':
      return second === 'transaction' ? 'begin' : undefined
    case 'commit':
    case 'end':
      // `COMMIT PREPARED` ends another transaction than this session's.
      if (second === 'prepared') return undefined
      return chains ? 'commit-and-chain' : 'commit'
    case 'rollback':
    case 'abort':
      if (second === 'prepared') return undefined
      if (words.includes('to')) return 'savepoint'
      // T-SQL rolls back to a savepoint by its name alone: `ROLLBACK TRAN here`.
      if (second.startsWith('tran') && words.length > 2 && !chains) return undefined
      return chains ? 'rollback-and-chain' : 'rollback'
    case 'savepoint':
    case 'release':
      return 'savepoint'
    case 'save':
      return second.startsWith('tran') ? 'savepoint' : undefined
    default:
      return undefined
  }
}

const BEHIND_BEGIN = new Set(
  ' work tran transaction deferred immediate exclusive concurrent isolation read not deferrable'.split(
    ' ',
  ),
)

function controlOfBegin(second: string): 'begin' | undefined {
  return BEHIND_BEGIN.has(second) ? 'begin' : undefined
}

/** Without the semicolons that end it, and those that end whatever T-SQL had before it: `;with …`. */
function withoutSemicolons(tokens: readonly Token[]): readonly Token[] {
  const start = tokens.findIndex((token) => !isSymbol(token, ';'))
  const end = tokens.findLastIndex((token) => !isSymbol(token, ';'))
  return tokens.slice(Math.max(start, 0), end + 1)
}

function isSymbol(token: Token, text: string): boolean {
  return token.kind === 'symbol' && token.text === text
}
