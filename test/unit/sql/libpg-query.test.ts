import { describe, expect, it } from 'vitest'
import { postgresParser } from '../../../packages/sql/src/libpg-query.ts'
import type { TableName } from '../../../packages/sql/src/sql-parser.ts'

const parser = await postgresParser()

const nameOf = ({ schema, name }: TableName) => (schema === undefined ? name : `${schema}.${name}`)

/** `a b > c; f()`: reads a and b, writes c, calls f. */
function summaryOf(sql: string): string | undefined {
  const parsed = parser.parse(sql)
  if (!parsed) return undefined
  const list = (names: readonly string[]) => [...new Set(names)].sort().join(' ')
  const parts = [list(parsed.reads.map(nameOf))]
  if (parsed.writes.length > 0) parts.push(`> ${list(parsed.writes.map(nameOf))}`)
  if (parsed.calls.length > 0) parts.push(`; ${list(parsed.calls.map(({ name }) => name))}`)
  if (parsed.isLocking) parts.push('locking')
  if (parsed.isVolatile) parts.push('volatile')
  return parts.join(' ').trim()
}

describe('the parser of PostgreSQL', () => {
  it.each([
    ['select 1', ''],
    ['select * from films', 'films'],
    ['table films', 'films'],
    ['select * from "Films" f, audit.Films', 'Films audit.films'],
    ['select * from only films, lateral (select * from genres) g', 'films genres'],
    ['select * from a natural join b left join (c cross join d) on true', 'a b c d'],
    [
      'select (select max(id) from genres) from films where id in (table x)',
      'films genres x ; max',
    ],
    ['select 1 from films union (select 2 from genres except values (1))', 'films genres'],
    ['with a as (select * from x) select * from a, public.a', 'public.a x'],
    ['with a as (select * from a) select * from a', 'a'],
    ['with b as (select * from a), a as (select * from b) select * from a', 'a'],
    ['with recursive b as (select * from a), a as (select * from b) select * from a', ''],
    ['with recursive a as (select 1 union all select * from a join x on true) table a', 'x'],
    ['select * from (with a as (table x) select * from a) s, a', 'a x'],
    ['(with a as (table x) table a) union table a', 'a x'],
    ['with a as (delete from x using y returning *) select * from a', 'y > x'],
    ['with a as (insert into x select * from y returning *) update z set b = 1 from a', 'y > x z'],
    ['insert into films as f (id) values (1) on conflict (id) do update set id = f.id', '> films'],
    ['insert into films select * from genres where exists (table x)', 'genres x > films'],
    [
      'with recursive t as (select 1 as n union select n + 1 from t) delete from films using t',
      '> films',
    ],
    ['update films set title = (select name from genres) from x', 'genres x > films'],
    [
      'merge into films f using (select * from genres) g on true when matched then update set title = (select 1 from x) when not matched then do nothing',
      'genres x > films',
    ],
    ['truncate films, audit.x restart identity', '> audit.x films'],
    ['select * from films for update of films skip locked', 'films locking'],
    ['select * from (select * from films for share) x', 'films locking'],
    ['select * from films tablesample system (1)', 'films volatile'],
    ['select current_date, current_user from films', 'films volatile'],
    ["select * from films where at > timestamp 'today'", 'films volatile'],
    ["select e'tod' || $$ay$$ from films", 'films'],
    [
      'select * from close_month(1) with ordinality as c, rows from (f(2), g(3)) as x',
      '; close_month f g',
    ],
    ['select films.* from films group by grouping sets ((id), rollup (title))', 'films'],
    [
      'select audit.note(id) filter (where true) over (order by x(1)) from films',
      'films ; audit.note x',
    ],
    ['select coalesce(a, greatest(b, nullif(c, d)), cast(e as numeric(3, 1))) from films', 'films'],
    [
      'select extract(year from a), trim(b), substring(c from 1 for 2) from films',
      'films ; pg_catalog.btrim pg_catalog.extract pg_catalog.substring',
    ],
    ['select "select"(1) from "from"', 'from ; select'],
    ['select /* from x; */ 1 -- from y\n from films;', 'films'],
    ['select $1::text, $2 from films where a = any($3)', 'films'],
    [
      "select json_value(a, '$.b'), json_object('a': f(1)) from films, json_table(a, '$' columns (x int path '$')) j",
      'films ; f',
    ],
  ])('%s: %s', (sql, expected) => {
    expect(summaryOf(sql)).toBe(expected)
  })

  it.each([
    ['several statements', 'select 1; select 2'],
    ['no statement', ''],
    ['no SQL', 'select from where'],
    ['a cascade', 'truncate films cascade'],
    ['a table that is made', 'select * into x from films'],
    [
      'a table that is made in a subquery',
      'select * from (select 1 as a) x union select * into y from films',
    ],
    ['what defines', 'create table x as select * from films'],
    ['what a block does', 'do $$ begin delete from films; end $$'],
    ['a call', 'call close_month()'],
    ['a copy', 'copy films from stdin'],
    ['a setting', 'set search_path to x'],
    ['an explanation', 'explain analyze delete from films'],
    ['a view that is made new', 'refresh materialized view films'],
    ['a quote that may not end', "select 'a\\' from films"],
    ['a text that is very long', `select ${'1, '.repeat(20_000)} 1`],
    ['what is nested very deeply', `select ${'('.repeat(20_000)}1${')'.repeat(20_000)}`],
  ])('does not answer for %s', (_, sql) => {
    expect(parser.parse(sql)).toBeUndefined()
    expect(summaryOf('select 1 from films')).toBe('films')
  })

  it('counts arguments, and sees what is true', () => {
    const { calls } = parser.parse(
      "select age(a), set_config('a', 'b', true), f(false), g(true, 1), count(*)",
    )!
    expect(calls).toEqual([
      { name: 'age', argumentCount: 1, endsWithTrue: false },
      { name: 'set_config', argumentCount: 3, endsWithTrue: true },
      { name: 'f', argumentCount: 1, endsWithTrue: false },
      { name: 'g', argumentCount: 2, endsWithTrue: false },
      { name: 'count', argumentCount: 0, endsWithTrue: false },
    ])
  })
})
