import { createTidemark } from '@tidemark/core'
import { ManualClock, SeededRandom, SharedStore } from '@tidemark/testing'
import { describe, expect, it } from 'vitest'
import { Harness, makeCache } from './harness.ts'

function join(store?: SharedStore) {
  const clock = store?.clock ?? new ManualClock()
  const random = new SeededRandom(1)
  const shared = store && { shared: store.connect(), maxStaleness: 0 }
  const cache = createTidemark({ clock, random, ttlJitter: 0, ...shared })
  const harness = new Harness({ cache, clock: clock as ManualClock })
  const isHit = async (key: string) => {
    const { loads } = harness
    await harness.read(() => 1, { tables: ['person'], operation: key, hint: { key } })
    return harness.loads === loads
  }
  return { cache, harness, isHit }
}

describe('what is made of other things', () => {
  it('is old as soon as one of them is, near or far', async () => {
    const { cache, harness, isHit } = join()
    cache.depends('front-page', { on: [{ key: 'top-films' }, 'news', { tag: 'weather' }] })
    cache.depends('top-films', { on: [{ table: 'public.Film' }] })
    const makesOld: (() => Promise<unknown>)[] = [
      () => harness.write(() => 1, { tables: ['film'] }),
      () => cache.invalidate({ tables: ['film'] }),
      () => cache.invalidate({ keys: ['top-films'] }),
      () => cache.invalidate({ keys: ['front-page'] }),
      () => cache.invalidate({ tags: ['news'] }),
      () => cache.invalidate({ pattern: 'wea*' }),
      () => harness.write(() => 1, { tables: ['person'] }),
      () => harness.write(() => 1, { tables: ['genre'], hint: { tags: ['news'] } }),
    ]
    for (const act of makesOld) {
      await isHit('front-page')
      expect(await isHit('front-page')).toBe(true)
      await act()
      expect(await isHit('front-page')).toBe(false)
    }
  })

  it('leaves alone what does not depend on it', async () => {
    const { cache, isHit } = join()
    cache.depends('front-page', { on: [{ key: 'top-films' }] })
    for (const key of ['front-page', 'top-films', 'other']) await isHit(key)
    await cache.invalidate({ keys: ['front-page'] })
    expect(await isHit('top-films')).toBe(true)
    expect(await isHit('other')).toBe(true)
    expect(await isHit('front-page')).toBe(false)
  })

  it('needs to be said by who reads alone, not by who writes', async () => {
    const clock = new ManualClock()
    const store = new SharedStore({ clock, random: new SeededRandom(1), leaseMs: 10_000 })
    const [reader, writer] = [join(store), join(store)]
    reader.cache.depends('top-films', { on: [{ table: 'film' }] })
    await reader.isHit('top-films')
    expect(await reader.isHit('top-films')).toBe(true)
    await writer.harness.write(() => 1, { tables: ['film'] })
    expect(await reader.isHit('top-films')).toBe(false)
  })

  it('is not served what was read before it was said', async () => {
    const { cache, isHit } = join()
    await isHit('top-films')
    cache.depends('top-films', { on: [{ table: 'film' }] })
    expect(await isHit('top-films')).toBe(false)
    expect(await isHit('top-films')).toBe(true)
    cache.depends('top-films', { on: ['more'] })
    expect(await isHit('top-films')).toBe(false)
    await cache.invalidate({ tables: ['film'] })
    expect(await isHit('top-films')).toBe(false)
  })

  it('shows with what it depends on', async () => {
    const { cache, isHit } = join()
    cache.depends('front-page', { on: [{ key: 'top-films' }] })
    cache.depends('top-films', { on: [{ table: 'film' }] })
    await isHit('front-page')
    expect((await cache.tags()).tags.map(({ kind, name }) => `${kind} ${name}`)).toEqual([
      'key front-page',
      'key top-films',
      'table film',
      'table person',
    ])
  })

  it('is never itself, however far round', () => {
    const { cache } = makeCache()
    const says = (key: string, on: string) => cache.depends(key, { on: [{ key: on }] })
    const refused = (path: string) =>
      expect.objectContaining({
        code: 'INVALID_OPTION',
        message: `depends: expected no cycle, got ${path}`,
      }) as Error
    says('a', 'b')
    says('b', 'c')
    says('a', 'c')
    expect(() => says('x', 'x')).toThrow(refused('x → x'))
    expect(() => says('b', 'a')).toThrow(refused('b → a → b'))
    expect(() => says('c', 'a')).toThrow(refused('c → a → b → c'))
    // A name from a `tags` hint is another thing.
    expect(() => cache.depends('c', { on: ['a'] })).not.toThrow()
  })

  it('is bounded', () => {
    const { cache } = makeCache()
    for (let key = 0; key < 10_000; key += 1) cache.depends(`key ${key}`, { on: ['a'] })
    cache.depends('key 5', { on: ['b'] })
    expect(() => cache.depends('one more', { on: ['a'] })).toThrow('expected at most 10000 keys')
  })
})
