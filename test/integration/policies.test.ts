import { createTidemark, type ReadHint, type Tidemark } from '@tidemark/core'
import { cached, withCache as withKyselyCache } from '@tidemark/kysely'
import { withCache as withPrismaCache } from '@tidemark/prisma'
import { Gate } from '@tidemark/testing'
import { CamelCasePlugin, type Kysely } from 'kysely'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import type { PrismaClient } from '../../prisma/generated/client.ts'
import type { Tables } from '../../prisma/tables.ts'
import { describeEachDatabase } from '../support/databases.ts'
import { interpose as interposeKysely, type Interposition } from './kysely/interposed.ts'
import { interpose as interposePrisma } from './prisma/interposed-adapter.ts'

/** Stale as soon as a millisecond has gone by. */
const soonStale = { ttl: 1, staleWhileRevalidate: '1h' } as const
const soonOld = { ttl: 1, staleIfError: '1h' } as const

/** With memory alone, and in the project `shared` with Redis behind it. */
describeEachDatabase('Policies of reads', (database) => {
  let cache: Tidemark
  let between: Interposition & { statement?: Interposition['statement'] }
  let kysely: Kysely<Tables>
  let base: PrismaClient
  let prisma: ReturnType<typeof extend>

  const extend = (client: PrismaClient) => withPrismaCache(client, cache, { database: 'films' })

  beforeEach(async () => {
    between = { connections: 0 }
    cache = createTidemark()
    kysely = withKyselyCache(interposeKysely(database, between), cache)
    const adapter = interposePrisma(database.prismaAdapter(), {
      statement: (sql, send) =>
        (between.statement ? between.statement(sql, send as never) : send()) as never,
    })
    base = new database.PrismaClient({ adapter })
    prisma = extend(base)
    await database.sql(`insert into genres (id, name) values (1, 'Horror')`)
    await database.sql(
      `insert into films (id, title, genre_id) values (1, 'Alien', 1), (2, 'Heat', 1)`,
    )
  })
  afterEach(async () => {
    await base.$disconnect()
    await cache.close()
  })

  const adapters = {
    Kysely: async (hint: ReadHint, id = 1) => {
      const query = kysely.selectFrom('films').select('title').where('id', '=', id)
      return (await query.$call(cached(hint)).executeTakeFirst())?.title
    },
    Prisma: async (hint: ReadHint, id = 1) => {
      const film = await prisma.film.findUnique({
        where: { id },
        select: { title: true },
        cache: hint,
      })
      return film?.title
    },
  }
  const names = ['Kysely', 'Prisma'] as const
  const hits = () => {
    const counts: Record<string, number> = {}
    for (const query of cache.metrics().queries) {
      for (const [kind, count] of Object.entries(query.hits))
        counts[kind] = (counts[kind] ?? 0) + count
    }
    return counts
  }
  const rename = (title: string) => database.sql('update films set title = $1', [title])
  const isRead = (sql: string) => /^select/i.test(sql) && /films/.test(sql)

  it.each(names)(
    '%s: what is stale is served, and loaded anew when the read has long returned',
    async (name) => {
      const read = () => adapters[name](soonStale)
      await read()
      // Past Tidemark, so that no mark moves.
      await rename('Aliens')
      await vi.waitFor(async () => {
        expect(await read()).toBe('Alien')
        expect(hits()['stale']).toBeGreaterThan(0)
      })
      await vi.waitFor(async () => expect(await read()).toBe('Aliens'))
      const shape = cache.metrics().queries.find(({ kind }) => kind === 'read')
      expect(shape!.refreshes.count).toBeGreaterThan(0)
      expect(shape!.refreshes.failed).toBe(0)
    },
  )

  it.each(
    names.flatMap((name) => [
      { name, how: 'refreshAhead', hint: { ttl: '1h', refreshAhead: 1e-9 } as const },
      { name, how: 'earlyRefresh', hint: { ttl: '1h', earlyRefresh: 1e12 } as const },
    ]),
  )(
    '$name: what is asked for is loaded anew before its time ends, by $how',
    async ({ name, hint }) => {
      const read = () => adapters[name](hint)
      await read()
      await rename('Aliens')
      await vi.waitFor(async () => expect(await read()).toBe('Aliens'))
      expect(Object.keys(hits()).filter((kind) => kind.startsWith('stale'))).toEqual([])
      const shape = cache.metrics().queries.find(({ kind }) => kind === 'read')
      expect(shape!.refreshes.count).toBeGreaterThan(0)
    },
  )

  it.each(names)(
    '%s: what was written to is not served, however little it is too old',
    async (name) => {
      const read = () => adapters[name](soonStale)
      await read()
      await vi.waitFor(async () => {
        await read()
        expect(hits()['stale']).toBeGreaterThan(0)
      })
      for (const title of ['A', 'B', 'C', 'D']) {
        await kysely.updateTable('films').set({ title }).where('id', '=', 1).execute()
        expect(await read()).toBe(title)
      }
    },
  )

  it.each(names)(
    '%s: what is too old stands in for an error, and for no answer that is none',
    async (name) => {
      const read = () => adapters[name](soonOld)
      await read()
      await rename('Aliens')
      const down = Object.assign(new Error('the server is gone'), { code: 'ECONNRESET' })
      between.statement = (sql, send) => (isRead(sql) ? Promise.reject(down) : send())
      await vi.waitFor(async () => {
        expect(await read()).toBe('Alien')
        expect(hits()['stale-on-error']).toBeGreaterThan(0)
      })
      const wrong = Object.assign(new Error('column does not exist'), { code: '42703' })
      between.statement = (sql, send) => (isRead(sql) ? Promise.reject(wrong) : send())
      if (name === 'Kysely') await expect(read()).rejects.toBe(wrong)
      delete between.statement
      expect(await read()).toBe('Aliens')
    },
  )

  it('Prisma: a record that is required and gone is an answer, and no outage', async () => {
    const read = () => prisma.film.findUniqueOrThrow({ where: { id: 2 }, cache: soonOld })
    await read()
    await database.sql('delete from films where id = 2')
    await vi.waitFor(() => expect(read()).rejects.toMatchObject({ code: 'P2025' }))
    await expect(read()).rejects.toMatchObject({ code: 'P2025' })
    expect(hits()['stale-on-error']).toBeUndefined()
  })

  it.each(names)(
    '%s: what is too old is served when the database takes long, and the load goes on',
    async (name) => {
      const hint = { ...soonOld, softTimeout: 1 } as const
      await adapters[name](soonOld)
      await rename('Aliens')
      const gate = new Gate()
      between.statement = (sql, send) => (isRead(sql) ? gate.pass(send) : send())
      await vi.waitFor(async () => {
        expect(await adapters[name](hint)).toBe('Alien')
        expect(hits()['stale-on-timeout']).toBeGreaterThan(0)
      })
      gate.open()
      await vi.waitFor(async () =>
        expect(await adapters[name]({ ...soonStale, mode: 'only-if-cached' })).toBe('Aliens'),
      )
    },
  )

  it.each(names)('%s: a read waits no longer than its hardTimeout', async (name) => {
    await adapters[name]({})
    const gate = new Gate()
    between.statement = (sql, send) => (isRead(sql) ? gate.pass(send) : send())
    const late = adapters[name]({ hardTimeout: 1 }, 2)
    await expect(late).rejects.toMatchObject({ name: 'TidemarkError', code: 'LOAD_TIMEOUT' })
    gate.open()
    await vi.waitFor(async () =>
      expect(await adapters[name]({ mode: 'only-if-cached' }, 2)).toBe('Heat'),
    )
  })

  it.each(names)('%s: each mode does what it says', async (name) => {
    const read = (mode: ReadHint['mode'], id = 1) => adapters[name]({ mode: mode! }, id)
    expect(await read('default')).toBe('Alien')
    await rename('Aliens')
    expect(await read('only-if-cached')).toBe('Alien')
    expect(await read('bypass')).toBe('Aliens')
    expect(await read('default')).toBe('Alien')
    expect(await read('refresh')).toBe('Aliens')
    expect(await read('default')).toBe('Aliens')
    const sent = database.statements.mark()
    await expect(read('only-if-cached', 2)).rejects.toMatchObject({ code: 'NOT_CACHED' })
    expect(sent()).toEqual([])
  })

  it.each(names)('%s: an empty result has a time of its own', async (name) => {
    const read = () => adapters[name]({ negativeTtl: 1 }, 3)
    expect(await read()).toBeUndefined()
    await adapters[name]({ negativeTtl: 1 })
    await database.sql(`insert into films (id, title) values (3, 'Brazil')`)
    await rename('Renamed')
    await vi.waitFor(async () => expect(await read()).toBe('Renamed'))
    expect(await adapters[name]({ negativeTtl: 1 })).toBe('Alien')
  })

  it('a key names what it is given for, and is moved by a write that names it', async () => {
    const read = (id: number) => adapters.Kysely({ key: 'front page' }, id)
    expect([await read(1), await read(2)]).toEqual(['Alien', 'Heat'])
    expect(await adapters.Prisma({ key: 'front page' })).toBe('Alien')
    await rename('Renamed')
    expect([await read(1), await adapters.Prisma({ key: 'front page' })]).toEqual([
      'Alien',
      'Alien',
    ])
    await kysely
      .updateTable('genres')
      .set({ name: 'Thriller' })
      .$call(cached({ key: 'front page' }))
      .execute()
    expect(await read(1)).toBe('Renamed')
    expect(await adapters.Prisma({ key: 'front page' })).toBe('Renamed')
  })

  const frozen = { isolation: 'frozen' } as const

  it('Kysely: rows that nobody can change are shared, and others are not', async () => {
    const query = (from: Kysely<Tables>) => from.selectFrom('films').select(['id', 'title'])
    const read = () => query(kysely).$call(cached(frozen)).execute()
    await read()
    await vi.waitFor(async () => expect(await read()).toBe(await read()))
    const rows = await read()
    expect(Object.isFrozen(rows[0])).toBe(true)
    const copies = await query(kysely).$call(cached()).execute()
    copies[0]!.title = 'changed'
    const camel = kysely.withPlugin(new CamelCasePlugin())
    const own = await query(camel).$call(cached(frozen)).execute()
    own[0]!.title = 'changed'
    expect((await read())[0]).toEqual({ id: 1, title: 'Alien' })
  })

  it('Prisma: records that nobody can change are shared, in a list of their own', async () => {
    const select = { id: true, title: true } as const
    const read = () => prisma.film.findMany({ select, orderBy: { id: 'asc' }, cache: frozen })
    await read()
    await vi.waitFor(async () => expect((await read())[0]).toBe((await read())[0]))
    const [one, other] = [await read(), await read()]
    expect(Object.isFrozen(one[0])).toBe(true)
    one.pop()
    expect(other).toHaveLength(2)
    expect(() => (other[0]!.title = 'changed')).toThrow(TypeError)
    expect(await read()).toEqual([
      { id: 1, title: 'Alien' },
      { id: 2, title: 'Heat' },
    ])
  })

  it('Prisma: what it writes into is each caller’s own', async () => {
    const read = () =>
      prisma.film.findMany({
        select: { id: true, genre: { select: { name: true } } },
        orderBy: { id: 'asc' },
        cache: frozen,
      })
    for (let time = 0; time < 3; time += 1) {
      const films = await read()
      expect(films[0]).toEqual({ id: 1, genre: { name: 'Horror' } })
      films[0]!.genre!.name = 'changed'
    }
    const loud = prisma.$extends({
      result: { genre: { shout: { needs: { name: true }, compute: ({ name }) => `${name}!` } } },
    })
    for (let time = 0; time < 3; time += 1) {
      const [genre] = await loud.genre.findMany({ cache: frozen })
      expect(genre!.shout).toBe('Horror!')
    }
  })

  it('Prisma: what is loaded anew in one tick is one statement', async () => {
    const ids = [1, 2]
    const all = () => Promise.all(ids.map((id) => adapters.Prisma(soonStale, id)))
    await all()
    await vi.waitFor(async () => {
      await all()
      expect(hits()['stale']).toBeGreaterThan(1)
    })
    const refreshes = () =>
      cache.metrics().queries.find(({ kind }) => kind === 'read')!.refreshes.count
    // Until both are stale at once.
    await vi.waitFor(
      async () => {
        const [sent, before] = [database.statements.mark(), refreshes()]
        await all()
        await vi.waitFor(() => expect(refreshes()).toBe(before + 2), { timeout: 200 })
        await vi.waitFor(() => expect(sent()).toHaveLength(1), { timeout: 200 })
      },
      { timeout: 10_000 },
    )
  })
})
