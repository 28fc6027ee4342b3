import { checkRecord } from '../options/check-options.ts'
import type { DirectApi } from './direct-api.ts'
import { type DirectOptions, resolveDirectOptions } from './direct-options.ts'
import type { InvalidationReceipt } from '../writes/invalidation.ts'
import { invalidOption } from '../options/tidemark-error.ts'

export interface WrapOptions<Args extends unknown[]> extends Omit<DirectOptions, 'tags'> {
  /** The key of a call. It must tell apart what the function tells apart, by `this` as well. */
  readonly key: (...args: Args) => string
  /** Names to invalidate it by, beside its key: always the same ones, or by the arguments. */
  readonly tags?: readonly string[] | ((...args: Args) => readonly string[])
}

/** What can be wrapped: a function of any arguments. */
export type Cachable = (...args: never[]) => unknown

/** A function that answers from a cache. */
export interface Wrapped<F extends Cachable> {
  (this: ThisParameterType<F>, ...args: Parameters<F>): Promise<Awaited<ReturnType<F>>>
  /** Makes old what is stored for these arguments. */
  delete(...args: Parameters<F>): Promise<InvalidationReceipt>
}

/** See `Tidemark.wrap`. */
export function wrap<F extends Cachable>(
  cache: DirectApi,
  fn: F,
  options: WrapOptions<Parameters<F>>,
): Wrapped<F> {
  const optionsOf = checkWrap('wrap', fn, options, fn?.name)
  // Async also for what is thrown at once: whoever is given a promise looks for errors there.
  async function wrapped(this: unknown, ...args: Parameters<F>): Promise<Awaited<ReturnType<F>>> {
    const [key, rest] = optionsOf(args)
    return cache.getOrLoad(key, () => fn.apply(this, args) as Awaited<ReturnType<F>>, rest)
  }
  return Object.assign(wrapped, {
    delete: async (...args: Parameters<F>) => cache.delete(optionsOf(args)[0]),
  })
}

export interface CachedMethodOptions<This, Args extends unknown[]> extends WrapOptions<Args> {
  /** The cache, or where an instance has it. */
  readonly cache: DirectApi | ((self: This) => DirectApi)
}

/**
 * A decorator (stage 3, as TypeScript 5 has it without `experimentalDecorators`): the method answers from the cache where it
 * can. All instances share the results, so whatever of an instance matters belongs into the key.
 *
 * @throws TidemarkError `INVALID_OPTION`, when the class is defined
 * @example
 * class Users {
 *   @cachedMethod({ cache, key: (id: number) => `user:${id}`, tags: ['users'], ttl: '5m' })
 *   async find(id: number): Promise<User | undefined> { … }
 * }
 */
export function cachedMethod<This, Args extends unknown[]>({
  cache,
  ...options
}: CachedMethodOptions<This, Args>) {
  if (typeof cache !== 'function' && typeof cache?.getOrLoad !== 'function') {
    throw invalidOption('cachedMethod.cache', 'a cache, or a function that returns one', cache)
  }
  return <T>(
    method: (this: This, ...args: Args) => Promise<T>,
    context: ClassMethodDecoratorContext<This, (this: This, ...args: Args) => Promise<T>>,
  ): ((this: This, ...args: Args) => Promise<T>) => {
    if (context?.kind !== 'method') {
      throw invalidOption('cachedMethod', 'a method, by a standard decorator', context)
    }
    const optionsOf = checkWrap('cachedMethod', method, options, String(context.name))
    return async function (this: This, ...args: Args): Promise<T> {
      const [key, rest] = optionsOf(args)
      const where = typeof cache === 'function' ? cache(this) : cache
      return where.getOrLoad(key, () => method.apply(this, args), rest)
    }
  }
}

/** How a call is cached: its key, and the rest. */
function checkWrap<Args extends unknown[]>(
  name: string,
  fn: unknown,
  options: WrapOptions<Args>,
  defaultName: string,
): (args: Args) => readonly [key: string, options: DirectOptions] {
  if (typeof fn !== 'function') throw invalidOption(name, 'a function', fn)
  checkRecord(name, options, "an object such as { key: (id) => `user:${id}`, ttl: '1m' }")
  const { key, tags, ...others } = options
  const rest: DirectOptions = { ...(defaultName && { name: defaultName }), ...others }
  if (typeof key !== 'function') {
    throw invalidOption(`${name}.key`, 'a function of the arguments that returns a string', key)
  }
  // What is wrong with them is said here, and not to the first who calls it.
  resolveDirectOptions(name, typeof tags === 'object' ? { ...rest, tags } : rest)
  return (args) => {
    const named = typeof tags === 'function' ? tags(...args) : tags
    return [key(...args), named === undefined ? rest : { ...rest, tags: named }]
  }
}
