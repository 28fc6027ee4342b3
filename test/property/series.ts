import fc from 'fast-check'
import type { ReadHint } from '@tidemark/core'
import { decoded, type Genes } from './genes.ts'
import { SelectMaker } from './kysely-select.ts'
import type { Select } from './select-spec.ts'
import { type Write, WriteMaker } from './kysely-write.ts'
import { modelsOf, type Operation } from './prisma-models.ts'
import { PrismaReadMaker } from './prisma-reads.ts'
import { PrismaWriteMaker } from './prisma-writes.ts'
import { asKyselySees, type Schema } from './random-schema.ts'

export type Adapter = 'kysely' | 'prisma'

/** A read, with a hint of its own, or none, or `false` to keep it from the cache. */
export type Read = {
  readonly hint?: ReadHint | false
  /** Asked of both tenants, whose data differ. */
  readonly ofBoth: boolean
} & (
  | {
      readonly adapter: 'kysely'
      readonly select: Select
      readonly through: 'plain' | 'camel' | 'schema' | 'no plugins'
      readonly by: 'execute' | 'first' | 'compiled' | 'stream' | 'aborted'
    }
  | { readonly adapter: 'prisma'; readonly operation: Operation }
)

export interface SchemaChange {
  readonly how: 'add column' | 'create index' | 'create view'
  readonly table: string
  readonly isRaw: boolean
}

/** What may stand in a transaction, or beside others. A number is the place of a read of the series. */
export type Member =
  | number
  | { readonly kysely: Write }
  | { readonly prisma: Operation }
  | { readonly ddl: SchemaChange }

export type KyselyMember =
  Member | { readonly savepoint: readonly Member[]; readonly end: 'release' | 'roll back' }

export type End = 'commit' | 'roll back'

export type Step =
  | { readonly kind: 'alone'; readonly member: Exclude<Member, number>; readonly isAborted?: true }
  | { readonly kind: 'at once'; readonly members: readonly (Member | Together)[] }
  | {
      readonly kind: 'transaction'
      readonly how: 'callback' | 'controlled' | 'pinned'
      readonly isolation?: 'serializable' | 'repeatable read'
      readonly members: readonly KyselyMember[]
      readonly end: End
    }
  | {
      readonly kind: 'batch' | 'interactive' | 'nested'
      readonly members: readonly Member[]
      readonly end: End
    }
  /** Time goes on, by so many milliseconds. */
  | { readonly kind: 'clock'; readonly ms: number }
  | { readonly kind: 'clear' }
  /** A write that goes past the cache, and what makes it seen. */
  | {
      readonly kind: 'unseen'
      readonly write: Write
      readonly seenBy: 'clear' | 'invalidate' | 'tag' | 'expire'
    }
  /** A write to the other tenant's database. */
  | { readonly kind: 'elsewhere'; readonly write: Write }

/** Members of a transaction of its own, beside others. */
export interface Together {
  readonly adapter: Adapter
  readonly transaction: readonly Member[]
  readonly end: End
}

/** What is read again and again, and what happens in between. Plain data, so that a find can print it. */
export interface Series {
  readonly reads: readonly Read[]
  readonly steps: readonly Step[]
  /** How the two tenants are kept apart. */
  readonly apart: 'database' | 'partition'
}

export interface SeriesSettings {
  readonly schema: Schema
  readonly adapters: readonly Adapter[]
  readonly mostSteps: number
}

const tag = 'tagged'
/** As long as nothing may be served from the cache. */
export const EXPIRES_MS = 5 * 60_000 + 1

/** Any series of steps on one schema. */
export function seriesOf(settings: SeriesSettings): fc.Arbitrary<Series> {
  return fc.record({
    reads: fc.array(
      decoded((genes) => makeRead(genes, settings), 60),
      {
        ...{ minLength: 1, maxLength: 8, size: 'max' },
      },
    ),
    steps: fc.array(
      decoded((genes) => makeStep(genes, settings), 120),
      {
        ...{ minLength: 1, maxLength: settings.mostSteps, size: 'max' },
      },
    ),
    apart: fc.constantFrom('partition', 'database'),
  })
}

/** One for each table, that depends on nothing else. */
export function wholeTables({ schema, adapters }: SeriesSettings): Read[] {
  const { tables } = adapters.includes('kysely') ? asKyselySees(schema) : schema
  return tables.map((table): Read => {
    const select: Select = {
      ...{ expressions: [], where: [], outputs: 'all', isDistinct: false },
      ...{ groupBy: [], having: false },
      sources: [{ alias: 'a', source: { table: table.name, isQualified: false } }],
    }
    if (adapters.includes('kysely')) {
      return { adapter: 'kysely', select, through: 'plain', by: 'execute', ofBoth: false }
    }
    const orderBy = table.primaryKey.map((name) => ({
      [table.columns.find((column) => column.name === name)!.field]: 'asc',
    }))
    const operation = { model: `m${table.model.slice(1)}`, action: 'findMany', args: { orderBy } }
    return { adapter: 'prisma', operation, ofBoth: false }
  })
}

const hints: readonly (ReadHint | undefined)[] = [
  undefined,
  undefined,
  undefined,
  { ttl: '1m' },
  { tags: [tag] },
  { ttl: '1s', tags: [tag] },
  {},
]

function makeHint(genes: Genes, { tables }: Schema): ReadHint | false | undefined {
  if (genes.oneIn(20)) return false
  // So that raw SQL that hides its tables is cached as well.
  return genes.oneIn(6) ? { tables: tables.map(({ name }) => name) } : genes.pick(hints)
}

