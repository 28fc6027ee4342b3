import { setImmediate } from 'node:timers/promises'
import { createTidemark, type Tidemark } from '@tidemark/core'
import { cached, withCache } from '@tidemark/kysely'
import { ManualClock } from '@tidemark/testing'
import { type InflightQueryAbortStrategy, type Kysely, sql } from 'kysely'
import { afterEach, beforeEach, expect, inject, it } from 'vitest'
import type { Tables } from '../../../prisma/tables.ts'
import { describeEachDatabase } from '../../support/databases.ts'
import { outcome } from './corpus/outcome.ts'
import { answersOf, fillFilms } from './films.ts'

type Db = Kysely<Tables>

describeEachDatabase(
  'cancelling a query in the database',
  (database) => {
    let cache: Tidemark
    let clock: ManualClock
    let db: Db

    beforeEach(async () => {
      clock = new ManualClock()
      cache = createTidemark({ clock, lease: '10s' })
      db = withCache(database.kysely, cache, { volatileFunctions: ['pg_sleep', 'sleep'] })
      await fillFilms(database)
    })
    afterEach(() => cache.close())

    // Longer than any test: if nobody cancels it, the test times out.
    const sleep = () => (database.name === 'mariadb' ? sql`sleep(60)` : sql`pg_sleep(60)`)
    const control = {
      'cancel query': /pg_cancel_backend|kill query/i,
      'kill session': /pg_terminate_backend|kill (?!query)/i,
    }

    const reading = (from: Db) =>
      from
        .selectFrom('films')
        .select(['id', sql`${sleep()}`.as('slept')])
        .$call(cached())
    const writing = (to: Db) =>
      to
        .updateTable('films')
        .set({ title: sql<string>`concat('x', ${sleep()})` })
        .where('id', '=', 1)

    /** Sends a query, aborts it as soon as it was sent, and tells what its caller sees. */
    async function abort(
      query: ReturnType<typeof reading | typeof writing>,
      inflightQueryAbortStrategy: InflightQueryAbortStrategy,
    ): Promise<{ readonly outcome: unknown; readonly sent: string }> {
      const controller = new AbortController()
      const sent = database.statements.mark()
      const running = outcome(
        () => query.execute({ signal: controller.signal, inflightQueryAbortStrategy }),
        db,
      )
      while (!sent().some((text) => text.includes('sleep'))) await setImmediate()
      controller.abort(new Error('enough'))
      const aborted = await running
      while (!control[inflightQueryAbortStrategy as 'kill session'].test(sent().join('\n'))) {
        await setImmediate()
      }
      return { outcome: aborted, sent: sent().join('\n').replaceAll(/\d+/g, 'N') }
    }

    const strategies = ['cancel query', 'kill session'] as const
    const isUncaught = (strategy: string) =>
      strategy === 'kill session' && database.name === 'postgres'
    const uncaught =
      'a client of pg that is killed while it is in use raises an error that nobody can catch here'

    it.for(strategies)('%s: a read', async (strategy, { skip }) => {
      skip(isUncaught(strategy), uncaught)
      const expected = await abort(reading(database.kysely), strategy)
      expect(await abort(reading(db), strategy)).toStrictEqual(expected)
      expect(answersOf(cache)).toEqual({ 'volatile-function': 1 })
    })

    it.for(strategies)('%s: a write', async (strategy, { skip }) => {
      skip(inject('sharedTier'), 'leases end by the clock of Redis there: hazard 7')
      skip(isUncaught(strategy), uncaught)
      const title = db.selectFrom('films').select('title').where('id', '=', 1).$call(cached())
      await title.execute()
      const expected = await abort(writing(database.kysely), strategy)
      expect(await abort(writing(db), strategy)).toStrictEqual(expected)
      // Nobody knows whether it was in time, so the marks are left to their lease.
      expect(await title.execute()).toEqual([{ title: 'Alien' }])
      clock.advance(10_001)
      await title.execute()
      await title.execute()
      expect(answersOf(cache)).toMatchObject({ absent: 1, 'marks-locked': 1, memory: 1 })
    })
  },
  {
    except: {
      pglite: 'it runs in this process, which waits for it',
      sqlite: 'it runs in this process, which waits for it',
    },
  },
)
