import fc from 'fast-check'
import { Prisma } from '../../../prisma/generated/client.ts'

/**
 * Random operations on the models of prisma/schema.prisma, as data, so that a failing series can be shrunk and printed.
 *
 * Ids and values come from small ranges, so that operations meet. Many an operation is refused by the database or by
 * Prisma; that is part of what is compared.
 */
export interface Operation {
  readonly model: string
  readonly action: string
  readonly args: Args
  /** A relation that is followed from the record by a fluent call. */
  readonly follow?: string | undefined
}

type Args = Readonly<Record<string, unknown>>
type Arb = fc.Arbitrary<unknown>

interface ModelSketch {
  /** Filters that name one row, and the same columns as data. */
  readonly unique: Arb
  readonly ids: Readonly<Record<string, Arb>>
  readonly scalars: Readonly<Record<string, Arb>>
  readonly one: Readonly<Record<string, string>>
  readonly many: Readonly<Record<string, string>>
  /** The relations without which there is no row. */
  readonly required: readonly string[]
}

const viewerIds = ['a', 'b', 'c', 'd'].map(
  (c, i) => `${c}0000000-0000-4000-8000-00000000000${i + 1}`,
)
/** There are three of most to begin with. */
const smallId = fc.constantFrom(1, 1, 2, 2, 3, 4)
const viewerId = fc.constantFrom(...viewerIds, ...viewerIds.slice(0, 2))
const iata = fc.constantFrom('ABQ', 'BOS', 'CLE', 'DEN')
const name = fc.constantFrom('Drama', 'Comedy', 'Varda', 'Noir', 'x')
const nullable = (arb: Arb) => fc.option(arb, { freq: 4 })

/** Among the fields of JSON documents are names of models and words of Prisma. */
const json = fc.constantFrom<unknown>(
  { a: [1, { b: null }] },
  { create: { films: 1 }, $type: 'Json', __proto__: null },
  [],
  'text',
  -0.5,
)

const byId = (id: Arb): Arb => id.map((value) => ({ id: value }))
const named = (relation: string): ModelSketch => ({
  unique: fc.oneof(
    byId(smallId),
    name.map((value) => ({ name: value })),
  ),
  ids: { id: smallId },
  scalars: { name },
  one: {},
  many: { [relation]: 'film' },
  required: [],
})

const models: Readonly<Record<string, ModelSketch>> = {
  film: {
    unique: byId(smallId),
    ids: { id: smallId },
    scalars: {
      title: name,
      budget: nullable(fc.bigInt({ min: -2n, max: 10n ** 17n })),
      imdbRating: nullable(fc.constantFrom(new Prisma.Decimal('8.5'), '1.0', 3)),
      mpaaRating: nullable(fc.constantFrom('PG13', 'NotRated')),
      releasedOn: nullable(fc.constantFrom(new Date('1979-05-25'), new Date(0))),
      details: fc.oneof(json, fc.constantFrom(Prisma.DbNull, Prisma.JsonNull)),
      poster: nullable(fc.uint8Array({ maxLength: 3 })),
      tags: fc.array(name, { maxLength: 2 }),
    },
    one: { genre: 'genre', director: 'director', distributor: 'distributor', sequelOf: 'film' },
    many: { sequels: 'film', reviews: 'review', likedBy: 'viewer' },
    required: [],
  },
  genre: named('films'),
  distributor: named('films'),
  director: { ...named('films'), one: { profile: 'directorProfile' } },
  directorProfile: {
    unique: smallId.map((directorId) => ({ directorId })),
    ids: {},
    scalars: { biography: name, bornOn: nullable(fc.constant(new Date('1928-05-30'))) },
    one: { director: 'director' },
    many: {},
    required: ['director'],
  },
  viewer: {
    unique: byId(viewerId),
    ids: { id: viewerId, email: viewerId.map((id) => `${id.slice(0, 1)}@example.org`) },
    scalars: { name, joinedAt: fc.constantFrom(new Date(0), new Date(86_400_000)) },
    one: {},
    many: {
      favourites: 'film',
      following: 'viewer',
      followers: 'viewer',
      reviews: 'review',
      votes: 'reviewVote',
    },
    required: [],
  },
  review: {
    unique: fc.oneof(
      byId(smallId),
      fc.record({ filmId: smallId, viewerId }).map((filmId_viewerId) => ({ filmId_viewerId })),
    ),
    ids: { id: smallId },
    scalars: { stars: fc.integer({ min: 1, max: 5 }), writtenAt: fc.constant(new Date(1000)) },
    one: { film: 'film', viewer: 'viewer' },
    many: { votes: 'reviewVote' },
    required: ['film', 'viewer'],
  },
  reviewVote: {
    unique: fc
      .record({ reviewId: smallId, viewerId })
      .map((reviewId_viewerId) => ({ reviewId_viewerId })),
    ids: {},
    scalars: { helpful: fc.boolean() },
    one: { review: 'review', viewer: 'viewer' },
    many: {},
    required: ['review', 'viewer'],
  },
  airport: {
    unique: iata.map((value) => ({ iata: value })),
    ids: { iata },
    scalars: {
      name,
      city: nullable(name),
      country: name,
      latitude: fc.double({ min: -1, max: 1, noNaN: true }),
      longitude: fc.constant(0.1),
    },
    one: {},
    many: { departures: 'route', arrivals: 'route' },
    required: [],
  },
  route: {
    unique: fc
      .record({ originIata: iata, destinationIata: iata })
      .map((originIata_destinationIata) => ({ originIata_destinationIata })),
    ids: {},
    scalars: { flights: fc.integer({ min: 0, max: 3 }) },
    one: { origin: 'airport', destination: 'airport' },
    many: {},
    required: ['origin', 'destination'],
  },
}

