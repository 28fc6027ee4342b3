import type { AsyncLocalStorage } from 'node:async_hooks'

/**
 * Runs work within a context. It is awaited in there, since what Prisma returns does nothing before somebody waits for it.
 */
export function runWithin<C, T>(
  storage: AsyncLocalStorage<C>,
  context: C,
  work: () => PromiseLike<T> | T,
): Promise<T> {
  return storage.run(context, async () => {
    const result = await work()
    return result
  })
}
