import { EventEmitter } from 'node:events'
import { createTidemark } from '@tidemark/core'
import { Gate, SeededRandom, SharedStore, ManualClock } from '@tidemark/testing'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { Harness, makeCache } from './harness.ts'

interface Events {
  'user.updated': [user: { id: number }, by: string]
  'import.done': []
}

function setUp() {
  const { cache, clock } = makeCache()
  const harness = new Harness({ cache, clock })
  const emitter = new EventEmitter<Events>()
  const isHit = async (tag: string) => {
    const { loads } = harness
    await harness.read(() => 1, { operation: tag, hint: { tags: [tag] } })
    return harness.loads === loads
  }
  return { cache, emitter, isHit }
}

function warnings(): string[] {
  const heard: string[] = []
  const listen = (warning: Error) => heard.push(warning.message)
  process.on('warning', listen)
  onTestFinished(() => void process.off('warning', listen))
  return heard
}

describe('an event', () => {
  it('makes old what is named for it, until it is no longer asked for', async () => {
    const { cache, emitter, isHit } = setUp()
    const stop = cache.invalidateOn(emitter, 'user.updated', ({ id }, by) => [
      `user:${id}`,
      `by:${by}`,
    ])
    for (const tag of ['user:5', 'user:6', 'by:me']) await isHit(tag)
    emitter.emit('user.updated', { id: 5 }, 'me')
    expect(await isHit('user:5')).toBe(false)
    expect(await isHit('by:me')).toBe(false)
    expect(await isHit('user:6')).toBe(true)
    expect(cache.invalidations()).toMatchObject([{ origin: 'event', cause: 'user.updated' }])
    stop()
    emitter.emit('user.updated', { id: 6 }, 'me')
    expect(await isHit('user:6')).toBe(true)
    expect(emitter.listenerCount('user.updated')).toBe(0)
  })

  it('may name whatever an invalidation can, or nothing', async () => {
    const { cache, emitter, isHit } = setUp()
    const heard = warnings()
    cache.invalidateOn(emitter, 'import.done', () => ({ prefix: 'user:', reason: 'import' }))
    cache.invalidateOn(emitter, 'import.done', () => 5 as never)
    cache.invalidateOn(emitter, 'import.done', () => undefined)
    cache.invalidateOn(emitter, 'import.done', () => [])
    await isHit('user:5')
    emitter.emit('import.done')
    await vi.waitFor(async () => expect(await isHit('user:5')).toBe(false))
    expect(cache.invalidations()).toMatchObject([{ origin: 'event', cause: 'import' }])
    await new Promise(setImmediate)
    expect(heard).toEqual([expect.stringContaining('invalidate: expected') as string])
  })

  it('is heeded before the next line, however many names it has', async () => {
    const { cache, emitter, isHit } = setUp()
    const tags = Array.from({ length: 350 }, (_, at) => `tag:${at}`)
    cache.invalidateOn(emitter, 'import.done', () => tags)
    const some = ['tag:0', 'tag:120', 'tag:349']
    for (const tag of some) await isHit(tag)
    emitter.emit('import.done')
    expect(await Promise.all(some.map(isHit))).toEqual([false, false, false])
  })

  it('may be named for later', async () => {
    const { cache, emitter, isHit } = setUp()
    const heard = warnings()
    const gate = new Gate()
    cache.invalidateOn(emitter, 'user.updated', ({ id }) => gate.pass(() => [`user:${id}`]))
    cache.invalidateOn(emitter, 'user.updated', async () => undefined)
    cache.invalidateOn(emitter, 'user.updated', () => Promise.reject(new Error('of the promise')))
    await isHit('user:5')
    emitter.emit('user.updated', { id: 5 }, 'me')
    expect(await isHit('user:5')).toBe(true)
    gate.open()
    await vi.waitFor(async () => expect(await isHit('user:5')).toBe(false))
    await vi.waitFor(() => expect(heard).toEqual(['of the promise']))
  })

  it('may come from an EventTarget', async () => {
    const { cache, isHit } = setUp()
    const target = new EventTarget()
    const stop = cache.invalidateOn(target, 'saved', ({ type }) => [type])
    await isHit('saved')
    target.dispatchEvent(new Event('saved'))
    expect(await isHit('saved')).toBe(false)
    await isHit('saved')
    stop()
    target.dispatchEvent(new Event('saved'))
    expect(await isHit('saved')).toBe(true)
    expect(() => cache.invalidateOn({ on: () => 1 } as never, 'saved', () => [])).toThrow(
      'expected an emitter with the methods on and off',
    )
  })

  it('ends with the cache, which waits for what has begun', async () => {
    const clock = new ManualClock()
    const store = new SharedStore({ clock, random: new SeededRandom(1), leaseMs: 10_000 })
    const link = store.connect()
    const cache = createTidemark({ clock, shared: link })
    const other = createTidemark({ clock, shared: store.connect(), maxStaleness: 0 })
    await other.getOrLoad('a', () => 'old', { tags: ['vip'] })
    const emitter = new EventEmitter<Events>()
    cache.invalidateOn(emitter, 'import.done', () => ['vip'])
    const stop = cache.invalidateOn(emitter, 'user.updated', () => ['vip'])
    const gate = new Gate()
    link.hold = () => gate.pass(() => undefined)
    emitter.emit('import.done')
    let isClosed = false
    const closing = cache.close().then(() => (isClosed = true))
    expect(emitter.listenerCount('import.done') + emitter.listenerCount('user.updated')).toBe(0)
    stop()
    await gate.reached
    await new Promise(setImmediate)
    expect(isClosed).toBe(false)
    gate.open()
    await closing
    expect(await other.getOrLoad('a', () => 'new', { tags: ['vip'] })).toBe('new')
    cache.invalidateOn(emitter, 'import.done', () => ['vip'])
    expect(emitter.listenerCount('import.done')).toBe(0)
  })

  it('is waited for by the cache where it was ended before', async () => {
    const { cache, emitter } = setUp()
    const gate = new Gate()
    const stop = cache.invalidateOn(emitter, 'import.done', () => gate.pass(() => ['vip']))
    emitter.emit('import.done')
    stop()
    let isClosed = false
    const closing = cache.close().then(() => (isClosed = true))
    await new Promise(setImmediate)
    expect(isClosed).toBe(false)
    gate.open()
    await closing
    expect(cache.invalidations()[0]?.cause).toBe('import.done')
  })

  it('fails for nobody, and is a warning where it cannot be heeded', async () => {
    const { cache, emitter } = setUp()
    const heard = warnings()
    cache.invalidateOn(emitter, 'import.done', () => {
      throw new Error('of the function')
    })
    cache.invalidateOn(emitter, 'import.done', () => ({ tag: 'a' }) as never)
    expect(() => emitter.emit('import.done')).not.toThrow()
    await vi.waitFor(() => expect(heard.length).toBe(2))
    expect(heard).toEqual(['of the function', expect.stringContaining('unknown option "tag"')])
    await cache.close()
    emitter.emit('import.done')
    await new Promise(setImmediate)
    expect(heard.length).toBe(2)
  })

  it('is heeded later where the shared tier is down', async () => {
    const clock = new ManualClock()
    const store = new SharedStore({ clock, random: new SeededRandom(1), leaseMs: 10_000 })
    const link = store.connect()
    const [one, other] = [link, store.connect()].map(
      (shared) => new Harness({ clock, cache: createTidemark({ clock, shared, maxStaleness: 0 }) }),
    )
    const heard = warnings()
    const emitter = new EventEmitter<Events>()
    one!.cache.invalidateOn(emitter, 'import.done', () => ['vip'])
    const read = (harness: Harness, value: string) =>
      harness.read(() => value, { hint: { tags: ['vip'] } })
    await read(one!, 'old')
    expect(await read(other!, 'none')).toBe('old')
    link.hold = () => Promise.reject(new Error('connection lost'))
    emitter.emit('import.done')
    await vi.waitFor(() => expect(heard.join()).toContain('connection lost'))
    link.hold = () => Promise.resolve()
    expect(await read(one!, 'new')).toBe('new')
    expect(await read(other!, 'none')).toBe('new')
  })
})
