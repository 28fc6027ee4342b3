import type { EventEmitter } from 'node:events'
import type { Tidemark } from '@tidemark/core'

export async function invalidateAll(cache: Tidemark) {
  // snippet: invalidate
  await cache.invalidate({ tables: ['films'] }) // a script has written to it
  await cache.invalidate({ tags: ['vip', 'home'] }) // names from `tags` hints
  await cache.invalidate({ prefix: 'user:5:' }) // all names that begin with it
  const { marks, at } = await cache.invalidate({ pattern: 'user:*:orders', reason: 'import' })
  // end
  return { marks, at }
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

export function derive(cache: Tidemark) {
  // snippet: depends
  cache.depends('top-films', { on: [{ table: 'films' }] })
  cache.depends('front-page', { on: [{ key: 'top-films' }, 'news'] })
  // end
}

export function listen(
  cache: Tidemark,
  bus: EventEmitter<{ 'user.updated': [user: { id: number }] }>,
) {
  // snippet: invalidate-on
  const stop = cache.invalidateOn(bus, 'user.updated', ({ id }) => [`user:${id}`])
  // end
  return stop
}

export function audit(cache: Tidemark, console: Pick<Console, 'log'>) {
  // snippet: invalidations
  for (const { at, origin, cause, tags, cascade } of cache.invalidations({ limit: 10 })) {
    console.log(at, origin, cause, tags, cascade)
  }
  // end
}
