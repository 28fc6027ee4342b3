import { createTidemark, type Tidemark } from '@tidemark/core'
import { Gate, ManualClock, SeededRandom, SharedStore } from '@tidemark/testing'
import { describe, expect, it } from 'vitest'

const open = () => createTidemark({ clock: new ManualClock(), random: new SeededRandom(1) })
const cycle = (names: string) =>
  expect.objectContaining({
    code: 'LOAD_CYCLE',
    message: `expected a load that does not ask for what it loads, got ${names}`,
  }) as Error

describe('a load that asks the cache in turn', () => {
  it('is refused where it asks for itself, however far round', async () => {
    const cache = open()
    const self = (): Promise<number> => cache.getOrLoad('a', self)
    await expect(self()).rejects.toThrow(cycle('a → a'))
    const one = (): Promise<number> => cache.getOrLoad('b', other)
    const other = (): Promise<number> => cache.getOrLoad('c', one)
    await expect(one()).rejects.toThrow(cycle('b → c → b'))
    const many = (keys: readonly string[]): Promise<Map<string, number>> =>
      cache.getOrLoadMany(keys, many)
    await expect(cache.getOrLoadMany(['d', 'e'], many)).rejects.toThrow(cycle('d → d'))
    await expect(
      cache.getOrLoadMany(['f', 'g'], async () => {
        const again = (): Promise<number> => cache.getOrLoad('g', again)
        await again()
        return new Map()
      }),
    ).rejects.toThrow(cycle('g → g'))
    expect(await cache.getOrLoad('a', () => 1)).toBe(1)
  })

  it('may be begun from both ends', async () => {
    const cache = open()
    const gate = new Gate()
    const loads = { a: 0, b: 0 }
    // Each asks for the other, but not for ever.
    const a = async (): Promise<string> => {
      loads.a += 1
      await gate.pass(() => undefined)
      return loads.a > 1 ? 'a' : `a of ${await cache.getOrLoad('b', b)}`
    }
    const b = async (): Promise<string> => {
      loads.b += 1
      await gate.pass(() => undefined)
      return loads.b > 1 ? 'b' : `b of ${await cache.getOrLoad('a', a)}`
    }
    const both = Promise.all([cache.getOrLoad('a', a), cache.getOrLoad('b', b)])
    gate.open()
    const [first, second] = await both
    expect([first.startsWith('a'), second.startsWith('b')]).toEqual([true, true])
  })

  it('may ask under the same name for what is loaded in another way', async () => {
    const cache = open()
    expect(await cache.getOrLoad('a', () => cache.getOrLoad('a', () => 1))).toBe(1)
    expect(await cache.getOrLoad('a', () => 2)).toBe(1)
    const find = cache.wrap(async (id: number) => id, { key: (id) => `user:${id}` })
    expect(await cache.wrap(find, { key: (id) => `user:${id}` })(5)).toBe(5)
  })

  it('may ask for itself without waiting for that', async () => {
    const cache = open()
    const asked: Promise<number>[] = []
    const load = async (): Promise<number> => {
      if (asked.length === 0) asked.push(cache.getOrLoad('a', load))
      await new Promise(setImmediate)
      return 1
    }
    expect(await cache.getOrLoad('a', load)).toBe(1)
    expect(await Promise.all(asked)).toEqual([1])
  })

  it('shares what others load as ever', async () => {
    const cache = open()
    const gate = new Gate()
    let loads = 0
    const user = () => gate.pass(() => (loads += 1))
    const page = (of: Tidemark, name: string) =>
      of.getOrLoad(name, async () => `${name} ${await of.getOrLoad('user', user)}`)
    const pages = Promise.all(['x', 'y', 'z'].map((name) => page(cache, name)))
    await gate.reached
    gate.open()
    expect(await pages).toEqual(['x 1', 'y 1', 'z 1'])
    expect(loads).toBe(1)
  })

  it('waits for what has once waited for what is done', async () => {
    const cache = open()
    const [y, x, after] = [new Gate(), new Gate(), new Gate()]
    let loads = 0
    let later: Promise<number> | undefined
    const loadX = async () => {
      loads += 1
      await cache.getOrLoad('y', () => 'not this one')
      return x.pass(() => loads)
    }
    const loadY = async () => {
      // Goes on when the load is over.
      later = after.pass(() => cache.getOrLoad('x', loadX))
      return y.pass(() => 'y')
    }
    const readingY = cache.getOrLoad('y', loadY)
    await y.reached
    const readingX = cache.getOrLoad('x', loadX)
    y.open()
    await readingY
    await x.reached
    after.open()
    await new Promise(setImmediate)
    x.open()
    expect(await Promise.all([readingX, later])).toEqual([1, 1])
  })

  it('does not wait for itself where nobody waits for it either', async () => {
    const clock = new ManualClock()
    const cache = createTidemark({ clock, random: new SeededRandom(1) })
    const policy = { ttl: '10s', staleWhileRevalidate: '10s' } as const
    const gate = new Gate()
    let loads = 0
    const inner = async () => (loads += 1)
    const outer = async () => {
      if (loads > 0) await gate.pass(() => undefined)
      return cache.getOrLoad('a', inner, policy)
    }
    expect(await cache.getOrLoad('a', outer, policy)).toBe(1)
    clock.advance(15_000)
    expect(await cache.getOrLoad('a', outer, policy)).toBe(1)
    await gate.reached
    // Meanwhile what it asks for is too old to be served.
    clock.advance(9000)
    gate.open()
    await new Promise(setImmediate)
    expect(loads).toBe(2)
    expect(await cache.getOrLoad('a', outer, policy)).toBe(2)
    await cache.close()
  })

  it.each([
    ['once it is stale', { ttl: '10s', staleWhileRevalidate: '10s' }, 15_000, {}],
    ['before it is', { ttl: '10s', refreshAhead: 0.5 }, 6000, {}],
    ['when somebody says so', { ttl: '10s' }, 1000, { mode: 'refresh' }],
  ] as const)('is not given what it is there to replace: %s', async (_when, policy, ms, again) => {
    const clock = new ManualClock()
    const store = new SharedStore({ clock, random: new SeededRandom(2), leaseMs: 10_000 })
    for (const shared of [undefined, store.connect()]) {
      const random = new SeededRandom(1)
      const cache = createTidemark({ clock, random, ttlJitter: 0, ...(shared && { shared }) })
      let loads = 0
      const read = (hint = {}) =>
        cache.getOrLoad('a', () => cache.getOrLoad('a', () => (loads += 1), policy), {
          ...policy,
          ...hint,
        })
      for (let time = 1; time < 5; time += 1) {
        await read(again)
        for (let turn = 0; turn < 5; turn += 1) await new Promise(setImmediate)
        expect(await read()).toBe(time)
        clock.advance(ms)
      }
      await cache.close()
    }
  })

  it('is over for what it leaves behind, which is served as ever', async () => {
    const cache = open()
    const gate = new Gate()
    let later: Promise<number> | undefined
    const load = () => {
      later = gate.pass(() => cache.getOrLoad('a', () => 2))
      return 1
    }
    expect(await cache.getOrLoad('a', load)).toBe(1)
    await gate.reached
    // Something else is being loaded meanwhile.
    const other = new Gate()
    const reading = cache.getOrLoad('b', () => other.pass(() => 'b'))
    await other.reached
    gate.open()
    expect(await later).toBe(1)
    other.open()
    expect(await reading).toBe('b')
  })
})