const orders: Readonly<Record<string, readonly string[]>> = {
  viewer: ['id'],
  directorProfile: ['directorId'],
  reviewVote: ['reviewId', 'viewerId'],
  airport: ['iata'],
  route: ['originIata', 'destinationIata'],
}

/** Arbitraries by what they are made of: each is asked for many times over. */
function remember<In extends readonly (string | number | undefined)[], Out>(
  make: (...of: In) => Out,
): (...of: In) => Out {
  const made = new Map<string, Out>()
  return (...of) => {
    const key = of.join()
    if (!made.has(key)) made.set(key, make(...of))
    return made.get(key)!
  }
}

const sketch = (model: string): ModelSketch => models[model]!
const modelName = fc.constantFrom(
  'film',
  'film',
  'film',
  'viewer',
  'viewer',
  'review',
  ...Object.keys(models),
)

/** Some of these keys, each with its value. */
function some(shape: Readonly<Record<string, Arb>>, max = 2): fc.Arbitrary<Args> {
  const keys = Object.keys(shape)
  if (keys.length === 0) return fc.constant({})
  return fc
    .subarray(keys, { maxLength: Math.min(max, keys.length) })
    .chain((chosen) => fc.record(Object.fromEntries(chosen.map((key) => [key, shape[key]!]))))
}

function map<T, U>(record: Readonly<Record<string, T>>, each: (value: T) => U): Record<string, U> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, each(value)]))
}

// Reads

/** Always complete, so that the same rows have the same order. */
const order = remember((model: string): Arb => {
  const id = (orders[model] ?? ['id']).map((field) => ({ [field]: 'asc' }))
  const { one, many, scalars } = sketch(model)
  const direction = fc.constantFrom('asc', 'desc')
  const byOne = Object.entries(one)
    .filter(([, target]) => 'name' in sketch(target).scalars)
    .map(([key]) => direction.map((value) => [{ [key]: { name: value } }, ...id]))
  const byCount = Object.keys(many).map((key) =>
    direction.map((value) => [{ [key]: { _count: value } }, ...id]),
  )
  const byScalar = Object.keys(scalars)
    .filter((key) => !['details', 'poster', 'tags'].includes(key))
    .map((key) => direction.map((value) => [{ [key]: value }, ...id]))
  return fc.oneof(fc.constant(id), ...byOne, ...byCount, ...byScalar)
})

