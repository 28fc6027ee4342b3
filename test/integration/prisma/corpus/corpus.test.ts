import { inspect, isDeepStrictEqual } from 'node:util'
import { createTidemark, type Tidemark } from '@tidemark/core'
import { cacheExtension } from '@tidemark/prisma'
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type DatabaseName, describeEachDatabase } from '../../../support/databases.ts'
import {
  addFeatures,
  type FeaturesClient,
  type FeaturesClientClass,
} from '../../../support/features.ts'
import { hasLists } from '../library.ts'
import { chapters } from './reads.ts'
import { failing, fill, lacking, writes } from './writes.ts'

type Run = (prisma: FeaturesClient) => Promise<unknown>
type Outcome = { readonly result: unknown } | { readonly error: unknown }

/** The result, or all that a caller can tell of the error. */
async function outcomeOf(prisma: FeaturesClient, run: Run): Promise<Outcome> {
  try {
    return { result: await run(prisma) }
  } catch (error) {
    const { name, message, code, meta, constructor } = error as Record<string, unknown> & Error
    return { error: { name, message, code, meta, constructor } }
  }
}

function expectSame(got: Outcome, expected: Outcome, what: string): void {
  // Much faster than `toStrictEqual`, which then says what differs.
  if (!isDeepStrictEqual(got, expected)) expect(got, what).toStrictEqual(expected)
}

// In the spirit of the documentation of Prisma Client: everything that it describes, with and without the cache.
describeEachDatabase('The corpus', (database) => {
  let Client: FeaturesClientClass
  let cache: Tidemark
  let base: FeaturesClient
  let cached: FeaturesClient
  /** Has an engine of its own, so that no cache hears of it. */
  let twin: FeaturesClient

  beforeAll(async () => {
    Client = await addFeatures(database)
  })
  beforeEach(async () => {
    cache = createTidemark()
    const make = () => new Client({ adapter: database.prismaAdapter(), errorFormat: 'colorless' })
    base = make()
    twin = make()
    cached = base.$extends(
      cacheExtension(cache, {
        cacheByDefault: true,
        views: { ActiveAuthor: ['authors', 'posts'] },
      }),
    ) as unknown as FeaturesClient
    await fill(twin, hasLists(database))
  })
  afterEach(() => Promise.all([base.$disconnect(), twin.$disconnect(), cache.close()]))

  const runnable = (name: DatabaseName, chapter: (typeof chapters)[string]) =>
    Object.entries(chapter).flatMap(([title, read]): [string, Run][] => {
      if (typeof read === 'function') return [[title, read]]
      return read.on.includes(name) ? [[title, read.run]] : []
    })

  describe('answers as without a cache, on a miss, on a hit and after writes', () => {
    /** Between them they concern every table. */
    const changes: readonly Run[] = [
      (p) =>
        p.author.update({
          where: { id: 1 },
          data: {
            ...{ name: 'Zoë', role: 'editor', settings: { theme: 'light' } },
            posts: { create: { title: 'New one', published: true, writtenAt: new Date(0) } },
            memberships: { deleteMany: {} },
          },
        }),
      (p) => p.post.update({ where: { id: 3 }, data: { tags: { set: [{ name: 'orm' }] } } }),
      (p) =>
        p.$transaction(async (tx) => {
          await tx.author.delete({ where: { id: 2 } })
          await tx.team.deleteMany({ where: { number: 2 } })
        }),
      (p) =>
        hasLists(database)
          ? p.$transaction([
              p.sample.updateMany({ where: { id: 1 }, data: { scores: [2], notes: ['new'] } }),
              p.archivedPost.updateMany({ data: { title: 'Older' } }),
            ])
          : Promise.resolve(),
      (p) => p.$executeRaw`DELETE FROM authors`,
    ]

    it.each(Object.entries(chapters))('%s', async (chapter, reads) => {
      const all = runnable(database.name, reads)
      for (const [title, read] of all) {
        const expected = await outcomeOf(twin, read)
        expect('error' in expected, `${title}: ${inspect(expected)}`).toBe(chapter === 'errors')
        expectSame(await outcomeOf(cached, read), expected, title)
        const sent = database.statements.mark()
        expectSame(await outcomeOf(cached, read), expected, `${title}, a hit`)
        if (chapter !== 'errors') expect(sent(), title).toEqual([])
      }
      for (const change of changes) {
        await change(cached)
        for (const [title, read] of all) {
          expectSame(await outcomeOf(cached, read), await outcomeOf(twin, read), title)
        }
      }
    })
  })

  it('writes as without a cache, and leaves nothing old', async () => {
    const probes: readonly Run[] = [
      (p) =>
        p.author.findMany({ orderBy: { id: 'asc' }, include: { friends: true, mentor: true } }),
      (p) => p.post.findMany({ orderBy: { id: 'asc' }, include: { tags: true } }),
      (p) => p.membership.findMany({ orderBy: { authorId: 'asc' }, include: { team: true } }),
      (p) => p.tag.findMany({ orderBy: { name: 'asc' } }),
      (p) => p.activeAuthor.findMany({ orderBy: { id: 'asc' } }),
    ]
    const got = new Map<string, Outcome>()
    for (const [title, write] of Object.entries(writes)) {
      got.set(title, await outcomeOf(cached, write))
      for (const probe of probes) {
        expectSame(await outcomeOf(cached, probe), await outcomeOf(twin, probe), title)
      }
    }
    await database.emptyTables()
    await fill(twin, hasLists(database))
    for (const [title, write] of Object.entries(writes)) {
      expectSame(got.get(title)!, await outcomeOf(twin, write), title)
    }
    const failed = [...got].filter(([, outcome]) => 'error' in outcome).map(([title]) => title)
    expect(failed.sort()).toEqual([...failing, ...(lacking[database.name] ?? [])].sort())
  })

  it.each(['pretty', 'colorless', 'minimal'] as const)(
    'has errors as without a cache, in the format %s',
    async (errorFormat) => {
      const plain = new Client({ adapter: database.prismaAdapter(), errorFormat })
      const own = createTidemark()
      const hinted = plain.$extends(cacheExtension(own)) as unknown as FeaturesClient
      for (const [title, read] of Object.entries(chapters['errors']!)) {
        const run = read as Run
        expectSame(await outcomeOf(hinted, run), await outcomeOf(plain, run), title)
      }
      await plain.$disconnect()
      await own.close()
    },
  )
})
