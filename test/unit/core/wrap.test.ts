import { cachedMethod, createTidemark } from '@tidemark/core'
import { describe, expect, it, vi } from 'vitest'

describe('a wrapped function', () => {
  it('answers from the cache by its key, and is called where it cannot', async () => {
    const cache = createTidemark()
    const fetchUser = vi.fn<(id: number, full?: boolean) => Promise<object>>(
      async (id, full = false) => ({ id, full }),
    )
    const userOf = cache.wrap(fetchUser, { key: (id, full) => `user:${id}:${full ?? false}` })
    expect(await userOf(5)).toEqual({ id: 5, full: false })
    expect(await userOf(5)).toEqual({ id: 5, full: false })
    expect(await userOf(5, true)).toEqual({ id: 5, full: true })
    expect(fetchUser.mock.calls).toEqual([[5], [5, true]])
    await userOf.delete(5)
    await userOf(5)
    expect(fetchUser).toHaveBeenCalledTimes(3)
  })

  it('passes `this` on, and is counted by its name', async () => {
    const cache = createTidemark()
    const account = {
      factor: 2,
      balance: cache.wrap(
        async function balance(this: { factor: number }, of: number) {
          return of * this.factor
        },
        { key: (of) => `balance:${of}` },
      ),
    }
    expect(await account.balance(21)).toBe(42)
    expect(cache.metrics().queries.map(({ fingerprint }) => fingerprint)).toEqual(['balance'])
  })

  it('has tags by its arguments, or always the same', async () => {
    const cache = createTidemark()
    const load = vi.fn<(id: number) => Promise<number>>(async (id) => id)
    const byArguments = cache.wrap(load, { key: (id) => `a:${id}`, tags: (id) => [`tenant:${id}`] })
    const always = cache.wrap(load, { key: (id) => `b:${id}`, tags: ['all'], name: 'B' })
    const callAll = async () => {
      for (const id of [1, 2]) await Promise.all([byArguments(id), always(id)])
      return load.mock.calls.splice(0).length
    }
    expect(await callAll()).toBe(4)
    await cache.invalidate({ tags: ['tenant:1'] })
    expect(await callAll()).toBe(1)
    await cache.invalidate({ tags: ['all'] })
    expect(await callAll()).toBe(2)
  })
})

describe('an error in a key', () => {
  const key = (user: { id: number }) => `user:${user.id}`
  const load = async (user: { id: number }) => user.id

  it('is an error of the call, where a promise is expected to have it', async () => {
    const cache = createTidemark()
    const wrapped = cache.wrap(load, { key })
    const asked = wrapped(undefined as never)
    await expect(asked).rejects.toThrow(TypeError)
    const context = { kind: 'method', name: 'find' }
    const method = cachedMethod({ cache, key })(load, context as never)
    const called = method.call({}, undefined as never)
    await expect(called).rejects.toThrow(TypeError)
  })
})

describe('a decorated method', () => {
  // Written out, since neither Node nor vitest reads the syntax: test/integration/decorators compiles it.
  const contextOf = (name: string) => ({ kind: 'method', name }) as ClassMethodDecoratorContext

  it('answers from the cache, in which all instances share the results', async () => {
    const cache = createTidemark()
    const find = vi.fn<(this: { prefix: string }, id: number) => Promise<string>>(
      async function (id) {
        return `${this.prefix}${id}`
      },
    )
    const decorate = cachedMethod({ cache, key: (id: number) => `user:${id}` })
    const cached = decorate(find as never, contextOf('find') as never) as unknown as typeof find
    const [one, other] = [
      { prefix: 'one ', find: cached },
      { prefix: 'other ', find: cached },
    ]
    expect(await one.find(5)).toBe('one 5')
    expect(await other.find(5)).toBe('one 5')
    expect(await other.find(6)).toBe('other 6')
    expect(cache.metrics().queries.map(({ fingerprint }) => fingerprint)).toEqual(['find'])
  })

  it('finds the cache where its instance has it', async () => {
    const find = vi.fn<() => Promise<number>>(async () => 1)
    const decorate = cachedMethod<{ cache: ReturnType<typeof createTidemark> }, []>({
      cache: (self) => self.cache,
      key: () => 'a',
    })
    const cached = decorate(find, contextOf('find') as never)
    const users = { cache: createTidemark(), find: cached }
    await users.find()
    await users.find()
    expect(find).toHaveBeenCalledTimes(1)
    expect(users.cache.metrics().queries[0]).toMatchObject({ hits: { memory: 1 } })
  })
})
