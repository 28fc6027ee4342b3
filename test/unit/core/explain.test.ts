import type { ReadHint, Tag } from '@tidemark/core'
import { type ConnectedStore, ManualClock, SeededRandom, SharedStore } from '@tidemark/testing'
import { describe, expect, it } from 'vitest'
import { Harness, makeCache, type ReadOptions } from './harness.ts'

function open(options: Parameters<typeof makeCache>[0] = {}) {
  const { cache, clock } = makeCache({ ttlJitter: 0, ...options })
  const harness = new Harness({ cache, clock })
  let row = 0
  const read = (hint: ReadHint | false = {}, rest: ReadOptions = {}) =>
    harness.read(() => row, { hint, ...rest })
  return {
    ...{ cache, clock, harness, read },
    explain: (hint: ReadHint | false = {}, rest: ReadOptions = {}) =>
      cache.explain(() => read(hint, rest)),
    write: () => harness.write(() => (row += 1)),
  }
}

describe('an explanation of a read', () => {
  it('says where it would be answered from, and asks and counts nothing', async () => {
    const { read, explain, write, clock, harness, cache } = open({ ttl: 1000 })
    const at = async () => {
      const { answeredFrom, reason, isStale } = await explain({ staleWhileRevalidate: 500 })
      return [answeredFrom, reason, isStale]
    }
    expect(await at()).toEqual(['database', 'absent', false])
    expect(cache.metrics().queries).toEqual([])
    await read()
    const { loads } = harness
    expect(await at()).toEqual(['memory', undefined, false])
    clock.advance(1200)
    expect(await at()).toEqual(['memory', undefined, true])
    clock.advance(400)
    expect(await at()).toEqual(['database', 'expired', false])
    expect(harness.loads).toBe(loads)
    await write()
    expect(await at()).toEqual(['database', 'marks-moved', false])
    const { lastInvalidation } = await explain()
    expect(lastInvalidation).toMatchObject({ origin: 'write', cause: 'update' })
    await cache.close()
    expect(await at()).toEqual(['database', 'closed', false])
    expect(harness.counts()).toEqual({ hits: {}, misses: { absent: 1 }, bypasses: {} })
  })

  it('names its key, and what it depends on, with where that is from', async () => {
    const { explain, read, cache } = open()
    const hint = { tags: ['vip'], tables: ['actor'], key: 'top' }
    const { key, tags, ...rest } = await explain(hint)
    expect(rest).toMatchObject({ kind: 'read', adapter: 'test', fingerprint: 'select' })
    expect(tags).toHaveLength(5)
    expect(tags).toEqual(
      expect.arrayContaining([
        { kind: 'everything', name: '*', from: 'every query' },
        { kind: 'key', name: 'top', from: 'hint' },
        { kind: 'table', name: 'actor', from: 'hint' },
        { kind: 'table', name: 'film', from: 'query' },
        { kind: 'tag', name: 'vip', from: 'hint' },
      ]),
    )
    await read(hint)
    expect((await cache.keysByTag('vip')).keys.map((found) => found.key)).toEqual([key])
  })

  it('tells what its key depends on from what the database says', async () => {
    const { cache, explain } = open()
    cache.depends('top', { on: [{ table: 'actor' }, { key: 'part' }] })
    cache.depends('part', { on: ['vip', { table: 'film' }] })
    const { tags } = await explain({ key: 'top' })
    expect(tags.map(({ from, name }) => `${from}: ${name}`)).toEqual([
      ...['every query: *', 'hint: top', 'query: film'],
      ...['depends: vip', 'depends: part', 'depends: actor'],
    ])
  })

  it('says who has decided each part of its policy', async () => {
    const { cache, clock } = makeCache({ ttl: '1h', staleIfError: '1m' })
    const policies = cache.engine.policies({
      tables: { Film: { ttl: '5m' }, actor: { ttl: '10m', coalesce: 'shared' } },
    })
    const harness = new Harness({ cache, clock })
    const plan = cache.engine.plan(
      { adapter: 'test', fingerprint: 'f' },
      { kind: 'read', tables: ['film', 'actor'] },
      policies,
    )
    const key = () => ({ adapter: 't', database: '', partition: '', operation: '', parameters: [] })
    const { policy } = await cache.explain(async () =>
      cache.engine.read({ plan, key }, async () => 1),
    )
    expect(policy).toMatchObject({
      ttlMs: { value: 300_000, from: 'table film' },
      coalesce: { value: 'shared', from: 'table actor' },
      staleIfErrorMs: { value: 60_000, from: 'cache' },
      isolation: { value: 'copy', from: 'default' },
    })
    const hinted = await cache.explain(() => harness.read(() => 1, { hint: { ttl: '1s' } }))
    expect(hinted.policy).toMatchObject({
      ttlMs: { value: 1000, from: 'hint' },
      staleIfErrorMs: { value: 60_000, from: 'cache' },
    })
  })

  it('knows what was asked for from what holds anyway, and what one part says of another', async () => {
    const { explain } = open({ ttl: '5m', coalesce: 'process', earlyRefresh: 2 })
    expect((await explain()).policy).toMatchObject({
      ttlMs: { value: 300_000, from: 'cache' },
      coalesce: { value: 'process', from: 'cache' },
      earlyRefresh: { value: 2, from: 'cache' },
      refreshAhead: { value: 1, from: 'cache' },
      isolation: { value: 'copy', from: 'default' },
    })
    // One of the two takes the place of both.
    expect((await explain({ refreshAhead: 0.5 })).policy).toMatchObject({
      earlyRefresh: { value: 0, from: 'hint' },
      refreshAhead: { value: 0.5, from: 'hint' },
    })
  })

  it('of what is not cached says why', async () => {
    const { explain } = open()
    const nothing = { key: undefined, tags: [], policy: undefined, answeredFrom: 'database' }
    expect(await explain(false)).toMatchObject({ ...nothing, reason: 'bypass-hint' })
    expect(await explain({}, { bypass: 'in-transaction' })).toMatchObject({
      ...{ ...nothing, reason: 'in-transaction' },
    })
    expect(await explain({}, { tables: 'unknown' })).toMatchObject({ reason: 'opaque-sql' })
  })
})

