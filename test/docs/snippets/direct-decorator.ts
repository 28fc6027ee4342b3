import { cachedMethod, type Tidemark } from '@tidemark/core'

export function makeUsers(cache: Tidemark, fetchUser: (id: number) => Promise<{ id: number }>) {
  // snippet: direct-decorator
  class Users {
    @cachedMethod({ cache, key: (id: number) => `user:${id}`, tags: ['users'], ttl: '5m' })
    async find(id: number): Promise<{ id: number }> {
      return fetchUser(id)
    }
  }
  // end
  return new Users()
}
