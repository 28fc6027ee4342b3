import { describe, expect, it } from 'vitest'
import type { SqlDialect } from '../../../packages/sql/src/sql-dialect.ts'
import { lexSql } from '../../../packages/sql/src/sql-lexer.ts'

function kindsOf(text: string, dialect: SqlDialect): string {
  const { tokens, clear } = lexSql([text], dialect)
  return tokens.map(({ kind }) => kind).join(' ') + (clear ? '' : ', unclear')
}

describe('the lexer', () => {
  it('knows a name with a quote in it', () => {
    expect(lexSql(['"a ""b"""'], 'postgres').tokens).toMatchObject([{ text: 'a "b"' }])
    expect(lexSql(['`a``b`'], 'mysql').tokens).toMatchObject([{ text: 'a`b' }])
  })

  const cases: [string, SqlDialect, string][] = [
    ['select x', 'postgres', 'word word'],
    ["'it''s'", 'postgres', 'string'],
    ["e'it\\'s'", 'postgres', 'string'],
    ["'it\\'s'", 'postgres', 'word, unclear'],
    ["'it\\'s'", 'mysql', 'string'],
    ['"a ""b"""', 'postgres', 'quoted'],
    ['"a"', 'mysql', 'string'],
    ['`a`', 'mysql', 'quoted'],
    ['`a`', 'postgres', 'word, unclear'],
    ['[a]', 'mssql', 'quoted'],
    ['[a]', 'sqlite', 'quoted'],
    ['a[1]', 'postgres', 'word symbol number symbol'],
    ['$$it is $ from x$$', 'postgres', 'string'],
    ['$q$a $$ b$q$', 'postgres', 'string'],
    ['$q$a', 'postgres', 'word, unclear'],
    ['$1', 'postgres', 'placeholder'],
    ['? @x @@y', 'mysql', 'placeholder variable variable'],
    ['@1 @x', 'mssql', 'placeholder variable'],
    ['a -- from x\nb', 'postgres', 'word word'],
    ['a -- from x', 'postgres', 'word'],
    ['a -- from x\r\nb', 'postgres', 'word word'],
    ['a -- b\rfrom x', 'postgres', 'word word word, unclear'],
    ['5--3', 'mysql', 'number symbol symbol number'],
    ['a # from x\nb', 'mysql', 'word word'],
    ['a /* from x */ b', 'sqlite', 'word word'],
    ['a /* /* */ b', 'sqlite', 'word word, unclear'],
    ['a /* from', 'sqlite', 'word, unclear'],
    ['a /*! from x */', 'mysql', 'word, unclear'],
    ['1.5e-3 0xFF .5', 'postgres', 'number number number'],
    ['1from x', 'postgres', 'number word word'],
    ["n'a' X'00'", 'mssql', 'word string word string'],
    ["'open", 'postgres', 'word, unclear'],
  ]

  it.each(cases)('%j on %s: %s', (text, dialect, expected) => {
    expect(kindsOf(text, dialect)).toBe(expected)
  })

  it('does not believe a node that stands inside of a quote', () => {
    const node = { kind: 'IdentifierNode' } as const
    expect(lexSql(["'", node, "'"], 'postgres').clear).toBe(false)
    expect(lexSql(['x = ', node], 'postgres').clear).toBe(true)
  })
})
