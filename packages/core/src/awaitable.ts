/**
 * A value, or a promise of one. What lives in this process answers at once, what lives behind a
 * network answers later; an interface that returns this serves both without a promise on the hit path.
 */
export type Awaitable<T> = T | Promise<T>

export function isPromise<T>(value: Awaitable<T>): value is Promise<T> {
  return value instanceof Promise
}
