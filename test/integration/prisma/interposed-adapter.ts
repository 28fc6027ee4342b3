import type { SqlDriverAdapterFactory } from '@prisma/client/runtime/client'

/** What a test does between Prisma and the driver. Everything still reaches the database. */
export interface Interposition {
  /** Around a statement, those that begin and end transactions included. */
  statement?: <T>(sql: string, send: () => Promise<T>) => Promise<T>
}

const STATEMENTS = new Set(['queryRaw', 'executeRaw'])

/** A driver adapter that hands each statement to `interposition` on its way. */
export function interpose(
  factory: SqlDriverAdapterFactory,
  interposition: Interposition,
): SqlDriverAdapterFactory {
  return proxy(factory, interposition)
}

function proxy<T extends object>(target: T, interposition: Interposition): T {
  return new Proxy(target, {
    get(_, name) {
      const member: unknown = Reflect.get(target, name, target)
      if (typeof member !== 'function') return member
      const call = (...args: unknown[]): unknown => member.apply(target, args)
      const { statement = (_sql, send) => send() } = interposition
      if (STATEMENTS.has(String(name))) {
        return (query: { readonly sql: string }) =>
          statement(query.sql, async () => call(query) as Promise<unknown>)
      }
      // Where the driver sends the COMMIT itself.
      if (name === 'commit')
        return () => statement('commit', async () => call() as Promise<unknown>)
      if (name === 'connect' || name === 'startTransaction') {
        return async (...args: unknown[]) => proxy((await call(...args)) as object, interposition)
      }
      return call
    },
  })
}
