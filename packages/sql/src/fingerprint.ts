import type { SqlDialect } from './sql-dialect.ts'
import { lexSql, type Token } from './sql-lexer.ts'

/** A query of many kilobytes is recognised by its start. */
const MAX_LENGTH = 2000

/**
 * The shape of a query as people read it in the metrics: its SQL without comments and with every
 * literal replaced by `?`, so that nobody's data ends up in a metric. Bound parameters are not in it anyway.
 */
export function fingerprintOf(sql: string, dialect: SqlDialect): string {
  const { tokens, clear } = lexSql([sql], dialect)
  if (!clear) return '(SQL that is not clear to read)'
  let text = ''
  for (const token of tokens) {
    const space = token.spaced && text !== '' ? ' ' : ''
    text += space + textOf(token, dialect)
    if (text.length > MAX_LENGTH) return `${text.slice(0, MAX_LENGTH)}…`
  }
  return text
}

function textOf(token: Token, dialect: SqlDialect): string {
  switch (token.kind) {
    case 'word':
    case 'symbol':
    case 'placeholder':
      return token.text
    case 'quoted':
      return dialect === 'mysql' ? `\`${token.text}\`` : `"${token.text}"`
    case 'variable':
      return '@?'
    default:
      return '?'
  }
}
