import { invalidOption, isCache, TidemarkError } from '@tidemark/core'

/**
 * Everything that this package uses of Prisma Client beyond its public interface, and nothing else.
 *
 * Each access is checked: a version of Prisma that moved something is refused with a message that says
 * what was expected, instead of serving stale rows. `test/unit/prisma/prisma-internals.test.ts` holds the
 * supported versions to it, the oldest of them by `test/packages/prisma-versions.mjs`.
 */

/** What `$extends` needs and gives; the types of a real client would only be in the way. */
export interface ExtensibleClient {
  $extends(extension: object): ExtensibleClient
}

/** A field as Prisma's runtime knows it: no lists, no optional ones, no foreign keys. */
export interface RuntimeField {
  readonly name: string
  readonly kind: string
  readonly type: string
  readonly relationName?: string | undefined
  /** The name of its column, where that is another. */
  readonly dbName?: string | null | undefined
}

export interface RuntimeModel {
  readonly dbName: string | null
  readonly schema: string | null
  readonly fields: readonly RuntimeField[]
}

/** A query in Prisma's JSON protocol, as the client hands it to its query engine. */
export interface EngineQuery {
  readonly modelName?: string | undefined
  /** Such as `findMany`, `createOne`, `executeRaw`. */
  readonly action: string
  readonly query: { readonly arguments?: Readonly<Record<string, unknown>> | undefined }
}

/** The transaction a request belongs to, if any. */
export interface EngineTransaction {
  readonly kind: 'itx' | 'batch'
  /** Of an interactive transaction. */
  readonly options?: { readonly id?: unknown } | undefined
}

/**
 * Where every statement of a client passes, and of all clients that were extended from it: reads and
 * writes, and BEGIN, COMMIT, ROLLBACK and savepoints. One engine stands for one `new PrismaClient()`.
 */
export interface PrismaEngine {
  request(query: EngineQuery, options: SingleRequestOptions): Promise<unknown>
  requestBatch(queries: readonly EngineQuery[], options: BatchRequestOptions): Promise<unknown>
  transaction(
    action: 'start' | 'commit' | 'rollback',
    headers: unknown,
    argument?: { readonly id?: unknown; readonly newTxId?: unknown },
  ): Promise<{ readonly id?: unknown } | undefined>
}

/** Where each operation passes in the context of its caller: those of one tick reach the engine in that of the first. */
export interface PrismaRequests {
  request(asked: { readonly protocolQuery: EngineQuery }): Promise<unknown>
}

export interface SingleRequestOptions {
  readonly interactiveTransaction?: { readonly id?: unknown } | undefined
}

export interface BatchRequestOptions {
  readonly transaction?: EngineTransaction | undefined
}

/** What is known of a client before anything is asked of it. */
export interface ClientInternals {
  readonly engine: PrismaEngine
  readonly requests: PrismaRequests
  readonly models: Readonly<Record<string, RuntimeModel>>
  /** The text of schema.prisma; empty where the client carries none. */
  readonly schema: string
  /** `'postgresql'`, `'mysql'`, … */
  readonly provider: string
  /**
   * What changes results without being in any argument, as a text: the client's global `omit`, and the
   * columns that computed fields of result extensions need.
   */
  readonly resultShape: string
  /** Sends raw SQL through the client that nothing extends. */
  readonly queryUnextended: (sql: string) => Promise<readonly Readonly<Record<string, unknown>>[]>
}

/** @throws TidemarkError `UNSUPPORTED_CLIENT` for anything that is not a client of a known version */
export function readClient(client: unknown): ClientInternals {
  checkVersion(client)
  read(client, '$extends', 'function', '$extends')
  const engine = read(client, '_engine', 'object', '_engine')
  for (const method of ['request', 'requestBatch', 'transaction']) {
    read(engine, method, 'function', `_engine.${method}`)
  }
  const requests = read(client, '_requestHandler', 'object', '_requestHandler')
  read(requests, 'request', 'function', '_requestHandler.request')
  const models = read(
    read(client, '_runtimeDataModel', 'object', '_runtimeDataModel'),
    'models',
    'object',
    '_runtimeDataModel.models',
  ) as Record<string, RuntimeModel>
  for (const [name, model] of Object.entries(models)) {
    if (!Array.isArray(model?.fields)) {
      throw unsupported(`_runtimeDataModel.models.${name}.fields to be an array`, model?.fields)
    }
  }
  const config = read(client, '_engineConfig', 'object', '_engineConfig') as {
    inlineSchema?: unknown
    activeProvider?: unknown
  }
  return {
    engine: engine as unknown as PrismaEngine,
    requests: requests as unknown as PrismaRequests,
    models,
    schema: typeof config.inlineSchema === 'string' ? config.inlineSchema : '',
    provider: typeof config.activeProvider === 'string' ? config.activeProvider : '',
    resultShape: resultShapeOf(client as object, Object.keys(models)),
    queryUnextended: (sql) => unextended(client as ExtensibleClient).$queryRawUnsafe(sql),
  }
}

interface RawClient {
  $queryRawUnsafe(sql: string): Promise<readonly Readonly<Record<string, unknown>>[]>
}

function unextended(client: ExtensibleClient): RawClient {
  const below = parentOf(client)
  return below === client ? (client as unknown as RawClient) : unextended(below)
}

