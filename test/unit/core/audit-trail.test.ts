import { setImmediate } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { createTidemark, type Invalidation, type TidemarkOptions } from '@tidemark/core'
import { ManualClock, SeededRandom, SharedStore } from '@tidemark/testing'
import { describe, expect, it, vi } from 'vitest'
import { Harness } from './harness.ts'

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

function join(options: TidemarkOptions = {}) {
  const cache = createTidemark({
    clock: new ManualClock(),
    random: new SeededRandom(1),
    ...options,
  })
  return { cache, harness: new Harness({ cache }) }
}

const line = ({ origin, cause, tags }: Invalidation) =>
  `${origin}: ${cause} of ${tags.map(({ kind, name }) => `${kind} ${name}`).join(', ')}`
const linesOf = ({ cache }: ReturnType<typeof join>) => cache.invalidations().map(line)

describe('a receipt', () => {
  it('says what, why, when and how many', async () => {
    const { cache } = join()
    const before = Date.now()
    const receipt = await cache.invalidate({
      ...{ tables: ['Film'], tags: ['vip'], keys: ['home'], reason: 'nightly import' },
    })
    expect(receipt).toEqual({
      marks: 3,
      tags: [
        { kind: 'tag', name: 'vip' },
        { kind: 'table', name: 'film' },
        { kind: 'key', name: 'home' },
      ],
      reason: 'nightly import',
      at: expect.any(Date) as Date,
    })
    expect(receipt.at.getTime()).toBeGreaterThanOrEqual(before)
    expect(await cache.invalidate({ tags: ['vip'] })).toMatchObject({ reason: undefined })
  })
})

