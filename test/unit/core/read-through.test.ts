import { type Entry, MemoryTier } from '@tidemark/core'
import { faulty, Gate, RemoteTier } from '@tidemark/testing'
import { describe, expect, it } from 'vitest'
import { Harness } from './harness.ts'

const memory = () => new MemoryTier({ maxEntries: 100, maxBytes: 1_000_000 })

/** Every rule must hold for a tier that answers at once and for one that answers later. */
const TIERS = [
  { name: 'a tier that answers at once', makeTier: memory },
  { name: 'a tier that answers later', makeTier: () => new RemoteTier(memory()) },
]

describe.each(TIERS)('a read through $name', ({ makeTier }) => {
  const make = () => new Harness({ tier: makeTier() })

  it('asks the database once for what is asked for twice', async () => {
    const harness = make()
    expect(await harness.read(() => 'dune')).toBe('dune')
    expect(await harness.read(() => 'other')).toBe('dune')
    expect(harness.loads).toBe(1)
    expect(harness.counts()).toEqual({ hits: { memory: 1 }, misses: { absent: 1 }, bypasses: {} })
  })

  it('hazard 1: does not serve a row that was loaded before a write and stored after it', async () => {
    const harness = make()
    const gate = new Gate()
    let row = 'old'
    const slow = harness.read(() => {
      const seen = row
      return gate.pass(() => seen)
    })
    await gate.reached
    await harness.write(() => (row = 'new'))
    gate.open()
    expect(await slow).toBe('old')
    expect(await harness.read(() => row)).toBe('new')
  })

  it('hazard 2: does not serve a row that was loaded between the start of a write and its end', async () => {
    const harness = make()
    const gate = new Gate()
    let row = 'old'
    const write = harness.write(() => gate.pass(() => (row = 'new')))
    await gate.reached
    expect(await harness.read(() => row)).toBe('old')
    gate.open()
    await write
    expect(await harness.read(() => row)).toBe('new')
    expect(harness.counts().bypasses).toEqual({ 'marks-locked': 1 })
  })

  it('hazard 6: serves nothing old once a reader may have seen the new row', async () => {
    const harness = make()
    const committed = new Gate()
    let row = 'old'
    await harness.read(() => row)
    const write = harness.write(() => {
      row = 'new'
      return committed.pass(() => undefined)
    })
    await committed.reached
    expect(await harness.read(() => row)).toBe('new')
    expect(await harness.read(() => row)).toBe('new')
    committed.open()
    await write
  })

  it('hazard 15: does not let a reader join a load that began before a write', async () => {
    const harness = make()
    const gate = new Gate()
    let row = 'old'
    const early = harness.read(() => {
      const seen = row
      return gate.pass(() => seen)
    })
    await gate.reached
    await harness.write(() => (row = 'new'))
    expect(await harness.read(() => row)).toBe('new')
    gate.open()
    expect(await early).toBe('old')
    expect(await harness.read(() => row)).toBe('new')
  })

  it('hazard 19: keeps what was stored last where a load that began earlier ends later', async () => {
    const harness = make()
    const gate = new Gate()
    const late = harness.read(() => gate.pass(() => 'old'))
    await gate.reached
    await harness.write(() => undefined)
    expect(await harness.read(() => 'new')).toBe('new')
    gate.open()
    expect(await late).toBe('old')
    expect(await harness.read(() => 'not asked')).toBe('new')
    expect(harness.loads).toBe(2)
  })

  it('hazard 33: gives each caller a value of its own', async () => {
    const harness = make()
    const first = await harness.read(() => [{ id: 1, tags: ['a'], at: new Date(5) }])
    first[0]!.tags.push('changed')
    first[0]!.at.setTime(0)
    const second = await harness.read<typeof first>(() => [])
    expect(second).toEqual([{ id: 1, tags: ['a'], at: new Date(5) }])
    second[0]!.id = 99
    expect(await harness.read<typeof first>(() => [])).toEqual([
      { id: 1, tags: ['a'], at: new Date(5) },
    ])
  })

  it('hazard 33: gives those who join a load values of their own', async () => {
    const harness = make()
    const gate = new Gate()
    const load = () => gate.pass(() => [{ id: 1 }])
    const reads = [harness.read(load), harness.read(load), harness.read(load)]
    await gate.reached
    gate.open()
    const rows = await Promise.all(reads)
    expect(harness.loads).toBe(1)
    rows[0]![0]!.id = 99
    rows[1]![0]!.id = 98
    expect(rows[2]).toEqual([{ id: 1 }])
    expect(harness.counts().hits).toEqual({ joined: 2 })
  })

  it('hazard 34: sees the row whose absence it had stored', async () => {
    const harness = make()
    expect(await harness.read(() => [] as string[])).toEqual([])
    await harness.write(() => undefined)
    expect(await harness.read(() => ['dune'])).toEqual(['dune'])
  })

  it('hazard 35: stores nothing of a load that fails, and passes its error on', async () => {
    const harness = make()
    const error = new Error('relation "film" does not exist')
    await expect(harness.read(() => Promise.reject(error))).rejects.toBe(error)
    expect(await harness.read(() => 'dune')).toBe('dune')
    expect(harness.counts().misses).toEqual({ absent: 2 })
  })

  it('hazard 35: lets those who joined a load that failed ask for themselves', async () => {
    const harness = make()
    const gate = new Gate()
    const failing = harness.read(() => gate.pass(() => Promise.reject(new Error('cancelled'))))
    await gate.reached
    const joining = harness.read(() => 'dune')
    gate.open()
    await expect(failing).rejects.toThrow('cancelled')
    expect(await joining).toBe('dune')
  })

  it('never shares a load that its caller can cancel', async () => {
    const harness = make()
    const gate = new Gate()
    const first = harness.read(() => gate.pass(() => 'first'), { cancellable: true })
    await gate.reached
    expect(await harness.read(() => 'second')).toBe('second')
    gate.open()
    expect(await first).toBe('first')
  })

  it('hazard 36: serves a result that is too large, and does not store it', async () => {
    const harness = make()
    const large = 'x'.repeat(20_000)
    expect(await harness.read(() => large)).toBe(large)
    expect(await harness.read(() => large)).toBe(large)
    expect(harness.loads).toBe(2)
    expect(harness.counts()).toEqual({ hits: {}, misses: {}, bypasses: { 'too-large': 2 } })
  })

  it('serves a value of an unknown class as it is, and does not store it', async () => {
    class Money {
      readonly #cents = 5
      cents() {
        return this.#cents
      }
    }
    const harness = make()
    const load = () => [{ price: new Money() }]
    await harness.read(load)
    const [row] = await harness.read(load)
    expect(row!.price.cents()).toBe(5)
    expect(harness.counts().bypasses).toEqual({ 'unstorable-value': 2 })
  })

  it('hazard 38: loads once for a thousand callers at once', async () => {
    const harness = make()
    const results = await Promise.all(
      Array.from({ length: 1000 }, () => harness.read(() => ({ id: 1 }))),
    )
    expect(new Set(results).size).toBe(1000)
    expect(harness.loads).toBe(1)
  })

  it('serves a result until its time to live ends, and not at that moment', async () => {
    const harness = make()
    await harness.read(() => 1, { hint: { ttl: '10s' } })
    harness.clock.advance(9_999)
    expect(await harness.read(() => 2, { hint: { ttl: '10s' } })).toBe(1)
    harness.clock.advance(1)
    expect(await harness.read(() => 3, { hint: { ttl: '10s' } })).toBe(3)
    expect(harness.counts().misses).toEqual({ absent: 1, expired: 1 })
  })

  it('counts the time to live from before the load, which may have been slow', async () => {
    const harness = make()
    await harness.read(
      () => {
        harness.clock.advance(6_000)
        return 1
      },
      { hint: { ttl: '10s' } },
    )
    harness.clock.advance(4_000)
    expect(await harness.read(() => 2, { hint: { ttl: '10s' } })).toBe(2)
  })

  it('does not serve what another caller stored for longer than this one accepts', async () => {
    const harness = make()
    await harness.read(() => 1, { hint: { ttl: '1h' } })
    harness.clock.advance(30_000)
    expect(await harness.read(() => 2, { hint: { ttl: '10s' } })).toBe(2)
  })

  it('keeps one tag apart from another, and moves both where both are written', async () => {
    const harness = make()
    const film = () => harness.read(() => harness.loads, { operation: 'f', tables: ['film'] })
    const genre = () => harness.read(() => harness.loads, { operation: 'g', tables: ['genre'] })
    const before = [await film(), await genre()]
    await harness.write(() => undefined, { tables: ['genre'] })
    expect(await film()).toBe(before[0])
    expect(await genre()).not.toBe(before[1])
    await harness.write(() => undefined, { tables: 'unknown' })
    expect(await film()).not.toBe(before[0])
  })

  it('folds the case of table names', async () => {
    const harness = make()
    await harness.read(() => 1, { tables: ['Film'] })
    await harness.write(() => undefined, { tables: ['FILM'] })
    expect(await harness.read(() => 2, { tables: ['Film'] })).toBe(2)
  })

  it('hazard 29: keeps parameters apart that differ in type only', async () => {
    const harness = make()
    const parameters = [1, '1', 1n, true, null, 'null', undefined, NaN, -0, 0, [1], ['1'], [[1]]]
    for (const [index, parameter] of parameters.entries()) {
      expect(await harness.read(() => index, { parameters: [parameter] })).toBe(index)
    }
    for (const [index, parameter] of parameters.entries()) {
      expect(await harness.read(() => -1, { parameters: [parameter] })).toBe(index)
    }
  })

  it('asks the database where a parameter has no key', async () => {
    const harness = make()
    const parameters = [new URL('http://localhost/')]
    expect(await harness.read(() => 1, { parameters })).toBe(1)
    expect(await harness.read(() => 2, { parameters })).toBe(2)
    expect(harness.counts().bypasses).toEqual({ 'unkeyable-parameter': 2 })
  })

  it('does not serve one who named a tag by an entry of one who did not', async () => {
    const harness = make()
    const plain = () => harness.read(() => harness.loads)
    const tagged = () => harness.read(() => harness.loads, { hint: { tags: ['vip'] } })
    const [first, second] = [await plain(), await tagged()]
    expect(second).not.toBe(first)
    await harness.cache.invalidate({ tags: ['vip'] })
    expect(await plain()).toBe(first)
    expect(await tagged()).not.toBe(second)
  })

  it('reads what could not be understood from the database, unless its tables are named', async () => {
    const harness = make()
    await harness.read(() => 1, { tables: 'unknown' })
    expect(await harness.read(() => 2, { tables: 'unknown' })).toBe(2)
    const hint = { tables: ['film'] }
    expect(await harness.read(() => 3, { tables: 'unknown', hint })).toBe(3)
    await harness.write(() => undefined, { tables: ['genre'] })
    expect(await harness.read(() => 4, { tables: 'unknown', hint })).toBe(3)
    await harness.write(() => undefined, { tables: ['film'] })
    expect(await harness.read(() => 5, { tables: 'unknown', hint })).toBe(5)
  })

  it('counts what was found of what could not be understood beside the tables of a hint', async () => {
    const harness = make()
    const part = { tables: 'unknown', found: ['film'], hint: { tables: ['genre'] } } as const
    expect(await harness.read(() => 1, part)).toBe(1)
    await harness.write(() => undefined, { tables: ['person'] })
    expect(await harness.read(() => 2, part)).toBe(1)
    await harness.write(() => undefined, { tables: ['film'] })
    expect(await harness.read(() => 3, part)).toBe(3)
    expect(await harness.read(() => 4)).toBe(4)
    await harness.write(() => undefined, part)
    expect(await harness.read(() => 5)).toBe(5)
    // Without the hint it is as little known as before.
    expect(await harness.read(() => 6, { ...part, hint: {} })).toBe(6)
    expect(await harness.read(() => 7, { ...part, hint: {} })).toBe(7)
  })

  it('adds the tables of a hint to those that were found, and takes none away', async () => {
    const harness = new Harness()
    const read = () => harness.read(() => harness.loads, { hint: { tables: ['stats'] } })
    const first = await read()
    await harness.write(() => undefined, { tables: ['film'] })
    const second = await read()
    expect(second).not.toBe(first)
    await harness.write(() => undefined, { tables: ['stats'] })
    expect(await read()).not.toBe(second)
  })

  it('makes old what a write was found to change, whatever tables its hint adds', async () => {
    const harness = new Harness()
    await harness.read(() => 'old')
    await harness.read(() => 'old', { operation: 's', tables: ['stats'] })
    await harness.write(() => undefined, { hint: { tables: ['public.stats'] } })
    expect(await harness.read(() => 'new')).toBe('new')
    expect(await harness.read(() => 'new', { operation: 's', tables: ['stats'] })).toBe('new')
  })

  it('does not join a load that began longer ago than the caller accepts', async () => {
    const harness = new Harness()
    const gate = new Gate()
    const slow = harness.read(() => gate.pass(() => 'old'))
    await gate.reached
    harness.clock.advance(1_000)
    expect(await harness.read(() => 'new', { hint: { ttl: '1s' } })).toBe('new')
    gate.open()
    expect(await slow).toBe('old')
  })

  it('does not wait for a load that takes very long: its connection may hang', async () => {
    const harness = new Harness()
    const hanging = new Gate()
    const stuck = harness.read(() => hanging.pass(() => 'late'))
    await hanging.reached
    harness.clock.advance(10_000)
    expect(await harness.read(() => 'answered')).toBe('answered')
    hanging.open()
    expect(await stuck).toBe('late')
  })

  it('never lets a caller who can cancel depend on the load of another', async () => {
    const harness = new Harness()
    const gate = new Gate()
    const first = harness.read(() => gate.pass(() => 'first'))
    await gate.reached
    expect(await harness.read(() => 'second', { cancellable: true })).toBe('second')
    gate.open()
    await first
  })

  it('starts anew after a load that failed', async () => {
    const harness = new Harness()
    await expect(harness.read(() => Promise.reject(new Error('once')))).rejects.toThrow('once')
    const gate = new Gate()
    const [leader, joiner] = [
      harness.read(() => gate.pass(() => 'row')),
      harness.read(() => 'never asked'),
    ]
    gate.open()
    expect(await Promise.all([leader, joiner])).toEqual(['row', 'row'])
  })

  it('stores nothing where a parameter was changed while the query ran', async () => {
    const harness = new Harness()
    const id = Buffer.from('a')
    const first = await harness.read(
      () => {
        id.write('b')
        return 'row of either'
      },
      { parameters: [id] },
    )
    expect(first).toBe('row of either')
    expect(await harness.read(() => 'row of a', { parameters: [Buffer.from('a')] })).toBe(
      'row of a',
    )
    expect(await harness.read(() => 'row of b', { parameters: [Buffer.from('b')] })).toBe(
      'row of b',
    )
  })

  it('asks the database where a parameter throws when it is looked at', async () => {
    const harness = new Harness()
    const parameters = [
      {
        get id(): number {
          throw new Error('not for you')
        },
      },
    ]
    expect(await harness.read(() => 'row', { parameters })).toBe('row')
    expect(harness.counts().bypasses).toEqual({ 'unkeyable-parameter': 1 })
  })

  it('leaves a read to the database that says why it must not be cached', async () => {
    const harness = make()
    await harness.read(() => 1)
    expect(await harness.read(() => 2, { bypass: 'in-transaction' })).toBe(2)
    expect(await harness.read(() => 3, { hint: false })).toBe(3)
    expect(await harness.read(() => 4)).toBe(1)
    expect(harness.counts().bypasses).toEqual({ 'in-transaction': 1, 'bypass-hint': 1 })
  })
})

