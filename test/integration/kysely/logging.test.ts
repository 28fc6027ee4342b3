import { createTidemark, type Tidemark } from '@tidemark/core'
import { cached, type HitLogEvent, withCache } from '@tidemark/kysely'
import { Gate } from '@tidemark/testing'
import type { Kysely, LogEvent } from 'kysely'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Tables } from '../../../prisma/tables.ts'
import { describeEachDatabase } from '../../support/databases.ts'
import { fillFilms } from './films.ts'
import { hasPool, interpose, type Interposition } from './interposed.ts'

describeEachDatabase('the log', (database) => {
  let cache: Tidemark
  let between: Interposition
  let events: LogEvent[]

  beforeEach(async () => {
    between = { connections: 0 }
    cache = createTidemark()
    events = []
    await fillFilms(database)
  })
  afterEach(() => cache.close())

  const log = (event: LogEvent) => void events.push(event)
  const logged = () => interpose(database, between, [], log)
  const titles = (db: Kysely<Tables>) =>
    db.selectFrom('films').select('title').where('id', '=', 1).$call(cached())
  const sent = () =>
    events.map(
      (event) => `${'isHit' in event ? 'hit' : event.level} ${event.query.sql.split(' ')[0]}`,
    )

  it('of the instance has what was sent, and no hit', async () => {
    const db = withCache(logged(), cache)
    await titles(db).execute()
    await titles(db).execute()
    await db.updateTable('films').set({ title: 'x' }).execute()
    await db
      .selectFrom('nowhere' as 'films')
      .selectAll()
      .execute()
      .catch(() => undefined)
    expect(sent()).toEqual(['query select', 'query update', 'error select'])
  })

  describe('given as logHits', () => {
    it('has hits as well, each like the query that it stands for', async () => {
      const db = withCache(logged(), cache, { logHits: log })
      const query = titles(db).compile()
      await db.executeQuery(query)
      await db.executeQuery(query)
      const [miss, hit] = events as [LogEvent, HitLogEvent]
      expect(events).toHaveLength(2)
      expect(hit).toMatchObject({ level: 'query', isStream: false, isHit: true })
      expect(hit.query.sql).toBe(miss.query.sql)
      expect(hit.query.parameters).toEqual([1])
      expect(hit.queryDurationMillis).toBeGreaterThanOrEqual(0)
      expect(Object.keys(miss)).not.toContain('isHit')
    })

    it('has nothing of what was asked of the database, whatever the reason', async () => {
      const db = withCache(logged(), cache, { logHits: log })
      await titles(db).execute()
      await db.transaction().execute((trx) => titles(trx).execute())
      await db.connection().execute((connection) => titles(connection).execute())
      await db.updateTable('films').set({ title: 'x' }).execute()
      await titles(db).execute()
      await titles(db).execute()
      const reads = sent().filter((line) => /select|update/.test(line))
      expect(reads).toEqual([
        'query select',
        'query select',
        'query select',
        'query update',
        'query select',
        'hit select',
      ])
    })

    it('has those who waited for the load of another', async ({ skip }) => {
      skip(!hasPool(database), 'one connection: what is interposed has it')
      const db = withCache(logged(), cache, { logHits: log })
      const gate = new Gate()
      between.statement = (_, send) => gate.pass(send)
      const first = titles(db).execute()
      await gate.reached
      const second = titles(db).execute()
      gate.open()
      expect(await second).toEqual(await first)
      expect(sent().sort()).toEqual(['hit select', 'query select'])
    })

    it('is waited for, and its error is that of the query, as Kysely has it', async () => {
      const broken = new Error('disk full')
      const db = withCache(interpose(database, between), cache, {
        logHits: () => Promise.reject(broken),
      })
      await titles(db).execute()
      await expect(titles(db).execute()).rejects.toBe(broken)
    })
  })

  it.each([
    [['query', 'error'] as const, 2],
    [['error'] as const, 0],
    [[], 0],
  ])('levels %j print hits to the console: %i lines', async (levels, count) => {
    const print = vi.spyOn(console, 'log').mockReturnValue()
    try {
      const db = withCache(interpose(database, between), cache, { logHits: levels })
      await titles(db).execute()
      await titles(db).execute()
      const lines = print.mock.calls.map(([line]) => String(line))
      expect(lines).toHaveLength(count)
      if (count === 0) return
      expect(lines[0]).toMatch(/^kysely:query:hit: select .title. from/)
      expect(lines[1]).toMatch(/^kysely:query:hit: duration: \d+\.\dms$/)
    } finally {
      print.mockRestore()
    }
  })
})