const where = remember((model: string, depth: number): fc.Arbitrary<Args> => {
  const { ids, scalars, one, many } = sketch(model)
  const { details: _json, tags: _list, poster: _bytes, ...plain } = scalars
  const scalar = some({ ...map(ids, (id) => id.map((value) => ({ gte: value }))), ...plain }, 1)
  if (depth === 0) return scalar
  const below = (target: string) => where(target, depth - 1)
  const filter = (keys: readonly string[]) => (target: string) =>
    fc
      .tuple(fc.constantFrom(...keys), below(target))
      .map(([key, value]): unknown => ({ [key]: value }))
  const ofOne = (target: string) =>
    fc.oneof(filter(['is', 'isNot'])(target), below(target), fc.constant({ is: null }))
  const own = (target: string): Arb => {
    const isRequired = sketch(model).required.length > 0
    return isRequired ? fc.oneof(filter(['is', 'isNot'])(target), below(target)) : ofOne(target)
  }
  return fc.oneof(
    scalar,
    some({ ...map(one, own), ...map(many, filter(['some', 'every', 'none'])) }, 2),
    fc
      .tuple(fc.constantFrom('AND', 'OR', 'NOT'), fc.array(below(model), { maxLength: 2 }))
      .map(([key, value]) => ({ [key]: value })),
  )
})

function page(model: string, depth: number): fc.Arbitrary<Args> {
  return fc
    .tuple(
      order(model),
      some(
        {
          where: where(model, depth),
          take: fc.constantFrom(1, 2, -1),
          skip: fc.constantFrom(0, 1),
          cursor: sketch(model).unique,
        },
        2,
      ),
    )
    .map(([orderBy, rest]) => ({ orderBy, ...rest }))
}

/** What `include` takes, `_count` among it. */
const relations = remember((model: string, depth: number): fc.Arbitrary<Args> => {
  const { one, many } = sketch(model)
  const nested = (target: string, isList: boolean): Arb =>
    depth === 0
      ? isList
        ? order(target).map((orderBy) => ({ orderBy }))
        : fc.constantFrom(true, false)
      : fc
          .tuple(isList ? page(target, 0) : fc.constant({}), shape(target, depth - 1))
          .map(([args, selection]) => ({ ...args, ...selection }))
  const ones = map(one, (target) => nested(target, false))
  const manys = map(many, (target) => nested(target, true))
  const count = Object.keys(many).length > 0 && {
    _count: fc.oneof(
      fc.constant(true),
      fc
        .tuple(fc.constantFrom(...Object.entries(many)), fc.nat(0))
        .chain(([[key, target]]) =>
          where(target, 0).map((value) => ({ select: { [key]: { where: value } } })),
        ),
    ),
  }
  return some({ ...ones, ...manys, ...count }, 2)
})

function shape(model: string, depth: number): fc.Arbitrary<Args> {
  const include = relations(model, depth)
  const fields = fc.subarray(Object.keys(sketch(model).scalars), { minLength: 1 })
  return fc.oneof(
    fc.constant({}),
    include.map((value) => ({ include: value })),
    fc.tuple(fields, include).map(([keys, value]) => ({
      select: { ...Object.fromEntries(keys.map((key) => [key, true])), ...value },
    })),
    fields.map((keys) => ({ omit: Object.fromEntries(keys.map((key) => [key, true])) })),
  )
}

function readOf(model: string): fc.Arbitrary<Operation> {
  const { unique, one, many, scalars } = sketch(model)
  const operation = (action: string, args: fc.Arbitrary<Args>): fc.Arbitrary<Operation> =>
    args.map((value) => ({ model, action, args: value }))
  const merge = (...parts: readonly fc.Arbitrary<Args>[]): fc.Arbitrary<Args> =>
    fc.tuple(...parts).map((values) => Object.assign({}, ...values) as Args)
  const byUnique = unique.map((value) => ({ where: value as Args }))
  const sortable = Object.keys(scalars).filter(
    (key) => !['details', 'poster', 'tags'].includes(key),
  )
  const many1 = merge(page(model, 2), shape(model, 2))
  const followed = fc
    .tuple(byUnique, fc.constantFrom(...Object.keys({ ...one, ...many })))
    .map(([args, follow]) => ({ model, action: 'findUnique', args, follow }))
  const grouped = fc
    .tuple(fc.constantFrom(...sortable), where(model, 1), fc.boolean())
    .map(([key, filter, having]) => ({
      ...{ by: [key], where: filter, orderBy: { [key]: 'asc' }, _count: { _all: true } },
      _max: { [key]: true },
      ...(having && { having: { [key]: { _count: { gt: 1 } } } }),
    }))
  // PostgreSQL has no maximum of booleans.
  const aggregates = model === 'reviewVote' ? [] : [operation('groupBy', grouped)]
  return fc.oneof(
    { arbitrary: operation('findMany', many1), weight: 4 },
    operation(
      'findMany',
      fc
        .tuple(order(model), fc.constantFrom(...sortable))
        .map(([orderBy, key]) => ({ orderBy, distinct: [key] })),
    ),
    operation('findFirst', many1),
    operation('findFirstOrThrow', many1),
    operation('findUnique', merge(byUnique, shape(model, 2))),
    operation('findUniqueOrThrow', merge(byUnique, shape(model, 1))),
    operation(
      'count',
      where(model, 2).map((value) => ({ where: value })),
    ),
    operation(
      'aggregate',
      where(model, 2).map((value) => ({ where: value, _count: true })),
    ),
    ...aggregates,
    followed,
  )
}

