import type { ReadEvent, ReadHint, TidemarkError, TidemarkOptions } from '@tidemark/core'
import {
  type ConnectedStore,
  ManualClock,
  SeededRandom,
  type SharedCall,
  SharedStore,
} from '@tidemark/testing'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Harness, makeCache, type ReadOptions } from './harness.ts'

/** What a caller may say of a read. */
const hint = fc.record(
  {
    mode: fc.constantFrom('default', 'default', 'default', 'refresh', 'only-if-cached', 'bypass'),
    ttl: fc.constantFrom(150, 400),
    staleWhileRevalidate: fc.constant(200),
    staleIfError: fc.constant(300),
    negativeTtl: fc.constant(50),
    consistency: fc.constant('strict'),
    refreshAhead: fc.constant(0.5),
    isolation: fc.constant('frozen'),
    key: fc.constant('top'),
    tags: fc.constant(['vip']),
    tables: fc.constant(['actor']),
  },
  { requiredKeys: [] },
) as fc.Arbitrary<ReadHint>

const read = fc.record({
  kind: fc.constant('read' as const),
  hint: fc.oneof({ weight: 9, arbitrary: hint }, fc.constant(false as const)),
  how: fc.constantFrom<ReadOptions>(
    ...[{}, {}, {}, {}, { cancellable: true }, { parameters: [Symbol('has no key')] }],
    ...([{ bypass: 'in-transaction' }, { tables: 'unknown', found: ['film'] }] as ReadOptions[]),
  ),
})

type Step =
  | (typeof read extends fc.Arbitrary<infer R> ? R : never)
  | { readonly kind: 'advance'; readonly ms: number }
  | { readonly kind: Event }

type Event = (typeof EVENTS)[number]

/** What may happen between two reads, here or in the other process. */
const EVENTS = [
  ...(['write', 'write elsewhere', 'write through', 'begin to write', 'end writing'] as const),
  ...(['read elsewhere', 'lose words', 'lose the connection', 'find it again'] as const),
  ...(['spoil what is shared', 'spoil what is here', 'find nothing', 'clear', 'depend'] as const),
] as const

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: read },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('advance' as const),
      ms: fc.integer({ min: 1, max: 300 }),
    }),
  },
  { weight: 4, arbitrary: fc.constantFrom(...EVENTS).map((kind) => ({ kind })) },
)

/** Looks, tokens for marks that have none, and what a write could not say while the connection was lost. */
const MAY_ASK = new Set<string>(['lookup', 'mint', 'message', 'release', 'abandon'])

/** Until all that runs in the background has done what it can. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 3; turn += 1) await new Promise((resolve) => setImmediate(resolve))
}

/** One process, with another beside it where they share something. */
class World {
  readonly clock = new ManualClock()
  readonly random = new SeededRandom(3)
  readonly store = new SharedStore({ clock: this.clock, random: this.random, leaseMs: 10_000 })
  readonly harness: Harness
  readonly link: ConnectedStore | undefined
  readonly #other: Harness | undefined
  readonly #ends: (() => void)[] = []
  #row: number | null = 0

  constructor(options: TidemarkOptions, isShared: boolean) {
    const { clock, random } = this
    const common = { clock, random, ttl: 300, ttlJitter: 0, ...options }
    if (isShared) {
      const join = () => this.store.connect()
      this.link = join()
      this.#other = this.#harness({ ...common, memory: {}, shared: join() })
    }
    this.harness = this.#harness({ ...common, ...(this.link && { shared: this.link }) })
  }

