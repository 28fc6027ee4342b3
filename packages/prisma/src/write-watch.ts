import {
  type Engine,
  type ReadOrigin,
  takeWriteThrough,
  type WriteCall,
  type WriteDescription,
  type WritePlan,
  type WriteReach,
  type WriteThrough,
} from '@tidemark/core'
import { type Catalogue, type DatabaseCatalogue, whyEverything } from '@tidemark/sql'
import { catalogueOfClient, type CatalogueChoice } from './client-catalogue.ts'
import { buildDataModel, type DataModel } from './data-model.ts'
import { fingerprint } from './fingerprint.ts'
import { OpenTransactions, runUnder } from './open-transactions.ts'
import { FollowedKeys } from './followed-keys.ts'
import { PlanMemoByCatalogue } from './plan-memo.ts'
import {
  type BatchRequestOptions,
  type ClientInternals,
  type EngineQuery,
  rawText,
  type SingleRequestOptions,
} from './prisma-internals.ts'
import { dialectOf } from './raw-statement.ts'
import { RawStatements } from './raw-statements.ts'
import { shapeKey } from './shape-key.ts'
import { tablesOfWrite } from './tables-of-operation.ts'
import { outcomeOf } from './write-outcome.ts'

/** The writes of the JSON protocol, by the names that they have on a client. */
const WRITES: Readonly<Record<string, string>> = {
  createOne: 'create',
  createMany: 'createMany',
  createManyAndReturn: 'createManyAndReturn',
  updateOne: 'update',
  updateMany: 'updateMany',
  updateManyAndReturn: 'updateManyAndReturn',
  upsertOne: 'upsert',
  deleteOne: 'delete',
  deleteMany: 'deleteMany',
}

const READS = new Set([
  ...['findUnique', 'findUniqueOrThrow', 'findFirst', 'findFirstOrThrow', 'findMany'],
  ...['aggregate', 'groupBy', 'findRaw', 'aggregateRaw'],
])

/**
 * Makes old in one cache what one Prisma engine writes: for every client of that engine, the one that was
 * extended and those that were not, and in every kind of transaction.
 */
export class WriteWatch {
  readonly engine: Engine
  readonly defaultSchema: string | undefined
  readonly dataModel: DataModel
  readonly raw: RawStatements
  readonly catalogue: DatabaseCatalogue
  readonly origin: ReadOrigin
  readonly #choice: string
  readonly #followedKeys: FollowedKeys
  readonly #plans = new PlanMemoByCatalogue<WritePlan>()
  readonly #transactions: OpenTransactions

  constructor(
    engine: Engine,
    internals: ClientInternals,
    defaultSchema: string | undefined,
    choice: CatalogueChoice,
  ) {
    this.engine = engine
    this.defaultSchema = defaultSchema
    this.dataModel = buildDataModel(internals, defaultSchema)
    this.#transactions = new OpenTransactions(engine, internals.provider)
    this.#choice = JSON.stringify(choice)
    this.#followedKeys = new FollowedKeys(this.dataModel)
    // Its driver has one connection, which all requests share.
    const isBusy = () => internals.provider === 'sqlite' && this.#transactions.areOpen
    this.origin = {
      get mayReload() {
        return !isBusy()
      },
    }
    this.catalogue = catalogueOfClient(engine, internals, defaultSchema, choice, isBusy)
    this.raw = new RawStatements(engine, dialectOf(internals.provider), this.catalogue)
  }

  isFor(engine: Engine, defaultSchema: string | undefined, choice: CatalogueChoice): boolean {
    return (
      this.engine === engine &&
      this.defaultSchema === defaultSchema &&
      this.#choice === JSON.stringify(choice)
    )
  }