describe('a read when the cache fails', () => {
  it.each(['get', 'set'] as const)(
    'is answered by the database when the tier fails to %s',
    async (method) => {
      const tier = faulty(memory())
      const harness = new Harness({ tier })
      tier.fail(method)
      expect(await harness.read(() => 1)).toBe(1)
      expect(await harness.read(() => 2)).toBe(2)
      tier.recover()
      await harness.read(() => 3)
      expect(await harness.read(() => 4)).toBe(3)
    },
  )

  it('is answered by the database when a remote tier rejects', async () => {
    const tier = new RemoteTier(memory())
    const harness = new Harness({ tier })
    tier.hold = () => Promise.reject(new Error('connection reset'))
    expect(await harness.read(() => 1)).toBe(1)
    expect(harness.counts().bypasses).toEqual({ 'tier-down': 1 })
  })

  it.each(['read', 'match'] as const)(
    'is answered by the database when the marks fail to %s',
    async (method) => {
      let marks!: ReturnType<typeof faulty>
      const harness = new Harness({ wrapMarks: (inner) => (marks = faulty(inner)) })
      await harness.read(() => 1)
      await harness.cache.invalidate({ tables: ['film'] })
      marks.fail(method as never)
      expect(await harness.read(() => 2)).toBe(2)
      marks.recover()
    },
  )

  it('hazard 37: is a miss where what is stored cannot be read back, and stored anew', async () => {
    const tier = memory()
    const harness = new Harness({ tier })
    const get = tier.get.bind(tier)
    await harness.read(() => 1)
    tier.get = (key) => {
      const entry = get(key)
      return entry && { ...entry, stored: {} }
    }
    expect(await harness.read(() => 2)).toBe(2)
    tier.get = get
    expect(await harness.read(() => 3)).toBe(2)
    expect(harness.counts().misses).toEqual({ absent: 1, 'corrupt-entry': 1 })
  })

  it('is answered when the marks fail after the database has answered', async () => {
    let marks!: ReturnType<typeof faulty>
    const harness = new Harness({ wrapMarks: (inner) => (marks = faulty(inner)) })
    const read = harness.read(() => {
      marks.fail('match' as never)
      return 'row'
    })
    expect(await read).toBe('row')
  })

  it('hazard 8: serves nothing old after a write whose intent failed and whose release did not', async () => {
    let marks!: ReturnType<typeof faulty>
    const harness = new Harness({ wrapMarks: (inner) => (marks = faulty(inner)) })
    await harness.read(() => 'old')
    marks.fail('intent' as never)
    await harness.write(() => undefined)
    expect(await harness.read(() => 'new')).toBe('new')
  })

  it('hazard 8: reports a write as done that the database took, whatever the marks do', async () => {
    let marks!: ReturnType<typeof faulty>
    const harness = new Harness({ wrapMarks: (inner) => (marks = faulty(inner)) })
    marks.fail('intent' as never, 'release' as never)
    expect(await harness.write(() => 'written')).toBe('written')
    expect(harness.cache.metrics().markFailures).toBe(2)
  })

  it('hazard 30: serves no entry of other tokens, whatever key the tier finds it under', async () => {
    const tier = memory()
    const harness = new Harness({ tier })
    await harness.read(() => 'film', { parameters: [1] })
    let film: Entry | undefined
    const get = tier.get.bind(tier)
    tier.get = (key) => (film ??= get(key))
    expect(await harness.read(() => 'genre', { operation: 'g', tables: ['genre'] })).toBe('genre')
  })
})
