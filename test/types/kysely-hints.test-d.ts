import type { Tidemark } from '@tidemark/core'
import { cached, type HitLogEvent, uncached, withCache } from '@tidemark/kysely'
import {
  type ControlledTransaction,
  type Kysely,
  type LogConfig,
  type LogEvent,
  type RawBuilder,
  sql,
  type Transaction,
} from 'kysely'
import type { ReadonlyKysely } from 'kysely/readonly'
import { describe, expectTypeOf, it } from 'vitest'
import type { Tables } from '../../prisma/tables.ts'

declare const db: Kysely<Tables>
declare const trx: Transaction<Tables>
declare const controlled: ControlledTransaction<Tables, ['here']>
declare const cache: Tidemark

describe('a hint leaves the type of a query as it is', () => {
  it('of a select', () => {
    const query = db.selectFrom('films').select(['id', 'title'])
    expectTypeOf(query.$call(cached({ ttl: '1m', tags: ['vip'] }))).toEqualTypeOf(query)
    expectTypeOf(query.$call(uncached())).toEqualTypeOf(query)
    expectTypeOf(query.$call(cached()).executeTakeFirst()).resolves.toEqualTypeOf<
      { id: number; title: string } | undefined
    >()
  })

  it('of a join, a union and a common table expression', () => {
    const join = db
      .selectFrom('films as f')
      .leftJoin('genres as g', 'g.id', 'f.genre_id')
      .select(['f.id', 'g.name'])
    expectTypeOf(join.$call(cached())).toEqualTypeOf(join)
    const union = db.selectFrom('films').select('id').union(db.selectFrom('genres').select('id'))
    expectTypeOf(union.$call(cached())).toEqualTypeOf(union)
    const withExpression = db
      .with('x', (eb) => eb.selectFrom('films').select('id'))
      .selectFrom('x')
      .selectAll()
    expectTypeOf(withExpression.$call(cached())).toEqualTypeOf(withExpression)
  })

  it('inside of $if, which makes a column optional and nothing else', () => {
    const query = db
      .selectFrom('films')
      .select('id')
      .$if(true, (qb) => qb.$call(cached()).select('title'))
    expectTypeOf(query.execute()).resolves.toEqualTypeOf<{ id: number; title?: string }[]>()
  })

  it('of mutations', () => {
    const insert = db.insertInto('genres').values({ name: 'x' }).returning('id')
    expectTypeOf(insert.$call(cached({ tags: ['vip'] }))).toEqualTypeOf(insert)
    const update = db.updateTable('films').set({ title: 'x' })
    expectTypeOf(update.$call(cached())).toEqualTypeOf(update)
    const remove = db.deleteFrom('films')
    expectTypeOf(remove.$call(cached())).toEqualTypeOf(remove)
    // Kysely's merge takes no plugin, so it takes its hint from the instance.
    expectTypeOf(cached()(db).mergeInto('films')).toEqualTypeOf(db.mergeInto('films'))
  })

  it('of raw SQL, an instance and transactions', () => {
    const raw = sql<{ id: number }>`select 1`
    expectTypeOf(cached({ tables: ['films'] })(raw)).toEqualTypeOf<RawBuilder<{ id: number }>>()
    expectTypeOf(cached()(db)).toEqualTypeOf<Kysely<Tables>>()
    expectTypeOf(cached()(trx)).toEqualTypeOf<Transaction<Tables>>()
    expectTypeOf(uncached()(controlled)).toEqualTypeOf<ControlledTransaction<Tables, ['here']>>()
  })
})

it('a cached instance has the type of the one that it wraps', () => {
  expectTypeOf(withCache(db, cache)).toEqualTypeOf<Kysely<Tables>>()
  expectTypeOf(withCache(db, cache, { tables: { films: { ttl: '1m' } } })).toEqualTypeOf(db)
})

it('an instance that must not write stays one', () => {
  const wrapped: ReadonlyKysely<Tables> = withCache(db, cache) as never
  expectTypeOf(cached()(wrapped)).toEqualTypeOf<ReadonlyKysely<Tables>>()
  const query = wrapped.selectFrom('films').select('id')
  expectTypeOf(query.$call(cached({ ttl: '1m' }))).toEqualTypeOf(query)
})

it('what is no hint is refused', () => {
  // @ts-expect-error: no such unit
  expectTypeOf(cached({ ttl: '1 fortnight' })).toBeFunction()
  // @ts-expect-error: no such part
  expectTypeOf(cached({ tll: '1m' })).toBeFunction()
  // @ts-expect-error: one string is no list
  expectTypeOf(cached({ tags: 'vip' })).toBeFunction()
  // @ts-expect-error: it takes none
  expectTypeOf(uncached({ ttl: '1m' })).toBeFunction()
  // @ts-expect-error: a promise is no query
  expectTypeOf(cached()(db.selectFrom('films').selectAll().execute())).toBeObject()
})

it('a log of Kysely is one for hits', () => {
  const log = {} as LogConfig
  expectTypeOf(withCache(db, cache, { logHits: log })).toEqualTypeOf(db)
  expectTypeOf(withCache(db, cache, { logHits: ['query'] })).toEqualTypeOf(db)
  withCache(db, cache, {
    logHits: (event) => {
      expectTypeOf(event).toEqualTypeOf<HitLogEvent>()
      expectTypeOf(event).toExtend<LogEvent>()
    },
  })
})

it('what is no option is refused', () => {
  // @ts-expect-error: no such level
  expectTypeOf(withCache(db, cache, { logHits: ['hit'] })).toEqualTypeOf(db)
  // @ts-expect-error: no such option
  expectTypeOf(withCache(db, cache, { ttl: '1m' })).toEqualTypeOf(db)
  // @ts-expect-error: asked for each read, so at once
  expectTypeOf(withCache(db, cache, { partition: async () => 'a' })).toEqualTypeOf(db)
})