  /** Passes on one request. A read passes at once: Prisma joins those of one tick. */
  request<T>(
    query: EngineQuery,
    { interactiveTransaction }: SingleRequestOptions,
    send: () => Promise<T>,
  ): Promise<T> {
    const call = this.#callOf(query)
    const explained = call && this.engine.explained(call)
    if (explained) return explained
    if (!interactiveTransaction) {
      if (!call) return send()
      const offered = takeWriteThrough(this.engine)
      const alone = ([planned = call]: readonly WriteCall[], run: () => Promise<T>) =>
        this.engine.write(this.#through(planned, offered), run)
      return this.#underOneCatalogue([query], [call], send, alone)
    }
    const id = idOf(interactiveTransaction)
    return call ? this.#writeInTransaction(id, [call], send) : this.#transactions.read(id, send)
  }

  /** Passes on several requests that Prisma sends as one: a `$transaction([…])`, or those of one tick. */
  requestBatch<T>(
    queries: readonly EngineQuery[],
    { transaction }: BatchRequestOptions,
    send: () => Promise<T>,
  ): Promise<T> {
    const calls = queries.map((query) => this.#callOf(query)).filter((call) => call !== undefined)
    const explained = calls[0] && this.engine.explained(calls[0])
    if (explained) return explained
    if (transaction?.kind === 'itx') {
      const id = idOf(transaction.options)
      return calls.length === 0
        ? this.#transactions.read(id, send)
        : this.#writeInTransaction(id, calls, send)
    }
    if (calls.length === 0) return send()
    // Outside of an interactive transaction the engine commits before it answers.
    return this.#underOneCatalogue(queries, calls, send, (planned, run) =>
      runUnder(this.engine.beginTransaction(), planned, run),
    )
  }

  /**
   * Runs mutations outside of a transaction. The catalogue is read before, where one of them needs it; where it became
   * another while they ran, as somebody defined a trigger, nobody knows what they have changed.
   */
  async #underOneCatalogue<T>(
    queries: readonly EngineQuery[],
    calls: readonly PlannedCall[],
    send: () => Promise<T>,
    write: (calls: readonly WriteCall[], run: () => Promise<T>) => Promise<T>,
  ): Promise<T> {
    let planned = calls
    if (!this.catalogue.current && calls.some(({ isNarrow }) => isNarrow)) {
      await this.catalogue.load()
      planned = queries.map((query) => this.#callOf(query)).filter((call) => call !== undefined)
    }
    const before = this.catalogue.current
    return write(planned, async () => {
      try {
        return await send()
      } finally {
        if (planned.some(({ isNarrow }) => isNarrow) && before !== this.catalogue.current) {
          await this.engine.write(this.#everything, () => Promise.resolve())
        }
      }
    })
  }

  async #writeInTransaction<T>(
    id: string | undefined,
    calls: readonly PlannedCall[],
    send: () => Promise<T>,
  ): Promise<T> {
    const before = this.catalogue.current
    try {
      return await this.#transactions.write(id, calls, send)
    } finally {
      if (calls.some(({ isNarrow }) => isNarrow) && before !== this.catalogue.current) {
        await this.#transactions.write(id, [this.#everything], () => Promise.resolve())
      }
    }
  }

  /** What is sent on the one connection of a driver, beside an open transaction, is a part of that. */
  #through(call: WriteCall, through: WriteThrough | undefined): WriteCall {
    const { tables } = call.plan
    const isAlone = tables !== 'unknown' && tables.length === 1 && this.origin.mayReload
    return through && isAlone ? { ...call, through } : call
  }

  get #everything(): WriteCall {
    return { plan: this.#planOfUnknown('while the schema changed'), outcomeOf: () => 'settled' }
  }

  started(transaction: { readonly id?: unknown } | undefined): void {
    const id = idOf(transaction)
    if (id !== undefined) this.#transactions.started(id)
  }

  commit<T>(
    transaction: { readonly id?: unknown } | undefined,
    send: () => Promise<T>,
  ): Promise<T> {
    return this.#transactions.commit(idOf(transaction), send)
  }

  rollback<T>(
    transaction: { readonly id?: unknown } | undefined,
    send: () => Promise<T>,
  ): Promise<T> {
    return this.#transactions.rollback(idOf(transaction), send)
  }

  /** The request as a write, or undefined where it certainly is none. */
  #callOf(query: EngineQuery): PlannedCall | undefined {
    if (READS.has(query.action)) return undefined
    const text = query.modelName ? undefined : rawText(query)
    if (text === undefined) return { plan: this.#plan(query), outcomeOf, isNarrow: true }
    const call = this.raw.asWrite(text, query.action)
    // Raw SQL is understood by its hint alone.
    return call && { ...call, isNarrow: call.hint !== undefined && !call.plan.changesSchema }
  }

  #plan({ modelName, action, query }: EngineQuery): WritePlan {
    const operation = WRITES[action]
    const model = modelName === undefined ? undefined : this.dataModel.models.get(modelName)
    const catalogue = this.catalogue.current
    const plans = this.#plans.under(catalogue)
    if (!model || operation === undefined) {
      return plans.getOrMake(action, () => this.#planOfUnknown(action))
    }
    const name = `${model.name}.${operation}`
    const args = query.arguments ?? {}
    return plans.getOrMake(name + shapeKey(args), () => {
      const named = tablesOfWrite(this.dataModel, model.name, operation, args)
      return this.engine.plan(
        { adapter: 'prisma', fingerprint: fingerprint(name, model, args) },
        { kind: 'write', ...this.#tablesChanged(named, catalogue) },
      )
    })
  }

  /** Foreign keys have been followed as far as the schema tells of them, by the columns that change. */
  #tablesChanged(
    named: WriteReach | 'unknown',
    catalogue: Catalogue | undefined,
  ): Pick<WriteDescription, 'tables' | 'reached' | 'opaqueBecause'> {
    if (named === 'unknown') {
      return { tables: named, opaqueBecause: 'it writes what the schema does not tell of' }
    }
    const unknown = { tables: 'unknown', opaqueBecause: whyEverything(catalogue) } as const
    if (!catalogue) return unknown
    const changes = named.tables.map((table) => ({ table, change: 'any' as const }))
    const written = catalogue.writes(changes, this.#followedKeys.has)
    if (written === 'unknown') return unknown
    return { tables: written.tables, reached: [...named.reached, ...written.reached] }
  }

  /** An operation of a version of Prisma that came later. */
  #planOfUnknown(action: string): WritePlan {
    return this.engine.plan(
      { adapter: 'prisma', fingerprint: `$${action}` },
      { kind: 'write', tables: 'unknown', takesEffect: 'at-once' },
    )
  }
}

/** A mutation as it was planned. */
interface PlannedCall extends WriteCall {
  /** Which tables it changes is known, or would be with the catalogue. */
  readonly isNarrow: boolean
}

/** Undefined where Prisma names its transactions in another way: they are then all unknown ones. */
function idOf(transaction: { readonly id?: unknown } | undefined): string | undefined {
  const id = transaction?.id
  return typeof id === 'string' ? id : undefined
}
