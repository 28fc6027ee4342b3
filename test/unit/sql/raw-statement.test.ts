import { describe, expect, it } from 'vitest'
import type { SqlDialect } from '../../../packages/sql/src/sql-dialect.ts'
import { readRawStatement } from '../../../packages/sql/src/raw-statement.ts'

describe('a whole statement of raw SQL', () => {
  it.each<[string, string]>([
    ['select 1', 'select'],
    ['  -- why\n (select 1) union select 2;', 'select'],
    ['with x as (select 1) select * from x', 'select'],
    ['values (1)', 'select'],
    ['insert into x values (1)', 'modify'],
    ['truncate x', 'modify'],
    ['begin', 'begin'],
    ['BEGIN;', 'begin'],
    ['begin isolation level serializable', 'begin'],
    ['begin immediate', 'begin'],
    ['begin transaction', 'begin'],
    ['start transaction read only', 'begin'],
    ['begin update x set y = 1 end', 'opaque'],
    ['commit', 'commit'],
    ['commit work', 'commit'],
    ['end', 'commit'],
    ['commit and chain', 'commit-and-chain'],
    ['commit and no chain', 'commit'],
    ["commit prepared 'x'", 'opaque'],
    ['rollback', 'rollback'],
    ['rollback and chain', 'rollback-and-chain'],
    ['abort', 'rollback'],
    ['rollback to savepoint x', 'not-data'],
    ['rollback to x', 'not-data'],
    ['rollback tran x', 'opaque'],
    ['savepoint x', 'not-data'],
    ['release x', 'not-data'],
    ['show timezone', 'not-data'],
    ['set local timezone = 1', 'not-data'],
    ['set autocommit = 1', 'opaque'],
    ['explain select 1', 'not-data'],
    ['explain analyze delete from x', 'opaque'],
    ['pragma foreign_keys = on', 'setting'],
    ['pragma foreign_keys', 'not-data'],
    ['set search_path to audit', 'setting'],
    ['reset all', 'setting'],
    ['set transaction read only', 'not-data'],
    ['begin; update x set y = 1; commit', 'opaque'],
    ['select 1; select 2', 'opaque'],
    ['call f()', 'opaque'],
    ['create table x (y int)', 'opaque'],
    ["copy x from 'y'", 'opaque'],
    ['', 'opaque'],
  ])('%j is %s', (text, expected) => {
    const statement = readRawStatement(text, 'postgres')
    expect(statement.kind === 'control' ? statement.control : statement.kind).toBe(expected)
  })

  it.each<[string, SqlDialect, string]>([
    ['pragma table_info(films)', 'sqlite', 'not-data'],
    ['pragma main.table_info(films)', 'sqlite', 'not-data'],
    ['pragma integrity_check', 'sqlite', 'not-data'],
    ['pragma foreign_keys(1)', 'sqlite', 'setting'],
    ['pragma main.journal_mode = wal', 'sqlite', 'setting'],
    ['set local timezone = 1', 'postgres', 'not-data'],
    ['set local time_zone = 1', 'mysql', 'setting'],
    ['set @@session.time_zone = 1', 'mysql', 'setting'],
    ['set @@autocommit = 0', 'mysql', 'opaque'],
    ['set @@session.autocommit = 0', 'mysql', 'opaque'],
    ['set `autocommit` = 0', 'mysql', 'opaque'],
    ['set session `AUTOCOMMIT` = 0', 'mysql', 'opaque'],
    ['set @@`autocommit` = 0', 'mysql', 'opaque'],
    ["set @x = 'autocommit'", 'mysql', 'setting'],
    [';with x as (select 1 as a) select * from x;', 'mssql', 'select'],
    [';; select 1; ;', 'mssql', 'select'],
    ['; select 1; select 2', 'mssql', 'opaque'],
  ])('%j on %s is %s', (text, dialect, expected) => {
    expect(readRawStatement(text, dialect).kind).toBe(expected)
  })
})
