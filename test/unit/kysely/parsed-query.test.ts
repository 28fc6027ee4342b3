import { CompiledQuery, sql } from 'kysely'
import { describe, expect, it } from 'vitest'
import { analyse, compilerFor, parser, summaryOf } from './dialects.ts'

const db = compilerFor('postgres')

/** What is said without a parser, and with one. */
function both(query: Parameters<typeof analyse>[1]): [string, string] {
  return [summaryOf(analyse('postgres', query)), summaryOf(analyse('postgres', query, { parser }))]
}

describe('a whole statement of raw SQL, without a parser and with one', () => {
  it.each<[string, string, string]>([
    ['select * from films join audit.notes on true', 'read ?', 'read audit.notes films'],
    ['select * from public.films', 'read ?', 'read films'],
    ['with f as (select * from films) select * from f', 'read ?', 'read films'],
    ['select now() from films', 'read ?, volatile-function', 'read films, volatile-function'],
    ['select * from films for update', 'read ?, locking-read', 'read films, locking-read'],
    ['select * from pg_class', 'read ?', 'read pg_class, not-data'],
    ['select 1', 'read, not-data', 'read, not-data'],
    ['select close_month() from films', 'write ?', 'write ?'],
    ['select similar_film(id) from films', 'read ?', 'read films'],
    ['update films set title = $1', 'write ?', 'write films'],
    ['insert into films (title) select name from genres', 'write ?', 'write films'],
    ['delete from films using genres', 'write ?', 'write films'],
    ['update films set title = close_month()', 'write ?', 'write ?'],
    ['truncate films, genres', 'write ?', 'write films genres'],
    ['truncate films cascade', 'write ?', 'write ?'],
    ['with x as (delete from films returning *) select * from x', 'write ?', 'write films'],
    ['merge into films using genres on true when matched then delete', 'write ?', 'write films'],
    ['create table x (y int)', 'write ?', 'write ?'],
    ['select 1; delete from films', 'write ?', 'write ?'],
    ['select * into x from films', 'write ?', 'write ?'],
    ["select set_config('a', 'b', false) from films", 'write ?', 'write ?'],
    ["select set_config('a', 'b', true)", 'read, volatile-function', 'read, volatile-function'],
    ['begin', 'write ?', 'write ?'],
    ['set timezone to x', 'write ?', 'write ?'],
    ['show timezone', 'read, not-data', 'read, not-data'],
  ])('%s: %s, %s', (text, without, withParser) => {
    expect(both(CompiledQuery.raw(text))).toEqual([without, withParser])
  })
})

describe('a raw fragment inside of a builder query, without a parser and with one', () => {
  it.each([
    [
      'a subquery in text',
      db.selectFrom('films').select(sql`(select count(*) from genres)`.as('n')),
      'read ?',
      'read films genres',
    ],
    [
      'a table in text, hidden by a common table expression',
      db
        .with('g', (eb) => eb.selectFrom('genres').select('id'))
        .selectFrom('films')
        .select(sql`(select count(*) from g)`.as('n')),
      'read ?',
      'read films genres',
    ],
    [
      'a join in text',
      db.selectFrom(sql<{ id: number }>`films join directors using (id)`.as('x')).select('x.id'),
      'read ?',
      'read directors films',
    ],
    [
      'a data-modifying common table expression in text',
      db
        .with('gone', () => sql<{ id: number }>`(delete from genres returning id)`)
        .selectFrom('gone')
        .select('id'),
      'write ?',
      'write genres',
    ],
    [
      'a subquery in an update',
      db.updateTable('films').set({ title: sql`(select name from genres limit 1)` }),
      'write films',
      'write films',
    ],
    [
      'a function that nobody knows',
      db.selectFrom('films').select(sql`close_month()`.as('x')),
      'write ?',
      'write ?',
    ],
    [
      'a keyword that is none',
      db.selectFrom('films').select(sql`"call", films.execute`.as('x')),
      'read films',
      'read films',
    ],
  ])('%s', (_, query, without, withParser) => {
    expect(both(query)).toEqual([without, withParser])
  })
})