function makeRead(genes: Genes, settings: SeriesSettings): Read {
  const { schema, adapters } = settings
  const hint = makeHint(genes, schema)
  const ofBoth = genes.oneIn(5)
  const common = { ...(hint !== undefined && { hint }), ofBoth }
  if (genes.pick(adapters) === 'prisma') {
    const operation = new PrismaReadMaker(genes, modelsOf(schema)).read()
    return { ...common, adapter: 'prisma', operation }
  }
  return {
    ...common,
    adapter: 'kysely',
    through: genes.pick(['plain', 'plain', 'plain', 'plain', 'schema', 'camel', 'no plugins']),
    by: genes.pick([
      ...(['execute', 'execute', 'execute', 'execute', 'execute', 'execute'] as const),
      ...(['first', 'compiled', 'stream', 'aborted'] as const),
    ]),
    select: new SelectMaker(genes, asKyselySees(schema)).statement(),
  }
}

function makeStep(genes: Genes, settings: SeriesSettings): Step {
  const { adapters } = settings
  const alone = (): Step => ({
    kind: 'alone',
    member: makeWrite(genes, settings),
    ...(genes.oneIn(20) && { isAborted: true }),
  })
  const kind = genes.below(18)
  const isPrisma = genes.pick(adapters) === 'prisma'
  const end = genes.pick(['commit', 'roll back'] as const)
  switch (kind) {
    case 9:
      if (!genes.oneIn(3)) return alone()
      return { kind: 'alone', member: { ddl: makeSchemaChange(genes, settings) } }
    case 10:
    case 11:
      return { kind: 'at once', members: makeTogether(genes, settings) }
    case 12:
    case 13:
    case 14: {
      const members = genes.list(1, 5, () => makeMember(genes, settings, isPrisma))
      if (!isPrisma) return makeTransaction(genes, settings, members, end)
      return { kind: genes.pick(['interactive', 'batch', 'nested']), members, end }
    }
    case 15:
      return { kind: 'clock', ms: genes.pick([1000, 60_000, EXPIRES_MS]) }
    case 16:
      return genes.oneIn(3) || !adapters.includes('kysely')
        ? { kind: 'clear' }
        : { kind: 'elsewhere', write: new WriteMaker(genes, asKyselySees(settings.schema)).write() }
    case 17: {
      // Through Kysely in any case, since its twin has tables for it.
      const write = new WriteMaker(genes, asKyselySees(settings.schema)).write()
      return { kind: 'unseen', write, seenBy: genes.pick(['clear', 'invalidate', 'tag', 'expire']) }
    }
    default:
      return alone()
  }
}

function makeWrite(genes: Genes, { schema, adapters }: SeriesSettings): Exclude<Member, number> {
  return genes.pick(adapters) === 'prisma'
    ? { prisma: new PrismaWriteMaker(genes, modelsOf(schema), schema.dialect).write() }
    : { kysely: new WriteMaker(genes, asKyselySees(schema)).write() }
}

function makeMember(genes: Genes, settings: SeriesSettings, isPrisma: boolean): Member {
  if (genes.oneIn(3)) return genes.below(8)
  if (!isPrisma && genes.oneIn(20)) return { ddl: makeSchemaChange(genes, settings) }
  return makeWrite(genes, { ...settings, adapters: [isPrisma ? 'prisma' : 'kysely'] })
}

function makeTransaction(
  genes: Genes,
  settings: SeriesSettings,
  members: readonly Member[],
  end: End,
): Step {
  const how = genes.pick(['callback', 'controlled', 'pinned'] as const)
  const isolation = genes.pick([undefined, undefined, 'serializable', 'repeatable read'] as const)
  const isolated = how !== 'pinned' && settings.schema.dialect !== 'sqlite' && isolation
  const inner = (): KyselyMember => ({
    savepoint: genes.list(1, 2, () => makeMember(genes, settings, false)),
    end: genes.pick(['release', 'roll back'] as const),
  })
  return {
    ...{ kind: 'transaction', how, end },
    ...(isolated && { isolation: isolated }),
    members:
      how === 'callback' ? members : members.flatMap((m) => (genes.oneIn(3) ? [m, inner()] : [m])),
  }
}

function makeTogether(genes: Genes, settings: SeriesSettings): (Member | Together)[] {
  const { schema } = settings
  // A file of SQLite has one writer, and Prisma's driver for it one connection that transactions share.
  const adapters = schema.dialect === 'sqlite' ? settings.adapters.slice(0, 1) : settings.adapters
  const mayWrite = schema.dialect !== 'sqlite' || adapters[0] === 'kysely'
  return genes.list(2, 6, () => {
    const adapter = genes.pick(adapters)
    const member = () =>
      mayWrite && genes.oneIn(2)
        ? makeMember(genes, settings, adapter === 'prisma')
        : genes.below(8)
    if (!mayWrite || !genes.oneIn(4)) return member()
    return {
      adapter,
      transaction: genes.list(1, 3, member),
      end: genes.pick(['commit', 'roll back'] as const),
    }
  })
}

function makeSchemaChange(genes: Genes, { schema }: SeriesSettings): SchemaChange {
  return {
    how: genes.pick(['create index', 'add column', 'create view']),
    table: genes.pick(schema.tables).name,
    isRaw: genes.oneIn(2),
  }
}
