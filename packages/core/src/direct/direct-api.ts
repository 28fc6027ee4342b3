import { checkName, checkNames } from '../options/check-options.ts'
import { DirectCalls } from './direct-calls.ts'
import {
  type DirectOptions,
  type GetOptions,
  resolveDirectOptions,
  resolveGetOptions,
} from './direct-options.ts'
import type { Engine } from '../engine.ts'
import { deleteKeys, type InvalidationReceipt } from '../writes/invalidation.ts'
import { LoadBatch, type LoadMany } from './load-batch.ts'
import { find, type Found, Slot } from './slot.ts'
import { invalidOption } from '../options/tidemark-error.ts'
import { type Cachable, wrap, type Wrapped, type WrapOptions } from './wrap.ts'
import { partsOf } from '../parts-of.ts'

/**
 * The cache for what is no query: an answer of another service, something that takes long to compute. It is under the same
 * protocol: what was loaded before an invalidation is never served after it.
 *
 * A key is one for all of a cache, so let it begin with what it is of: `user:5`. What it depends on beside itself (`tags`,
 * `tables`) is part of it: say the same wherever it is used.
 */
export class DirectApi {
  /** The seam for adapters. Applications have no need of it. */
  readonly engine: Engine
  readonly #calls: DirectCalls

  constructor(engine: Engine) {
    this.engine = engine
    this.#calls = new DirectCalls(engine)
  }

  /**
   * What is stored under a key; where nothing is, it is loaded and stored. Those who ask meanwhile wait for the same load.
   *
   * @param load its errors are the caller's, and nothing is stored of them. `undefined`, `null` and `[]` are results too
   * @throws TidemarkError `INVALID_OPTION`, and whatever `load` throws
   * @example
   * const rates = await cache.getOrLoad('rates:EUR', () => fetchRates('EUR'), { ttl: '1h', tags: ['rates'] })
   * await cache.invalidate({ tags: ['rates'] })
   */
  async getOrLoad<T>(
    key: string,
    load: () => PromiseLike<T> | T,
    options: DirectOptions = {},
  ): Promise<T> {
    checkFunction('getOrLoad', load)
    const call = this.#calls.of(key, resolveDirectOptions('getOrLoad', options))
    return this.engine.read(call, async () => load())
  }