/** Whether it is a Prisma Client, of whatever version. */
export function isClient(value: unknown): value is { readonly _clientVersion: string } {
  const version: unknown = (value as { _clientVersion?: unknown } | null | undefined)
    ?._clientVersion
  return typeof version === 'string'
}

const SUPPORTED = 'a Prisma Client of version 7'

/** The fields that are read here have had these names in other versions, and other meanings. */
function checkVersion(client: unknown): void {
  if (!isClient(client)) {
    if (typeof client === 'object' && client !== null && !isCache(client)) return
    const hint = isCache(client)
      ? '; the order is withCache(prisma, cache)'
      : typeof client === 'function'
        ? '; make one with new PrismaClient()'
        : ''
    const { message } = invalidOption('prisma', SUPPORTED, client, hint)
    throw new TidemarkError('UNSUPPORTED_CLIENT', message)
  }
  const got = !client._clientVersion.startsWith('7.')
    ? `one of version ${client._clientVersion}`
    : typeof (client as Partial<ExtensibleClient>).$extends === 'function'
      ? undefined
      : 'the client of a transaction; extend the one that it was started on'
  if (got) {
    throw new TidemarkError('UNSUPPORTED_CLIENT', `prisma: expected ${SUPPORTED}, got ${got}`)
  }
}

/** What an extension reaches as `$parent`: the client that was extended, or itself where none was. */
export function parentOf(client: ExtensibleClient): ExtensibleClient {
  return read(client, '$parent', 'object', '$parent') as unknown as ExtensibleClient
}

/** Prisma reads it anew for each `$parent`, those of models and of transactions as well. */
export function setParent(client: ExtensibleClient, parent: () => ExtensibleClient): void {
  Object.defineProperty(client, '_appliedParent', { configurable: true, get: parent })
}

function resultShapeOf(client: object, models: readonly string[]): string {
  const extensions = read(client, '_extensions', 'object', '_extensions') as {
    getAllComputedFields?: (model: string) => Record<string, { needs?: unknown }> | undefined
  }
  read(extensions, 'getAllComputedFields', 'function', '_extensions.getAllComputedFields')
  const needs = models.flatMap((model) =>
    Object.entries(extensions.getAllComputedFields?.(model) ?? {}).map(
      ([field, computed]) => `${model}.${field}:${JSON.stringify(computed.needs)}`,
    ),
  )
  const omit = (client as { _globalOmit?: unknown })._globalOmit
  return needs.length > 0 || omit ? JSON.stringify([omit ?? null, needs.sort()]) : ''
}

/** What a query extension is told beside the public arguments. */
export interface OperationInternals {
  /** The arguments as the caller, or the extension before, gave them. What a hook is handed is a copy. */
  readonly given: unknown
  /** The path of a fluent call, such as `['select', 'reviews']`; the answer is what lies at its end. */
  readonly dataPath: readonly string[]
  readonly inTransaction: boolean
}

/** @throws TidemarkError `UNSUPPORTED_CLIENT` */
export function readOperation(parameters: object): OperationInternals {
  const internals = read(parameters, '__internalParams', 'object', '__internalParams') as {
    args?: unknown
    dataPath?: unknown
    transaction?: unknown
  }
  const { args: given, dataPath, transaction } = internals
  if (!Array.isArray(dataPath)) {
    throw unsupported('__internalParams.dataPath to be an array', dataPath)
  }
  return { given, dataPath: dataPath as string[], inTransaction: transaction !== undefined }
}

/** The SQL text of a raw query, or undefined where it has none, as on MongoDB. */
export function rawText({ query }: EngineQuery): string | undefined {
  const text = query.arguments?.['query']
  return typeof text === 'string' ? text : undefined
}

/**
 * The SQL text and the values of what `$queryRaw` and its siblings were given, as they are sent; undefined for
 * anything else.
 *
 * @param provider of the database, as the schema names it
 */
export function rawCall(
  given: unknown,
  provider: string,
): { readonly text: string; readonly values: readonly unknown[] } | undefined {
  if (typeof given !== 'object' || given === null) return undefined
  if (Array.isArray(given)) {
    const [text, ...values] = given as unknown[]
    return typeof text === 'string' ? { text, values } : undefined
  }
  const query = given as Partial<
    Record<'strings' | 'sql' | 'text' | 'statement' | 'values', unknown>
  >
  const name = query.strings ? TEXT_OF_SQL[provider] : 'sql'
  const text = name && query[name]
  const { values } = query
  return typeof text === 'string' && Array.isArray(values) ? { text, values } : undefined
}

/** Which form of a `Prisma.sql` is sent. */
const TEXT_OF_SQL: Readonly<Partial<Record<string, 'sql' | 'text'>>> = {
  postgresql: 'text',
  cockroachdb: 'text',
  mysql: 'sql',
  sqlite: 'sql',
}

function read(
  holder: unknown,
  name: string,
  type: 'object' | 'function',
  path: string,
): Record<string, unknown> {
  const value: unknown = (holder as Record<string, unknown> | null | undefined)?.[name]
  if (typeof value !== type || value === null) {
    throw unsupported(`${path} to be ${type === 'object' ? 'an object' : 'a function'}`, value)
  }
  return value as Record<string, unknown>
}

function unsupported(expected: string, got: unknown): TidemarkError {
  const what = got === null ? 'null' : Array.isArray(got) ? 'an array' : typeof got
  return new TidemarkError(
    'UNSUPPORTED_CLIENT',
    `prisma: expected ${SUPPORTED}: expected ${expected}, got ${what}`,
  )
}
