import { Gate, ManualClock, SeededRandom, SharedStore } from '@tidemark/testing'
import { describe, expect, it } from 'vitest'
import { Harness } from './harness.ts'

function processes(count: number, maxStalenessMs = 0) {
  const clock = new ManualClock()
  const random = new SeededRandom(1)
  const store = new SharedStore({ clock, random, leaseMs: 10_000 })
  return Array.from({ length: count }, () => {
    const link = store.connect()
    return { link, harness: new Harness({ clock, shared: { tier: link, maxStalenessMs } }) }
  })
}

const missed = () => Promise.reject(new Error('expected a hit, the database was asked'))

describe.each([
  ['in one process', () => [new Harness()]],
  ['with a shared tier', () => processes(1).map(({ harness }) => harness)],
  [
    'with a shared tier and memory that counts',
    () => processes(1, 60_000).map(({ harness }) => harness),
  ],
] as const)('a write that leaves its row behind, %s', (_name, make) => {
  it('makes the next read a hit with what it gave', async () => {
    const [harness] = make()
    expect(await harness!.read(() => 0)).toBe(0)
    await harness!.writeThrough(() => 1)
    expect(await harness!.read(missed)).toBe(1)
    await harness!.writeThrough(() => 2)
    expect(await harness!.read(missed)).toBe(2)
  })

  it('leaves nothing where another writer was at work meanwhile', async () => {
    const [harness] = make()
    await harness!.read(() => 0)
    let row = 0
    await harness!.writeThrough(async () => {
      const old = (row = 1)
      await harness!.write(() => (row = 2))
      return old
    })
    expect(await harness!.read(() => row)).toBe(2)
    expect(harness!.loads).toBe(2)
  })
})

describe('across processes', () => {
  it('is a hit for others as well', async () => {
    const [one, other] = processes(2)
    await one!.harness.read(() => 0)
    await one!.harness.writeThrough(() => 1)
    expect(await other!.harness.read(missed)).toBe(1)
  })

  it('leaves nothing where a writer of another process was at work meanwhile, whoever ends first', async () => {
    for (const endsFirst of [true, false]) {
      const [one, other] = processes(2)
      await one!.harness.read(() => 0)
      await other!.harness.read(() => 0)
      const gates = [new Gate(), new Gate()] as const
      const first = one!.harness.writeThrough(() => gates[0].pass(() => 1))
      await gates[0].reached
      const second = other!.harness.writeThrough(() => gates[1].pass(() => 2))
      await gates[1].reached
      gates[endsFirst ? 0 : 1].open()
      await (endsFirst ? first : second)
      gates[endsFirst ? 1 : 0].open()
      await Promise.all([first, second])
      for (const { harness } of [one!, other!]) {
        const loads = harness.loads
        await harness.read(() => 2)
        expect(await harness.read(missed)).toBe(2)
        expect(harness.loads - loads).toBe(harness === one!.harness ? 1 : 0)
      }
    }
  })

  it('is forgotten where word of another write comes in before the answer', async () => {
    const [one, other] = processes(2, 60_000)
    await one!.harness.read(() => 0)
    const replace = one!.link.replace.bind(one!.link)
    one!.link.replace = async (...args) => {
      const done = await replace(...args)
      await other!.harness.write(() => 2)
      return done
    }
    await one!.harness.writeThrough(() => 1)
    expect(await one!.harness.read(() => 2)).toBe(2)
  })

  it("leaves nothing under 'fresh', which locks nothing, nor where the lock was not taken", async () => {
    const [one] = processes(1)
    await one!.harness.read(() => 0)
    await one!.harness.writeThrough(() => 1, { hint: { consistency: 'fresh' } })
    expect(await one!.harness.read(() => 5)).toBe(5)
    one!.link.hold = async ({ method }) => {
      if (method === 'intent') throw new Error('cut')
    }
    await one!.harness.writeThrough(() => 6)
    expect(await one!.harness.read(() => 7)).toBe(7)
  })

  it('asks for the marks that it does not know', async () => {
    const [one, other] = processes(2)
    await one!.harness.writeThrough(() => 1)
    expect(await other!.harness.read(missed)).toBe(1)
  })

  it('leaves nothing where everything was being made old when it began', async () => {
    const [one, other] = processes(2)
    other!.link.hold = async ({ method }) => {
      if (method === 'release') throw new Error('cut')
    }
    await other!.harness.write(() => 0, { tables: 'unknown' })
    await one!.harness.writeThrough(() => 1)
    one!.harness.clock.advance(10_001)
    expect(await one!.harness.read(() => 2)).toBe(2)
  })

  it('leaves nothing where everything was made old meanwhile', async () => {
    const [one, other] = processes(2)
    await one!.harness.read(() => 0)
    await one!.harness.writeThrough(async () => {
      await other!.harness.cache.clear()
      return 1
    })
    expect(await one!.harness.read(() => 2)).toBe(2)
  })

  it('leaves nothing of a write that failed, or whose release did not arrive', async () => {
    const [one, other] = processes(2)
    await one!.harness.read(() => 0)
    const failing = one!.harness.writeThrough(() => Promise.reject(new Error('constraint')))
    await expect(failing).rejects.toThrow('constraint')
    expect(await one!.harness.read(() => 1)).toBe(1)
    one!.link.hold = async ({ method }) => {
      if (method === 'replace') throw new Error('cut')
    }
    await one!.harness.writeThrough(() => 2)
    one!.link.hold = () => Promise.resolve()
    expect(await one!.harness.read(() => 3)).toBe(3)
    // Its lock is still there.
    expect(await other!.harness.read(() => 3)).toBe(3)
  })
})
