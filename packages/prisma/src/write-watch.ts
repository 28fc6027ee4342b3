import type { Engine, KeyMaterial, ReadPlan, WriteCall, WritePlan } from '@tidemark/core'
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
import { onlyReads } from './raw-statement.ts'
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
  readonly #provider: string
  readonly #plans = new PlanMemo<WritePlan>()
  readonly #transactions: OpenTransactions
  readonly #rawReadPlan: ReadPlan

  constructor(engine: Engine, internals: ClientInternals, defaultSchema: string | undefined) {
    this.engine = engine
    this.defaultSchema = defaultSchema
    this.#provider = internals.provider
    this.dataModel = buildDataModel(internals, defaultSchema)
    this.#transactions = new OpenTransactions(engine, this.#provider)
    this.#rawReadPlan = engine.plan(
      { adapter: 'prisma', fingerprint: '$queryRaw' },
      { kind: 'read', tables: 'unknown' },
    )
  }

  /** Passes on one request. A read passes at once: Prisma joins those of one tick. */
  request<T>(
    query: EngineQuery,
    { interactiveTransaction }: SingleRequestOptions,
    send: () => Promise<T>,
  ): Promise<T> {
    const call = this.#callOf(query)
    if (!interactiveTransaction) {
      if (call) return this.engine.write(call, send)
      return query.modelName ? send() : this.#rawRead('opaque-sql', send)
    }
    const id = idOf(interactiveTransaction)
    if (call) return this.#transactions.write(id, [call], send)
    const read = () => this.#transactions.read(id, send)
    return query.modelName ? read() : this.#rawRead('in-transaction', read)
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
    const text = rawText(query)
    if (!query.modelName && text !== undefined && onlyReads(text)) return undefined
    return { plan: this.#plan(query), outcomeOf }
  }

  /** Raw queries are not cached: what they read is not known, and what it depends on even less. */
  async #rawRead<T>(bypass: 'in-transaction' | 'opaque-sql', send: () => Promise<T>): Promise<T> {
    return this.engine.read({ plan: this.#rawReadPlan, bypass, key: unused }, send)
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

  /** Raw SQL, or an operation of a version of Prisma that came later. */
  #planOfUnknown(action: string): WritePlan {
    return this.engine.plan(
      { adapter: 'prisma', fingerprint: `$${action}` },
      {
        kind: 'write',
        tables: 'unknown',
        // MySQL commits at once what defines tables, inside of a transaction too.
        takesEffect: this.#provider === 'mysql' ? 'at-once' : 'at-commit',
      },
    )
  }
}

/** Undefined where Prisma names its transactions in another way: they are then all unknown ones. */
function idOf(transaction: { readonly id?: unknown } | undefined): string | undefined {
  const id = transaction?.id
  return typeof id === 'string' ? id : undefined
}

function unused(): KeyMaterial {
  throw new Error('a raw query has no key')
}
