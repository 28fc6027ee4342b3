import { skip as leftOut } from '@prisma/client/runtime/client'
import { createTidemark, type Tidemark } from '@tidemark/core'
import { type CachedClient, withCache } from '@tidemark/prisma'
import { Gate } from '@tidemark/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Prisma, type PrismaClient } from '../../../prisma/generated/client.ts'
import { describeEachDatabase } from '../../support/databases.ts'
import { type Interposition, interpose } from './interposed-adapter.ts'
import { ada, bob, costOfRollback, fillLibrary, hasLists } from './library.ts'

describeEachDatabase('Prisma hazards', (database) => {
  let cache: Tidemark
  let base: PrismaClient
  let prisma: CachedClient<PrismaClient>
  let between: Interposition

  beforeEach(async () => {
    between = {}
    cache = createTidemark()
    base = new database.PrismaClient({ adapter: interpose(database.prismaAdapter(), between) })
    prisma = withCache(base, cache)
    await fillLibrary(base)
  })
  afterEach(() => Promise.all([base.$disconnect(), cache.close()]))

  const readTitle = async () =>
    (await prisma.film.findUnique({ where: { id: 1 }, select: { title: true }, cache: {} }))?.title
  const writeTitle = (title: string) => base.film.update({ where: { id: 1 }, data: { title } })

  /** Holds the answers to SELECTs, with what the database said, until the gate is opened. */
  function holdAnswers(): Gate {
    const gate = new Gate()
    between.statement = async (sql, send) => {
      const answer = await send()
      return /^\s*select/i.test(sql) ? gate.pass(() => answer) : answer
    }
    return gate
  }

  it('hazard 1: a row read before a write is not stored after it', async () => {
    const gate = holdAnswers()
    const early = readTitle()
    await gate.reached
    delete between.statement
    await writeTitle('Alien 1')
    gate.open()
    expect(await early).toBe('Alien')
    expect(await readTitle()).toBe('Alien 1')
  })

  it('hazard 2: a row read before a commit is not served after it', async () => {
    const gate = new Gate()
    between.statement = (sql, send) => (sql.toLowerCase() === 'commit' ? gate.pass(send) : send())
    const write = prisma.$transaction(async (tx) => {
      await tx.film.update({ where: { id: 1 }, data: { title: 'Alien 1' } })
    })
    await gate.reached
    // PGlite has one connection, which the transaction holds: this read waits for its end there.
    const early = readTitle()
    if (database.name === 'postgres') expect(await early).toBe('Alien')
    gate.open()
    await Promise.all([write, early])
    expect(await readTitle()).toBe('Alien 1')
  })

  it('hazard 3: what is rolled back is never cached, and makes nothing old', async () => {
    expect(await readTitle()).toBe('Alien')
    const sent = database.statements.mark()
    const abandon = new Error('abandon')
    const transaction = prisma.$transaction(async (tx) => {
      await tx.film.update({ where: { id: 1 }, data: { title: 'Never' } })
      const inside = { where: { id: 1 }, select: { title: true }, cache: {} } as const
      expect(await tx.film.findUnique(inside)).toEqual({ title: 'Never' })
      throw abandon
    })
    await expect(transaction).rejects.toBe(abandon)
    const before = sent().length
    expect(await readTitle()).toBe('Alien')
    expect(sent()).toHaveLength(before + costOfRollback(database))
  })

  it('hazard 4: a transaction with an old snapshot fills nothing', async ({ skip }) => {
    const [lacks, hasOne] = ['its Prisma adapter has no isolation levels', 'it has the one level']
    skip(database.name === 'pglite', lacks)
    skip(database.name === 'sqlite', hasOne)
    await prisma.$transaction(
      async (tx) => {
        const read = () => tx.film.findUnique({ where: { id: 1 }, cache: {} })
        expect((await read())?.title).toBe('Alien')
        await writeTitle('Alien 1')
        expect((await read())?.title).toBe('Alien')
      },
      { isolationLevel: 'RepeatableRead' },
    )
    const film = await prisma.film.findUnique({ where: { id: 1 }, cache: {} })
    expect(film?.title).toBe('Alien 1')
  })

  it('hazard 5: a transaction sees its own writes', async () => {
    await prisma.film.count({ cache: {} })
    await prisma.$transaction(async (tx) => {
      await tx.film.create({ data: { title: 'Brazil' } })
      expect(await tx.film.count({ cache: {} })).toBe(4)
    })
    expect(await prisma.film.count({ cache: {} })).toBe(4)
  })

  it('hazard 6: between a commit and its acknowledgement nobody is served what was before', async () => {
    expect(await readTitle()).toBe('Alien')
    const gate = new Gate()
    between.statement = async (sql, send) => {
      const answer = await send()
      // MariaDB has no RETURNING for it: there Prisma reads the row again, and commits after that.
      const last = database.name === 'mariadb' ? /^commit/i : /^\s*update/i
      return last.test(sql) ? gate.pass(() => answer) : answer
    }
    // Prisma sends nothing before someone waits for the answer.
    const write = (async () => {
      await writeTitle('Alien 1')
    })()
    await gate.reached
    expect(await readTitle()).toBe('Alien 1')
    gate.open()
    await write
    expect(await readTitle()).toBe('Alien 1')
  })

  it('hazard 15: a read after a write does not join one that began before it', async () => {
    const gate = holdAnswers()
    const early = readTitle()
    await gate.reached
    delete between.statement
    await writeTitle('Alien 1')
    const late = readTitle()
    expect(await late).toBe('Alien 1')
    gate.open()
    expect(await early).toBe('Alien')
  })

  it('hazard 17: a commit whose answer is lost is treated as written', async () => {
    expect(await readTitle()).toBe('Alien')
    between.statement = async (sql, send) => {
      const answer = await send()
      if (sql.toLowerCase() === 'commit') throw new Error('Connection terminated unexpectedly')
      return answer
    }
    const write = prisma.$transaction([
      prisma.film.update({ where: { id: 1 }, data: { title: 'Alien 1' } }),
      prisma.film.update({ where: { id: 2 }, data: { title: 'Alien 2' } }),
    ])
    await expect(write).rejects.toThrow('Connection terminated')
    delete between.statement
    expect(await readTitle()).toBe('Alien 1')
    // Until the lease ends the answer is not stored either: the database may still be at it.
    await readTitle()
    const shape = cache.metrics().queries.find(({ fingerprint }) => fingerprint.includes('title'))
    expect(shape?.bypasses).toEqual({ 'marks-locked': 2 })
  })

  it('hazard 24: rows that a foreign key changes are made new', async () => {
    const read = () => prisma.reviewVote.findMany({ cache: {} })
    expect(await read()).toHaveLength(1)
    await prisma.film.delete({ where: { id: 1 } })
    expect(await read()).toEqual([])
  })

  describe('hazard 29: arguments that the database tells apart have keys of their own', () => {
    const pairs: [string, object, object][] = [
      ['text and its number', { title: '1' }, { title: 'NaN' }],
      ['null and "null"', { source: null }, { source: 'null' }],
      ['null and undefined', { source: null }, { source: undefined }],
      ['undefined and {}', { source: undefined }, { source: {} }],
      ['a date and another', { releasedOn: new Date(0) }, { releasedOn: new Date(86_400_000) }],
      ['bigints beyond 2^53', { budget: 9007199254740993n }, { budget: 9007199254740992n }],
      [
        'decimals',
        { imdbRating: new Prisma.Decimal('8.5') },
        { imdbRating: new Prisma.Decimal('8.4') },
      ],
      ['bytes', { poster: Uint8Array.of(1) }, { poster: Uint8Array.of(2) }],
      ['lists', { tags: { equals: ['a', 'b'] } }, { tags: { equals: ['a,b'] } }],
      ['in of one and of two', { id: { in: [1] } }, { id: { in: [1, 2] } }],
    ]
    it.for(pairs)('%s', async ([name, first, second], { skip }) => {
      skip(name === 'lists' && !hasLists(database), 'lists of scalars are PostgreSQL’s')
      for (const where of [first, second, first, second]) {
        const cached = await prisma.film.findMany({ where, cache: {} })
        expect(cached).toEqual(await base.film.findMany({ where }))
      }
      expect(cache.metrics().memory.entries).toBe(2)
    })

    it('columns of another name', async () => {
      const { fields } = base.film
      for (const field of [fields.budget, fields.usGross, fields.budget]) {
        await prisma.film.findMany({ where: { worldwideGross: { equals: field } }, cache: {} })
      }
      expect(cache.metrics().memory.entries).toBe(2)
    })
  })

  it('hazard 33: what a caller does to a result concerns nobody else', async () => {
    const read = () =>
      prisma.film.findMany({ where: { id: 1 }, include: { reviews: true }, cache: {} })
    const expected = await base.film.findMany({ where: { id: 1 }, include: { reviews: true } })
    for (let round = 0; round < 3; round += 1) {
      const [film] = await read()
      film!.title = 'mine'
      film!.tags?.push('mine')
      film!.reviews.pop()
      expect(await read()).toEqual(expected)
    }
  })

  it('hazard 34: a row that was not there is seen once it is', async () => {
    const read = () => prisma.genre.findUnique({ where: { name: 'Noir' }, cache: {} })
    expect(await read()).toBeNull()
    expect(await read()).toBeNull()
    await prisma.genre.create({ data: { name: 'Noir' } })
    expect(await read()).toMatchObject({ name: 'Noir' })
  })

  describe('hazard 35: an error is the caller’s, and is not cached', () => {
    it('of a record that is not found', async () => {
      const read = () => prisma.genre.findUniqueOrThrow({ where: { name: 'Noir' }, cache: {} })
      for (let round = 0; round < 2; round += 1) {
        const error: unknown = await read().catch((error: unknown) => error)
        expect(error).toBeInstanceOf(Prisma.PrismaClientKnownRequestError)
        expect(error).toMatchObject({ code: 'P2025', meta: { modelName: 'Genre' } })
      }
      await prisma.genre.create({ data: { name: 'Noir' } })
      expect(await read()).toMatchObject({ name: 'Noir' })
    })

    it('of a database that failed', async () => {
      between.statement = () => Promise.reject(new Error('connection lost'))
      await expect(readTitle()).rejects.toThrow('connection lost')
      delete between.statement
      expect(await readTitle()).toBe('Alien')
    })

    it('of an argument that Prisma refuses', async () => {
      const read = () => prisma.film.findMany({ where: { nothing: 1 } as never, cache: {} })
      await expect(read()).rejects.toBeInstanceOf(Prisma.PrismaClientValidationError)
    })
  })

  describe('hazard 40: a cached read in a batch', () => {
    it('does not hang, and is answered by the database', async () => {
      expect(await readTitle()).toBe('Alien')
      const [film, count] = await prisma.$transaction([
        prisma.film.findUnique({ where: { id: 1 }, select: { title: true }, cache: {} }),
        prisma.film.count({ cache: {} }),
      ])
      expect([film?.title, count]).toEqual(['Alien', 3])
    })

    it('stores nothing when the batch fails', async () => {
      const batch = prisma.$transaction([
        prisma.film.update({ where: { id: 1 }, data: { title: 'Never' } }),
        prisma.film.findUnique({ where: { id: 1 }, select: { title: true }, cache: {} }),
        prisma.genre.create({ data: { id: 1, name: 'taken' } }),
      ])
      await expect(batch).rejects.toMatchObject({ code: 'P2002' })
      expect(await readTitle()).toBe('Alien')
    })
  })

  it('hazard 41: ten concurrent findUnique misses are one statement', async () => {
    await prisma.film.createMany({
      data: Array.from({ length: 10 }, (_, i) => ({ title: `${i}` })),
    })
    const ids = Array.from({ length: 10 }, (_, i) => i + 4)
    const sent = database.statements.mark()
    const films = await Promise.all(
      ids.map((id) => prisma.film.findUnique({ where: { id }, cache: { ttl: '1m' } })),
    )
    expect(films.map((film) => film?.id)).toEqual(ids)
    expect(sent()).toHaveLength(1)
    await Promise.all(ids.map((id) => prisma.film.findUnique({ where: { id }, cache: {} })))
    expect(sent()).toHaveLength(1)
  })

  it('hazard 42: a fluent call and a select of the same relation have answers of their own', async () => {
    for (let round = 0; round < 2; round += 1) {
      const fluent = await prisma.film.findUnique({ where: { id: 1 }, cache: {} }).reviews()
      const selected = await prisma.film.findUnique({
        ...{ where: { id: 1 }, select: { reviews: true }, cache: {} },
      })
      expect(fluent).toEqual(await base.review.findMany({ where: { filmId: 1 } }))
      expect(selected).toEqual({ reviews: fluent })
    }
    expect(cache.metrics().memory.entries).toBe(2)
  })

  it('hazard 43: the kinds of null in JSON have answers of their own', async () => {
    await base.film.update({ where: { id: 1 }, data: { details: Prisma.JsonNull } })
    await base.film.update({ where: { id: 2 }, data: { details: Prisma.DbNull } })
    const ids = async (
      equals: typeof Prisma.JsonNull | typeof Prisma.DbNull | typeof Prisma.AnyNull,
    ) =>
      (
        await prisma.film.findMany({
          where: { details: { equals } },
          orderBy: { id: 'asc' },
          cache: {},
        })
      ).map(({ id }) => id)
    for (let round = 0; round < 2; round += 1) {
      expect(await ids(Prisma.JsonNull)).toEqual([1])
      expect(await ids(Prisma.DbNull)).toEqual([2, 3])
      expect(await ids(Prisma.AnyNull)).toEqual([1, 2, 3])
    }
    expect(cache.metrics().memory.entries).toBe(3)
  })

  it('hazard 43: clients that omit other columns have answers of their own', async () => {
    const discreet = new database.PrismaClient({
      adapter: database.prismaAdapter(),
      omit: { viewer: { email: true } },
    })
    // Both ask one database, so they bear one name.
    const [open, closed] = [
      withCache(base, cache, { database: 'library' }),
      withCache(discreet, cache, { database: 'library' }),
    ]
    for (let round = 0; round < 2; round += 1) {
      expect(await open.viewer.findFirst({ cache: {} })).toHaveProperty('email')
      expect(await closed.viewer.findFirst({ cache: {} })).not.toHaveProperty('email')
    }
    await discreet.$disconnect()
  })

  it('hazard 44: computed fields are right on the second hit too', async () => {
    const shouting = prisma.$extends({
      result: {
        film: {
          shout: { needs: { title: true }, compute: ({ title }) => title.toUpperCase() },
        },
      },
    })
    for (let round = 0; round < 3; round += 1) {
      const film = await shouting.film.findUnique({
        ...{ where: { id: 1 }, select: { shout: true }, cache: {} },
      })
      expect(JSON.parse(JSON.stringify(film))).toEqual({ shout: 'ALIEN' })
    }
  })

  it('what all relations are counted in is made new, whatever stood in the place of `true` before', async () => {
    const read = (_count: unknown) =>
      prisma.genre.findUnique({ where: { id: 1 }, include: { _count: _count as true }, cache: {} })
    const before = await base.film.count({ where: { genreId: 1 } })
    await read(leftOut)
    await expect(read('desc')).rejects.toThrow(Prisma.PrismaClientValidationError)
    expect((await read(true))?._count).toEqual({ films: before })
    await base.film.create({ data: { title: 'Brazil', genreId: 1 } })
    expect((await read(true))?._count).toEqual({ films: before + 1 })
  })

  it('a hit does not depend on who asks', async () => {
    const stars = (viewerId: string) => prisma.review.findMany({ where: { viewerId }, cache: {} })
    expect(await stars(ada)).not.toEqual(await stars(bob))
    expect(await stars(ada)).not.toEqual(await stars(bob))
  })
})
