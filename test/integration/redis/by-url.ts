import { createTidemark } from '@tidemark/core'
import { redisTier } from '@tidemark/redis'
import { expect, it, vi } from 'vitest'
import { fieldOf, RedisServer } from '../../support/redis-server.ts'
import { byUrl } from '../../docs/snippets/redis-url.ts'
import { Harness } from '../../unit/core/harness.ts'

/** Of the ioredis that the file that calls this has taken. */
export function testsOfUrl(): void {
  const password = 'p@ss:w/rd%+ü'

  it('makes its own connections and closes them', async () => {
    await using server = await RedisServer.start({ password })
    const connections = async () =>
      Number(fieldOf(String(await server.command('INFO', 'clients')), 'connected_clients'))
    const before = await connections()
    const url = `redis://default:${encodeURIComponent(password)}@127.0.0.1:${server.port}`
    const [one, other] = [new Harness({ cache: byUrl(url) }), new Harness({ cache: byUrl(url) })]
    await vi.waitFor(async () => {
      await one.read(() => 1)
      await other.read(() => 1)
      expect(other.counts().hits['shared']).toBe(1)
    })
    expect(await one.cache.health()).toMatchObject({ up: true })
    await vi.waitFor(async () => expect(await connections()).toBe(before + 4))
    await one.cache.close()
    await other.cache.close()
    await vi.waitFor(async () => expect(await connections()).toBe(before))
  })

  it('takes another database, where it is told', async () => {
    await using server = await RedisServer.start({ password: 'plain' })
    const url = new URL(`redis://:plain@127.0.0.1:${server.port}/3`)
    await using cache = createTidemark({ shared: redisTier(url) })
    const harness = new Harness({ cache })
    await vi.waitFor(async () => {
      await harness.read(() => 1)
      expect(await server.command('INFO', 'keyspace')).toMatch(/db3:keys=\d/)
    })
    expect(await server.command('INFO', 'keyspace')).not.toContain('db0')
  })

  it('connects to nothing before a cache is made with it', () => {
    expect(redisTier('rediss://nowhere.invalid:1').name).toBe('redis')
  })

  it('leaves the database to answer where there is no server', async () => {
    await using cache = createTidemark({ shared: redisTier('redis://127.0.0.1:1') })
    const harness = new Harness({ cache })
    expect(await harness.read(() => 5)).toBe(5)
    expect(harness.counts().bypasses).toEqual({ 'tier-down': 1 })
    expect(await cache.health()).toMatchObject({ up: false })
  })
}