  /**
   * The same for many keys. Those that are not there are loaded together.
   *
   * @param load is given the keys that are not there, and gives a Map by key. What it leaves out is stored as not existing
   *   (`negativeTtl`); one that has none of the keys is refused
   * @returns what there is, in the order of the keys
   * @throws TidemarkError `INVALID_OPTION`, and whatever `load` throws
   * @example
   * const users = await cache.getOrLoadMany(ids.map((id) => `user:${id}`), async (keys) =>
   *   new Map((await fetchUsers(keys.map(idOf))).map((user) => [`user:${user.id}`, user])),
   * )
   */
  async getOrLoadMany<T>(
    keys: readonly string[],
    load: LoadMany<T>,
    options: DirectOptions = {},
  ): Promise<Map<string, T>> {
    checkNames('getOrLoadMany', keys)
    checkFunction('getOrLoadMany', load)
    const resolved = resolveDirectOptions('getOrLoadMany', options)
    const batch = new LoadBatch(load)
    return collect(keys, async (key) =>
      this.engine.read(this.#calls.of(key, resolved), () => batch.load(key)),
    )
  }

  /**
   * What is stored under a key, or a slot for it: for who loads or computes by himself, and then calls `set`.
   *
   * @throws TidemarkError `INVALID_OPTION`
   * @example
   * const found = await cache.get<Report>('report:5', { ttl: '1h' })
   * if (found.isHit) return found.value
   * const report = await makeReport(5)
   * await cache.set(found.slot, report)
   */
  async get<T>(key: string, options: GetOptions = {}): Promise<Found<T>> {
    return find<T>(this.engine, this.#calls.of(key, resolveGetOptions(options)))
  }

  /** The same for many keys: each has an answer. */
  async getMany<T>(
    keys: readonly string[],
    options: GetOptions = {},
  ): Promise<Map<string, Found<T>>> {
    checkNames('getMany', keys)
    const resolved = resolveGetOptions(options)
    return collect(keys, (key) => find<T>(this.engine, this.#calls.of(key, resolved)))
  }

  /**
   * Stores what was made after `get` had answered that there is nothing. Where something that it depends on was written or
   * invalidated since then it is not stored, or never served. It belongs to the caller still. It never rejects because it
   * could not be stored.
   *
   * @param slot what `get` gave: without it nobody could say whether the value is from before or after an invalidation
   * @throws TidemarkError `INVALID_OPTION`
   */
  async set<T>(slot: Slot<T>, value: T): Promise<void> {
    await this.#checkSlot('set', slot).fill(value)
  }

  /**
   * The same for what `getMany` answered. What was a hit is left as it is, and so is what `values` has nothing for; that
   * something does not exist is said by the value `undefined`.
   *
   * @param found what `getMany` gave
   * @param values by key, such as a Map: they belong to the caller again when it has resolved
   * @throws TidemarkError `INVALID_OPTION`, also for a key that `getMany` was not asked for. Nothing is stored then
   * @example
   * const found = await cache.getMany<User>(keys, { ttl: '1h' })
   * const missing = keys.filter((key) => !found.get(key)?.isHit)
   * await cache.setMany(found, await fetchUsers(missing))
   */
  async setMany<T>(
    found: ReadonlyMap<string, Found<T>>,
    values: Iterable<readonly [key: string, value: T]>,
  ): Promise<void> {
    if (!(found instanceof Map)) throw invalidOption('setMany', 'what getMany() gave', found)
    const slots: (readonly [Slot<T>, T])[] = []
    for (const [key, value] of checkPairs(values)) {
      const one = (found as ReadonlyMap<unknown, Found<T> | undefined>).get(key)
      if (!one) throw invalidOption('setMany', 'keys that getMany() was asked for', key)
      if (!one.isHit) slots.push([this.#checkSlot('setMany', one.slot), value as T])
    }
    for (const part of partsOf(slots, SET_AT_ONCE)) {
      await Promise.all(part.map(([slot, value]) => slot.fill(value)))
    }
  }

  /**
   * Makes old what is stored under a key, or under each of several (or of none), and what is being loaded for it.
   *
   * @throws TidemarkError `INVALID_OPTION`; `INVALIDATION_FAILED` where that could not be said to all
   */
  async delete(key: string | readonly string[]): Promise<InvalidationReceipt> {
    if (Array.isArray(key)) checkNames('delete', key)
    else checkName('delete', key)
    return deleteKeys(this.engine, typeof key === 'string' ? [key] : key)
  }

  /**
   * A function that answers from the cache where it can, with the same arguments and results. `this` is passed on.
   *
   * @throws TidemarkError `INVALID_OPTION`
   * @example
   * const userOf = cache.wrap(fetchUser, { key: (id) => `user:${id}`, tags: ['users'], ttl: '5m' })
   * await userOf(5)
   * await userOf.delete(5)
   */
  wrap<F extends Cachable>(fn: F, options: WrapOptions<Parameters<F>>): Wrapped<F> {
    return wrap(this, fn, options)
  }

  #checkSlot<T>(method: string, slot: Slot<T>): Slot<T> {
    if (slot instanceof Slot && slot.isOf(this.engine)) return slot
    const getter = method === 'set' ? 'get' : 'getMany'
    throw invalidOption(method, `the slot that ${getter}() of this cache gave`, slot)
  }
}

/** So that none is dropped because too many are on their way, see `Engine.runInBackground`. */
const SET_AT_ONCE = 500

/** Asks for each key once. What there is nothing for is left out. */
async function collect<T>(
  keys: readonly string[],
  ask: (key: string) => Promise<T | undefined>,
): Promise<Map<string, T>> {
  const unique = [...new Set(keys)]
  const answers = await Promise.all(unique.map(ask))
  const found = new Map<string, T>()
  unique.forEach((key, at) => {
    const answer = answers[at]
    if (answer !== undefined) found.set(key, answer)
  })
  return found
}

function checkPairs(values: unknown): readonly (readonly [unknown, unknown])[] {
  const expected = 'a Map, or pairs of a key and a value'
  const isIterable = typeof values === 'object' && values !== null && Symbol.iterator in values
  if (!isIterable) throw invalidOption('setMany', expected, values)
  const pairs = [...(values as Iterable<unknown>)]
  for (const pair of pairs) {
    if (!Array.isArray(pair) || pair.length !== 2) throw invalidOption('setMany', expected, pair)
  }
  return pairs as (readonly [unknown, unknown])[]
}

function checkFunction(name: string, value: unknown): void {
  if (typeof value !== 'function') throw invalidOption(name, 'a function that loads', value)
}
