import { EventEmitter } from 'node:events'
import type { NamedTag, Tidemark } from '@tidemark/core'
import { describe, expectTypeOf, it } from 'vitest'

declare const cache: Tidemark

interface Events {
  'user.updated': [user: { id: number }, by: string]
  'import.done': []
}

/** As those that are no EventEmitter of Node's have it. */
interface Small {
  on(name: 'saved', listener: (id: number) => void): () => void
  off(name: 'saved', listener: (id: number) => void): void
}

describe('invalidateOn', () => {
  it('knows the events of an emitter, and what comes with each', () => {
    const emitter = new EventEmitter<Events>()
    const stop = cache.invalidateOn(emitter, 'user.updated', (user, by) => {
      expectTypeOf(user).toEqualTypeOf<{ id: number }>()
      expectTypeOf(by).toEqualTypeOf<string>()
      return [`user:${user.id}`]
    })
    expectTypeOf(stop).toEqualTypeOf<() => void>()
    cache.invalidateOn(emitter, 'import.done', () => ({ prefix: 'user:' }))
    // @ts-expect-error
    cache.invalidateOn(emitter, 'user.deleted', () => [])
    // @ts-expect-error
    cache.invalidateOn(emitter, 'user.updated', (user: { name: string }) => [user.name])
    // @ts-expect-error
    cache.invalidateOn(emitter, 'import.done', () => [5])
    // @ts-expect-error
    cache.invalidateOn(emitter, 'import.done', () => ({ tag: 'a' }))
  })

  it('takes an EventTarget, and a function that answers later', () => {
    cache.invalidateOn(new EventTarget(), 'saved', (event) => {
      expectTypeOf(event).toEqualTypeOf<Event>()
      return [event.type]
    })
    cache.invalidateOn(new EventTarget(), 'saved', (event: CustomEvent<{ id: number }>) => [
      `user:${event.detail.id}`,
    ])
    cache.invalidateOn(new EventEmitter<Events>(), 'user.updated', async ({ id }) => [`user:${id}`])
    // @ts-expect-error
    cache.invalidateOn(new EventEmitter<Events>(), 'user.updated', async ({ id }) => [id])
  })

  it('takes emitters of other kinds, and those that say nothing of their events', () => {
    const small = {} as Small
    cache.invalidateOn(small, 'saved', (id) => {
      expectTypeOf(id).toEqualTypeOf<number>()
      return [`saved:${id}`]
    })
    // @ts-expect-error
    cache.invalidateOn(small, 'lost', () => [])
    cache.invalidateOn(new EventEmitter(), 'anything', (id: number) => [`id:${id}`])
    // @ts-expect-error
    cache.invalidateOn({ on: () => undefined }, 'saved', () => [])
  })
})

describe('depends', () => {
  it('takes names of tags, tables and keys', () => {
    expectTypeOf(
      cache.depends('a', { on: ['tag', { tag: 'b' }, { table: 'c' }, { key: 'd' }] }),
    ).toEqualTypeOf<void>()
    // @ts-expect-error
    cache.depends('a', { on: [{ tables: ['c'] }] })
    // @ts-expect-error
    cache.depends('a', ['b'])
  })
})

describe('inspection', () => {
  it('shows tags by kind and name', () => {
    expectTypeOf(cache.tags()).resolves.toExtend<{ tags: readonly NamedTag[]; complete: boolean }>()
    expectTypeOf(cache.invalidations()[0]!.at).toEqualTypeOf<Date>()
    // @ts-expect-error
    void cache.keysByTag({ tables: 'films' })
  })
})
