import {
  type Engine,
  type Policies,
  type ReadHint,
  type ReadPlan,
  resolveHint,
  type ResolvedHint,
  TidemarkError,
} from '@tidemark/core'
import type { DataModel } from './data-model.ts'
import { fingerprint } from './fingerprint.ts'
import { PlanMemo } from './plan-memo.ts'
import { readOperation } from './prisma-internals.ts'
import { shapeKey } from './shape-key.ts'
import { tablesOfRead } from './tables-of-operation.ts'

/** What Prisma tells a query extension of an operation on a model. */
export interface Operation {
  readonly model: string
  readonly operation: string
  readonly args: Readonly<Record<string, unknown>>
  /** Goes on to the database. Called without anything but microtasks in between: see `ReadHook.run`. */
  readonly query: (args: Readonly<Record<string, unknown>>) => Promise<unknown>
}

/** What the reads of one extended client have in common. */
export interface ReadContext {
  readonly engine: Engine
  readonly dataModel: DataModel
  readonly policies: Policies
  readonly database: string
  readonly partition: () => string
  /** See `ClientInternals.resultShape`. */
  readonly resultShape: string
}

const READS = new Set([
  ...['findUnique', 'findUniqueOrThrow', 'findFirst', 'findFirstOrThrow', 'findMany'],
  ...['count', 'aggregate', 'groupBy'],
])

/** Answers reads from the cache. Writes pass; they are seen further down, where all clients meet. */
export class ReadHook {
  readonly #context: ReadContext
  readonly #plans = new PlanMemo<ReadPlan>()
  readonly #hints = new PlanMemo<ResolvedHint>()

  constructor(context: ReadContext) {
    this.#context = context
  }

  /**
   * The query extension. On a miss the cache lets only microtasks pass before `query`: Prisma joins the
   * findUnique calls of one tick into one statement, and those that come a tick later go alone.
   *
   * @throws TidemarkError `INVALID_OPTION` for a hint that is malformed, or on a write
   */
  readonly run = async (parameters: Operation): Promise<unknown> => {
    const { model, operation, query } = parameters
    const { cache, ...args } = parameters.args
    if (!READS.has(operation)) {
      if (cache === undefined) return query(args)
      throw new TidemarkError(
        'INVALID_OPTION',
        `cache: expected on reads only (${[...READS].join(', ')}), got it on ${model}.${operation}`,
      )
    }
    const hint = cache === undefined ? undefined : this.#hint(cache)
    const { dataPath, inTransaction } = readOperation(parameters)
    const { engine, database, partition, resultShape } = this.#context
    return engine.read(
      {
        plan: this.#plan(model, operation, args),
        hint,
        bypass: inTransaction ? 'in-transaction' : undefined,
        key: () => ({
          adapter: 'prisma',
          database,
          partition: partition(),
          // A fluent call has the arguments of a select, and another answer.
          operation: [`${model}.${operation}`, ...dataPath, resultShape].join('\n'),
          parameters: args,
        }),
      },
      () => query(args),
    )
  }

  #plan(model: string, operation: string, args: Readonly<Record<string, unknown>>): ReadPlan {
    const name = `${model}.${operation}`
    return this.#plans.getOrMake(name + shapeKey(args), () => {
      const { engine, dataModel, policies } = this.#context
      const known = dataModel.models.get(model)
      return engine.plan(
        { adapter: 'prisma', fingerprint: known ? fingerprint(name, known, args) : name },
        { kind: 'read', tables: tablesOfRead(dataModel, model, operation, args) },
        policies,
      )
    })
  }

  /** Prisma copies arguments for each call, so a hint is recognised by its content. */
  #hint(cache: unknown): ResolvedHint {
    return this.#hints.getOrMake(textOf(cache), () => resolveHint(cache as ReadHint | false))
  }
}

/** JSON leaves out, or makes null, what no hint may contain: it must not be taken for one without it. */
function textOf(hint: unknown): string {
  return JSON.stringify(hint, (_key, value: unknown) =>
    ['function', 'bigint', 'symbol'].includes(typeof value) ? `\0${typeof value}` : value,
  )
}
