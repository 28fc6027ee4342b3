import type { Engine, WriteCall, WritePlan } from '@tidemark/core'
import { buildDataModel, type DataModel } from './data-model.ts'
import { fingerprint } from './fingerprint.ts'
import { OpenTransactions, runUnder } from './open-transactions.ts'
import { PlanMemo } from './plan-memo.ts'
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
  readonly #plans = new PlanMemo<WritePlan>()
  readonly #transactions: OpenTransactions

  constructor(engine: Engine, internals: ClientInternals, defaultSchema: string | undefined) {
    this.engine = engine
    this.defaultSchema = defaultSchema
    this.dataModel = buildDataModel(internals, defaultSchema)
    this.raw = new RawStatements(engine, dialectOf(internals.provider))
    this.#transactions = new OpenTransactions(engine, internals.provider)
  }

  /** Passes on one request. A read passes at once: Prisma joins those of one tick. */
  request<T>(
    query: EngineQuery,
    { interactiveTransaction }: SingleRequestOptions,
    send: () => Promise<T>,
  ): Promise<T> {
    const call = this.#callOf(query)
    if (!interactiveTransaction) return call ? this.engine.write(call, send) : send()
    const id = idOf(interactiveTransaction)
    return call ? this.#transactions.write(id, [call], send) : this.#transactions.read(id, send)
  }

  /** Passes on several requests that Prisma sends as one: a `$transaction([…])`, or those of one tick. */
  requestBatch<T>(
    queries: readonly EngineQuery[],
    { transaction }: BatchRequestOptions,
    send: () => Promise<T>,
  ): Promise<T> {
    const calls = queries.map((query) => this.#callOf(query)).filter((call) => call !== undefined)
    if (transaction?.kind === 'itx') {
      const id = idOf(transaction.options)
      return calls.length === 0
        ? this.#transactions.read(id, send)
        : this.#transactions.write(id, calls, send)
    }
    // Outside of an interactive transaction the engine commits before it answers.
    return calls.length === 0 ? send() : runUnder(this.engine.beginTransaction(), calls, send)
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
  #callOf(query: EngineQuery): WriteCall | undefined {
    if (READS.has(query.action)) return undefined
    const text = query.modelName ? undefined : rawText(query)
    if (text !== undefined) return this.raw.asWrite(text, query.action)
    return { plan: this.#plan(query), outcomeOf }
  }

  #plan({ modelName, action, query }: EngineQuery): WritePlan {
    const operation = WRITES[action]
    const model = modelName === undefined ? undefined : this.dataModel.models.get(modelName)
    if (!model || operation === undefined) {
      return this.#plans.getOrMake(action, () => this.#planOfUnknown(action))
    }
    const name = `${model.name}.${operation}`
    const args = query.arguments ?? {}
    return this.#plans.getOrMake(name + shapeKey(args), () =>
      this.engine.plan(
        { adapter: 'prisma', fingerprint: fingerprint(name, model, args) },
        { kind: 'write', tables: tablesOfWrite(this.dataModel, model.name, operation, args) },
      ),
    )
  }

  /** An operation of a version of Prisma that came later. */
  #planOfUnknown(action: string): WritePlan {
    return this.engine.plan(
      { adapter: 'prisma', fingerprint: `$${action}` },
      { kind: 'write', tables: 'unknown', takesEffect: 'at-once' },
    )
  }
}

/** Undefined where Prisma names its transactions in another way: they are then all unknown ones. */
function idOf(transaction: { readonly id?: unknown } | undefined): string | undefined {
  const id = transaction?.id
  return typeof id === 'string' ? id : undefined
}
