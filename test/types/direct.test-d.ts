import { cachedMethod, type Found, type Slot, type Tidemark } from '@tidemark/core'
import { describe, expectTypeOf, it } from 'vitest'

interface User {
  readonly id: number
}

declare const cache: Tidemark
declare const user: User

describe('the direct API', () => {
  it('gives what the load gives', () => {
    expectTypeOf(cache.getOrLoad('a', async () => user)).resolves.toEqualTypeOf<User>()
    expectTypeOf(cache.getOrLoad('a', () => user)).resolves.toEqualTypeOf<User>()
    expectTypeOf(
      cache.getOrLoadMany(['a'], async () => new Map([['a', user]])),
    ).resolves.toEqualTypeOf<Map<string, User>>()
    expectTypeOf(cache.getMany<User>(['a'])).resolves.toEqualTypeOf<Map<string, Found<User>>>()
  })

  it('knows a value where there is a hit, and else a slot for it', async () => {
    const found = await cache.get<User>('a')
    if (found.isHit) {
      expectTypeOf(found.value).toEqualTypeOf<User>()
      return
    }
    expectTypeOf(found.slot).toEqualTypeOf<Slot<User>>()
    await cache.set(found.slot, user)
    // @ts-expect-error: of another type than was asked for
    await cache.set(found.slot, 'a user')
    const many = await cache.getMany<User>(['a'])
    await cache.setMany(many, new Map([['a', user]]))
    // @ts-expect-error: of another type than was asked for
    await cache.setMany(many, new Map([['a', 'a user']]))
    // @ts-expect-error: by no key
    await cache.setMany(many, [user])
    // @ts-expect-error: there is no value
    void found.value
    // @ts-expect-error: nobody can say when it was made
    await cache.set('a', user)
    // @ts-expect-error: it loads nothing
    await cache.get('a', { staleWhileRevalidate: '1m' })
  })

  it('leaves the arguments and the result of a function as they are', () => {
    const find = async (_id: number, _full?: boolean) => user
    const wrapped = cache.wrap(find, { key: (id, full) => `${id.toFixed()}:${full}` })
    expectTypeOf(wrapped).parameters.toEqualTypeOf<Parameters<typeof find>>()
    expectTypeOf(wrapped(5)).resolves.toEqualTypeOf<User>()
    // @ts-expect-error: an argument of another type
    void wrapped.delete('5')
    // @ts-expect-error: it has no key
    cache.wrap(find, { ttl: '1m' })
  })

  it('decorates a method that the key fits, and no other', () => {
    class Users {
      readonly cache = cache

      @cachedMethod({ cache, key: (id: number) => `user:${id}` })
      async find(_id: number): Promise<User> {
        return user
      }

      @cachedMethod({ cache: (self: Users) => self.cache, key: () => 'all' })
      async all(): Promise<User[]> {
        return [user]
      }

      // @ts-expect-error: it takes a number
      @cachedMethod({ cache, key: (name: string) => name })
      async wrong(_id: number): Promise<User> {
        return user
      }

      // @ts-expect-error: it answers at once, and cannot once it is cached
      @cachedMethod({ cache, key: () => 'a' })
      sync(): User {
        return user
      }
    }
    expectTypeOf(new Users().find(5)).resolves.toEqualTypeOf<User>()
  })
})