  #harness(options: TidemarkOptions): Harness {
    return new Harness({ cache: makeCache(options).cache, clock: this.clock })
  }

  /** What the cache says of a read, what that has changed, and what the read then was. */
  async read(hint: ReadHint | false, how: ReadOptions) {
    const { cache } = this.harness
    const send = () => this.harness.read(() => this.#row, { ...how, hint })
    const asked = this.link?.calls.length
    const before = this.#state()
    const { answeredFrom, reason, isStale } = await cache.explain(send)
    await settled()
    const calls = this.link?.calls.slice(asked) ?? []
    const hasChanged = this.#state() !== before || calls.some(({ method }) => !MAY_ASK.has(method))

    const told: ReadEvent[] = []
    const stop = cache.on('read', (event) => told.push(event))
    await send().catch((error: TidemarkError) => {
      if (error.code !== 'NOT_CACHED') throw error
    })
    stop()
    const said = answeredFrom === 'database' ? reason : isStale ? 'stale' : answeredFrom
    return { said, was: told.map((event) => event.reason), hasChanged }
  }

  /** All that an explanation must not change: counts, and which entry makes room for the next. */
  #state(): string {
    const { engine, cache } = this.harness
    const entries = [...(engine.tier.entries() as Iterable<readonly [string, unknown]>)]
    return JSON.stringify([cache.metrics(), entries, cache.invalidations(), this.harness.loads])
  }

  async happens(event: Event): Promise<void> {
    const { harness, link } = this
    const write = (by: Harness, run: () => unknown = () => (this.#row = (this.#row ?? 0) + 1)) =>
      by.write(run)
    switch (event) {
      case 'write':
        return void (await write(harness))
      case 'write elsewhere':
        return void (await (this.#other && write(this.#other)))
      case 'write through':
        return void (await harness.writeThrough(() => (this.#row = 7)))
      case 'begin to write':
        void write(
          this.#other ?? harness,
          () => new Promise<void>((resolve) => this.#ends.push(resolve)),
        )
        return
      case 'end writing':
        return this.#ends.shift()?.()
      case 'read elsewhere':
        return void (await this.#other?.read(() => this.#row))
      case 'lose words':
        if (link) link.hold = ({ method }: SharedCall) => lostIf(method === 'message')
        return
      case 'lose the connection':
        if (link) link.hold = () => lostIf(true)
        return
      case 'find it again':
        if (link) link.hold = () => lostIf(false)
        return
      case 'spoil what is shared':
        for (const [key, entry] of this.store.entries) {
          this.store.entries.set(key, { ...entry, stored: UNREADABLE })
        }
        return
      case 'spoil what is here': {
        const { tier } = harness.engine
        for (const [key, entry] of [...(tier.entries() as Map<never, never>)]) {
          void tier.set(key, { ...(entry as object), stored: UNREADABLE } as never)
        }
        return
      }
      case 'find nothing':
        this.#row = null
        return void (await write(harness, () => {}))
      case 'clear':
        return harness.cache.clear().catch(() => {})
      case 'depend':
        return harness.cache.depends('top', { on: [{ table: 'actor' }] })
    }
  }

  async end(): Promise<void> {
    for (const end of this.#ends) end()
    await settled()
    await this.harness.cache.close()
    await this.#other?.cache.close()
  }
}

function lostIf(isLost: boolean): Promise<void> {
  return isLost ? Promise.reject(new Error('connection lost')) : Promise.resolve()
}

const UNREADABLE = {} as never

async function expectAgreement(options: TidemarkOptions, isShared: boolean, steps: Step[]) {
  const world = new World(options, isShared)
  const seen: unknown[] = []
  for (const each of steps) {
    if (each.kind === 'advance') world.clock.advance(each.ms)
    else if (each.kind === 'read') {
      const { said, was, hasChanged } = await world.read(each.hint, each.how)
      expect([hasChanged, said]).toEqual([false, ...was])
      seen.push(said)
    } else await world.happens(each.kind)
    await settled()
  }
  await world.end()
  return seen
}

describe('an explanation and the read that follows it agree', () => {
  const settings: [name: string, options: TidemarkOptions, isShared: boolean][] = [
    ['in one process', {}, false],
    ['in one process with windows', { staleWhileRevalidate: 200, negativeTtl: 100 }, false],
    ['where others share', {}, true],
    ['where memory asks each time', { maxStaleness: 0 }, true],
    ['without memory', { memory: false }, true],
    ['with one load for all', { coalesce: 'shared', maxStaleness: 50 }, true],
  ]

  it.each(settings)('%s', { timeout: 120_000 }, async (_, options, isShared) => {
    const seen = new Set<unknown>()
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), async (steps) => {
        for (const said of await expectAgreement(options, isShared, steps)) seen.add(said)
      }),
      { numRuns: 120 },
    )
    // What it could not see it could not compare.
    const everywhere = ['absent', 'expired', 'refresh', 'marks-moved', 'marks-locked']
    const shared = ['shared', 'tier-down']
    const here = options.memory === false ? [] : ['memory', 'corrupt-entry']
    const expected = [...everywhere, ...here, ...(isShared ? shared : []), 'stale']
    expect([...seen]).toEqual(expect.arrayContaining(expected))
  })
})
