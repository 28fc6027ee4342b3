import { Prisma } from '../../../../prisma/derived/features-postgresql/client/client.ts'
import type { DatabaseName } from '../../../support/databases.ts'
import type { FeaturesClient } from '../../../support/features.ts'

/** Rows of every kind. */
export async function fill(prisma: FeaturesClient, hasLists: boolean): Promise<void> {
  await prisma.author.createMany({
    data: [
      {
        ...{ name: 'Ada', role: 'admin' },
        settings: { theme: 'dark', size: { width: 3 }, tags: ['a', 'b'] },
      },
      { name: 'Bob', mentorId: 1, settings: { theme: 'light' } },
      { name: 'Cy', role: 'editor', mentorId: 1, settings: Prisma.JsonNull },
      { name: 'Di', mentorId: 2, settings: Prisma.DbNull },
    ],
  })
  await prisma.post.createMany({
    data: [
      { title: 'One', authorId: 1, reads: 9007199254740993n, price: '1.50', published: true },
      { title: 'Two', authorId: 1, cover: Uint8Array.of(0, 255), body: 'Two' },
      { title: 'Three', authorId: 2, price: '10', published: true, reads: 5n },
      { title: '100% done', authorId: 3, cover: new Uint8Array(0) },
    ].map((post) => ({ ...post, writtenAt: new Date(0) })),
  })
  await prisma.tag.createMany({ data: [{ name: 'sql' }, { name: 'orm' }] })
  await prisma.post.update({
    where: { id: 1 },
    data: { tags: { connect: [{ name: 'sql' }, { name: 'orm' }] } },
  })
  await prisma.post.update({ where: { id: 3 }, data: { tags: { connect: { name: 'sql' } } } })
  await prisma.author.update({ where: { id: 1 }, data: { friends: { connect: { id: 2 } } } })
  await prisma.team.createMany({
    data: [
      { region: 'eu', number: 1, name: 'Core' },
      { region: 'eu', number: 2, name: 'Docs' },
    ],
  })
  await prisma.membership.createMany({
    data: [
      { authorId: 1, teamRegion: 'eu', teamNumber: 1, isLead: true },
      { authorId: 2, teamRegion: 'eu', teamNumber: 1 },
      { authorId: 4, teamRegion: 'eu', teamNumber: 2 },
    ],
  })
  if (!hasLists) return
  await prisma.archivedPost.create({ data: { id: 1, title: 'Old', authorId: 1 } })
  await prisma.sample.createMany({
    data: [
      {
        ...{ id: 1, scores: [1, 2], days: [new Date(86_400_000)], sizes: [9007199254740993n] },
        ...{ rates: ['0.1', '10'], notes: [{ a: 1 }, 'x', [null]] },
      },
      { id: 2, scores: [] },
      { id: 3, scores: [2, 3], rates: [], sizes: [1n, -1n], notes: [] },
    ],
  })
}

const at = { writtenAt: new Date(0) }

