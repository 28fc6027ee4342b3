import type { Tidemark } from '@tidemark/core'
import { ManualClock, SeededRandom, SharedStore } from '@tidemark/testing'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Harness } from './harness.ts'

/**
 * Readers of one value, by each way that the direct API has, beside those who change it and then invalidate it: in every
 * order that fast-check can make of their steps.
 */
describe(
  'in any order of the steps of who loads, sets and invalidates',
  { timeout: 60_000 },
  () => {
    it.each(['one process', 'two processes'] as const)(
      'no read gets what was there before an invalidation that was acknowledged before it (%s)',
      async (where) => {
        await fc.assert(
          fc.asyncProperty(fc.scheduler(), actors, async (scheduler, plan) => {
            await run(scheduler, plan, where)
          }),
          { numRuns: 500, seed: Number(process.env['TIDEMARK_SEED'] ?? 20261121) },
        )
      },
    )
  },
)

const actor = fc.record({
  does: fc.constantFrom(
    ...(['getOrLoad', 'getOrLoadMany', 'get and set', 'invalidate', 'invalidate'] as const),
  ),
  how: fc.constantFrom(...(['delete', 'tag', 'prefix', 'clear'] as const)),
  times: fc.integer({ min: 1, max: 3 }),
  process: fc.nat(1),
})
const actors = fc.array(actor, { minLength: 2, maxLength: 5 })
type Actor = typeof actor extends fc.Arbitrary<infer A> ? A : never

const KEY = 'value:1'
const options = { tags: ['values'] }

async function run(
  scheduler: fc.Scheduler,
  plan: readonly Actor[],
  where: 'one process' | 'two processes',
): Promise<void> {
  const step = () => scheduler.schedule(Promise.resolve())
  const caches = open(where, step)
  let current = 0
  let acknowledged = 0

  const load = async () => {
    await step()
    const loaded = current
    await step()
    return loaded
  }

  const read: Record<Exclude<Actor['does'], 'invalidate'>, (cache: Tidemark) => Promise<number>> = {
    getOrLoad: (cache) => cache.getOrLoad(KEY, load, options),
    getOrLoadMany: async (cache) => {
      const loadAll = async (keys: readonly string[]) => {
        const loaded = await load()
        return new Map(keys.map((key) => [key, loaded]))
      }
      return (await cache.getOrLoadMany([KEY, 'value:2'], loadAll, options)).get(KEY)!
    },
    'get and set': async (cache) => {
      const found = await cache.get<number>(KEY, options)
      if (found.isHit) return found.value
      const loaded = await load()
      await cache.set(found.slot, loaded)
      return loaded
    },
  }

  const invalidate = async (cache: Tidemark, how: Actor['how']) => {
    await step()
    current += 1
    const version = current
    await step()
    if (how === 'clear') await cache.clear()
    else if (how === 'delete') await cache.delete(KEY)
    else await cache.invalidate(how === 'tag' ? { tags: ['values'] } : { prefix: 'value' })
    acknowledged = Math.max(acknowledged, version)
  }

  const act = async ({ does, how, process }: Actor) => {
    const cache = caches[process % caches.length]!
    if (does === 'invalidate') return invalidate(cache, how)
    const mustSee = acknowledged
    expect(await read[does](cache)).toBeGreaterThanOrEqual(mustSee)
  }

  const running = plan.map(async (actor) => {
    for (let time = 0; time < actor.times; time += 1) await act(actor)
  })
  await scheduler.waitFor(Promise.all(running))
  await scheduler.waitIdle()
  for (const cache of caches) {
    expect(await scheduler.waitFor(read.getOrLoad(cache))).toBeGreaterThanOrEqual(acknowledged)
  }
}

function open(where: 'one process' | 'two processes', step: () => Promise<unknown>): Tidemark[] {
  const clock = new ManualClock()
  if (where === 'one process') return [new Harness({ clock }).cache]
  const random = new SeededRandom(1)
  const store = new SharedStore({ clock, random, leaseMs: 10_000 })
  return [1, 2].map(() => {
    const tier = store.connect()
    tier.hold = async () => void (await step())
    return new Harness({ clock, random, shared: { tier, maxStalenessMs: 0 } }).cache
  })
}
