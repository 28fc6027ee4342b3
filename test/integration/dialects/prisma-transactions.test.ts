import { setImmediate as nextTurn } from 'node:timers/promises'
import { createTidemark, type Tidemark } from '@tidemark/core'
import { type CachedClient, withCache } from '@tidemark/prisma'
import { Gate } from '@tidemark/testing'
import { afterEach, beforeEach, expect, it } from 'vitest'
import type { PrismaClient } from '../../../prisma/generated/client.ts'
import { describeDatabase, type TestDatabase } from '../../support/databases.ts'
import { fillLibrary } from '../prisma/library.ts'

const abandon = new Error('abandon')

/** A cached client and its uncached twin on another connection. */
function useClients(database: TestDatabase) {
  const clients = {} as {
    cache: Tidemark
    base: PrismaClient
    twin: PrismaClient
    prisma: CachedClient<PrismaClient>
  }
  beforeEach(async () => {
    clients.cache = createTidemark()
    clients.base = new database.PrismaClient({ adapter: database.prismaAdapter() })
    clients.twin = new database.PrismaClient({ adapter: database.prismaAdapter() })
    clients.prisma = withCache(clients.base, clients.cache, { cacheByDefault: true })
    await fillLibrary(clients.base)
  })
  afterEach(() =>
    Promise.all([clients.base.$disconnect(), clients.twin.$disconnect(), clients.cache.close()]),
  )
  return clients
}

describeDatabase('sqlite', 'Prisma transactions on SQLite', (database) => {
  const clients = useClients(database)
  const names = async (client: unknown = clients.prisma) =>
    (await (client as PrismaClient).genre.findMany({ orderBy: { id: 'asc' } })).map(
      ({ name }) => name,
    )

  // One connection for all: whoever reads beside a transaction reads in it.
  it('a read beside a transaction leaves nothing of it when that is rolled back', async () => {
    const writing = new Gate()
    const write = clients.prisma.$transaction(async (tx) => {
      await tx.genre.update({ where: { id: 1 }, data: { name: 'Never' } })
      await writing.pass(() => undefined)
      throw abandon
    })
    await writing.reached
    await names()
    writing.open()
    await expect(write).rejects.toBe(abandon)
    expect(await names(clients.twin)).toEqual(['Drama', 'Comedy'])
    expect(await names()).toEqual(['Drama', 'Comedy'])
  })

  it('nor does one beside a transaction that ran out of time', async () => {
    const write = clients.prisma.$transaction(
      async (tx) => {
        await tx.genre.update({ where: { id: 1 }, data: { name: 'Never' } })
        for (;;) {
          await names()
          await tx.director.count()
          // The driver leaves no turn to timers.
          await nextTurn()
        }
      },
      { timeout: 50 },
    )
    await expect(write).rejects.toMatchObject({ code: 'P2028' })
    expect(await names()).toEqual(await names(clients.twin))
  })

  it('nor one beside a savepoint that is rolled back', async () => {
    const writing = new Gate()
    const write = clients.prisma.$transaction(async (tx) => {
      const inner = tx.$transaction(async (inner) => {
        await inner.genre.update({ where: { id: 1 }, data: { name: 'Never' } })
        await writing.pass(() => undefined)
        throw abandon
      })
      await expect(inner).rejects.toBe(abandon)
    })
    await writing.reached
    await names()
    writing.open()
    await write
    expect(await names()).toEqual(['Drama', 'Comedy'])
  })

  it('a write beside a transaction is undone with it', async () => {
    const writing = new Gate()
    const write = clients.prisma.$transaction(async (tx) => {
      await tx.director.update({ where: { id: 1 }, data: { name: 'Never' } })
      await writing.pass(() => undefined)
      throw abandon
    })
    await writing.reached
    await clients.base.genre.update({ where: { id: 1 }, data: { name: 'Undone' } })
    await names()
    writing.open()
    await expect(write).rejects.toBe(abandon)
    expect(await names()).toEqual(await names(clients.twin))
  })
})

describeDatabase('mariadb', 'Prisma transactions on MySQL', (database) => {
  const clients = useClients(database)
  const names = async (client: unknown = clients.prisma) =>
    (await (client as PrismaClient).genre.findMany({ orderBy: { id: 'asc' } })).map(
      ({ name }) => name,
    )
  const update = (client: unknown, id: number, name: string) =>
    (client as PrismaClient).genre.update({ where: { id }, data: { name } })

  it('raw DDL commits what was written before it', async () => {
    await names()
    const write = clients.prisma.$transaction(async (tx) => {
      await update(tx, 1, 'Kept')
      await tx.$executeRaw`CREATE TABLE extra (x int)`
      expect(await names()).toEqual(await names(clients.twin))
      await update(tx, 2, 'At once')
      throw abandon
    })
    await expect(write).rejects.toBe(abandon)
    await database.sql('drop table extra')
    expect(await names(clients.twin)).toContain('Kept')
    expect(await names()).toEqual(await names(clients.twin))
  })

  it('a table without transactions keeps what is rolled back', async () => {
    await database.sql('alter table review_votes drop foreign key review_votes_review_id_fkey')
    await database.sql('alter table review_votes drop foreign key review_votes_viewer_id_fkey')
    await database.sql('alter table review_votes engine = MyISAM')
    const votes = (client: unknown) =>
      (client as PrismaClient).reviewVote.count({ where: { helpful: true } })
    expect(await votes(clients.prisma)).toBe(1)
    const write = clients.prisma.$transaction(async (tx) => {
      await tx.reviewVote.updateMany({ data: { helpful: false } })
      throw abandon
    })
    await expect(write).rejects.toBe(abandon)
    expect(await votes(clients.twin)).toBe(0)
    expect(await votes(clients.prisma)).toBe(0)
  })

  it('a deadlock ends it, and what follows in it is committed at once', async () => {
    await names()
    const write = clients.prisma.$transaction(
      async (tx) => {
        await update(tx, 1, 'a')
        await deadlock(() => update(tx, 2, 'a2'))
        await update(tx, 2, 'After')
        expect(await names()).toEqual(await names(clients.twin))
        throw abandon
      },
      { timeout: 20_000 },
    )
    await expect(write).rejects.toBe(abandon)
    expect(await names()).toEqual(await names(clients.twin))
  })

  /** Makes a transaction that holds genre 1 and asks for genre 2 the victim of a deadlock. */
  async function deadlock(ask: () => Promise<unknown>): Promise<void> {
    await clients.twin.$transaction(async (other) => {
      // InnoDB sacrifices the one that has changed less.
      await other.viewer.createMany({
        data: ['p', 'q', 'r', 's'].map((name) => ({ name, email: name })),
      })
      await update(other, 2, 'b2')
      const waiting = update(other, 1, 'b')
      // Prisma sends nothing before someone waits for the answer.
      waiting.catch(() => undefined)
      await expect(ask()).rejects.toMatchObject({ code: 'P2034' })
      await waiting
    })
  }
})