/** One after the other; each does its part for those that follow. Those that fail are compared as well. */
export const writes: Readonly<Record<string, (prisma: FeaturesClient) => Promise<unknown>>> = {
  create: (p) => p.author.create({ data: { name: 'Eve', settings: { theme: 'dark' } } }),
  'create with select': (p) =>
    p.post.create({ data: { title: 'Five', authorId: 4, ...at }, select: { id: true } }),
  'create with nested creates': (p) =>
    p.author.create({
      data: {
        name: 'Fay',
        mentor: { connect: { id: 1 } },
        posts: { create: [{ title: 'Six', ...at, tags: { create: { name: 'new' } } }] },
        memberships: {
          create: { team: { connect: { region_number: { region: 'eu', number: 2 } } } },
        },
      },
      include: { posts: { include: { tags: true } }, memberships: true },
    }),
  'create with connectOrCreate': (p) =>
    p.post.create({
      data: {
        ...{ title: 'Seven', ...at, author: { connect: { name: 'Eve' } } },
        tags: { connectOrCreate: { where: { name: 'sql' }, create: { name: 'sql' } } },
      },
      include: { tags: true },
    }),
  createMany: (p) => p.tag.createMany({ data: [{ name: 'a' }, { name: 'b' }] }),
  'createMany of duplicates': (p) =>
    p.tag.createMany({ data: [{ name: 'a' }, { name: 'c' }], skipDuplicates: true }),
  createManyAndReturn: (p) =>
    p.post.createManyAndReturn({
      data: [{ title: 'Eight', authorId: 5, ...at }],
      select: { title: true },
    }),
  'createManyAndReturn with a relation': (p) =>
    p.post.createManyAndReturn({
      data: [{ title: 'Nine', authorId: 5, ...at }],
      include: { author: true },
    }),
  update: (p) => p.author.update({ where: { id: 5 }, data: { name: 'Eva' } }),
  'update with what is skipped': (p) =>
    p.author.update({ where: { id: 5 }, data: { name: Prisma.skip, role: 'editor' } }),
  'update by more than its id': (p) =>
    p.post.update({ where: { id: 1, published: true }, data: { body: 'new' } }),
  'update of numbers': (p) =>
    p.post.update({
      where: { id: 1 },
      data: { reads: { increment: 1 }, price: { multiply: 2 } },
    }),
  'update of numbers, down': (p) =>
    p.post.update({ where: { id: 3 }, data: { reads: { decrement: 2n }, price: { divide: 4 } } }),
  'update to null': (p) => p.post.update({ where: { id: 2 }, data: { cover: null, price: null } }),
  'update of JSON to its null': (p) =>
    p.author.update({ where: { id: 1 }, data: { settings: Prisma.JsonNull } }),
  'update of a list': (p) =>
    p.sample.update({ where: { id: 1 }, data: { scores: { push: [3, 4] } } }),
  'update of a list, whole': (p) =>
    p.sample.update({ where: { id: 1 }, data: { scores: { set: [] } } }),
  'update of a compound id': (p) =>
    p.membership.update({
      where: { place: { authorId: 1, teamRegion: 'eu', teamNumber: 1 } },
      data: { teamNumber: 2 },
    }),
  'update of an id that others refer to': (p) =>
    p.team.update({
      where: { region_number: { region: 'eu', number: 2 } },
      data: { region: 'us' },
      include: { members: { orderBy: { authorId: 'asc' } } },
    }),
  'update with nested writes': (p) =>
    p.author.update({
      where: { id: 2 },
      data: {
        posts: {
          update: { where: { id: 3 }, data: { title: 'Drei' } },
          create: { title: 'Ten', ...at },
          updateMany: { where: { published: false }, data: { body: 'b' } },
        },
        friends: { connect: { id: 3 } },
        friendOf: { disconnect: { id: 1 } },
      },
      include: { posts: { orderBy: { id: 'asc' } }, friends: true, friendOf: true },
    }),
  'update with nested upsert and deletes': (p) =>
    p.author.update({
      where: { id: 1 },
      data: {
        posts: {
          upsert: { where: { id: 99 }, create: { title: 'Eleven', ...at }, update: {} },
          deleteMany: { id: 2 },
        },
      },
      include: { posts: { orderBy: { id: 'asc' } } },
    }),
  'update that sets many-to-many': (p) =>
    p.post.update({
      where: { id: 1 },
      data: { tags: { set: [{ name: 'a' }] } },
      include: { tags: true },
    }),
  updateMany: (p) => p.post.updateMany({ where: { authorId: 1 }, data: { published: false } }),
  'updateMany with a limit': (p) => p.post.updateMany({ data: { body: 'limited' }, limit: 2 }),
  'updateMany of nothing': (p) => p.post.updateMany({ where: { id: 99 }, data: { body: '' } }),
  updateManyAndReturn: (p) =>
    p.author.updateManyAndReturn({
      where: { id: { in: [1, 2] } },
      data: { role: 'reader' },
      select: { id: true },
    }),
  'updateManyAndReturn with a limit': (p) =>
    p.author.updateManyAndReturn({ where: { id: 1 }, data: { role: 'admin' }, limit: 1 }),
  'upsert that creates': (p) =>
    p.tag.upsert({ where: { name: 'z' }, create: { name: 'z' }, update: { name: 'y' } }),
  'upsert that updates': (p) =>
    p.tag.upsert({ where: { name: 'z' }, create: { name: 'z' }, update: { name: 'y' } }),
  'upsert with nested writes': (p) =>
    p.author.upsert({
      where: { name: 'Gus' },
      create: { name: 'Gus', pupils: { connect: { id: 4 } } },
      update: {},
      include: { pupils: true },
    }),
  delete: (p) => p.tag.delete({ where: { name: 'y' } }),
  'delete by more than its id': (p) => p.tag.delete({ where: { name: 'b', posts: { none: {} } } }),
  'delete that cascades': (p) => p.author.delete({ where: { id: 2 }, select: { name: true } }),
  'deleteMany with a limit': (p) => p.post.deleteMany({ where: { authorId: 5 }, limit: 1 }),
  'a batch': (p) =>
    p.$transaction([
      p.tag.create({ data: { name: 'batch' } }),
      p.post.count(),
      p.author.findMany({ orderBy: { id: 'asc' }, select: { name: true } }),
    ]),
  'a transaction': (p) =>
    p.$transaction(async (tx) => {
      const { id } = await tx.author.create({ data: { name: 'Hal' } })
      return [await tx.author.count(), await tx.author.findUnique({ where: { id } })]
    }),
  'a transaction that fails': (p) =>
    p.$transaction(async (tx) => {
      await tx.author.deleteMany()
      throw new Error('abandon')
    }),
  'raw SQL': (p) => p.$executeRaw`UPDATE posts SET title = 'Raw' WHERE id = ${3}`,
  'a raw query': (p) => p.$queryRaw`SELECT id, price, title FROM posts ORDER BY id`,
  'raw SQL of a text': (p) => p.$executeRawUnsafe(`DELETE FROM posts WHERE title = 'Ten'`),
  'a taken name': (p) => p.author.create({ data: { name: 'Ada' } }),
  'a taken compound id': (p) => p.team.create({ data: { region: 'us', number: 2, name: 'twice' } }),
  'a foreign key to nobody': (p) => p.post.create({ data: { title: 'x', authorId: 99 } }),
  'a connect to nobody': (p) =>
    p.post.update({ where: { id: 1 }, data: { tags: { connect: { name: 'nobody' } } } }),
  'a required relation that is cut': (p) =>
    p.author.update({ where: { id: 1 }, data: { posts: { disconnect: { id: 1 } } as never } }),
  'an update of nobody': (p) => p.author.update({ where: { id: 99 }, data: { name: 'x' } }),
  'a delete of nobody': (p) => p.author.delete({ where: { id: 99 } }),
  'an undefined value': (p) =>
    p.author.update({ where: { id: 1 }, data: { name: undefined as never } }),
  'a batch that fails': (p) =>
    p.$transaction([p.tag.deleteMany(), p.author.create({ data: { name: 'Ada' } })]),
  'raw SQL that is none': (p) => p.$executeRawUnsafe('UPDATE nothing SET x = 1'),
  'a raw query that is none': (p) => p.$queryRaw`SELECT nothing FROM posts`,
  'deleteMany of all': (p) => p.author.deleteMany(),
}

/** Those that are errors, with or without a cache. */
export const failing: readonly string[] = [
  ...['a transaction that fails', 'a taken name', 'a taken compound id', 'a foreign key to nobody'],
  ...['a connect to nobody', 'a required relation that is cut', 'an update of nobody'],
  ...['a delete of nobody', 'an undefined value', 'a batch that fails'],
  ...['raw SQL that is none', 'a raw query that is none'],
]

/** Those that a database does not know, and that are errors there. */
export const lacking: Readonly<Partial<Record<DatabaseName, readonly string[]>>> = {
  mariadb: [
    ...['createManyAndReturn', 'createManyAndReturn with a relation', 'updateManyAndReturn'],
    ...['updateManyAndReturn with a limit', 'update of a list', 'update of a list, whole'],
  ],
  sqlite: ['createMany of duplicates', 'update of a list', 'update of a list, whole'],
}
