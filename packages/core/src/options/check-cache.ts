import { invalidOption, TidemarkError } from './tidemark-error.ts'
import type { Tidemark } from '../tidemark.ts'

/**
 * For adapters, before they bind a client.
 *
 * @param hint what the caller has probably done, for the end of the message
 * @throws TidemarkError `INVALID_OPTION` unless it is a cache, and open
 */
export function checkCache(cache: unknown, hint = ''): asserts cache is Tidemark {
  if (!isCache(cache)) throw invalidOption('cache', 'what createTidemark() returns', cache, hint)
  if (cache.engine.closed) {
    throw new TidemarkError(
      'INVALID_OPTION',
      'cache: expected one that is open, got one on which close() was called',
    )
  }
}

/** By what it has, so that one of another copy of this package is one as well. */
export function isCache(value: unknown): value is Tidemark {
  return typeof (value as Partial<Tidemark> | null | undefined)?.engine?.read === 'function'
}
