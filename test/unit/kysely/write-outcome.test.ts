import { expect, it } from 'vitest'
import { outcomeOf } from '../../../packages/kysely/src/write-outcome.ts'

it.each<[string, unknown, string]>([
  ['a unique violation', { code: '23505', severity: 'ERROR' }, 'settled'],
  ['a canceled statement', { code: '57014', severity: 'ERROR' }, 'settled'],
  ['a serialization failure', { code: '40001' }, 'settled'],
  ['a shutdown', { code: '57P01', severity: 'FATAL' }, 'unknown'],
  ['an error that ends the session', { code: '25P03', severity: 'FATAL' }, 'unknown'],
  ['a broken connection', { code: '08006' }, 'unknown'],
  ['a statement whose completion is unknown', { code: '40003' }, 'unknown'],
  ['a broken pipe', { code: 'EPIPE' }, 'unknown'],
  ['a reset connection', { code: 'ECONNRESET', errno: -104 }, 'unknown'],
  ['a connection that ended', new Error('Connection terminated unexpectedly'), 'unknown'],
  ['a duplicate key of MySQL', { code: 'ER_DUP_ENTRY', errno: 1062 }, 'settled'],
  ['a shutdown of MySQL', { code: 'ER_SERVER_SHUTDOWN', errno: 1053 }, 'unknown'],
  ['a lost connection of MySQL', { code: 'PROTOCOL_CONNECTION_LOST', fatal: true }, 'unknown'],
  ['a constraint of SQLite', { code: 'SQLITE_CONSTRAINT_UNIQUE' }, 'settled'],
  ['a constraint of node:sqlite', { code: 'ERR_SQLITE_ERROR', errcode: 19 }, 'settled'],
  ['a constraint of SQL Server', { code: 'EREQUEST', number: 2627 }, 'settled'],
  ['a timeout of SQL Server', { code: 'ETIMEOUT' }, 'unknown'],
  ['a transaction that was rolled back', { name: 'AbortedTransactionError' }, 'settled'],
  ['something else that was thrown', 'no', 'unknown'],
  ['nothing', undefined, 'unknown'],
])('%s: %o is %s', (_, error, expected) => {
  expect(outcomeOf(error)).toBe(expected)
})
