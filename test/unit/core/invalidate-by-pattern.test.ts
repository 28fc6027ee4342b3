import { createTidemark, type InvalidateTarget } from '@tidemark/core'
import { Gate, ManualClock, SeededRandom, SharedStore } from '@tidemark/testing'
import { describe, expect, it } from 'vitest'
import { Harness } from './harness.ts'

const clock = new ManualClock()
const random = new SeededRandom(1)
const makeStore = () => new SharedStore({ clock, random, leaseMs: 10_000 })

function join(store: SharedStore | undefined, maxStaleness = 86_400_000) {
  const shared = store?.connect()
  const cache = createTidemark({
    clock,
    random,
    ttlJitter: 0,
    maxStaleness,
    ...(shared && { shared }),
  })
  const harness = new Harness({ cache, clock })
  /** Whether a read under this tag was served without a load. */
  const isHit = async (tag: string) => {
    const before = harness.loads
    await harness.read(() => 1, { operation: tag, hint: { tags: [tag] } })
    return harness.loads === before
  }
  return { cache, harness, shared, isHit }
}

const names = ['user:5', 'user:5:orders', 'user:50', 'User:5', 'team:user:5', '*', 'user:*', 'ü']
const cases: [InvalidateTarget, string[]][] = [
  [{ prefix: 'user:5' }, ['user:5', 'user:5:orders', 'user:50']],
  [{ prefix: 'user:5:' }, ['user:5:orders']],
  [{ prefix: 'user:*' }, ['user:*']],
  [{ prefix: 'nobody' }, []],
  [{ pattern: 'user:*' }, ['user:5', 'user:5:orders', 'user:50', 'user:*']],
  [{ pattern: String.raw`user:\*` }, ['user:*']],
  [{ pattern: '?' }, ['*', 'ü']],
  [{ pattern: '*user*' }, ['user:5', 'user:5:orders', 'user:50', 'team:user:5', 'user:*']],
  [{ pattern: '*' }, names],
  [{ prefix: 'team', pattern: '*:orders', tags: ['ü'] }, ['user:5:orders', 'team:user:5', 'ü']],
]

describe.each([
  ['in memory alone', () => undefined],
  ['with a shared tier', makeStore],
])('%s', (_where, make) => {
  it.each(cases)('%j makes old just what it means', async (target, expected) => {
    const process = join(make())
    for (const name of names) await process.isHit(name)
    for (const name of names) expect(await process.isHit(name), name).toBe(true)
    expect(await process.cache.invalidate(target)).toMatchObject({ marks: expected.length })
    for (const name of names) expect(await process.isHit(name), name).toBe(!expected.includes(name))
  })

  it('means names that people gave, and no table', async () => {
    const { cache, harness } = join(make())
    await harness.read(() => 1, { tables: ['user'] })
    expect(await cache.invalidate({ pattern: '*' })).toMatchObject({ marks: 0 })
    await harness.read(() => 1, { tables: ['user'] })
    expect(harness.loads).toBe(1)
  })

  it('means names that are not well-formed too, as servers keep them', async () => {
    const process = join(make())
    for (const name of ['\ud800a', 'b\ud800']) await process.isHit(name)
    expect(await process.cache.invalidate({ prefix: '\ud800' })).toMatchObject({ marks: 1 })
    expect(await process.isHit('\ud800a')).toBe(false)
    expect(await process.isHit('b\ud800')).toBe(true)
    expect(await process.cache.invalidate({ pattern: '?\ud800' })).toMatchObject({ marks: 1 })
    expect(await process.isHit('b\ud800')).toBe(false)
  })

  it('moves any number of marks', async () => {
    const process = join(make())
    for (let tag = 0; tag < 1234; tag += 1) await process.isHit(`tag:${tag}`)
    expect(await process.cache.invalidate({ prefix: 'tag:' })).toMatchObject({ marks: 1234 })
    for (const tag of [0, 99, 100, 1233]) expect(await process.isHit(`tag:${tag}`)).toBe(false)
  })

  it('makes dead on arrival what was being loaded', async () => {
    const process = join(make())
    const gate = new Gate()
    const reading = process.harness.read(() => gate.pass(() => 'old'), {
      operation: 'user:5',
      hint: { tags: ['user:5'] },
    })
    await gate.reached
    await process.cache.invalidate({ prefix: 'user:' })
    gate.open()
    await reading
    expect(await process.isHit('user:5')).toBe(false)
  })
})

