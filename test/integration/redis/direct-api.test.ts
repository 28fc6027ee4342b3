import { createTidemark } from '@tidemark/core'
import { redisTier } from '@tidemark/redis'
import { describe, expect, it, onTestFinished } from 'vitest'
import { openRedis } from '../../support/redis.ts'

/** Two caches, as of two processes, that share a Redis and trust no memory of their own. */
function join() {
  const redis = openRedis()
  onTestFinished(() => redis[Symbol.asyncDispose]())
  return [1, 2].map(() => {
    const shared = redisTier(redis.client, { timeout: '2s' })
    const cache = createTidemark({ namespace: redis.namespace, shared, maxStaleness: 0 })
    onTestFinished(() => cache.close())
    return cache
  }) as [ReturnType<typeof createTidemark>, ReturnType<typeof createTidemark>]
}

describe('what is no query, on Redis', () => {
  it('is loaded by one process and served to another, until somebody deletes it', async () => {
    const [one, other] = join()
    const value = [{ id: 5, at: new Date(0), big: 2n ** 70n, none: null }]
    await one.getOrLoad('user:5', () => value)
    await expect.poll(() => other.get('user:5')).toEqual({ isHit: true, value })
    await other.delete('user:5')
    expect(await one.get('user:5')).toMatchObject({ isHit: false })
    expect(await one.getOrLoad('user:5', () => 'new')).toBe('new')
  })

  it.each(['delete', 'tag', 'clear'] as const)(
    'is not set where another process has said since then that it is old (%s)',
    async (how) => {
      const [one, other] = join()
      const found = await one.get<string>('report', { tags: ['reports'] })
      if (found.isHit) throw new Error('expected nothing, got a hit')
      if (how === 'delete') await other.delete('report')
      else if (how === 'tag') await other.invalidate({ tags: ['reports'] })
      else await other.clear()
      await one.set(found.slot, 'old')
      for (const cache of [one, other]) {
        expect(await cache.get('report', { tags: ['reports'] })).toMatchObject({ isHit: false })
      }
    },
  )

  it('is set for all processes when `set` has resolved', async () => {
    const [one, other] = join()
    const found = await one.get<string>('report')
    if (!found.isHit) await one.set(found.slot, 'new')
    expect(await other.get('report')).toEqual({ isHit: true, value: 'new' })
  })
})
