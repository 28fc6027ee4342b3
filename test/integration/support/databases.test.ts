import { expect, it } from 'vitest'
import { describeEachDatabase } from '../../support/databases.ts'

describeEachDatabase('a test database', (database) => {
  it('is empty at the start of a test', async () => {
    await database.kysely.insertInto('genres').values({ name: 'Drama' }).execute()
    expect(await database.sql('select id, name from genres')).toEqual([{ id: 1, name: 'Drama' }])
  })

  it('is empty again in the next test, and counts ids from one', async () => {
    await database.kysely.insertInto('genres').values({ name: 'Comedy' }).execute()
    expect(await database.sql('select id, name from genres')).toEqual([{ id: 1, name: 'Comedy' }])
  })

  it('is one database for Kysely, Prisma and SQL', async () => {
    const prisma = new database.PrismaClient({ adapter: database.prismaAdapter() })
    await prisma.genre.create({ data: { name: 'Horror' } })
    await database.sql('insert into genres (name) values ($1)', ['Western'])
    const genres = await database.kysely.selectFrom('genres').select('name').execute()
    expect(genres).toEqual([{ name: 'Horror' }, { name: 'Western' }])
    await prisma.$disconnect()
  })

  it('notes what Kysely and Prisma send, and not what the test itself asks', async () => {
    const prisma = new database.PrismaClient({ adapter: database.prismaAdapter() })
    const sent = database.statements.mark()
    await database.sql('select 1')
    expect(sent()).toEqual([])
    await database.kysely.selectFrom('genres').select('id').execute()
    expect(sent()).toEqual([expect.stringMatching(/^select .id. from .genres.$/)])
    await prisma.genre.findMany()
    expect(sent()).toHaveLength(2)
    await prisma.$disconnect()
  })

  it('notes the beginning and the end of a transaction', async () => {
    const sent = database.statements.mark()
    const abandon = new Error('abandon')
    await database.kysely.transaction().execute((tx) => tx.deleteFrom('genres').execute())
    await expect(database.kysely.transaction().execute(() => Promise.reject(abandon))).rejects.toBe(
      abandon,
    )
    const deletion = expect.stringMatching(/^delete from .genres.$/) as string
    const ends = ['begin', deletion, 'commit', 'begin', 'rollback']
    expect(sent()).toEqual(ends)
  })
})
