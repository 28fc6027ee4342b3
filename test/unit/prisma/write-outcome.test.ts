import { Prisma } from '../../../prisma/generated/client.ts'
import { describe, expect, it } from 'vitest'
import { outcomeOf } from '../../../packages/prisma/src/write-outcome.ts'

const known = (code: string, meta?: Record<string, unknown>) =>
  new Prisma.PrismaClientKnownRequestError('x', {
    ...{ code, clientVersion: '7.10.0' },
    ...(meta && { meta }),
  })
const driver = (cause: object) =>
  Object.assign(new Error('x'), { name: 'DriverAdapterError', cause })

describe('an error after which a write takes no effect any more', () => {
  it.each<[string, unknown]>([
    ['a constraint', known('P2002')],
    ['an expired transaction', known('P2028')],
    ['a refused argument', new Prisma.PrismaClientValidationError('x', { clientVersion: '7' })],
    ['what the database said', driver({ kind: 'postgres', originalCode: '23514' })],
    [
      'a conflict at the commit',
      driver({ kind: 'TransactionWriteConflict', originalCode: '40001' }),
    ],
    [
      'a raw query that failed',
      known('P2010', { driverAdapterError: driver({ kind: 'postgres' }) }),
    ],
  ])('%s', (_name, error) => expect(outcomeOf(error)).toBe('settled'))
})

describe('an error after which nobody knows', () => {
  it.each<[string, unknown]>([
    ['a connection that closed', known('P1017')],
    ['a connection that closed, at the commit', driver({ kind: 'ConnectionClosed' })],
    [
      'a connection that closed, in a raw query',
      known('P2010', { driverAdapterError: driver({ kind: 'SocketTimeout' }) }),
    ],
    ['a server that shuts down', driver({ kind: 'postgres', originalCode: '57P01' })],
    ['an adapter that failed', known('P2036')],
    ['a driver’s own error', new Error('Connection terminated unexpectedly')],
    ['no error at all', undefined],
  ])('%s', (_name, error) => expect(outcomeOf(error)).toBe('unknown'))
})
