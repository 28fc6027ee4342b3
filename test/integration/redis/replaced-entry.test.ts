import { once } from 'node:events'
import { type AddressInfo, connect, createServer } from 'node:net'
import { createTidemark } from '@tidemark/core'
import { redisTier } from '@tidemark/redis'
import { Redis } from 'ioredis'
import { expect, inject, it } from 'vitest'
import { openRedis } from '../../support/redis.ts'
import { Harness } from '../../unit/core/harness.ts'

it('an entry that another takes the place of while it is fetched is not served for younger than it is', async () => {
  await using ends = new AsyncDisposableStack()
  const redis = ends.use(openRedis())
  const url = new URL(inject('redisUrl'))
  const between = { commands: 0, run: () => Promise.resolve<unknown>(undefined) }
  // Stands before the server, and lets something happen after the first command of each lookup.
  const proxy = createServer((client) => {
    const upstream = connect(Number(url.port), '127.0.0.1')
    const forward = async (data: Buffer) => {
      const next = data.includes('pttl') ? data.indexOf('\r\n*') + 2 : 0
      upstream.write(data.subarray(0, next))
      if (next > 0) {
        between.commands += 1
        await between.run()
      }
      upstream.write(data.subarray(next))
    }
    client.on('data', (data: Buffer) => void forward(data))
    upstream.on('data', (data) => client.write(data))
    for (const socket of [client, upstream]) socket.on('error', () => {})
    client.on('close', () => upstream.destroy())
  }).listen(0, '127.0.0.1')
  await once(proxy, 'listening')
  ends.defer(() => void proxy.close())

  const join = (port: number | string) => {
    const client = new Redis(Object.assign(new URL(url), { port: String(port) }).href)
    ends.defer(() => client.disconnect())
    const shared = redisTier(client, { timeout: '2s', heartbeat: '1h' })
    const options = { shared, namespace: redis.namespace, ttl: '1h', ttlJitter: 0 } as const
    return new Harness({ cache: ends.use(createTidemark({ ...options, memory: false })) })
  }
  await join(url.port).read(() => 'first')
  const find = () => redis.client.keys(`${redis.namespace}:*:v:*`)
  await expect.poll(find).toHaveLength(1)
  const [name] = await find()
  const bytes = await redis.client.getBuffer(name!)

  const reader = join((proxy.address() as AddressInfo).port)
  // It has been there for 59 minutes, and another has a whole hour before it.
  await redis.client.pexpire(name!, 60_000)
  between.run = () => redis.client.set(name!, bytes!, 'PX', 3_600_000)
  await reader.read(() => 'second', { hint: { ttl: '10m' } })
  expect(between.commands).toBe(1)
  const { hits, misses } = reader.counts()
  expect({ hits, misses }).toEqual({ hits: {}, misses: { expired: 1 } })
})
