import { DbNull, JsonNull, type PrismaPromise } from '@prisma/client/runtime/client'
import type { ReadHint, Tidemark } from '@tidemark/core'
import { cached, uncached, withCache } from '@tidemark/kysely'
import { cacheExtension } from '@tidemark/prisma'
import { CamelCasePlugin, type Kysely, sql } from 'kysely'
import type { PrismaClient } from '../../prisma/generated/client.ts'
import { type Builder, buildSelect, quote, type Target } from './build-select.ts'
import { type Outcome, outcomeOf } from './outcome.ts'
import { openPlace, type Place, type Rows, type Servers } from './open-place.ts'
import type { Operation, PrismaNull } from './prisma-models.ts'
import type { Read, SchemaChange } from './series.ts'
import type { DatabaseName } from '../support/databases.ts'

/** A client of a random schema, or that of a transaction. */
export type AnyPrisma = Pick<
  PrismaClient,
  '$transaction' | '$executeRawUnsafe' | '$disconnect' | '$extends'
>

/** The clients of one database that know of no cache, or those that all go through one. */
export interface Clients {
  readonly kysely: Kysely<Rows>
  readonly prisma: AnyPrisma | undefined
  readonly isCached: boolean
}

/** One database, and the clients of it that live as long as it does. */
export interface Tenant {
  readonly place: Place
  readonly target: Target
  /** To be cached. */
  readonly base: Clients
  readonly twin: Clients
  close(): Promise<void>
}

export async function openTenant(
  database: DatabaseName,
  servers: Servers,
  Client: typeof PrismaClient | undefined,
): Promise<Tenant> {
  const place = await openPlace(database, servers)
  const { dialect, schema, kysely, twin } = place
  // Each has an engine of its own, so that no cache hears of the twin.
  const client = () =>
    Client && new Client({ adapter: place.prismaAdapter(), errorFormat: 'minimal' })
  const [basePrisma, twinPrisma] = [client(), client()]
  return {
    place,
    target: { dialect, schema },
    base: { kysely, prisma: basePrisma, isCached: false },
    twin: { kysely: twin, prisma: twinPrisma, isCached: false },
    close: async () => {
      await Promise.all([basePrisma?.$disconnect(), twinPrisma?.$disconnect()])
      await place.close()
    },
  }
}

export interface Names {
  readonly database: string
  readonly partition: string
}

export function cachedClients({ base }: Tenant, cache: Tidemark, names: Names): Clients {
  const options = { cacheByDefault: true, ...names }
  const extended: unknown = base.prisma?.$extends(cacheExtension(cache, options))
  return {
    kysely: withCache(base.kysely, cache, options),
    prisma: extended as AnyPrisma | undefined,
    isCached: true,
  }
}

/** Runs a read of the series; on clients without a cache its hint means nothing. */
export function runRead(clients: Clients, read: Read, target: Target): Promise<Outcome> {
  if (read.adapter === 'prisma') {
    const { prisma, isCached } = clients
    if (!prisma) return outcomeOf(async () => undefined)
    const { operation, hint } = read
    const cache = isCached && hint !== undefined ? { cache: hint } : {}
    return outcomeOf(async () => startPrisma(prisma, operation, cache))
  }
  return outcomeOf(() => runKyselyRead(clients, read, target))
}

type KyselyRead = Extract<Read, { adapter: 'kysely' }>

async function runKyselyRead(
  { kysely, isCached }: Clients,
  read: KyselyRead,
  target: Target,
): Promise<unknown> {
  const query = () => hinted(buildSelect(through(kysely, read, target), read.select, target), read)
  switch (read.by) {
    case 'execute':
      return query().execute()
    case 'first':
      return query().executeTakeFirst()
    case 'compiled':
      return kysely.executeQuery(query().compile())
    case 'stream': {
      const rows: unknown[] = []
      for await (const row of query().stream(2)) rows.push(row)
      return rows
    }
    case 'aborted': {
      const before = await outcomeOf(() => query().execute({ signal: AbortSignal.abort('early') }))
      // Whether its answer or its end comes first is not said; either way nobody else may notice.
      if (isCached) await outcomeOf(() => abortOnTheWay((signal) => query().execute({ signal })))
      return [before, await query().execute()]
    }
  }
}

async function abortOnTheWay(run: (signal: AbortSignal) => Promise<unknown>): Promise<unknown> {
  const controller = new AbortController()
  const running = run(controller.signal)
  queueMicrotask(() => controller.abort('on the way'))
  return running
}

function through(db: Kysely<Rows>, read: KyselyRead, { schema }: Target): Kysely<Rows> {
  switch (read.through) {
    case 'plain':
      return db
    case 'camel':
      return db.withPlugin(new CamelCasePlugin())
    case 'schema':
      return db.withSchema(schema)
    case 'no plugins':
      return db.withPlugin(new CamelCasePlugin()).withoutPlugins()
  }
}

function hinted(query: Builder, { hint }: { readonly hint?: ReadHint | false }): Builder {
  if (hint === undefined) return query
  return query.$call(hint === false ? uncached() : cached(hint))
}

type Delegate = Readonly<Record<string, (args: unknown) => PrismaPromise<unknown>>>

/** A promise of Prisma's own, for batches. */
export function startPrisma(
  client: AnyPrisma,
  { model, action, args, follow }: Operation,
  more: Readonly<Record<string, unknown>> = {},
): PrismaPromise<unknown> {
  if (action === '$executeRaw') return client.$executeRawUnsafe(args.text as string)
  const delegate = (client as unknown as Readonly<Record<string, Delegate>>)[model]!
  const result = delegate[action]!({ ...(withNulls(args) as object), ...more })
  return follow === undefined ? result : (result as unknown as Delegate)[follow]!({})
}

const nulls = { DbNull, JsonNull }

function withNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withNulls)
  if (typeof value !== 'object' || value === null) return value
  if (Object.getPrototypeOf(value) !== Object.prototype) return value
  const { prismaNull } = value as Partial<PrismaNull>
  if (prismaNull !== undefined) return nulls[prismaNull]
  return Object.fromEntries(Object.entries(value).map(([key, child]) => [key, withNulls(child)]))
}

let changes = 0

/** Changes the schema, through Kysely where it is there. Each time under new names. */
export async function changeSchema(
  { kysely, prisma }: { readonly kysely?: Kysely<Rows>; readonly prisma?: AnyPrisma | undefined },
  { how, table, isRaw }: SchemaChange,
  { dialect }: Target,
): Promise<void> {
  changes += 1
  const name = `made_${changes}`
  const [quotedName, quotedTable] = [quote(name, dialect), quote(table, dialect)]
  const text = {
    'add column': `alter table ${quotedTable} add column ${quotedName} integer`,
    'create index': `create index ${quotedName} on ${quotedTable} (${quote('A', dialect)})`,
    'create view': `create view ${quotedName} as select 1 as one from ${quotedTable}`,
  }[how]
  if (!kysely) return void (await prisma!.$executeRawUnsafe(text))
  if (isRaw) return void (await sql.raw(text).execute(kysely))
  switch (how) {
    case 'add column':
      return kysely.schema.alterTable(table).addColumn(name, 'integer').execute()
    case 'create index':
      return kysely.schema.createIndex(name).on(table).column('id').execute()
    case 'create view':
      return kysely.schema
        .createView(name)
        .as(kysely.selectFrom(table).select(sql`1`.as('one')))
        .execute()
  }
}
