import type { SqlDriverAdapterFactory } from '@prisma/client/runtime/client'
import type { StatementLog } from './statement-log.ts'

/** A driver adapter that notes every statement, for drivers that cannot be looked into. */
export function logAdapter(
  factory: SqlDriverAdapterFactory,
  log: StatementLog,
): SqlDriverAdapterFactory {
  return logged(factory, log)
}

function logged<T extends object>(target: T, log: StatementLog): T {
  return new Proxy(target, {
    get(_, name) {
      // Read from the target itself: its private fields are not on the proxy.
      const member: unknown = Reflect.get(target, name, target)
      if (typeof member !== 'function') return member
      const call = (...args: unknown[]): unknown => member.apply(target, args)
      switch (name) {
        case 'queryRaw':
        case 'executeRaw':
          return (query: { readonly sql: string }) => {
            log.add(query.sql)
            return call(query)
          }
        case 'startTransaction':
          return async (...args: unknown[]) => {
            log.add('begin')
            return logged((await call(...args)) as object, log)
          }
        case 'commit':
        case 'rollback':
          return () => {
            // Otherwise Prisma has sent it as a statement already.
            if (sendsEndItself(target)) log.add(name)
            return call()
          }
        case 'connect':
          return async () => logged((await call()) as object, log)
        default:
          return call
      }
    },
  })
}

function sendsEndItself(transaction: object): boolean {
  return (
    (transaction as { options?: { usePhantomQuery?: boolean } }).options?.usePhantomQuery === true
  )
}
