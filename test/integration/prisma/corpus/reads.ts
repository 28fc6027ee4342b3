import type { DatabaseName } from '../../../support/databases.ts'
import type { FeaturesClient } from '../../../support/features.ts'
import { Prisma } from '../../../../prisma/derived/features-postgresql/client/client.ts'

type Run = (prisma: FeaturesClient) => Promise<unknown>
/** The databases that know an operation; without them, all. */
type Read = Run | { readonly on: readonly DatabaseName[]; readonly run: Run }
/** Reads by what the documentation of Prisma Client has a heading for. */
type Chapter = Readonly<Record<string, Read>>

const POSTGRES = ['pglite', 'postgres'] as const
const SERVERS = [...POSTGRES, 'mariadb'] as const

const byId = { orderBy: { id: 'asc' } } as const
const ids = { ...byId, select: { id: true } } as const
const authors =
  (where: Prisma.AuthorWhereInput): Run =>
  (prisma) =>
    prisma.author.findMany({ where, ...ids })
const posts =
  (where: Prisma.PostWhereInput): Run =>
  (prisma) =>
    prisma.post.findMany({ where, ...ids })
const samples =
  (where: Prisma.SampleWhereInput): Run =>
  (prisma) =>
    prisma.sample.findMany({ where, ...byId })
const onPostgres = (run: Run): Read => ({ on: POSTGRES, run })
/** PostgreSQL names a place in JSON by its steps, the others by a path. */
const json = (filter: Omit<Prisma.JsonNullableFilter, 'path'>, ...path: string[]) => ({
  on: SERVERS,
  run: (prisma: FeaturesClient) => {
    const isPostgres = '$.' !== separatorOf(prisma)
    const place = isPostgres ? path : `$.${path.join('.')}`
    return authors({ settings: { path: place as string[], ...filter } })(prisma)
  },
})

function separatorOf(prisma: object): string {
  const { activeProvider } = (prisma as { _engineConfig: { activeProvider: string } })._engineConfig
  return activeProvider === 'postgresql' ? '' : '$.'
}

// What the types refuse.
const selectAndInclude: object = { select: { id: true }, include: { posts: true } }
const selectAndOmit: object = { select: { id: true }, omit: { name: true } }

