import type {
  Args,
  Call,
  DynamicClientExtensionThis,
  Exact,
  GetResult,
  ITXClientDenyList,
  Operation,
  OperationPayload,
  Path,
  Payload,
  PrismaPromise,
  TypeMapCbDef,
  Types,
} from '@prisma/client/runtime/client'
import type { ReadHint } from '@tidemark/core'

/** The argument that every read takes once a client is cached. */
export interface CacheArgument {
  /**
   * How this read is cached; `false` keeps it from the cache. Default: as the policies of the tables that
   * it reads say.
   */
  readonly cache?: ReadHint | false
}

/** What `cacheExtension` returns, for `$extends`. */
export type CacheExtension = (client: unknown) => { $extends: { extArgs: ExtensionArgs<{}> } }

/**
 * The type of a client after `withCache`, to name it where it is passed around.
 *
 * @example
 * type Database = CachedClient<PrismaClient>
 */
export type CachedClient<Client> = Client extends {
  $extends: Types.Extensions.ExtendsHook<infer _Variant, infer Of, infer Args, infer Map>
}
  ? Extended<Of, Types.Extensions.MergeExtArgs<Map, Args, ExtensionArgs<GlobalOmit<Map>>>>
  : never

/**
 * What can be asked of a cached client and of the client of its transactions alike: the type for functions
 * that take either. (No extended client is assignable to `PrismaClient` or `Prisma.TransactionClient`, with
 * a cache or without: TypeScript cannot compare their generic methods.)
 *
 * @example
 * async function rename(db: CachedTransactionClient<PrismaClient>, id: number, title: string) {
 *   await db.film.update({ where: { id }, data: { title } })
 * }
 * await rename(prisma, 1, 'Alien')
 * await prisma.$transaction((tx) => rename(tx, 1, 'Alien'))
 */
export type CachedTransactionClient<Client> = Omit<CachedClient<Client>, ITXClientDenyList>

type Extended<
  Of extends TypeMapCbDef,
  Args extends Types.Extensions.InternalArgs,
> = DynamicClientExtensionThis<Call<Of, { extArgs: Args }>, Of, Args>

type GlobalOmit<Map> = Map extends { globalOmitOptions: infer Omit } ? Omit : {}

type ExtensionArgs<Omit> = Types.Extensions.InternalArgs<
  {},
  { $allModels: CachedReads<Omit> },
  {},
  {}
>

/**
 * The reads of every model, each as Prisma has it but for `cache`. Their results are computed from `this`,
 * so that extensions which come later count.
 */
export interface CachedReads<Omit> {
  findUnique: <Model, A>(
    this: Model,
    args: ReadArgs<Model, A, 'findUnique'>,
  ) => Found<Model, A, 'findUnique', Omit, null>
  findUniqueOrThrow: <Model, A>(
    this: Model,
    args: ReadArgs<Model, A, 'findUniqueOrThrow'>,
  ) => Found<Model, A, 'findUniqueOrThrow', Omit, never>
  findFirst: <Model, A>(
    this: Model,
    args?: ReadArgs<Model, A, 'findFirst'>,
  ) => Found<Model, A, 'findFirst', Omit, null>
  findFirstOrThrow: <Model, A>(
    this: Model,
    args?: ReadArgs<Model, A, 'findFirstOrThrow'>,
  ) => Found<Model, A, 'findFirstOrThrow', Omit, never>
  findMany: <Model, A>(
    this: Model,
    args?: ReadArgs<Model, A, 'findMany'>,
  ) => Result<Model, A, 'findMany', Omit>
  count: <Model, A>(
    this: Model,
    args?: ReadArgs<Model, A, 'count'>,
  ) => Result<Model, A, 'count', Omit>
  aggregate: <Model, A>(
    this: Model,
    args: ReadArgs<Model, A, 'aggregate'>,
  ) => Result<Model, A, 'aggregate', Omit>
  groupBy: <Model, A>(
    this: Model,
    args: ReadArgs<Model, A, 'groupBy'>,
  ) => Result<Model, A, 'groupBy', Omit>
}

type ReadArgs<Model, A, F extends Operation> = Exact<A, Args<Model, F> & CacheArgument>

type Result<Model, A, F extends Operation, Omit> = PrismaPromise<
  GetResult<Payload<Model>, A, F, Omit>
>

type Found<Model, A, F extends Operation, Omit, Null> = Result<Model, A, F, Omit> &
  Fluent<Payload<Model>, Args<Model, F>, Omit, Null>

/** The relations that can be followed from a single record: `prisma.film.findUnique(…).director()`. */
export type Fluent<P, RootArgs, Omit, Null> = {
  [K in keyof Objects<P>]: <A>(
    args?: Exact<A, RelationArgs<RootArgs, K>>,
  ) => PrismaPromise<Related<P, K, A, Omit> | Null> &
    Fluent<
      NonNullable<Element<Objects<P>[K]>>,
      RelationArgs<RootArgs, K>,
      Omit,
      Null | Extract<Objects<P>[K], null>
    >
}

type Related<P, K extends PropertyKey, A, Omit> = Path<
  GetResult<P & OperationPayload, { select: { [Q in K]: A } }, 'findUniqueOrThrow', Omit>,
  [K]
>

type Objects<P> = P extends { objects: infer O } ? O : {}

type Element<T> = T extends readonly (infer E)[] ? E : T

/** The arguments of a relation are those that it takes in a `select`. */
type RelationArgs<RootArgs, K> = RootArgs extends { select?: infer Select }
  ? K extends keyof NonNullable<Select>
    ? Exclude<NonNullable<NonNullable<Select>[K]>, boolean>
    : never
  : never
