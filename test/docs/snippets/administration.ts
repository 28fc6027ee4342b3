import type { Tidemark } from '@tidemark/core'

export async function invalidateAll(cache: Tidemark) {
  // snippet: invalidate
  await cache.invalidate({ tables: ['films'] }) // a script has written to it
  await cache.invalidate({ tags: ['vip', 'home'] }) // names from `tags` hints
  await cache.invalidate({ prefix: 'user:5:' }) // all names that begin with it
  const { marks } = await cache.invalidate({ pattern: 'user:*:orders' })
  // end
  return marks
}

export async function inspect(cache: Tidemark, console: Pick<Console, 'log' | 'table'>) {
  // snippet: inspect
  const { tags, complete } = await cache.tags({ limit: 20 })
  console.table(tags) // kind and name of each

  const { keys } = await cache.keysByTag({ table: 'films' })
  for (const { operation, parameters, memory, shared } of keys) {
    console.log(operation, parameters, memory ?? shared)
  }

  const [first] = keys
  if (first) console.table(await cache.tagsOfKey(first.key))
  // end
  return complete
}
