import { Prisma } from '../../../prisma/generated/client.ts'
import { expect, it } from 'vitest'
import { isOutage } from '../../../packages/prisma/src/outage.ts'

const known = (code: string, meta?: Record<string, unknown>) =>
  new Prisma.PrismaClientKnownRequestError('x', {
    ...{ code, clientVersion: '7.10.0' },
    ...(meta && { meta }),
  })
const driver = (originalCode?: string) =>
  Object.assign(new Error('x'), {
    name: 'DriverAdapterError',
    cause: { kind: 'postgres', originalCode },
  })

it.each<[string, unknown, boolean]>([
  ['a server that cannot be reached', known('P1001'), true],
  ['a connection that closed', known('P1017'), true],
  ['a pool without a connection', known('P2024'), true],
  ['a deadlock', known('P2034'), true],
  ['too many connections', known('P2037'), true],
  ['an adapter that failed', known('P2036'), true],
  ['a server that shuts down', driver('57P01'), true],
  ['a raw query that got no answer', known('P2010', { driverAdapterError: driver() }), true],
  ['a driver’s own error', new Error('Connection terminated unexpectedly'), true],
  ['a record that is required and not there', known('P2025'), false],
  ['a table that is not there', known('P2021'), false],
  [
    'a refused argument',
    new Prisma.PrismaClientValidationError('x', { clientVersion: '7' }),
    false,
  ],
  ['what the database said of the query', driver('42703'), false],
  ['the same of a raw one', known('P2010', { driverAdapterError: driver('42601') }), false],
  ['no error at all', undefined, true],
])('%s is an outage: %s', (_name, error, expected) => {
  expect(isOutage(error)).toBe(expected)
})
