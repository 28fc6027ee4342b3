import { randomBytes } from 'node:crypto'
import { createTidemark, type ReadEvent, type TidemarkOptions } from '@tidemark/core'
import { redisTier, type RedisTierOptions } from '@tidemark/redis'
import { Gate } from '@tidemark/testing'
import { Redis } from 'ioredis'
import { expect, inject, it } from 'vitest'
import { openRedis } from '../../support/redis.ts'
import { Harness } from '../../unit/core/harness.ts'

async function open() {
  await using opened = new AsyncDisposableStack()
  const redis = opened.use(openRedis())
  const ends = opened.move()
  const join = (options: RedisTierOptions = {}, rest: TidemarkOptions = {}) => {
    const client = new Redis(inject('redisUrl'), { retryStrategy: () => 60_000 })
    client.on('error', () => {})
    ends.defer(() => client.disconnect())
    const shared = redisTier(client, { timeout: '2s', heartbeat: '1h', ...options })
    const { namespace } = redis
    const cache = ends.use(createTidemark({ shared, namespace, ttl: '1h', ttlJitter: 0, ...rest }))
    const harness = new Harness({ cache })
    /** What the cache says of a read, and what it then was. */
    const compare = async (of = 'select') => {
      const send = () => harness.read(() => 'row', { operation: of })
      const { answeredFrom, reason, lastInvalidation } = await cache.explain(send)
      const told: ReadEvent[] = []
      const stop = cache.on('read', (event) => told.push(event))
      expect(await send()).toBe('row')
      stop()
      const said = answeredFrom === 'database' ? reason : answeredFrom
      expect(told.map((event) => event.reason)).toEqual([said])
      return { said, lastInvalidation }
    }
    return { client, cache, harness, compare }
  }
  const entryNames = () => redis.client.keys(`${redis.namespace}:*:v:*`)
  return { redis, join, ends, entryNames }
}

const keyOf = (id: string) => ({ id, key: randomBytes(32) })

it.each([
  ['', {}],
  [', which hides names,', { nameSecret: randomBytes(32) }],
])('an explanation of what is in Redis%s agrees with the read', async (_, options) => {
  const { redis, join, ends, entryNames } = await open()
  await using _ends = ends
  const one = join(options)
  const other = join(options, { maxStaleness: 0 })
  const said = async () => (await other.compare()).said
  expect((await one.compare()).said).toBe('absent')
  await expect.poll(entryNames).toHaveLength(1)
  expect(await said()).toBe('shared')
  expect(await said()).toBe('memory')

  const writing = new Gate()
  const write = one.harness.write(() => writing.pass(() => 1))
  await writing.reached
  expect(await said()).toBe('marks-locked')
  writing.open()
  await write
  expect(await said()).toBe('marks-moved')
  await expect.poll(() => other.cache.invalidations().length).toBeGreaterThan(0)
  expect((await other.compare()).lastInvalidation).toMatchObject({ origin: 'elsewhere' })

  const third = join(options, { memory: false })
  const [name] = await entryNames()
  await redis.client.set(name!, 'nothing that anybody has stored', 'PX', 60_000)
  expect((await third.compare()).said).toMatch(/^(corrupt|foreign)-entry$/)
  await expect.poll(async () => (await third.compare()).said).toBe('shared')

  other.client.disconnect()
  expect(await said()).toBe('tier-down')
  expect(await said()).toBe('tier-down')
})

it('an explanation says that what is there was encrypted by a key that nobody has here', async () => {
  const { join, ends, entryNames } = await open()
  await using _ends = ends
  const nameSecret = randomBytes(32)
  await join({ nameSecret, encryption: { keys: [keyOf('old')] } }).compare()
  await expect.poll(entryNames).toHaveLength(1)
  const other = join({ nameSecret, encryption: { keys: [keyOf('new')] } })
  expect((await other.compare()).said).toBe('foreign-entry')
})
