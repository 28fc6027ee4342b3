import { describe, expect, it } from 'vitest'
import { fingerprintOf } from '../../../packages/sql/src/fingerprint.ts'
import type { SqlDialect } from '../../../packages/sql/src/sql-dialect.ts'

describe('the fingerprint', () => {
  it.each<[string, SqlDialect, string]>([
    [
      `select "a",  'secret' from "t" where x = $1 and y > 42`,
      'postgres',
      'select "a", ? from "t" where x = $1 and y > ?',
    ],
    ["select $$secret$$ -- secret\n, e'sec\\'ret'", 'postgres', 'select ? , ?'],
    ['select `a` from `t` where x = "secret"', 'mysql', 'select `a` from `t` where x = ?'],
    ["select 'open secret", 'postgres', '(SQL that is not clear to read)'],
    ['insert into "t" ("a") values (?, 1)', 'sqlite', 'insert into "t" ("a") values (?, ?)'],
  ])('of %j on %s shows no literal', (text, dialect, expected) => {
    expect(fingerprintOf(text, dialect)).toBe(expected)
  })

  it('is bounded', () => {
    expect(fingerprintOf(`select ${'a, '.repeat(5000)} b`, 'postgres').length).toBeLessThan(2100)
  })
})
