import type { QueryExecutor } from 'kysely'
import {
  type Engine,
  invalidOption,
  type KeyMaterial,
  partitionReader,
  type ReadOrigin,
  type Tidemark,
  type WriteCall,
} from '@tidemark/core'
import {
  type DatabaseCatalogue,
  defaultSchemaOf,
  KnownFunctions,
  type SqlDialect,
} from '@tidemark/sql'
import { HitLog } from './hit-log.ts'
import { PointReads } from './point-reads.ts'
import type { CacheOptions } from './options.ts'
import { ADAPTER, QueryPlanner } from './query-planner.ts'
import { catalogueOfInstance } from './instance-catalogue.ts'
import type { Session } from './session.ts'
import { dialectOf } from './sql-dialect.ts'
import { DRIVER_VALUE_TYPES } from './value-types.ts'

/** What ties one Kysely instance, and every instance that is made from it, to one cache. */
export class Binding implements ReadOrigin {
  readonly engine: Engine
  readonly planner: QueryPlanner
  readonly catalogue: DatabaseCatalogue
  readonly points: PointReads
  readonly dialect: SqlDialect
  readonly database: string
  /** Undefined where hits are not logged. */
  readonly hitLog: HitLog | undefined
  /** A write that moves everything, for a COMMIT of which it is not known what it commits. */
  readonly everything: WriteCall
  /** Set by `destroy`: from then on the driver answers, or says that it is destroyed. */
  isDestroyed = false
  /**
   * A raw BEGIN was sent to the instance itself. It makes sense where there is one connection only, and
   * then everybody reads what it has not committed.
   */
  isInManualTransaction = false
  readonly #partition: () => string | undefined

  constructor({ engine }: Tidemark, executor: QueryExecutor, options: CacheOptions) {
    const { adapter } = executor
    const dialect = dialectOf(adapter)
    const { partition, logHits, stableFunctions = [], volatileFunctions = [], ...others } = options
    const { catalogue = true, sideEffects = {}, ...rest } = others
    const { parser, database, defaultSchema = defaultSchemaOf(dialect), ...policies } = rest
    if (parser && parser.dialect !== dialect) {
      throw invalidOption('parser', `a parser for ${dialect}`, parser.dialect)
    }
    const functions = new KnownFunctions(dialect, {
      stable: stableFunctions,
      volatile: volatileFunctions,
    })
    this.engine = engine
    this.points = new PointReads(this)
    this.dialect = dialect
    this.hitLog = HitLog.of(logHits)
    const isPartitioned = partition !== undefined && partition !== ''
    this.catalogue = catalogueOfInstance(engine, executor, () => this.isInManualTransaction, {
      settings: { dialect, defaultSchema, functions, isPartitioned, sideEffects },
      isWanted: catalogue,
    })
    this.planner = new QueryPlanner(
      engine,
      engine.policies(policies, defaultSchema),
      { dialect, defaultSchema, functions, parser },
      {
        supportsTransactionalDdl: adapter.supportsTransactionalDdl ?? false,
        hasOneConnection: adapter.supportsMultipleConnections === false,
      },
      this.catalogue,
    )
    this.database = engine.databases.claim(ADAPTER, database, adapter)
    this.#partition = partitionReader(partition)
    this.everything = {
      plan: engine.plan(
        { adapter: ADAPTER, fingerprint: '(transaction that cannot be followed)' },
        { kind: 'write', tables: 'unknown', takesEffect: 'at-once' },
      ),
      outcomeOf: () => 'settled',
    }
    for (const type of DRIVER_VALUE_TYPES) engine.declareValueType(type)
  }

  /** A query in the background would be part of a transaction that somebody has begun by hand. */
  get mayReload(): boolean {
    return !this.isInManualTransaction && !this.isDestroyed
  }

  /** For what was done while the schema became another, so that nobody can say what it has changed. */
  async moveEverything(session: Session | undefined): Promise<void> {
    const nothing = () => Promise.resolve()
    await (session
      ? session.write(this.everything, nothing)
      : this.engine.write(this.everything, nothing))
  }

  /** Undefined where nobody says whose view of the data is asked for. */
  key(operation: string, parameters: readonly unknown[]): KeyMaterial | undefined {
    const partition = this.#partition()
    if (partition === undefined) return undefined
    return { adapter: ADAPTER, database: this.database, partition, operation, parameters }
  }
}
