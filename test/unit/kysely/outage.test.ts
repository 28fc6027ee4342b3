import { expect, it } from 'vitest'
import { isOutage } from '../../../packages/kysely/src/outage.ts'

it.each<[string, unknown, boolean]>([
  ['a refused connection', { code: 'ECONNREFUSED' }, true],
  ['a connection that ended', new Error('Connection terminated unexpectedly'), true],
  ['a shutdown', { code: '57P01', severity: 'FATAL' }, true],
  ['too many connections', { code: '53300' }, true],
  ['a statement timeout', { code: '57014' }, true],
  ['a deadlock', { code: '40P01' }, true],
  ['a syntax error', { code: '42601' }, false],
  ['a table that is not there', { code: '42P01' }, false],
  ['no permission', { code: '42501' }, false],
  ['a division by zero', { code: '22012' }, false],
  ['a table that MySQL has not', { code: 'ER_NO_SUCH_TABLE', sqlState: '42S02' }, false],
  ['a lost connection of MySQL', { code: 'PROTOCOL_CONNECTION_LOST', fatal: true }, true],
  ['a deadlock of MySQL', { code: 'ER_LOCK_DEADLOCK', sqlState: '40001' }, true],
  ['SQLite that is busy', { code: 'SQLITE_BUSY' }, true],
  ['SQLite that has no such column', { code: 'SQLITE_ERROR' }, false],
  ['node:sqlite that is locked', { code: 'ERR_SQLITE_ERROR', errcode: 6 }, true],
  ['node:sqlite that has no such column', { code: 'ERR_SQLITE_ERROR', errcode: 1 }, false],
  ['a deadlock of SQL Server', { code: 'EREQUEST', number: 1205 }, true],
  ['a column that SQL Server has not', { code: 'EREQUEST', number: 207 }, false],
  ['a timeout of SQL Server', { code: 'ETIMEOUT' }, true],
  ['something else that was thrown', 'no', true],
  ['nothing', undefined, true],
])('%s: %o is an outage: %s', (_, error, expected) => {
  expect(isOutage(error)).toBe(expected)
})