describe('the audit trail', () => {
  it('tells of writes, transactions and calls by hand, the newest first', async () => {
    const process = join()
    const { cache, harness } = process
    await harness.write(() => 1, { hint: { tags: ['vip'] } })
    const scope = harness.engine.beginTransaction()
    await harness.write(() => 1, { scope, tables: ['genre'] })
    await harness.write(() => 1, { scope, tables: ['actor'] })
    expect(linesOf(process).length).toBe(1)
    await scope.commit(
      async () => undefined,
      () => 'settled',
    )
    await cache.invalidate({ keys: ['home'], reason: 'why not' })
    await cache.invalidate({ prefix: 'v' })
    await cache.delete(['home', 'home'])
    await cache.clear()
    expect(linesOf(process)).toEqual([
      'hand: clear of everything *, schema schema',
      'hand: delete of key home',
      'hand: why not of key home',
      'write: update of table genre, table actor',
      'write: update of tag vip, table film',
    ])
    expect(cache.invalidations({ limit: 1 }).length).toBe(1)
    expect(cache.invalidations()[0]).toMatchObject({ marks: 2, at: expect.any(Date) as Date })
  })

  it('tells nothing of what was rolled back', async () => {
    const process = join()
    const scope = process.harness.engine.beginTransaction()
    await process.harness.write(() => 1, { scope })
    await scope.end('settled')
    expect(linesOf(process)).toEqual([])
  })

  it('tells of what the shared tier could not be told', async () => {
    const clock = new ManualClock()
    const store = new SharedStore({ clock, random: new SeededRandom(1), leaseMs: 10_000 })
    const link = store.connect()
    const { cache, harness } = join({ shared: link })
    await harness.write(() => 1)
    link.hold = () => Promise.reject(new Error('connection lost'))
    await harness.write(() => 1)
    const scope = harness.engine.beginTransaction()
    await harness.write(() => 1, { scope })
    await scope.commit(
      async () => undefined,
      () => 'settled',
    )
    await expect(cache.invalidate({ tags: ['vip'] })).rejects.toThrow('connection lost')
    await expect(cache.delete('home')).rejects.toThrow('connection lost')
    expect(cache.invalidations().map(({ failed }) => failed)).toEqual([
      ...[true, true, true, true],
      false,
    ])
  })

  it('tells of each write of another process once', async () => {
    const clock = new ManualClock()
    const store = new SharedStore({ clock, random: new SeededRandom(1), leaseMs: 10_000 })
    const [one, other] = [join({ shared: store.connect() }), join({ shared: store.connect() })]
    await other.harness.write(() => 1)
    await other.harness.write(() => 1, { tables: ['genre'] })
    await vi.waitFor(() =>
      expect(linesOf(one)).toEqual([
        'elsewhere: undefined of table genre',
        'elsewhere: undefined of table film',
      ]),
    )
  })

  it('shows how results were reached by what they depend on', async () => {
    const { cache, harness } = join()
    cache.depends('front-page', { on: [{ key: 'top-films' }, { key: 'news' }] })
    cache.depends('top-films', { on: [{ table: 'film' }] })
    await harness.write(() => 1)
    const [{ cascade }] = cache.invalidations() as [Invalidation]
    expect(cascade[1]).toEqual([
      { kind: 'table', name: 'film' },
      { kind: 'key', name: 'top-films', by: 'depends' },
      { kind: 'key', name: 'front-page', by: 'depends' },
    ])
    expect(cascade.map((path) => path.map(({ name }) => name).join(' → '))).toEqual([
      'film → top-films',
      'film → top-films → front-page',
    ])
    await cache.invalidate({ tags: ['film'] })
    expect(cache.invalidations()[0]!.cascade).toEqual([])
  })

  it('keeps as many as it is told', async () => {
    const process = join({ auditTrail: 3 })
    const expected: string[] = []
    for (const tag of ['a', 'b', 'c', 'd', 'e', 'f', 'g']) {
      await process.cache.invalidate({ tags: [tag] })
      expected.unshift(`hand: undefined of tag ${tag}`)
      expect(linesOf(process)).toEqual(expected.slice(0, 3))
    }
    expect(linesOf(join({ auditTrail: 0 }))).toEqual([])
    const none = join({ auditTrail: 0 })
    await none.cache.invalidate({ tags: ['a'] })
    expect(linesOf(none)).toEqual([])
  })

  it('finds the last one that has moved a tag', async () => {
    const { cache, harness } = join()
    await harness.write(() => 1)
    await cache.invalidate({ tags: ['vip'], reason: 'this' })
    await cache.invalidate({ tags: ['other'] })
    const { audit } = harness.engine
    expect(audit.lastOf(['custom:vip', 'custom:none'] as never)).toMatchObject({ cause: 'this' })
    expect(audit.lastOf(['custom:none'] as never)).toBeUndefined()
    await cache.clear()
    expect(audit.lastOf(['custom:none'] as never)).toMatchObject({ cause: 'clear' })
  })

  it('keeps nothing of what a write was given', async () => {
    const { cache, harness } = join()
    const { engine } = harness
    const plan = engine.plan(
      { adapter: 'test', fingerprint: 'insert' },
      { kind: 'write', tables: ['film'] },
    )
    const write = async (): Promise<readonly WeakRef<object>[]> => {
      const [alone, together] = [new Uint8Array(1000), new Uint8Array(1000)]
      const judging = (parameter: object) => () => (parameter ? 'settled' : 'unknown')
      await engine.write({ plan, outcomeOf: judging(alone) }, () => Promise.resolve())
      const scope = engine.beginTransaction()
      await scope.write({ plan, outcomeOf: judging(together) }, () => Promise.resolve())
      await scope.commit(
        () => Promise.resolve(),
        () => 'settled',
      )
      return [new WeakRef(alone), new WeakRef(together)]
    }
    const given = await write()
    await setImmediate()
    collectGarbage()
    expect(given.map((each) => each.deref() === undefined)).toEqual([true, true])
    expect(cache.invalidations().map(({ cause }) => cause)).toEqual(['insert', 'insert'])
  })
})
