import type { EventEmitter } from 'node:events'
import type { Invalidation } from './insight/audit-trail.ts'
import { checkKeys, checkName } from './options/check-options.ts'
import { DirectApi } from './direct/direct-api.ts'
import {
  type InspectOptions,
  type KeyList,
  limitOf,
  listKeys,
  listTags,
  type TagList,
  type TagOfKey,
  tagsOfKey,
} from './insight/inspection.ts'
import {
  type Emitter,
  invalidateOn,
  type NamesOfEvent,
  type TargetOfEvent,
} from './writes/invalidate-on.ts'
import {
  invalidate,
  type InvalidateTarget,
  type InvalidationReceipt,
} from './writes/invalidation.ts'
import { selectedTags, type TagSelector } from './marks/named-tag.ts'
import { invalidOption } from './options/tidemark-error.ts'

/** What can be done with a cache by hand, and what can be asked of it: docs/administration.md. */
export class Administration extends DirectApi {
  /**
   * Makes everything old that depends on these names or tables. When it resolves, no read that starts
   * afterwards is served what was stored before.
   *
   * @throws TidemarkError `INVALID_OPTION`; `INVALIDATION_FAILED` where the marks could not be moved
   * @example
   * await cache.invalidate({ tags: ['vip'], tables: ['person'], reason: 'nightly import' })
   * await cache.invalidate({ prefix: 'user:5:' })
   * await cache.invalidate({ pattern: 'user:*:orders' })
   */
  async invalidate(target: InvalidateTarget): Promise<InvalidationReceipt> {
    return invalidate(this.engine, target)
  }

  /**
   * Says that what has this name by a `key` hint, or is stored under it, is made of other things: it is then old as soon as
   * one of them is, or one of what those are made of. Said again it adds to what was said. It is for names that an
   * application knows when it starts; say it in each process that reads by that name, before it does.
   *
   * @param on a name of a `tags` hint, or `{ table }`, `{ tag }` or `{ key }`
   * @throws TidemarkError `INVALID_OPTION`, also for a cycle, and beyond 10 000 dependencies in all
   * @example
   * cache.depends('top-films', { on: [{ table: 'films' }] })
   * cache.depends('front-page', { on: [{ key: 'top-films' }, 'news'] })
   */
  depends(key: string, options: { readonly on: readonly TagSelector[] }): void {
    checkName('depends', key)
    checkKeys('depends', options, ['on'], 'an object such as { on: [{ table }, { key }] }')
    const { on } = options
    if (!Array.isArray(on) || on.length === 0) {
      throw invalidOption('depends.on', 'a list of at least one tag, { table } or { key }', on)
    }
    const tags = on.flatMap((each, at) => selectedTags(`depends.on[${at}]`, each))
    this.engine.derivations.add(key, tags)
  }

  /**
   * Makes something old whenever an event comes. It is begun before the event has been told to all, and awaited by nobody:
   * an error is a warning of the process, and marks that could not be moved are moved when the shared tier is back. It ends
   * with the cache.
   *
   * @param emitter such as Node's `EventEmitter`, or an `EventTarget`
   * @param targetOf gives names as for the option `tags`, or whatever `invalidate` takes; `undefined` for nothing. Where it is
   *   async, what it names is made old when it has resolved
   * @returns a function that ends it
   * @throws TidemarkError `INVALID_OPTION`
   * @example
   * cache.invalidateOn(bus, 'user.updated', ({ id }) => [`user:${id}`])
   */
  invalidateOn<Events extends Record<keyof Events, unknown[]>, Name extends keyof Events>(
    emitter: EventEmitter<Events>,
    name: Name & (string | symbol),
    targetOf: (...event: Events[Name]) => TargetOfEvent | PromiseLike<TargetOfEvent>,
  ): () => void
  invalidateOn<Name extends string | symbol, Event extends readonly unknown[]>(
    emitter: Emitter<Name, Event>,
    name: Name,
    targetOf: (...event: Event) => TargetOfEvent | PromiseLike<TargetOfEvent>,
  ): () => void
  invalidateOn(target: EventTarget, name: string, targetOf: NamesOfEvent['of']): () => void
  invalidateOn(
    emitter: unknown,
    name: string | symbol,
    targetOf: (...event: never[]) => TargetOfEvent | PromiseLike<TargetOfEvent>,
  ): () => void {
    return invalidateOn(this.engine, emitter, name, targetOf)
  }

  /**
   * The last invalidations that this process has made or heard of, the newest first: writes through its clients, calls by
   * hand, events, and what other processes have told. See the option `auditTrail`.
   *
   * @throws TidemarkError `INVALID_OPTION`
   * @example
   * console.table(cache.invalidations({ limit: 10 }))
   */
  invalidations(options: InspectOptions = {}): readonly Invalidation[] {
    return this.engine.audit.list(limitOf('invalidations', options))
  }

  /**
   * The tables and names that something may depend on, here and in the shared tier. For people who wonder: with a shared
   * tier it goes through all that is there, a batch at a time, until it has enough.
   *
   * @throws TidemarkError `INVALID_OPTION`; `INSPECTION_FAILED` where the shared tier did not answer
   * @example
   * console.table((await cache.tags({ limit: 20 })).tags)
   */
  tags(options: InspectOptions = {}): Promise<TagList> {
    return listTags(this.engine, options)
  }

  /**
   * What is cached that depends on a name from a `tags` hint, on a table or on a name from a `key` hint. As with `tags`,
   * for people who wonder.
   *
   * @throws TidemarkError `INVALID_OPTION`; `INSPECTION_FAILED` where the shared tier did not answer
   * @example
   * const { keys, complete } = await cache.keysByTag({ table: 'film' })
   * for (const { operation, parameters, memory, shared } of keys) console.log(operation, parameters, memory ?? shared)
   */
  keysByTag(tag: TagSelector, options: InspectOptions = {}): Promise<KeyList> {
    return listKeys(this.engine, tag, options)
  }

  /**
   * What a cached result depends on, and whether that has moved since. `undefined` where nothing is cached under the key.
   *
   * @param key as `keysByTag` gives it
   * @throws TidemarkError `INVALID_OPTION`; `INSPECTION_FAILED` where the shared tier did not answer
   * @example
   * const [first] = (await cache.keysByTag('vip')).keys
   * console.table(await cache.tagsOfKey(first.key))
   */
  tagsOfKey(key: string): Promise<readonly TagOfKey[] | undefined> {
    return tagsOfKey(this.engine, key)
  }
}
