import type { Tidemark } from '@tidemark/core'

interface User {
  readonly id: number
}

interface Rates {
  readonly EUR: number
}

export async function readThrough(cache: Tidemark, fetchRates: (of: string) => Promise<Rates>) {
  // snippet: direct-load
  const rates = await cache.getOrLoad('rates:EUR', () => fetchRates('EUR'), {
    ttl: '1h',
    tags: ['rates'],
  })

  await cache.delete('rates:EUR') // this one
  await cache.invalidate({ tags: ['rates'] }) // all of them
  // end
  return rates
}

export async function many(
  cache: Tidemark,
  ids: readonly number[],
  fetchUsers: (ids: readonly number[]) => Promise<{ id: number }[]>,
) {
  // snippet: direct-many
  const users = await cache.getOrLoadMany(
    ids.map((id) => `user:${id}`),
    async (missing) => {
      const found = await fetchUsers(missing.map((key) => Number(key.slice('user:'.length))))
      return new Map(found.map((user) => [`user:${user.id}`, user]))
    },
  )
  // end
  return users
}

export async function aside(cache: Tidemark, makeReport: (id: number) => Promise<string>) {
  // snippet: direct-aside
  const found = await cache.get<string>('report:5', { ttl: '1h', tags: ['reports'] })
  if (found.isHit) return found.value

  const report = await makeReport(5)
  await cache.set(found.slot, report)
  return report
  // end
}

export async function manyAside(
  cache: Tidemark,
  ids: readonly number[],
  fetchUsers: (keys: readonly string[]) => Promise<Map<string, User>>,
) {
  // snippet: direct-many-aside
  const keys = ids.map((id) => `user:${id}`)
  const found = await cache.getMany<User>(keys, { ttl: '1h' })

  const missing = keys.filter((key) => !found.get(key)?.isHit)
  await cache.setMany(found, await fetchUsers(missing))
  // end
  return missing
}

export async function wrapped(cache: Tidemark, fetchUser: (id: number) => Promise<{ id: number }>) {
  // snippet: direct-wrap
  const userOf = cache.wrap(fetchUser, { key: (id) => `user:${id}`, tags: ['users'], ttl: '5m' })

  const user = await userOf(5)
  await userOf.delete(5)
  // end
  return { user, userOf }
}