describe('with a shared tier', () => {
  it('finds what only other processes have read', async () => {
    const store = makeStore()
    const [one, other] = [join(store), join(store)]
    await one.isHit('user:5')
    expect(await other.cache.invalidate({ pattern: 'user:?' })).toMatchObject({ marks: 1 })
    expect(await one.isHit('user:5')).toBe(false)
  })

  it('serves nothing afterwards from the memory of this process whose mark the tier has lost', async () => {
    const store = makeStore()
    const one = join(store)
    await one.isHit('user:5')
    expect(await one.isHit('user:5')).toBe(true)
    // As an eviction does. What is known here says that the mark is as it was.
    const lost = () => Promise.reject(new Error('lost'))
    one.shared!.hold = ({ method }) => (method === 'message' ? lost() : Promise.resolve())
    store.marks.release(['custom:user:5' as never], 'nobody' as never)
    expect(await one.isHit('user:5')).toBe(true)
    expect(await one.cache.invalidate({ prefix: 'user:' })).toMatchObject({ marks: 0 })
    expect(await one.isHit('user:5')).toBe(false)
  })

  it('gives a ticket also for what is kept elsewhere under a mark that the tier has lost', async () => {
    const store = makeStore()
    const [one, other] = [join(store), join(store)]
    const read = (hint = {}) =>
      other.harness.read(() => 1, { operation: 'user:5', hint: { tags: ['user:5'], ...hint } })
    await read()
    other.shared!.hold = ({ method }) =>
      method === 'message' ? Promise.reject(new Error('lost')) : Promise.resolve()
    store.marks.release(['custom:user:5' as never], 'nobody' as never)
    const { result, ticket } = await one.cache.withTicket(() =>
      one.cache.invalidate({ prefix: 'user:' }),
    )
    expect(result).toMatchObject({ marks: 0 })
    await read()
    expect(other.harness.loads).toBe(1)
    await read({ freshAfter: ticket })
    expect(other.harness.loads).toBe(2)
  })

  it('moves nothing and says so where the tier cannot list, or hides its names', async () => {
    const { cache, shared } = join(makeStore())
    Object.assign(shared!, { hidesNames: true })
    await expect(cache.invalidate({ prefix: 'user:', tags: ['vip'] })).rejects.toThrow(
      expect.objectContaining({
        code: 'INVALIDATION_FAILED',
        message:
          'expected a shared tier that can list tags by their names, but shared store hides them: name the tags, or call clear()',
      }) as Error,
    )
    Object.assign(shared!, { listMarks: undefined })
    await expect(cache.invalidate({ prefix: 'user:' })).rejects.toThrow('but shared store cannot')
    expect(shared!.calls).toEqual([])
  })

  it('rejects where the tier fails on the way', async () => {
    const { cache, shared } = join(makeStore())
    const list = shared!.listMarks.bind(shared)
    Object.assign(shared!, {
      async *listMarks(prefix: string) {
        yield* list(prefix)
        throw new Error('connection lost')
      },
    })
    await expect(cache.invalidate({ prefix: 'user:' })).rejects.toThrow(
      expect.objectContaining({
        code: 'INVALIDATION_FAILED',
        message:
          'expected to find the marks of all names that match, but the store of marks failed (connection lost); try again',
      }) as Error,
    )
  })

  it('moves all that it can where the tier fails in between, and the rest once it is back', async () => {
    const store = makeStore()
    const [one, other] = [join(store), join(store, 0)]
    const tags = Array.from({ length: 250 }, (_, at) => `tag:${at + 100}`)
    const some = ['tag:100', 'tag:250', 'tag:349']
    for (const tag of some) await other.isHit(tag)
    let releases = 0
    one.shared!.hold = async ({ method }) => {
      if (method === 'release' && (releases += 1) === 1) throw new Error('connection lost')
    }
    const failing = one.cache.withTicket(() =>
      one.cache.invalidate({ tags }).catch((error: Error) => error.message),
    )
    const { result, ticket } = await failing
    expect(result).toContain('move the marks of custom:tag:100, ')
    expect(result).toContain('custom:tag:109 and 90 more')
    expect(await other.isHit('tag:250')).toBe(false)
    expect(await other.isHit('tag:349')).toBe(false)
    // Nobody else has heard of it, so the ticket asks for the database.
    expect(await other.isHit('tag:100')).toBe(true)
    const shown = { operation: 'tag:100', hint: { tags: ['tag:100'], freshAfter: ticket } }
    expect(await other.harness.read(() => 'new', shown)).toBe('new')
    const plain = { operation: 'tag:100', hint: { tags: ['tag:100'] } }
    expect(await one.harness.read(() => 'newer', plain)).toBe('newer')
    expect(await other.harness.read(() => 'none', plain)).toBe('newer')
  })
})
