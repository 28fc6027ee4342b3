import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fingerprintOf } from '../../../packages/sql/src/fingerprint.ts'
import { KnownFunctions } from '../../../packages/sql/src/known-functions.ts'
import { postgresParser } from '../../../packages/sql/src/libpg-query.ts'
import { RawReader, type RawPlace } from '../../../packages/sql/src/raw-reader.ts'
import { readRawStatement } from '../../../packages/sql/src/raw-statement.ts'
import type { SqlDialect } from '../../../packages/sql/src/sql-dialect.ts'
import { lexSql } from '../../../packages/sql/src/sql-lexer.ts'

const dialects: readonly SqlDialect[] = ['postgres', 'mysql', 'sqlite', 'mssql', 'other']
const places: readonly RawPlace[] = ['statement', 'table', 'alias', 'elsewhere']
const functions = new Map(dialects.map((dialect) => [dialect, new KnownFunctions(dialect)]))
const parser = await postgresParser()

/** Everything that is said of a text. */
function answersTo(text: string, dialect: SqlDialect, place: RawPlace): object {
  const { tokens, clear } = lexSql([text], dialect)
  const reader = new RawReader(tokens, {
    dialect,
    functions: functions.get(dialect)!,
    place,
    nameOf: () => undefined,
  })
  reader.read()
  return {
    clear,
    statement: readRawStatement(text, dialect),
    fingerprint: fingerprintOf(text, dialect),
    findings: structuredClone(Object.entries(reader)),
    ...(dialect === 'postgres' && { parsed: parser.parse(text) }),
  }
}

const words =
  `select from where join left lateral using with recursive as insert into values update set delete merge truncate
  table replace on conflict do nothing key for share lock in mode call exec begin commit rollback to savepoint pragma
  table_info explain analyze show reset local autocommit extract year is distinct not like similar over partition by order
  group having limit union all except materialized not only films genres f x1 close_month lower now set_config true null
  current_date next value cascade exists any array row cast varchar interval`.split(/\s+/)
const pieces = [
  ...words,
  ...'( ) ( ) , , . ; :: = * + < > @x @@y | $1 ? :a 12 1.5e3 0xFF'.split(' '),
  ...[`'text'`, `'to''day'`, `'today'`, '"Name"', '`name`', '[name]', '$$body$$', `e'a'`, `x'ff'`],
]
const soup = fc.array(fc.constantFrom(...pieces), { maxLength: 30 })
const somewhere = { dialect: fc.constantFrom(...dialects), place: fc.constantFrom(...places) }

describe('any text', { timeout: 60_000 }, () => {
  it('is answered, whatever it is', () => {
    const anything = fc.oneof(
      soup.map((parts) => parts.join('')),
      soup.map((parts) => parts.join(' ')),
      fc.string({ maxLength: 200, unit: 'binary' }),
      fc
        .array(fc.constantFrom(...Array.from(`'"\`$\\/*-#()[]{};:@?.,e \n\r\0\uE000`), 'a', '1'), {
          maxLength: 60,
        })
        .map((parts) => parts.join('')),
    )
    const property = fc.property(fc.record({ ...somewhere, text: anything }), (given) => {
      expect(answersTo(given.text, given.dialect, given.place)).toBeDefined()
    })
    fc.assert(property, { numRuns: 1_000, seed: 20_26 })
  })

  it('is answered alike with other white space and comments between its words', () => {
    let clearTexts = 0
    const between = fc.constantFrom(
      ' ',
      '\n',
      '\t\r\n ',
      ' /* from genres; */ ',
      ' -- call x()\n',
      ' /**/\n',
    )
    const property = fc.property(
      fc.record({
        ...somewhere,
        parts: soup,
        gaps: fc.array(between, { minLength: 31, maxLength: 31 }),
      }),
      ({ dialect, place, parts, gaps }) => {
        // Postgres joins two strings that a line break stands between.
        fc.pre(!parts.some((part, at) => part.endsWith("'") && parts[at + 1]?.endsWith("'")))
        const plain = answersTo(parts.join(' '), dialect, place)
        const spaced = parts.map((part, at) => part + gaps[at]!).join('')
        expect(answersTo(spaced, dialect, place)).toEqual(plain)
        if ((plain as { clear: boolean }).clear) clearTexts += 1
      },
    )
    fc.assert(property, { numRuns: 1_000, seed: 20_26 })
    expect(clearTexts).toBeGreaterThan(150)
  })

  it('takes time in proportion to its length', () => {
    // Quadratic rules would take minutes here. Nothing is said of how long it takes, but that it ends.
    const long = 3_000
    for (const dialect of dialects) {
      for (const piece of [
        '(',
        ')',
        'select ',
        'a.',
        "'a' ",
        'f(',
        '/*',
        '--',
        '; ',
        'with x as (',
        '$a$',
        'set_config(',
      ]) {
        expect(answersTo(piece.repeat(long), dialect, 'statement')).toBeDefined()
      }
    }
  })
})
