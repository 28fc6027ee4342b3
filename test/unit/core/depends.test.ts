import { createTidemark, type Invalidation } from '@tidemark/core'
import { Gate, ManualClock, SeededRandom, SharedStore } from '@tidemark/testing'
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
    expect(() => says('c', 'a')).toThrow(refused('c → a → c'))
    says('c', 'd')
    expect(() => says('d', 'b')).toThrow(refused('d → b → c → d'))
    // A key whose name is half of a surrogate pair is the one that servers make of it.
    says('\ud800', 'e')
    expect(() => says('e', '\ufffd')).toThrow(refused('e → \ufffd → e'))
    // A name from a `tags` hint is another thing.
    expect(() => cache.depends('c', { on: ['a'] })).not.toThrow()
  })

  it('is bounded, by keys and by what each is made of', () => {
    const { cache } = makeCache()
    for (let key = 0; key < 5000; key += 1) cache.depends(`key ${key}`, { on: ['a', 'a'] })
    for (let tag = 0; tag < 5000; tag += 1) cache.depends('page', { on: [`tag ${tag}`] })
    // Said once more it takes no more.
    cache.depends('page', { on: ['tag 1', 'tag 2'] })
    const tooMuch = 'expected at most 10000 dependencies in all'
    expect(() => cache.depends('page', { on: ['tag 5000'] })).toThrow(tooMuch)
    expect(() => cache.depends('one more', { on: ['a'] })).toThrow(tooMuch)
  })

  it('may be as long a chain as there may be', async () => {
    const { cache, isHit } = join()
    for (let at = 0; at < 5000; at += 1) cache.depends(`k${at}`, { on: [{ key: `k${at + 1}` }] })
    expect(() => cache.depends('k5000', { on: [{ key: 'k0' }] })).toThrow('k5000 → k0 → k1 → k2')
    await isHit('k0')
    expect(await isHit('k0')).toBe(true)
    await cache.invalidate({ keys: ['k5000'] })
    expect(await isHit('k0')).toBe(false)
    const [{ cascade }] = cache.invalidations() as [Invalidation]
    expect(cascade.length).toBe(100)
    expect(cascade[99]!.length).toBe(101)
  })

  it('is not served what was on its way when it was said', async () => {
    const { cache, harness, isHit } = join()
    const gate = new Gate()
    const reading = harness.read(() => gate.pass(() => 'early'), {
      ...{ tables: ['person'], operation: 'page', hint: { key: 'page' } },
    })
    const found = await cache.get<string>('report')
    cache.depends('page', { on: [{ table: 'film' }] })
    cache.depends('report', { on: [{ table: 'film' }] })
    await harness.write(() => 1, { tables: ['film'] })
    gate.open()
    expect(await reading).toBe('early')
    if (!found.isHit) await cache.set(found.slot, 'early')
    expect(await isHit('page')).toBe(false)
    expect(await cache.get('report')).toMatchObject({ isHit: false })
  })

  it('is about a key whoever asks for it', async () => {
    const { cache } = join()
    cache.depends('page', { on: [{ key: 'menu' }] })
    const isHitOf = async (partition: string) => {
      let loads = 0
      await cache.getOrLoad('page', () => (loads += 1), { partition: () => partition })
      return loads === 0
    }
    for (const tenant of ['acme', 'orion']) await isHitOf(tenant)
    await cache.getOrLoad('menu', () => 1, { partition: () => 'acme' })
    expect(await isHitOf('orion')).toBe(true)
    await cache.delete('menu')
    for (const tenant of ['acme', 'orion']) expect(await isHitOf(tenant)).toBe(false)
  })
})
