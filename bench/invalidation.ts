// What an invalidation costs, by how many entries depend on it.
import { createTidemark, type Tidemark } from '@tidemark/core'
import { redisTier } from '@tidemark/redis'
import { Redis } from 'ioredis'
import { RedisServer } from '../test/support/redis-server.ts'
import { median } from './measure.ts'
import { Ratios } from './ratios.ts'

/** @param many how many entries are many */
export async function benchInvalidation({ rounds = 5, many = 100_000 } = {}): Promise<void> {
  await using ends = new AsyncDisposableStack()
  const server = ends.use(await RedisServer.start())
  const open = (namespace: string) => {
    const redis = new Redis(server.options)
    ends.defer(() => redis.disconnect())
    const shared = redisTier(redis, { timeout: '10s' })
    return ends.use(createTidemark({ namespace, shared, memory: false, lease: '1m' }))
  }
  const memory = { maxEntries: 200_000, maxBytes: '1gb' } as const
  const caches = {
    'in memory, 10 entries': ends.use(createTidemark({ memory })),
    'in memory, many entries': ends.use(createTidemark({ memory })),
    'on Redis, 10 entries': open('few'),
    'on Redis, many entries': open('many'),
  }
  const samples = Object.fromEntries(Object.keys(caches).map((name) => [name, [] as number[]]))
  for (let round = 0; round < rounds; round += 1) {
    for (const [name, cache] of Object.entries(caches)) {
      await makeDependents(cache, name.includes('many') ? many : 10)
    }
    for (const [name, cache] of Object.entries(caches)) {
      // What was done lately is done faster, whatever it is.
      for (let time = 0; time < 50; time += 1) await cache.invalidate({ tables: ['genres'] })
      const startedAt = performance.now()
      await cache.invalidate({ tables: ['films'] })
      samples[name]!.push((performance.now() - startedAt) * 1000)
    }
  }
  const us = Object.fromEntries(
    Object.entries(samples).map(([name, all]) => [name, median(all)]),
  ) as Record<keyof typeof caches, number>
  const ratios = new Ratios(us)
    .add('in memory, many entries', 'in memory, 10 entries', ['S6', '≤ 1.5'])
    .add('on Redis, many entries', 'on Redis, 10 entries', ['S6', '≤ 1.5'])
  console.log(
    `\nAn invalidation, where ${many.toLocaleString('en')} entries are many:\n${ratios.toString()}`,
  )
}

/** Entries that depend on one table, each of a query of its own. */
async function makeDependents({ engine }: Tidemark, count: number): Promise<void> {
  const plan = engine.plan(
    { adapter: 'bench', fingerprint: 'film' },
    { kind: 'read', tables: ['films'] },
    engine.policies({ cacheByDefault: true }),
  )
  const material = { adapter: 'bench', database: '', partition: '', operation: 'film' }
  const read = async (id: number) =>
    engine.read({ plan, key: () => ({ ...material, parameters: [id] }) }, async () => ({ id }))
  for (let from = 0; from < count; from += BATCH) {
    const size = Math.min(BATCH, count - from)
    await Promise.all(Array.from({ length: size }, (_, index) => read(from + index)))
  }
}

/** Fewer than a cache stores at a time in the background. */
const BATCH = 500
