import {
  checkCatalogueOptions,
  checkKeys,
  checkName,
  checkNames,
  checkPartition,
  checkRecord,
  didYouMean,
  invalidOption,
  type Partition,
  partitionReader,
  physicalTable,
  type Policies,
  POLICY_OPTION_NAMES,
  type PolicyOptions,
  type TablePolicy,
  type Tidemark,
  TidemarkError,
} from '@tidemark/core'
import type { CatalogueChoice } from './client-catalogue.ts'
import type { DataModel } from './data-model.ts'
import type { TablesOfViews } from './tables-of-operation.ts'

/** What `cacheExtension` and `withCache` take beside the cache. */
export interface CacheExtensionOptions extends PolicyOptions {
  /**
   * Policies by model name, as `tables` has them by physical table name: `{ Film: { ttl: '1h' } }`. A read
   * is cached when each of the models that it reads has one, for the shortest of their times. `false`: a
   * read of this model is cached only with a hint of its own. A table that one of them stands for is not to be in `tables` too.
   */
  readonly models?: Readonly<Record<string, TablePolicy | false>>
  /**
   * The tables that a view reads, by the name of its model: `{ ActiveUser: ['users', 'posts'] }`. Physical
   * names, those behind views that it reads among them; policies must hold for them too. Reads of a view that is not named here are cached
   * only with a `tables` hint that names everything that they read.
   */
  readonly views?: Readonly<Record<string, readonly string[]>>
  /**
   * Whether the catalogue of the database is read, for what the schema does not tell: triggers, rules, the tables behind
   * views, partitions, and what foreign keys of tables without a model do. It is read outside of transactions, when a read
   * is to be cached or a row is written, and again after statements that define tables. `false`: only what the schema,
   * `sideEffects` and hints say is known. Default: `true` on PostgreSQL, MySQL, MariaDB and SQLite; elsewhere there is none
   * to read.
   */
  readonly catalogue?: boolean
  /**
   * By physical table name: the tables that a write to it changes beside those that the schema tells, such as what its
   * triggers write. With a catalogue it stands in place of what the text of its triggers and rules says, which makes
   * everything old where it could not be understood; foreign keys still count.
   */
  readonly sideEffects?: Readonly<Record<string, readonly string[]>>
  /**
   * A name for the database, part of every key. Needed where one cache serves clients of several
   * databases. Default: one name for the one client.
   */
  readonly database?: string
  /**
   * The schema that is left out of table names. Default: `'public'` on PostgreSQL and CockroachDB, `'dbo'`
   * on SQL Server. Elsewhere, as long as it is not given, tables of one name count as one.
   */
  readonly defaultSchema?: string
  /**
   * Whose view of the database a read sees, where the same query answers differently: a tenant under
   * row-level security, a role. Results of one partition are never served in another. A function is asked
   * on each read that may be cached, for instance of an `AsyncLocalStorage`; where it answers `undefined`,
   * the read is not cached, and what it throws, the read throws. Default: one view for all.
   */
  readonly partition?: Partition
}

export interface ResolvedExtensionOptions {
  readonly database: string | undefined
  readonly defaultSchema: string | undefined
  readonly partition: () => string | undefined
  readonly policies: (dataModel: DataModel, defaultSchema: string | undefined) => Policies
  readonly views: (dataModel: DataModel, defaultSchema: string | undefined) => TablesOfViews
  readonly catalogue: CatalogueChoice
  readonly isPartitioned: boolean
}

const NAMES = [
  ...POLICY_OPTION_NAMES,
  'models',
  'views',
  'catalogue',
  'sideEffects',
  'database',
  'defaultSchema',
  'partition',
] as const