export const read: fc.Arbitrary<Operation> = modelName.chain(remember(readOf))

/** One for each table, that depends on nothing else. */
export const wholeTables: readonly Operation[] = Object.keys(models).map((model) => ({
  model,
  action: 'findMany',
  args: { orderBy: (orders[model] ?? ['id']).map((field) => ({ [field]: 'asc' })) },
}))

// Writes

/** The field at the other end, which nested data must not name. */
const backs: Readonly<Record<string, string>> = {
  'film.genre': 'films',
  'film.director': 'films',
  'film.distributor': 'films',
  'film.sequelOf': 'sequels',
  'film.sequels': 'sequelOf',
  'film.reviews': 'film',
  'film.likedBy': 'favourites',
  'genre.films': 'genre',
  'distributor.films': 'distributor',
  'director.films': 'director',
  'director.profile': 'director',
  'directorProfile.director': 'profile',
  'viewer.favourites': 'likedBy',
  'viewer.following': 'followers',
  'viewer.followers': 'following',
  'viewer.reviews': 'viewer',
  'viewer.votes': 'viewer',
  'review.film': 'reviews',
  'review.viewer': 'reviews',
  'review.votes': 'review',
  'reviewVote.review': 'votes',
  'reviewVote.viewer': 'votes',
  'airport.departures': 'origin',
  'airport.arrivals': 'destination',
  'route.origin': 'departures',
  'route.destination': 'arrivals',
}

const dataToCreate = remember(
  (model: string, depth: number, without?: string): fc.Arbitrary<Args> => {
    const { ids, scalars, one, many, required } = sketch(model)
    const needed = Object.fromEntries(
      required
        .filter((key) => key !== without)
        .map((key) => [
          key,
          depth === 0
            ? sketch(one[key]!).unique.map((value): unknown => ({ connect: value }))
            : nestedInNew(model, key, one[key]!, depth - 1),
        ]),
    )
    const optional = Object.entries(depth > 0 ? { ...one, ...many } : {}).filter(
      ([key]) => key !== without && !required.includes(key),
    )
    const nested = Object.fromEntries(
      optional.map(([key, target]) => [key, nestedInNew(model, key, target, depth - 1)]),
    )
    // An id that counts up cannot be given beside a relation whose foreign key is in this table.
    const own = ['viewer', 'airport'].includes(model) ? ids : {}
    return fc
      .tuple(
        fc.record({ ...own, ...needed }),
        fc.record(scalars),
        depth > 0 ? some(nested, 2) : fc.constant({}),
      )
      .map(([own, links]) => ({ ...own, ...links }))
  },
)

function nestedInNew(model: string, key: string, target: string, depth: number): Arb {
  const { unique } = sketch(target)
  const back = backs[`${model}.${key}`]
  const connect = unique.map((value): unknown => ({ connect: value }))
  if (depth < 0) return connect
  const create = dataToCreate(target, depth, back)
  return fc.oneof(
    connect,
    create.map((value) => ({ create: value })),
    fc.record({ where: unique, create }).map((connectOrCreate) => ({ connectOrCreate })),
  )
}

