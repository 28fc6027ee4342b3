import { createTidemark, systemClock, systemRandom, type Tidemark } from '@tidemark/core'
import { type CachedClient, type CacheExtensionOptions, withCache } from '@tidemark/prisma'
import { Gate, SharedStore } from '@tidemark/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Prisma, type PrismaClient } from '../../../prisma/generated/client.ts'
import { describeEachDatabase } from '../../support/databases.ts'
import { interpose, type Interposition } from './interposed-adapter.ts'

describeEachDatabase('A write by Prisma that gives back its row', (database) => {
  let options: CacheExtensionOptions
  let cache: Tidemark
  let base: PrismaClient
  let prisma: CachedClient<PrismaClient>
  let between: Interposition

  beforeEach(async () => {
    between = {}
    options = {}
    if (database.name === 'mariadb') {
      // Other tests have databases with tables of the same names.
      const [row] = await database.sql<{ name: string }>('select database() as name')
      options = { defaultSchema: row!.name }
    }
    cache = createTidemark()
    base = new database.PrismaClient({ adapter: interpose(database.prismaAdapter(), between) })
    const policy = { writeThrough: true }
    const tables = { films: policy, airports: policy, routes: policy, viewers: policy }
    prisma = withCache(base, cache, { ...options, tables })
    const details = { imdbRating: new Prisma.Decimal('7.5'), poster: Buffer.from([1, 2]) }
    await base.film.create({ data: { title: 'Alien', budget: 2n ** 40n, ...details } })
    await base.film.create({ data: { title: 'Heat', releasedOn: new Date('1995-12-15') } })
    await read()
  })
  afterEach(() => Promise.all([base.$disconnect(), cache.close()]))

  const read = (id = 1) => prisma.film.findUnique({ where: { id } })

  /** Reads without asking the database, and says whether that was possible and right. */
  async function hit(id = 1) {
    const sent = database.statements.mark()
    const found = await read(id)
    const wasAsked = sent().length > 0
    const orThrow = await prisma.film.findUniqueOrThrow({ where: { id } })
    const uncached = new database.PrismaClient({ adapter: database.prismaAdapter() })
    const truth = await uncached.film.findUnique({ where: { id } })
    await uncached.$disconnect()
    expect(found).toStrictEqual(truth)
    expect(orThrow).toStrictEqual(truth)
    return !wasAsked
  }

  it('makes the next read of the row a hit', async () => {
    const written = await prisma.film.update({ where: { id: 1 }, data: { title: 'Aliens' } })
    expect(await hit()).toBe(true)
    expect(await read()).toStrictEqual(written)
    await prisma.film.update({ where: { id: 2 }, data: { imdbVotes: { increment: 1 } } })
    expect(await hit(2)).toBe(true)
    expect(await hit()).toBe(false)
  })

  it('also where it creates it', async () => {
    const { id } = await prisma.film.create({ data: { title: 'New' } })
    expect(await hit(id)).toBe(true)
    await prisma.film.upsert({
      where: { id },
      create: { title: 'No' },
      update: { title: 'Newer' },
    })
    expect(await hit(id)).toBe(true)
    const other = await prisma.film.upsert({
      ...{ where: { id: 99 }, create: { title: 'Created' }, update: { title: 'No' } },
    })
    expect(await hit(other.id)).toBe(true)
  })

  describe('under a key that is a text, or of several columns,', () => {
    beforeEach(async () => {
      const place = { country: 'USA', latitude: 1, longitude: 2 }
      for (const iata of ['ABQ', 'BOS']) {
        await base.airport.create({ data: { iata, name: iata, ...place } })
      }
      // The database's catalogue is read for it.
      await airport('BOS')
    })
    const airport = (iata: string) => prisma.airport.findUnique({ where: { iata } })
    const inTruth = (iata: string) => base.airport.findUnique({ where: { iata } })
    const ends = { originIata: 'ABQ', destinationIata: 'BOS' }
    const where = { originIata_destinationIata: ends }
    const route = () => prisma.route.findUnique({ where })

    it('makes the next read of the row a hit', async () => {
      const created = await prisma.route.create({ data: { ...ends, flights: 1 } })
      const sent = database.statements.mark()
      expect(await route()).toStrictEqual(created)
      expect(sent()).toEqual([])
      const written = await prisma.route.update({
        where,
        data: { flights: { increment: 1 } },
      })
      const sentThen = database.statements.mark()
      expect(await route()).toStrictEqual(written)
      expect(sentThen()).toEqual([])
      expect(await base.route.findUnique({ where })).toStrictEqual(written)
    })

    it('leaves nothing where a part of the key changes', async () => {
      await prisma.route.create({ data: { ...ends, flights: 1 } })
      await prisma.route.update({ where, data: { destinationIata: 'ABQ' } })
      expect(await route()).toBe(null)
      const moved = { originIata_destinationIata: { ...ends, destinationIata: 'ABQ' } }
      const sent = database.statements.mark()
      expect(await prisma.route.findUnique({ where: moved })).toMatchObject({ flights: 1 })
      expect(sent()).toHaveLength(1)
    })

    it('stores it as the row has it, however it was asked for', async () => {
      const finds = async (iata: string) => (await inTruth(iata)) !== null
      const spellings = ['ABQ', 'abq', 'ABQ ', 'Äbq']
      for (const iata of spellings) {
        if (!(await finds(iata))) continue
        await prisma.airport.update({ where: { iata }, data: { city: `as ${iata}` } })
        for (const other of spellings) {
          expect(await airport(other), other).toStrictEqual(await inTruth(other))
        }
      }
      const sent = database.statements.mark()
      expect((await airport('ABQ'))?.iata).toBe('ABQ')
      expect(sent()).toEqual([])
    })
  })

  it('leaves nothing of a part of the row, of relations, of another key, or of a transaction', async () => {
    const where = { id: 1 }
    for (const write of [
      () => prisma.film.update({ where, data: { title: 'A' }, select: { id: true, title: true } }),
      () => prisma.film.update({ where, data: { title: 'B' }, include: { director: true } }),
      () => prisma.film.update({ where, data: { title: 'C' }, omit: { poster: true } }),
      () => prisma.film.update({ where, data: { director: { create: { name: 'Scott' } } } }),
      () => prisma.$transaction([prisma.film.update({ where, data: { title: 'D' } })]),
      () => prisma.$transaction((tx) => tx.film.update({ where, data: { title: 'E' } })),
      () => prisma.film.updateMany({ where, data: { title: 'F' } }),
    ]) {
      await read()
      await write()
      expect(await hit(), String(write)).toBe(false)
    }
    await prisma.film.update({ where, data: { id: 50 } })
    expect(await hit(50)).toBe(false)
  })

  it('leaves nothing where it was not asked for, and where the client computes fields', async () => {
    const plain = withCache(base, cache, { ...options, cacheByDefault: true })
    await plain.film.update({ where: { id: 1 }, data: { title: 'A' } })
    expect(await hit()).toBe(false)
    const computing = prisma.$extends({
      result: { film: { loud: { needs: { title: true }, compute: ({ title }) => `${title}!` } } },
    })
    await computing.film.update({ where: { id: 1 }, data: { title: 'B' } })
    expect((await computing.film.findUnique({ where: { id: 1 } }))?.loud).toBe('B!')
    expect((await computing.film.findUnique({ where: { id: 1 } }))?.loud).toBe('B!')
  })

  it('leaves the row as the database made it, which sets columns by itself', async ({ skip }) => {
    skip(database.name !== 'mariadb', 'the others do it by triggers only')
    const retype = (more: string) =>
      database.sql(`alter table viewers modify joined_at datetime(3) not null
        default current_timestamp(3) ${more}`)
    await retype('on update current_timestamp(3)')
    try {
      const data = { name: 'Ada', email: 'ada@example.org', joinedAt: new Date(0) }
      const { id } = await prisma.viewer.create({ data })
      const where = { id }
      await prisma.viewer.update({ where, data: { name: 'Ada L.' } })
      const sent = database.statements.mark()
      const found = await prisma.viewer.findUnique({ where })
      expect(sent()).toEqual([])
      expect(found).toStrictEqual(await base.viewer.findUnique({ where }))
      expect(found!.joinedAt.getTime()).toBeGreaterThan(0)
    } finally {
      await retype('')
    }
  })

  it('leaves nothing where a transaction overtakes it on the only connection', async ({ skip }) => {
    skip(database.name !== 'sqlite', 'the others give each transaction a connection of its own')
    const settings = { clock: systemClock, random: systemRandom, leaseMs: 10_000 }
    const shared = new SharedStore(settings).connect()
    const own = createTidemark({ shared })
    const client = withCache(base, own, { tables: { films: { writeThrough: true } } })
    const where = { id: 1 }
    await client.film.findUnique({ where })
    const gates = { intent: new Gate(), replace: new Gate() }
    shared.hold = async ({ method }) => {
      if (method === 'intent' || method === 'replace') await gates[method].pass(() => {})
    }
    const write = Promise.resolve(client.film.update({ where, data: { title: 'Never' } }))
    await gates.intent.reached
    const abandon = new Error('abandon')
    const transaction = client.$transaction(async () => {
      gates.intent.open()
      await gates.replace.reached
      throw abandon
    })
    await expect(transaction).rejects.toBe(abandon)
    gates.replace.open()
    await write
    expect((await client.film.findUnique({ where }))?.title).toBe('Alien')
    await own.close()
  })

  it('leaves nothing where another writer of the table was at work meanwhile', async () => {
    const gate = new Gate()
    let isHeld = false
    between.statement = async (text, send) => {
      const answer = await send()
      if (isHeld || !/^\s*update/i.test(text)) return answer
      isHeld = true
      return gate.pass(() => answer)
    }
    // It begins when somebody waits for it.
    const write = Promise.resolve(
      prisma.film.update({ where: { id: 1 }, data: { title: 'Aliens' } }),
    )
    await gate.reached
    await cache.invalidate({ tables: ['films'] })
    gate.open()
    await write
    expect(await hit()).toBe(false)
  })
})
