import { describe, expect, it } from 'vitest'
import { type Body, readBody } from '../../../packages/sql/src/catalogue/body.ts'
import type { FunctionVolatility } from '../../../packages/sql/src/catalogue/relation.ts'
import { KnownFunctions } from '../../../packages/sql/src/known-functions.ts'
import type { SqlDialect } from '../../../packages/sql/src/sql-dialect.ts'

const relations = new Set(['audit', 'films', 'genres'])
const volatility: Readonly<Record<string, FunctionVolatility>> = {
  pure: 'immutable',
  looks_up: 'stable',
  pays: 'volatile',
}

function read(text: string, dialect: SqlDialect = 'postgres'): Body {
  return readBody(text, {
    dialect,
    functions: new KnownFunctions(dialect, { stable: ['own'] }),
    volatilityOf: (name) => volatility[name],
    isRelation: (name) => relations.has(name),
  })
}

/** `films genres`, `everything`, and the columns that it sets. */
function summaryOf({ names, isOpaque, sets }: Body): string {
  const tables = [...names]
    .filter((name) => relations.has(name))
    .sort()
    .join(' ')
  const columns = sets === 'any' ? 'any' : sets.join(' ')
  return `${isOpaque ? 'everything' : tables}${columns && `; sets ${columns}`}`
}

describe('the body of a trigger', () => {
  it.each<[string, string]>([
    ['begin return new; end', ''],
    ['begin new.stamp := now(); return new; end', '; sets stamp'],
    ['begin if new.a is null then new.b = 1; end if; return new; end', '; sets a b'],
    ['begin insert into audit (what) values (new.name); return null; end', 'audit; sets name'],
    ['begin insert into public.audit(what, at) select 1, now(); return null; end', 'audit'],
    ['begin update only films set title = 1; delete from genres; return old; end', 'films genres'],
    ['begin new := other(); return new; end', 'everything; sets any'],
    ['declare r films; begin select * into r from films; return r; end', 'films; sets any'],
    ['begin new = jsonb_populate_record(new, x); return new; end', '; sets any'],
    [`begin perform pg_notify('x', new.id::text); return new; end`, '; sets id'],
    ['begin perform pays(new.id); return new; end', 'everything; sets id'],
    ['begin perform pure(1), own(2), looks_up(3); return new; end', ''],
    ['begin perform nobody_knows(1); return new; end', 'everything'],
    [`begin execute 'delete from ' || 'films'; return new; end`, 'everything'],
    ['begin call close_month(); return new; end', 'everything'],
    ['begin insert into stranger values (1); return new; end', 'everything'],
    ['begin insert into audit values (1) on conflict do nothing; return new; end', 'audit'],
    [
      'begin insert into audit values (1) on conflict (id) do update set what = 1; return new; end',
      'audit',
    ],
    [`begin raise exception 'no (%)', new.id using errcode = 'x'; end`, '; sets id'],
    ['declare n numeric(10, 2); begin n := coalesce(1, 2); return new; end', ''],
    ['begin select count(*) into n from genres for update; return new; end', 'genres'],
    [`begin perform 'open; return new; end`, 'everything'],
    [
      'begin with x as (delete from films returning *) insert into audit select * from x; return null; end',
      'audit films',
    ],
    ['begin merge into films using genres on true when matched then delete; end', 'films genres'],
  ])('%s', (text, expected) => {
    const body = read(text)
    expect(summaryOf(body)).toBe(expected)
  })

  it.each<[string, SqlDialect, string]>([
    ['set new.stamp = now()', 'mysql', '; sets stamp'],
    ['begin insert audit values (1); end', 'mysql', 'audit'],
    ['begin insert stranger values (1); end', 'mysql', 'everything'],
    [`signal sqlstate '45000'`, 'mysql', ''],
    [
      'begin set new.a = insert(new.a, 1, 2, 3), new.b = replace(new.b, 1, 2); end',
      'mysql',
      'everything; sets a b',
    ],
    ['begin insert or replace into audit values (1); end', 'sqlite', 'audit'],
    ['begin replace into audit values (1); end', 'sqlite', 'audit'],
    ['begin update or ignore films set title = 1; end', 'sqlite', 'films'],
    [`begin select raise(abort, 'no'); end`, 'sqlite', ''],
  ])('%s on %s', (text, dialect, expected) => {
    expect(summaryOf(read(text, dialect))).toBe(expected)
  })
})

describe('the text of a view', () => {
  it.each<[string, SqlDialect]>([
    [
      `SELECT f.id, (f.title)::character varying(20) AS title, "left"(f.title, 3) AS short,
        EXTRACT(year FROM f.at) AS year, count(*) FILTER (WHERE (f.id > 3)) OVER (PARTITION BY f.id) AS n,
        (f.at)::timestamp(3) without time zone AS at
       FROM (films f JOIN genres g USING (id)) WHERE (f.id = ANY (ARRAY[1, 2]))`,
      'postgres',
    ],
    [
      'select `x`.`films`.`id` AS `id`,cast(`x`.`films`.`at` as char(10) charset utf8mb4) AS `d` from `x`.`films` where (`x`.`films`.`id` = 1)',
      'mysql',
    ],
    ['select id, coalesce(title, (select name from genres)) from films', 'sqlite'],
  ])('is understood: %s', (text, dialect) => {
    const { names, isOpaque, isVolatile } = read(text, dialect)
    expect({ isOpaque, isVolatile, films: names.has('films') }).toEqual({
      ...{ isOpaque: false, isVolatile: false, films: true },
    })
  })

  it.each<[string, SqlDialect]>([
    ['select now()', 'postgres'],
    ['select id from films where at > CURRENT_DATE', 'postgres'],
    ['select current_user as me', 'postgres'],
    ['select looks_up(id) from films', 'postgres'],
    [`select date('now')`, 'sqlite'],
    ['select * from pg_stat_activity', 'postgres'],
    ['select * from information_schema.tables', 'mysql'],
    ['select @x', 'mysql'],
  ])('answers differently each time: %s', (text, dialect) => {
    expect(read(text, dialect).isVolatile).toBe(true)
  })
})