const dataToUpdate = remember(
  (model: string, depth: number, without?: string): fc.Arbitrary<Args> => {
    const { ids, scalars, one, many } = sketch(model)
    const nested = Object.fromEntries(
      Object.entries(depth > 0 ? { ...one, ...many } : {})
        .filter(([key]) => key !== without)
        .map(([key, target]) => [
          key,
          nestedInExisting(model, key, target, key in many, depth - 1),
        ]),
    )
    const ownIds = ['viewer', 'airport'].includes(model) ? ids : {}
    return fc
      .tuple(some({ ...scalars, ...ownIds }, 2), depth > 0 ? some(nested, 2) : fc.constant({}))
      .map(([own, links]) => ({ ...own, ...links }))
  },
)

function nestedInExisting(
  model: string,
  key: string,
  target: string,
  isList: boolean,
  depth: number,
): Arb {
  const { unique } = sketch(target)
  const back = backs[`${model}.${key}`]
  const inNew = nestedInNew(model, key, target, depth)
  const update = dataToUpdate(target, Math.max(depth, 0), back)
  const create = dataToCreate(target, Math.max(depth, 0), back)
  const filter = where(target, 1)
  if (!isList) {
    return fc.oneof(
      inNew,
      fc.constantFrom({ disconnect: true }, { delete: true }),
      update.map((value) => ({ update: value })),
      fc.record({ update, create }).map((upsert) => ({ upsert })),
      filter.map((value) => ({ delete: value })),
    )
  }
  return fc.oneof(
    inNew,
    unique.map((value) => ({ disconnect: value })),
    unique.map((value) => ({ delete: value })),
    fc.array(unique, { maxLength: 2 }).map((set) => ({ set })),
    filter.map((value) => ({ deleteMany: value })),
    fc.record({ where: unique, data: update }).map((value) => ({ update: value })),
    fc.record({ where: unique, update, create }).map((upsert) => ({ upsert })),
    fc
      .record({ where: filter, data: dataToUpdate(target, 0, back) })
      .map((updateMany) => ({ updateMany })),
  )
}

/** Rows with their foreign keys as plain columns. */
function rows(model: string): Arb {
  const { ids, scalars } = sketch(model)
  const keys: Readonly<Record<string, Readonly<Record<string, Arb>>>> = {
    film: {
      directorId: nullable(smallId),
      genreId: nullable(smallId),
      sequelOfId: nullable(smallId),
    },
    directorProfile: { directorId: smallId },
    review: { filmId: smallId, viewerId },
    reviewVote: { reviewId: smallId, viewerId },
    route: { originIata: iata, destinationIata: iata },
  }
  return fc.array(fc.record({ ...ids, ...scalars, ...keys[model] }), { minLength: 1, maxLength: 2 })
}

function writeOf(model: string): fc.Arbitrary<Operation> {
  const { unique, scalars } = sketch(model)
  const operation = (action: string, args: fc.Arbitrary<Args>): fc.Arbitrary<Operation> =>
    args.map((value) => ({ model, action, args: value }))
  const depth = 2
  const returned = fc.oneof(
    fc.constant({}),
    relations(model, 0).map((include) => ({ include })),
  )
  const withReturned = (args: fc.Arbitrary<Args>) =>
    fc.tuple(args, returned).map(([first, second]) => ({ ...first, ...second }))
  const many = fc.record({ data: rows(model), skipDuplicates: fc.boolean() })
  const updateMany = fc.record({ where: where(model, 1), data: some(scalars, 2) })
  return fc.oneof(
    operation('create', withReturned(dataToCreate(model, depth).map((data) => ({ data })))),
    {
      arbitrary: operation(
        'update',
        withReturned(fc.record({ where: unique, data: dataToUpdate(model, depth) })),
      ),
      weight: 4,
    },
    operation(
      'upsert',
      withReturned(
        fc.record({
          ...{ where: unique, create: dataToCreate(model, 1), update: dataToUpdate(model, depth) },
        }),
      ),
    ),
    operation('delete', withReturned(unique.map((value) => ({ where: value })))),
    operation(
      'deleteMany',
      where(model, 1).map((value) => ({ where: value })),
    ),
    operation('updateMany', updateMany),
    operation('updateManyAndReturn', updateMany),
    operation('createMany', many),
    operation('createManyAndReturn', many),
  )
}

export const write: fc.Arbitrary<Operation> = modelName.chain(remember(writeOf))