/** @throws TidemarkError `INVALID_OPTION` that names the option, what was expected and what came */
export function resolveExtensionOptions(
  cache: Tidemark,
  options: CacheExtensionOptions,
): ResolvedExtensionOptions {
  checkKeys('cacheExtension', options, NAMES)
  const { database, defaultSchema, partition, models = {}, views = {} } = options
  const { catalogue = true, sideEffects = {} } = options
  checkCatalogueOptions({ catalogue, sideEffects })
  if (database !== undefined) checkName('database', database)
  if (defaultSchema !== undefined) checkName('defaultSchema', defaultSchema)
  if (partition !== undefined) checkPartition(partition)
  const policyOptions: PolicyOptions = {
    ...(options.cacheByDefault !== undefined && { cacheByDefault: options.cacheByDefault }),
    ...(options.tables !== undefined && { tables: options.tables }),
  }
  // Checks what can be checked before there is a client.
  cache.engine.policies(policyOptions)
  checkModelPolicies(cache, models)
  checkViews(views)
  return {
    catalogue: { isWanted: catalogue, sideEffects },
    isPartitioned: partition !== undefined && partition !== '',
    views: (dataModel, schema) => tablesOfViews(views, dataModel, schema),
    database,
    defaultSchema,
    partition: partitionReader(partition),
    policies: (dataModel, schema) => {
      const byModel = tablePolicies(models, dataModel)
      checkGivenOnce(models, policyOptions.tables ?? {}, dataModel, schema)
      const tables = { ...byModel, ...policyOptions.tables }
      return cache.engine.policies({ ...policyOptions, tables }, schema)
    },
  }
}

function checkModelPolicies(
  cache: Tidemark,
  models: Readonly<Record<string, TablePolicy | false>>,
): void {
  checkKeys('models', models, Object.keys(models ?? {}))
  try {
    cache.engine.policies({ tables: models })
  } catch (error) {
    if (!(error instanceof TidemarkError)) throw error
    throw new TidemarkError(error.code, error.message.replace(/^tables/, 'models'))
  }
}

function checkViews(views: Readonly<Record<string, readonly string[]>>): void {
  checkRecord('views', views)
  for (const [name, tables] of Object.entries(views)) {
    checkName('views', name)
    checkNames(`views.${name}`, tables)
    if (tables.length === 0) throw invalidOption(`views.${name}`, 'at least one table', tables)
  }
}

function tablesOfViews(
  views: Readonly<Record<string, readonly string[]>>,
  dataModel: DataModel,
  defaultSchema: string | undefined,
): TablesOfViews {
  return new Map(
    Object.entries(views).map(([name, tables]) => {
      if (!dataModel.models.get(name)?.isView) {
        const known = [...dataModel.models.values()].filter(({ isView }) => isView)
        const names = known.map((view) => view.name)
        throw new TidemarkError(
          'INVALID_OPTION',
          `views: unknown view ${JSON.stringify(name)}, expected one of ` +
            (names.join(', ') || '(the schema has none)') +
            didYouMean(name, names),
        )
      }
      return [name, tables.map((table) => physicalName(table, defaultSchema))]
    }),
  )
}

/** @param name with its schema in front, or without */
function physicalName(name: string, defaultSchema: string | undefined): string {
  const dot = name.lastIndexOf('.')
  return dot < 0 ? name : physicalTable(name.slice(dot + 1), name.slice(0, dot), defaultSchema)
}

/** Policies of models as policies of their tables. A join table follows the models that it joins. */
function tablePolicies(
  models: Readonly<Record<string, TablePolicy | false>>,
  dataModel: DataModel,
): Record<string, TablePolicy | false> {
  const tables: Record<string, TablePolicy | false> = {}
  for (const [name, policy] of Object.entries(models)) {
    const model = dataModel.models.get(name)
    if (!model) {
      const known = [...dataModel.models.keys()]
      throw new TidemarkError(
        'INVALID_OPTION',
        `models: unknown model ${JSON.stringify(name)}, expected one of ${known.join(', ')}${didYouMean(name, known)}`,
      )
    }
    tables[model.table] = policy
    for (const { joinTable, target } of model.relations.values()) {
      if (joinTable !== undefined && policy && models[target.name]) tables[joinTable] = policy
    }
  }
  return tables
}

function checkGivenOnce(
  models: Readonly<Record<string, unknown>>,
  tables: Readonly<Record<string, unknown>>,
  dataModel: DataModel,
  defaultSchema: string | undefined,
): void {
  const given = new Map(
    Object.keys(tables).map((table) => [physicalName(table, defaultSchema).toLowerCase(), table]),
  )
  for (const name of Object.keys(models)) {
    const table = given.get(dataModel.models.get(name)!.table.toLowerCase())
    if (table !== undefined) {
      throw new TidemarkError(
        'INVALID_OPTION',
        `models.${name} contradicts tables.${table}: both are the policy of one table; give one of them`,
      )
    }
  }
}

/** @param provider as the client's schema names it */
export function defaultSchemaOf(provider: string): string | undefined {
  switch (provider) {
    case 'postgresql':
    case 'cockroachdb':
      return 'public'
    case 'sqlserver':
      return 'dbo'
    default:
      return undefined
  }
}
