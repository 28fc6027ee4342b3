import type { BypassReason } from '@tidemark/core'
import {
  KnownFunctions,
  lexSql,
  RawReader,
  readRawStatement,
  type RawStatement,
  type SqlDialect,
} from '@tidemark/sql'

/** What the text of a raw statement shows. Which tables it names is left to hints. */
export interface RawFindings {
  /**
   * `'nothing'`: it certainly changes no row. `'by-function'`: it may, if the function that it calls does,
   * which nobody knows. `'rows'`: rows of tables that it names. `'anything'`: it is not clear what it does, or
   * it changes what the session answers from now on.
   */
  readonly changes: 'nothing' | 'by-function' | 'rows' | 'anything'
  /** It may define tables, keys, triggers or views. */
  readonly changesSchema: boolean
  /** Why its answer must not be cached, whatever it reads. */
  readonly obstacle: BypassReason | undefined
}

export function readRaw(text: string, dialect: SqlDialect): RawFindings {
  const { tokens, clear } = lexSql([text], dialect)
  const reader = new RawReader(tokens, {
    dialect,
    functions: functionsOf(dialect),
    place: 'statement',
    nameOf: () => undefined,
  })
  reader.read()
  const isClear = clear && !reader.doubtful
  const statement = readRawStatement(text, dialect)
  return {
    changes: isClear ? changesOf(statement, reader) : 'anything',
    changesSchema: !isClear || (statement.kind === 'opaque' && statement.changesSchema),
    obstacle:
      statement.kind === 'not-data'
        ? 'not-data'
        : reader.isLocking
          ? 'locking-read'
          : reader.isVolatile
            ? 'volatile-function'
            : undefined,
  }
}

const known = new Map<SqlDialect, KnownFunctions>()

function functionsOf(dialect: SqlDialect): KnownFunctions {
  const functions = known.get(dialect) ?? new KnownFunctions(dialect)
  known.set(dialect, functions)
  return functions
}

function changesOf(
  { kind }: RawStatement,
  { modifies, unknownFunctions, changesSession }: RawReader<object>,
): RawFindings['changes'] {
  if (changesSession) return 'anything'
  const callsUnknown = unknownFunctions.size > 0
  switch (kind) {
    case 'select':
      return modifies ? 'rows' : callsUnknown ? 'by-function' : 'nothing'
    case 'modify':
      return 'rows'
    case 'not-data':
      return modifies || callsUnknown ? 'anything' : 'nothing'
    default:
      return 'anything'
  }
}

/** @param provider of the database, as the schema names it */
export function dialectOf(provider: string): SqlDialect {
  switch (provider) {
    case 'postgresql':
    case 'cockroachdb':
      return 'postgres'
    case 'mysql':
    case 'sqlite':
      return provider
    case 'sqlserver':
      return 'mssql'
    default:
      return 'other'
  }
}
