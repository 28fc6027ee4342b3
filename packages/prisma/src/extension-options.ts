import {
  checkKeys,
  checkName,
  checkPartition,
  type Partition,
  partitionReader,
  type Policies,
  POLICY_OPTION_NAMES,
  type PolicyOptions,
  type TablePolicy,
  type Tidemark,
  TidemarkError,
} from '@tidemark/core'
import type { DataModel } from './data-model.ts'

/** What `cacheExtension` and `withCache` take beside the cache. */
export interface CacheExtensionOptions extends PolicyOptions {
  /**
   * Policies by model name, as `tables` has them by physical table name: `{ Film: { ttl: '1h' } }`. A read
   * is cached when each of the models that it reads has one, for the shortest of their times. `false`: a
   * read of this model is cached only with a hint of its own.
   */
  readonly models?: Readonly<Record<string, TablePolicy | false>>
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
}

const NAMES = [...POLICY_OPTION_NAMES, 'models', 'database', 'defaultSchema', 'partition'] as const

/** @throws TidemarkError `INVALID_OPTION` that names the option, what was expected and what came */
export function resolveExtensionOptions(
  cache: Tidemark,
  options: CacheExtensionOptions,
): ResolvedExtensionOptions {
  checkKeys('options', options, NAMES)
  const { database, defaultSchema, partition, models = {} } = options
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
  return {
    database,
    defaultSchema,
    partition: partitionReader(partition),
    policies: (dataModel, schema) =>
      cache.engine.policies(
        {
          ...policyOptions,
          tables: { ...tablePolicies(models, dataModel), ...policyOptions.tables },
        },
        schema,
      ),
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

/** Policies of models as policies of their tables. A join table follows the models that it joins. */
function tablePolicies(
  models: Readonly<Record<string, TablePolicy | false>>,
  dataModel: DataModel,
): Record<string, TablePolicy | false> {
  const tables: Record<string, TablePolicy | false> = {}
  for (const [name, policy] of Object.entries(models)) {
    const model = dataModel.models.get(name)
    if (!model) {
      const known = [...dataModel.models.keys()].join(', ')
      throw new TidemarkError(
        'INVALID_OPTION',
        `models: unknown model ${JSON.stringify(name)}, expected one of ${known}`,
      )
    }
    tables[model.table] = policy
    for (const { joinTable, target } of model.relations.values()) {
      if (joinTable !== undefined && policy && models[target.name]) tables[joinTable] = policy
    }
  }
  return tables
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
