import { checkCache, type Tidemark, TidemarkError } from '@tidemark/core'
import type { CachedClient, CacheExtension } from './cached-client.ts'
import {
  type CacheExtensionOptions,
  defaultSchemaOf,
  resolveExtensionOptions,
  type ResolvedExtensionOptions,
} from './extension-options.ts'
import {
  type ExtensibleClient,
  isClient,
  parentOf,
  readClient,
  setParent,
} from './prisma-internals.ts'
import { ReadHook } from './read-hook.ts'
import { ReadPlans } from './read-plans.ts'
import { prismaValueTypes } from './value-types.ts'
import { schemaVersionOf } from './schema-version.ts'
import { watchWrites } from './watched-engine.ts'
import type { WriteWatch } from './write-watch.ts'

/**
 * Makes a Prisma Client answer reads from the cache, and every write make old what it changed.
 *
 * Reads take a hint, `cache`, and are cached where a hint or a policy asks for it. Writes need nothing:
 * those of every client of the same `new PrismaClient()` are seen, nested writes, cascades and
 * transactions included.
 *
 * The result types do not know of a global `omit` that the client may have: use `withCache` there.
 *
 * @param options what is cached without a hint, and how keys and tables are named
 * @throws TidemarkError `INVALID_OPTION`; on `$extends` also `UNSUPPORTED_CLIENT` for a version of Prisma
 *   that is not supported or a client that is cached already, and `AMBIGUOUS_DATABASE` for a second client
 *   without a name of its own
 * @example
 * const cache = createTidemark()
 * const prisma = new PrismaClient({ adapter }).$extends(cacheExtension(cache))
 * await prisma.film.findMany({ where: { genreId: 1 }, cache: { ttl: '1m', tags: ['front-page'] } })
 * await prisma.film.update({ where: { id: 1 }, data: { title: 'Alien' } }) // the next findMany is new
 */
export function cacheExtension(
  cache: Tidemark,
  options: CacheExtensionOptions = {},
): CacheExtension {
  checkCache(cache, isClient(cache) ? '; extend a client with $extends(cacheExtension(cache))' : '')
  const resolved = resolveExtensionOptions(cache, options)
  const extension = (client: ExtensibleClient) => bind(client, cache, resolved)
  cacheExtensions.add(extension)
  return extension as unknown as CacheExtension
}

/**
 * `prisma.$extends(cacheExtension(cache, options))`, with types that also know of a global `omit`.
 *
 * @throws TidemarkError as `cacheExtension` and its `$extends` do
 * @example
 * const prisma = withCache(new PrismaClient({ adapter, omit: { viewer: { email: true } } }), cache)
 */
export function withCache<Client>(
  client: Client,
  cache: Tidemark,
  options: CacheExtensionOptions = {},
): CachedClient<Client> {
  readClient(client)
  const extension = cacheExtension(cache, options)
  const cached: unknown = (client as ExtensibleClient).$extends(extension)
  return cached as CachedClient<Client>
}

const cacheExtensions = new WeakSet<object>()
const cachedClients = new WeakSet<object>()

/** @param parent the cached client that `$parent` is to lead to; by default one of the client's own parent */
function bind(
  client: ExtensibleClient,
  cache: Tidemark,
  options: ResolvedExtensionOptions,
  parent?: ExtensibleClient,
): ExtensibleClient {
  if (cachedClients.has(client)) throw cachedAlready()
  const internals = readClient(client)
  const { engine } = cache
  const database = engine.databases.claim(
    'prisma',
    options.database,
    internals.engine,
    engine.settings.schemaVersion === undefined ? schemaVersionOf(internals) : undefined,
  )
  for (const type of prismaValueTypes) engine.declareValueType(type)

  const defaultSchema = options.defaultSchema ?? defaultSchemaOf(internals.provider)
  const watch = watchWrites(engine, internals, defaultSchema, options.catalogue)
  const hook = new ReadHook({
    engine,
    plans: plansOf(options, watch),
    raw: watch.raw,
    catalogue: watch.catalogue,
    dataModel: watch.dataModel,
    origin: watch.origin,
    provider: internals.provider,
    database,
    partition: options.partition,
    resultShape: internals.resultShape,
  })
  const cached: ExtensibleClient = client.$extends({
    name: 'tidemark',
    query: { $allOperations: hook.run },
    client: {
      // An extension that comes later goes below this one. So the cache sees the arguments that it makes
      // of the caller's, such as a tenant's filter, and the columns that its computed fields need.
      $extends: (extension: object): ExtensibleClient => {
        if (cacheExtensions.has(extension)) throw cachedAlready()
        return bind(client.$extends(extension), cache, options, cached)
      },
    },
  })
  cachedClients.add(cached)
  // The cache is no step of its own between an extension and what it overrides, and leaves out none.
  const below = parentOf(client)
  if (parent || below !== client) {
    setParent(cached, () => (parent ??= bind(below, cache, options)))
  }
  return cached
}

/** One for all clients of an engine that one `cacheExtension` made, so they are kept by its options. */
function plansOf(options: ResolvedExtensionOptions, watch: WriteWatch): ReadPlans {
  let plans = plansOfOptions.get(options)?.get(watch)
  if (!plans) {
    const { engine, dataModel, defaultSchema, raw, catalogue } = watch
    const policies = options.policies(dataModel, defaultSchema)
    const views = options.views(dataModel, defaultSchema)
    plans = new ReadPlans({
      ...{ engine, dataModel, raw, policies, views, catalogue },
      isPartitioned: options.isPartitioned,
    })
    const ofWatches = plansOfOptions.get(options) ?? new WeakMap<WriteWatch, ReadPlans>()
    plansOfOptions.set(options, ofWatches.set(watch, plans))
  }
  return plans
}

const plansOfOptions = new WeakMap<ResolvedExtensionOptions, WeakMap<WriteWatch, ReadPlans>>()

function cachedAlready(): TidemarkError {
  return new TidemarkError(
    'UNSUPPORTED_CLIENT',
    'expected a Prisma Client without a cache, got one that was extended with cacheExtension already',
  )
}
