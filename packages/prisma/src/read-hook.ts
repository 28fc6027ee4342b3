import {
  type Engine,
  type Policies,
  type ReadHint,
  type ReadPlan,
  resolveHint,
  type ResolvedHint,
  TidemarkError,
} from '@tidemark/core'
import { skip } from '@prisma/client/runtime/client'
import type { DataModel } from './data-model.ts'
import { fingerprint } from './fingerprint.ts'
import { PlanMemo } from './plan-memo.ts'
import { readOperation } from './prisma-internals.ts'
import { isPlainRecord, shapeKey } from './shape-key.ts'
import { tablesOfRead } from './tables-of-operation.ts'
import { prismaValueTypes } from './value-types.ts'

/** What Prisma tells a query extension of an operation. */
export interface Operation {
  /** A raw query has none. */
  readonly model?: string | undefined
  readonly operation: string
  /** A copy of what the caller gave. Of a raw query, whatever Prisma makes of that. */
  readonly args: Readonly<Record<string, unknown>>
  /** Goes on to the database. Called without anything but microtasks in between: see `ReadHook.run`. */
  readonly query: (args: unknown) => Promise<unknown>
}

/** What the reads of one extended client have in common. */
export interface ReadContext {
  readonly engine: Engine
  readonly dataModel: DataModel
  readonly policies: Policies
  readonly database: string
  /** Undefined where nobody says whose view of the data is asked for. */
  readonly partition: () => string | undefined
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
   * Writes and raw queries go through it as well, to take as many microtasks as a read: inside of a
   * transaction, Prisma sends what was called in one tick in the order in which it arrives.
   *
   * @throws TidemarkError `INVALID_OPTION` for a hint that is malformed, or on a write
   */
  readonly run = async (parameters: Operation): Promise<unknown> => {
    const { model, operation, query } = parameters
    const { given, dataPath, inTransaction } = readOperation(parameters)
    const faithful = isCopiedFalsely(given) ? given : parameters.args
    const { cache, ...args } = faithful
    if (model === undefined || !READS.has(operation)) {
      if (cache === undefined) return query(faithful)
      throw new TidemarkError(
        'INVALID_OPTION',
        `cache: expected on reads only (${[...READS].join(', ')}), got it on ${model}.${operation}`,
      )
    }
    const hint = cache === undefined || cache === skip ? undefined : this.#hint(cache)
    const { engine, database, resultShape } = this.#context
    return engine.read(
      {
        plan: this.#plan(model, operation, args),
        hint,
        bypass: inTransaction ? 'in-transaction' : undefined,
        key: () => {
          const partition = this.#context.partition()
          if (partition === undefined) return undefined
          // A fluent call has the arguments of a select, and another answer.
          const name = [`${model}.${operation}`, ...dataPath, resultShape].join('\n')
          return { adapter: 'prisma', database, partition, operation: name, parameters: args }
        },
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

/**
 * Whether a value holds an object that says by a `toJSON` of its class what it stands for. The copy that
 * Prisma makes for extensions has the fields of that object, and not its class. Such arguments have no key,
 * so a caller who changes them before they are sent spoils no entry. Before 7.5 it copied `Prisma.skip` to `{}` too.
 */
function isCopiedFalsely(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) return false
  if (value === skip) return true
  if (Array.isArray(value)) return value.some(isCopiedFalsely)
  if (isPlainRecord(value)) return Object.values(value).some(isCopiedFalsely)
  return (
    typeof (value as { toJSON?: unknown }).toJSON === 'function' &&
    !(value instanceof Date || ArrayBuffer.isView(value)) &&
    !prismaValueTypes.some((type) => type.matches(value))
  )
}
