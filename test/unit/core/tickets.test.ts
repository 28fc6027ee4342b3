import { createTidemark, isTicket, type ReadHint } from '@tidemark/core'
import { type ConnectedStore, ManualClock, SeededRandom, SharedStore } from '@tidemark/testing'
import { beforeEach, describe, expect, it } from 'vitest'
import { Harness } from './harness.ts'

/** Two processes on one shared store, of which neither hears the other. */
let clock: ManualClock
let store: SharedStore
let row: number
let writer: ReturnType<typeof join>
let reader: ReturnType<typeof join>

const lost = () => Promise.reject(new Error('connection lost'))

function join() {
  const link = store.connect()
  link.hold = ({ method }) => (method === 'message' ? lost() : Promise.resolve())
  const cache = createTidemark({ clock, random: new SeededRandom(1), shared: link, ttlJitter: 0 })
  const harness = new Harness({ cache, clock })
  return {
    cache,
    harness,
    link,
    read: (hint: ReadHint = {}, table = 'film') =>
      harness.read(() => row, { hint, tables: [table], operation: `select ${table}` }),
    write: (tables: readonly string[] | 'unknown' = ['film']) =>
      harness.write(() => (row += 1), { tables }),
  }
}

function cut(link: ConnectedStore, ...methods: readonly string[]): void {
  link.hold = ({ method }) => (methods.includes(method) ? lost() : Promise.resolve())
}

beforeEach(() => {
  clock = new ManualClock()
  store = new SharedStore({ clock, random: new SeededRandom(2), leaseMs: 10_000 })
  row = 0
  writer = join()
  reader = join()
})

describe('a read that presents a ticket', () => {
  it('sees the write that it is for, where another read does not yet', async () => {
    await reader.read()
    const { result, ticket } = await writer.cache.withTicket(() => writer.write())
    expect(result).toBe(1)
    expect(await reader.read()).toBe(0)
    expect(await reader.read({ freshAfter: ticket })).toBe(1)
    expect(await reader.read()).toBe(1)
  })

  it('asks for every read after it, as long as it is shown, and no other', async () => {
    const { ticket } = await writer.cache.withTicket(() => writer.write())
    const hint = { freshAfter: [ticket] }
    await reader.read(hint)
    await reader.read(hint, 'actor')
    const calls = () => reader.link.calls.filter(({ method }) => method === 'lookup').length
    const before = calls()
    await reader.read(hint)
    expect(calls()).toBe(before + 1)
    // It has nothing to do with what was written, and neither has a read without it.
    await reader.read(hint, 'actor')
    await reader.read()
    expect(calls()).toBe(before + 1)
  })

  it('asks the database where the shared tier could not be told of the write', async () => {
    await reader.read()
    cut(writer.link, 'intent', 'release')
    const { ticket } = await writer.cache.withTicket(() => writer.write())
    expect(await reader.read()).toBe(0)
    expect(await reader.read({ freshAfter: ticket })).toBe(1)
    expect(reader.harness.counts('select film').bypasses).toEqual({ 'unconfirmed-ticket': 1 })
  })

  it('asks the shared tier where only the lock before the write failed', async () => {
    await reader.read()
    cut(writer.link, 'intent')
    const { ticket } = await writer.cache.withTicket(() => writer.write())
    expect(await reader.read({ freshAfter: ticket })).toBe(1)
    expect(reader.harness.counts('select film').bypasses).toEqual({})
  })

  it('depends on everything where nobody knows what was written, or where it is very much', async () => {
    const many = Array.from({ length: 65 }, (_, index) => `table${index}`)
    for (const tables of ['unknown', many] as const) {
      row = 0
      await reader.cache.clear()
      await reader.read()
      const { ticket } = await writer.cache.withTicket(() => writer.write(tables))
      expect(await reader.read({ freshAfter: ticket })).toBe(tables === 'unknown' ? 1 : 0)
      expect(ticket).toBe('tm1c.*')
    }
  })
})

describe('a ticket', () => {
  it('is for all of the work, in whatever order, and for nothing beside it', async () => {
    const others = writer.write(['other'])
    const { ticket } = await writer.cache.withTicket(async () => {
      await Promise.all([writer.write(['film']), writer.write(['actor'])])
      await writer.cache.invalidate({ tags: ['vip'] })
    })
    await others
    const { ticket: reversed } = await writer.cache.withTicket(async () => {
      await writer.cache.invalidate({ tags: ['vip'] })
      await writer.write(['actor', 'film'])
    })
    const hashes = (text: string) => text.slice(5).match(/.{8}/g)!.sort()
    expect(hashes(ticket)).toHaveLength(3)
    expect(hashes(ticket)).toEqual(hashes(reversed))
  })

  it('is for what a transaction has committed, and for nothing that it rolled back', async () => {
    const { engine } = writer.harness
    const run = (end: 'commit' | 'rollback') =>
      writer.cache.withTicket(async () => {
        const scope = engine.beginTransaction()
        await writer.harness.write(() => 1, { scope })
        if (end === 'commit')
          await scope.commit(
            async () => {},
            () => 'settled',
          )
        else await scope.end('settled')
      })
    expect((await run('commit')).ticket).toHaveLength(13)
    expect((await run('rollback')).ticket).toBe('tm1c.')
  })

  it('of work within other work is for the part, and the other for the whole', async () => {
    const outer = await writer.cache.withTicket(async () => {
      await writer.write(['film'])
      return writer.cache.withTicket(() => writer.write(['actor']))
    })
    expect(outer.ticket).toHaveLength(5 + 2 * 8)
    expect(outer.result.ticket).toHaveLength(5 + 8)
    expect(outer.ticket).toContain(outer.result.ticket.slice(5))
  })

  it('is for what earlier ones are for as well, where they are shown', async () => {
    const { cache, write } = writer
    const films = await cache.withTicket(() => write(['film']))
    const none = await cache.withTicket(() => 1, { earlier: films.ticket })
    expect(none.ticket).toBe(films.ticket)
    const actors = await cache.withTicket(() => write(['actor', 'film']), {
      earlier: [films.ticket],
    })
    expect(actors.ticket).toHaveLength(5 + 2 * 8)
    expect(actors.ticket).toContain(films.ticket.slice(5))
    cut(writer.link, 'intent', 'release')
    const lostWrite = await cache.withTicket(() => write(['film']))
    writer.link.hold = () => Promise.resolve()
    const later = await cache.withTicket(() => write(['genre']), { earlier: lostWrite.ticket })
    expect(later.ticket).toMatch(/^tm1u\./)
    const all = await cache.withTicket(() => 1, { earlier: ['tm1c.*', later.ticket] })
    expect(all.ticket).toBe('tm1u.*')
  })

  it('is not given for work that failed, whose error it is', async () => {
    const work = async () => {
      await writer.write()
      throw new Error('later')
    }
    await expect(writer.cache.withTicket(work)).rejects.toThrow('later')
  })

  it('does not show what was written', async () => {
    const { ticket } = await writer.cache.withTicket(() => writer.write(['salaries']))
    expect(ticket).not.toContain('salaries')
    expect(Buffer.from(ticket.slice(5), 'base64url').toString('latin1')).not.toContain('salaries')
  })
})

it.each([
  ['tm1c.', true],
  ['tm1c.*', true],
  ['tm1u.abcdefg-', true],
  ['tm1c.abc', false],
  ['tm2c.', false],
  ['', false],
  [`tm1c.${'a'.repeat(8 * 65)}`, false],
  [['tm1c.'], false],
  [undefined, false],
])('isTicket(%j) is %s', (value, expected) => {
  expect(isTicket(value)).toBe(expected)
})
