import { describe, expect, it } from 'vitest'
import { describeEachDatabase } from '../support/databases.ts'
import { run as runKysely } from './snippets/readme-kysely.ts'
import { run as runPrisma } from './snippets/readme-prisma.ts'
import { runnableSnippet, shownSnippets } from './snippets.ts'

describe('the README', async () => {
  const shown = await shownSnippets('README.md')

  it('shows both adapters', () => {
    expect(shown.map(({ name }) => name)).toEqual([
      'readme-kysely',
      'readme-prisma',
      'redis-server',
    ])
  })

  it.each(shown)('shows the code of $name as it was run', async ({ name, code }) => {
    expect(code).toBe(await runnableSnippet(name, name === 'redis-server' ? 'redis' : name))
  })
})

describeEachDatabase('the code that the README shows', (database) => {
  it('runs with Kysely, and the write makes the read new', async () => {
    await database.kysely.insertInto('films').values({ title: 'Old title' }).execute()
    const { cache, film } = await runKysely(database.kysely)
    expect(film?.title).toBe('Old title')
    const { queries } = cache.metrics()
    expect(queries.find(({ fingerprint }) => fingerprint.includes('films'))).toMatchObject({
      misses: { absent: 1 },
    })
    await cache.close()
  })

  it('runs with Prisma, and the nested write makes the read new', async () => {
    await database.kysely.insertInto('directors').values({ id: 7, name: 'Someone' }).execute()
    await database.kysely
      .insertInto('films')
      .values({ title: 'Old title', director_id: 7 })
      .execute()
    const { cache, prisma, film } = await runPrisma(database.prismaAdapter(), database.PrismaClient)
    expect(film?.title).toBe('Old title')
    const again = await prisma.film.findUnique({
      where: { id: 1 },
      include: { director: true, reviews: true },
      cache: { ttl: '1m' },
    })
    expect(again?.title).toBe('Dune')
    await cache.close()
    await prisma.$disconnect()
  })
})