export const chapters: Readonly<Record<string, Chapter>> = {
  'one record': {
    'by id': (p) => p.author.findUnique({ where: { id: 1 } }),
    'by another unique field': (p) => p.author.findUnique({ where: { name: 'Ada' } }),
    'by a unique field and more': (p) =>
      p.author.findUnique({ where: { id: 1, role: 'admin', OR: [{ name: 'Ada' }, { id: 9 }] } }),
    'that is not there': (p) => p.author.findUnique({ where: { id: 99 } }),
    'by a compound id with a name': (p) =>
      p.membership.findUnique({
        where: { place: { authorId: 1, teamRegion: 'eu', teamNumber: 1 } },
        include: { team: true },
      }),
    'by a compound id': (p) =>
      p.team.findUnique({ where: { region_number: { region: 'eu', number: 1 } } }),
    'or throw': (p) => p.author.findUniqueOrThrow({ where: { id: 2 } }),
    'first of an order': (p) => p.author.findFirst({ orderBy: { name: 'desc' } }),
    'first of a filter': (p) => p.author.findFirst({ where: { role: 'reader' }, ...byId }),
    'first or throw': (p) => p.post.findFirstOrThrow({ where: { published: true }, ...byId }),
    'of a text id': (p) => p.tag.findUnique({ where: { name: 'sql' }, include: { posts: byId } }),
    'many at once': (p) =>
      Promise.all([1, 2, 3, 99].map((id) => p.author.findUnique({ where: { id } }))),
  },
  'what is selected': {
    everything: (p) => p.author.findMany(byId),
    'some fields': (p) => p.post.findMany({ ...byId, select: { title: true, reads: true } }),
    'a field that is turned off': (p) =>
      p.post.findMany({ ...byId, select: { title: true, body: false } }),
    'all but some': (p) => p.post.findMany({ ...byId, omit: { body: true, cover: true } }),
    'omit turned off': (p) => p.post.findFirst({ ...byId, omit: { body: false } }),
    include: (p) => p.author.findMany({ ...byId, include: { posts: byId } }),
    'include of one': (p) => p.post.findMany({ ...byId, include: { author: true } }),
    'include with omit': (p) =>
      p.author.findMany({ ...byId, omit: { settings: true }, include: { mentor: true } }),
    'nested select': (p) =>
      p.author.findMany({
        ...byId,
        select: { name: true, posts: { ...byId, select: { tags: { select: { name: true } } } } },
      }),
    'a select in an include': (p) =>
      p.author.findMany({ ...byId, include: { posts: { ...byId, select: { title: true } } } }),
    'three levels of include': (p) =>
      p.team.findMany({
        orderBy: { name: 'asc' },
        include: {
          members: {
            orderBy: { authorId: 'asc' },
            include: { author: { include: { mentor: true } } },
          },
        },
      }),
    'omit in an include': (p) =>
      p.author.findMany({ ...byId, include: { posts: { ...byId, omit: { body: true } } } }),
    'include with a filter, an order and a page': (p) =>
      p.author.findMany({
        ...byId,
        include: {
          posts: { where: { published: true }, orderBy: { reads: 'desc' }, take: 1, skip: 0 },
        },
      }),
    'include that is skipped': (p) =>
      p.author.findMany({ ...byId, include: { posts: Prisma.skip, mentor: true } }),
    'counts of relations': (p) =>
      p.author.findMany({
        ...byId,
        include: { _count: { select: { posts: true, pupils: true } } },
      }),
    'all counts': (p) => p.post.findMany({ ...byId, select: { id: true, _count: true } }),
    'counts with a filter': (p) =>
      p.author.findMany({
        ...byId,
        select: { _count: { select: { posts: { where: { published: true } } } } },
      }),
    'a join': {
      on: POSTGRES,
      run: (p) =>
        p.author.findMany({ ...byId, relationLoadStrategy: 'join', include: { posts: byId } }),
    },
    'a query for each relation': {
      on: SERVERS,
      run: (p) =>
        p.author.findMany({ ...byId, relationLoadStrategy: 'query', include: { posts: byId } }),
    },
    'a join of many-to-many': {
      on: POSTGRES,
      run: (p) =>
        p.post.findMany({
          ...byId,
          relationLoadStrategy: 'join',
          include: { tags: { orderBy: { name: 'asc' } }, author: { include: { friends: byId } } },
        }),
    },
  },
  'filters of text and numbers': {
    equals: authors({ name: { equals: 'Ada' } }),
    not: authors({ name: { not: 'Ada' } }),
    'not in words': authors({ name: { not: { in: ['Ada'] } } }),
    in: authors({ id: { in: [1, 3] } }),
    'in nothing': authors({ id: { in: [] } }),
    notIn: authors({ id: { notIn: [1, 3] } }),
    'notIn nothing': authors({ id: { notIn: [] } }),
    'lt and gte': authors({ id: { gte: 2, lt: 3 } }),
    lte: posts({ reads: { lte: 5n } }),
    'gt of bigints': posts({ reads: { gt: 9007199254740992n } }),
    'a decimal': posts({ price: { equals: '1.50' } }),
    'a decimal as number': posts({ price: 1.5 }),
    'a decimal as Decimal': posts({ price: { gt: new Prisma.Decimal('1.4') } }),
    bytes: posts({ cover: Uint8Array.of(0, 255) }),
    'bytes that are not': posts({ cover: { not: Uint8Array.of(0, 255) } }),
    'a date': posts({ writtenAt: new Date(0) }),
    'a date as text': posts({ writtenAt: { gt: '1970-01-01T00:00:00.000Z' } }),
    'a boolean': posts({ published: true }),
    'a boolean that is not': posts({ published: { not: true } }),
    contains: posts({ title: { contains: 'o' } }),
    'contains what LIKE takes for a word': posts({ title: { contains: '100%' } }),
    startsWith: posts({ title: { startsWith: 'O' } }),
    endsWith: posts({ title: { endsWith: 'e' } }),
    'whatever the case': onPostgres(posts({ title: { contains: 'ONE', mode: 'insensitive' } })),
    null: authors({ mentorId: null }),
    'not null': authors({ mentorId: { not: null } }),
    'no filter': authors({}),
    'a filter that is skipped': authors({ name: Prisma.skip, role: 'admin' }),
    AND: authors({ AND: [{ role: 'admin' }, { name: 'Ada' }] }),
    'AND of nothing': authors({ AND: [] }),
    OR: authors({ OR: [{ role: 'admin' }, { name: 'Bob' }] }),
    'OR of nothing': authors({ OR: [] }),
    NOT: authors({ NOT: { role: 'admin' } }),
    'NOT of two': authors({ NOT: [{ role: 'admin' }, { name: 'Bob' }] }),
    'all three': authors({
      OR: [{ AND: [{ id: 1 }, { NOT: { role: 'reader' } }] }, { name: { contains: 'y' } }],
    }),
    'a column by another': (p) =>
      p.post.findMany({ where: { title: { equals: p.post.fields.body } }, ...ids }),
    'a number by another': (p) =>
      p.membership.findMany({
        where: { authorId: { gte: p.membership.fields.teamNumber } },
        orderBy: { authorId: 'asc' },
      }),
    enum: authors({ role: 'admin' }),
    'enum in': authors({ role: { in: ['admin', 'reader'] } }),
    'enum not': authors({ role: { not: 'admin' } }),
  },
  'filters of relations': {
    some: authors({ posts: { some: { published: true } } }),
    'some of any': authors({ posts: { some: {} } }),
    every: authors({ posts: { every: { published: true } } }),
    none: authors({ posts: { none: {} } }),
    'none of some': authors({ posts: { none: { published: false } } }),
    is: posts({ author: { is: { name: 'Ada' } } }),
    isNot: posts({ author: { isNot: { name: 'Ada' } } }),
    'without a word': posts({ author: { name: 'Ada' } }),
    'of nobody': authors({ mentor: null }),
    'of somebody': authors({ mentor: { isNot: null } }),
    'of itself': authors({ mentor: { name: 'Ada' } }),
    'of itself, the other way': authors({ pupils: { some: { role: 'reader' } } }),
    'many-to-many': posts({ tags: { some: { name: { in: ['sql'] } } } }),
    'many-to-many with itself': authors({ friends: { some: { name: 'Bob' } } }),
    'through a table of one’s own': authors({ memberships: { some: { team: { name: 'Core' } } } }),
    'three deep': (p) =>
      p.tag.findMany({
        where: { posts: { some: { author: { mentor: { posts: { some: {} } } } } } },
        orderBy: { name: 'asc' },
      }),
    'fluent, one': (p) => p.post.findUnique({ where: { id: 1 } }).author(),
    'fluent, many': (p) => p.author.findUnique({ where: { id: 1 } }).posts(byId),
    'fluent, two steps': (p) =>
      p.post
        .findUnique({ where: { id: 1 } })
        .author()
        .pupils(byId),
    'fluent, with a filter': (p) =>
      p.author.findUnique({ where: { id: 1 } }).posts({ where: { published: true }, ...ids }),
    'fluent, of nobody': (p) => p.author.findUnique({ where: { id: 99 } }).posts(),
    'fluent, of a first one': (p) => p.author.findFirst(byId).memberships(),
  },
  'orders and pages': {
    'by two fields': (p) => p.post.findMany({ orderBy: [{ published: 'desc' }, { id: 'desc' }] }),
    'nulls first': {
      on: [...POSTGRES, 'sqlite'],
      run: (p) =>
        p.author.findMany({
          orderBy: [{ mentorId: { sort: 'asc', nulls: 'first' } }, { id: 'asc' }],
        }),
    },
    'nulls last': {
      on: [...POSTGRES, 'sqlite'],
      run: (p) =>
        p.author.findMany({
          orderBy: [{ mentorId: { sort: 'desc', nulls: 'last' } }, { id: 'asc' }],
        }),
    },
    'by a relation': (p) =>
      p.post.findMany({ orderBy: [{ author: { name: 'desc' } }, { id: 'asc' }] }),
    'by the relation of a relation': (p) =>
      p.membership.findMany({
        where: { author: { mentor: { isNot: null } } },
        orderBy: [{ author: { mentor: { name: 'asc' } } }, { authorId: 'asc' }],
      }),
    'by a count': (p) =>
      p.author.findMany({ orderBy: [{ posts: { _count: 'desc' } }, { id: 'asc' }] }),
    'by a count of many-to-many': (p) =>
      p.post.findMany({ orderBy: [{ tags: { _count: 'asc' } }, { id: 'asc' }], ...{ take: 2 } }),
    take: (p) => p.post.findMany({ ...byId, take: 2 }),
    'take from the end': (p) => p.post.findMany({ ...byId, take: -2 }),
    'take none': (p) => p.post.findMany({ ...byId, take: 0 }),
    skip: (p) => p.post.findMany({ ...byId, skip: 1, take: 2 }),
    'skip past the end': (p) => p.post.findMany({ ...byId, skip: 50 }),
    cursor: (p) => p.post.findMany({ ...byId, cursor: { id: 2 } }),
    'after a cursor': (p) => p.post.findMany({ ...byId, cursor: { id: 2 }, skip: 1, take: 1 }),
    'before a cursor': (p) => p.post.findMany({ ...byId, cursor: { id: 3 }, take: -2 }),
    'a cursor that is not there': (p) => p.post.findMany({ ...byId, cursor: { id: 99 } }),
    'a compound cursor': (p) =>
      p.team.findMany({
        orderBy: [{ region: 'asc' }, { number: 'asc' }],
        cursor: { region_number: { region: 'eu', number: 2 } },
      }),
    distinct: (p) =>
      p.author.findMany({ distinct: ['role'], orderBy: { role: 'asc' }, select: { role: true } }),
    'distinct of two': (p) =>
      p.post.findMany({
        distinct: ['authorId', 'published'],
        orderBy: [{ authorId: 'asc' }, { published: 'asc' }],
        select: { authorId: true, published: true },
      }),
    'distinct in a relation': (p) =>
      p.author.findMany({
        ...byId,
        select: { posts: { distinct: ['published'], orderBy: { id: 'asc' } } },
      }),
    'words of a language': {
      on: POSTGRES,
      run: posts({ title: { search: 'one | three' } }),
    },
    'words of a language on MySQL': {
      on: ['mariadb'],
      run: posts({ title: { search: '+three' } }),
    },
    'by how well words fit': {
      on: POSTGRES,
      run: (p) =>
        p.post.findMany({
          orderBy: [
            { _relevance: { fields: ['title'], search: 'three', sort: 'desc' } },
            { id: 'asc' },
          ],
          select: { title: true },
        }),
    },
  },
  'counts and sums': {
    count: (p) => p.post.count(),
    'count of a filter': (p) => p.post.count({ where: { author: { name: 'Ada' } } }),
    'count of some': (p) => p.post.count({ ...byId, take: 2, skip: 1 }),
    'count of fields': (p) => p.post.count({ select: { _all: true, price: true, cover: true } }),
    'count from a cursor': (p) => p.post.count({ ...byId, cursor: { id: 2 } }),
    'all of aggregate': (p) =>
      p.post.aggregate({
        _count: { _all: true, price: true },
        _avg: { price: true, reads: true },
        _sum: { price: true, reads: true },
        _min: { title: true, writtenAt: true, price: true },
        _max: { reads: true, authorId: true },
      }),
    'aggregate of nothing': (p) =>
      p.post.aggregate({ where: { id: 99 }, _sum: { price: true }, _count: true }),
    'aggregate of a page': (p) => p.post.aggregate({ ...byId, take: 2, _sum: { reads: true } }),
    groupBy: (p) => p.post.groupBy({ by: ['authorId'], orderBy: { authorId: 'asc' } }),
    'groupBy two': (p) =>
      p.post.groupBy({
        by: ['authorId', 'published'],
        _count: { _all: true },
        orderBy: [{ authorId: 'asc' }, { published: 'asc' }],
      }),
    'groupBy with having': (p) =>
      p.post.groupBy({
        by: ['authorId'],
        having: { reads: { _sum: { gt: 1n } } },
        _sum: { reads: true },
        orderBy: { authorId: 'asc' },
      }),
    'groupBy by a sum': (p) =>
      p.post.groupBy({
        by: ['authorId'],
        _sum: { price: true },
        orderBy: [{ _sum: { price: 'desc' } }, { authorId: 'asc' }],
        take: 2,
      }),
    'groupBy of a filter': (p) =>
      p.author.groupBy({
        by: ['role'],
        where: { posts: { some: {} } },
        _count: true,
        orderBy: { role: 'asc' },
      }),
    'a view': (p) => p.activeAuthor.findMany(byId),
    'a count of a view': (p) => p.activeAuthor.count({ where: { posts: { gt: 0n } } }),
  },
  'JSON and lists': {
    'JSON at a place': json({ equals: 'dark' }, 'theme'),
    'JSON deeper': json({ equals: 3 }, 'size', 'width'),
    'JSON that is not': json({ not: 'dark' }, 'theme'),
    'JSON that contains a text': json({ string_contains: 'ar' }, 'theme'),
    'JSON that starts with a text': json({ string_starts_with: 'da' }, 'theme'),
    'JSON of more than': json({ gt: 2 }, 'size', 'width'),
    'JSON list': json({ array_contains: ['a'] }, 'tags'),
    'a whole document': authors({ settings: { equals: { theme: 'light' } } }),
    'a document that is not': authors({ settings: { not: { theme: 'light' } } }),
    DbNull: authors({ settings: { equals: Prisma.DbNull } }),
    JsonNull: authors({ settings: { equals: Prisma.JsonNull } }),
    AnyNull: authors({ settings: { equals: Prisma.AnyNull } }),
    'not DbNull': authors({ settings: { not: Prisma.DbNull } }),
    'a list that has': onPostgres(samples({ scores: { has: 2 } })),
    'a list that has every': onPostgres(samples({ scores: { hasEvery: [1, 2] } })),
    'a list that has some': onPostgres(samples({ scores: { hasSome: [2, 9] } })),
    'an empty list': onPostgres(samples({ scores: { isEmpty: true } })),
    'a list that equals': onPostgres(samples({ scores: { equals: [1, 2] } })),
    'a list of nothing': onPostgres(samples({ scores: { equals: null } })),
    'a list of dates': onPostgres(samples({ days: { has: new Date(86_400_000) } })),
    'a list of bigints': onPostgres(samples({ sizes: { has: 9007199254740993n } })),
    'a list of decimals': onPostgres(samples({ rates: { has: new Prisma.Decimal('0.1') } })),
    'a list of JSON': onPostgres((p) => p.sample.findMany({ ...byId, select: { notes: true } })),
    'another schema': onPostgres((p) =>
      p.archivedPost.findMany({ ...byId, include: { author: { include: { posts: byId } } } }),
    ),
  },
  errors: {
    'nobody found': (p) => p.author.findUniqueOrThrow({ where: { id: 99 } }),
    'no first': (p) => p.author.findFirstOrThrow({ where: { name: 'Nobody' } }),
    'a field that is not there': (p) => p.author.findMany({ where: { nothing: 1 } as never }),
    'a value of the wrong type': (p) => p.author.findMany({ where: { id: 'x' as never } }),
    'no unique field': (p) => p.author.findUnique({ where: {} as never }),
    'select and include': (p) => p.author.findMany(selectAndInclude),
    'select and omit': (p) => p.author.findMany(selectAndOmit),
    'an enum that is not there': (p) => p.author.findMany({ where: { role: 'king' as never } }),
    'undefined, where that is checked': (p) =>
      p.author.findMany({ where: { name: undefined as never } }),
    'undefined deeper': (p) =>
      p.author.findMany({ where: { posts: { some: { title: undefined as never } } } }),
    'an order that is none': (p) => p.author.findMany({ orderBy: { name: 'up' as never } }),
    'groupBy without its order': (p) => p.post.groupBy({ by: ['authorId'], take: 1 } as never),
    'a select of nothing': (p) => p.author.findMany({ select: {} }),
    'too large an id': onPostgres((p) => p.author.findMany({ where: { id: 2 ** 40 } })),
  },
}