describe('with a shared tier', () => {
  const lost = () => Promise.reject(new Error('connection lost'))

  function join(store: SharedStore, clock: ManualClock) {
    const link: ConnectedStore = store.connect()
    link.hold = ({ method }) => (method === 'message' ? lost() : Promise.resolve())
    const { cache, harness, read, explain, write } = open({ clock, shared: link, maxStaleness: 0 })
    return { cache, harness, read, explain, write, link }
  }

  it('an explanation says what is there for all, and what somebody else has moved', async () => {
    const clock = new ManualClock()
    const store = new SharedStore({ clock, random: new SeededRandom(2), leaseMs: 10_000 })
    const [one, other] = [join(store, clock), join(store, clock)]
    await one.read()
    expect(await other.explain()).toMatchObject({ answeredFrom: 'shared', reason: undefined })
    // It has not brought it along.
    expect(await other.explain()).toMatchObject({ answeredFrom: 'shared' })
    await other.write()
    expect(await one.explain()).toMatchObject({ answeredFrom: 'database', reason: 'marks-moved' })
    await other.harness.write(async () => {
      expect(await one.explain()).toMatchObject({ reason: 'marks-locked' })
    })
    one.link.hold = lost
    expect(await one.explain()).toMatchObject({ answeredFrom: 'database', reason: 'tier-down' })
  })
})

describe('where the shared tier hides names', () => {
  it('an explanation and the metrics know what another process has moved', async () => {
    const clock = new ManualClock()
    const store = new SharedStore({ clock, random: new SeededRandom(2), leaseMs: 10_000 })
    const hidden = (tag: Tag) => (tag === '*' ? tag : (`hidden ${tag.length}` as Tag))
    const join = () => {
      const shared = store.connect()
      return open({
        clock,
        shared: Object.assign(shared, { marksOf: (tags: readonly Tag[]) => tags.map(hidden) }),
      })
    }
    const [one, other] = [join(), join()]
    await one.read()
    await other.write()
    expect(await one.explain()).toMatchObject({
      reason: 'marks-moved',
      lastInvalidation: { origin: 'elsewhere' },
    })
    await one.read()
    expect(one.cache.metrics().queries[0]!.lastInvalidatedBy).toMatchObject({ origin: 'elsewhere' })
  })
})

describe('an explanation of a write', () => {
  it('says what it would make old, and writes nothing', async () => {
    const { cache, harness } = open({ consistency: 'fresh' })
    let written = 0
    const hint = { tags: ['vip'] }
    const write = () => harness.write(() => (written += 1), { tables: ['film', 'actor'], hint })
    expect(await cache.explain(write)).toMatchObject({
      ...{ kind: 'write', reason: 'write', consistency: 'fresh' },
      tags: [
        { kind: 'tag', name: 'vip', from: 'hint' },
        { kind: 'table', name: 'actor', from: 'query' },
        { kind: 'table', name: 'film', from: 'query' },
      ],
    })
    expect(written).toBe(0)
    expect(cache.metrics().queries).toEqual([])
  })
})

describe('what is explained', () => {
  it('is the first query, and none of those after it is sent', async () => {
    const { cache, harness, read } = open()
    const both = async () => {
      await read().catch(() => {})
      await harness.write(() => expect.unreachable()).catch(() => {})
      return 'done'
    }
    expect(await cache.explain(both)).toMatchObject({ kind: 'read' })
    expect(harness.loads).toBe(0)
    await read()
    expect(harness.loads).toBe(1)
  })

  it('may be refused by its client, whose error it is', async () => {
    const { explain } = open()
    await expect(explain({ ttl: -1 })).rejects.toThrow('cache.ttl: expected a duration')
  })

  it('must be a query of this cache that was not sent', async () => {
    const { cache } = open()
    const other = open()
    const refused = (query: unknown, message: string) =>
      expect(cache.explain(query as () => Promise<unknown>)).rejects.toThrow(message)
    await refused(() => other.read(), 'got one of another cache; nothing was sent')
    expect(other.harness.loads).toBe(0)
    await refused(() => Promise.resolve(1), 'and none came')
    await refused(other.read(), 'explain: expected a query that was not sent yet')
    await refused(5, 'explain: expected a query of Kysely or Prisma')
    await refused(undefined, 'explain: expected a query of Kysely or Prisma')
  })
})
