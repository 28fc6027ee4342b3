import {
  type Awaitable,
  type Engine,
  isPromise,
  type KeyMaterial,
  type Load,
  type ReadOrigin,
  type ReadPlan,
  type ResolvedHint,
  TidemarkError,
} from '@tidemark/core'
import type { DatabaseCatalogue } from '@tidemark/sql'
import { skip } from '@prisma/client/runtime/client'
import { hintOfRaw } from './cached.ts'
import type { DataModel } from './data-model.ts'
import { isOutage } from './outage.ts'
import { rawCall, readOperation } from './prisma-internals.ts'
import type { RawStatements } from './raw-statements.ts'
import type { ReadPlans } from './read-plans.ts'
import { RowWrites } from './row-writes.ts'
import { isPlainRecord } from './shape-key.ts'
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

interface PlannedRead {
  /** Under what is known of the catalogue at the moment. */
  readonly planNow: () => ReadPlan
  readonly hint: ResolvedHint | undefined
  readonly inTransaction: boolean
  readonly key: () => KeyMaterial | undefined
  readonly load: Load<unknown>
}

/** What the reads of one extended client have in common. */
export interface ReadContext {
  readonly engine: Engine
  readonly plans: ReadPlans
  readonly catalogue: DatabaseCatalogue
  readonly dataModel: DataModel
  readonly origin: ReadOrigin
  readonly raw: RawStatements
  readonly provider: string
  readonly database: string
  readonly partition: () => string | undefined
  /** See `ClientInternals.resultShape`. */
  readonly resultShape: string
}

const READS = new Set([
  ...['findUnique', 'findUniqueOrThrow', 'findFirst', 'findFirstOrThrow', 'findMany'],
  ...['count', 'aggregate', 'groupBy'],
])

/** `$queryRaw` is what `findRaw` and `aggregateRaw` of MongoDB are not: SQL. */
const RAW_READS = new Set(['$queryRaw', '$queryRawTyped', '$queryRawUnsafe'])

/** Answers reads from the cache. Writes pass; they are seen further down, where all clients meet. */
export class ReadHook {
  readonly #context: ReadContext

  /** Undefined where it is not asked for, and where Prisma makes something else of rows before it gives them back. */
  readonly #rows: RowWrites | undefined

  constructor(context: ReadContext) {
    this.#context = context
    if (context.resultShape !== '' || !context.plans.mayWriteThrough) return
    this.#rows = new RowWrites({
      ...context,
      key: (operation, args) => this.#key([operation, ''].join('\n'), args),
    })
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
    if (model === undefined) return this.#raw(operation, given, inTransaction, query)
    const isFalse = isCopiedFalsely(given)
    const faithful = isFalse ? given : parameters.args
    const { cache, ...args } = faithful
    if (!READS.has(operation)) {
      if (cache === undefined) {
        const row = inTransaction ? undefined : this.#rows?.of(model, operation, args)
        return row ? row.run(() => query(faithful)) : query(faithful)
      }
      throw new TidemarkError(
        'INVALID_OPTION',
        `cache: expected on reads only (${[...READS].join(', ')}), got it on ${model}.${operation}`,
      )
    }
    const { plans, resultShape } = this.#context
    const hint = cache === undefined || cache === skip ? undefined : plans.hint(cache)
    const answer = this.#read({
      planNow: () => plans.ofModel(model, operation, args),
      hint,
      inTransaction,
      // A fluent call has the arguments of a select, and another answer.
      key: () => {
        const path = dataPath.length === 0 ? '' : `\n${dataPath.join('\n')}`
        return this.#key(`${model}.${operation}${path}\n${resultShape}`, args, !isFalse)
      },
      load: (purpose) => (purpose === 'compare' ? orNull(query(args)) : query(args)),
    })
    return isPromise(answer) ? answer.then(ownList) : ownList(answer)
  }

  /** What was given is passed on as it is: in the copy, instances of classes have become plain records. */
  async #raw(
    operation: string,
    given: unknown,
    inTransaction: boolean,
    query: Operation['query'],
  ): Promise<unknown> {
    const { plans, raw, provider } = this.#context
    const call = rawCall(given, provider)
    if (!call) return query(given)
    const hint = hintOfRaw(given)
    if (hint?.cached) raw.declare(call.text, hint)
    const plan = RAW_READS.has(operation) ? plans.ofRaw(operation, call.text) : undefined
    if (!plan) return query(given)
    return this.#read({
      planNow: () => plans.ofRaw(operation, call.text) ?? plan,
      hint,
      inTransaction,
      key: () => this.#key(`${operation}\n${call.text}`, call.values),
      load: () => query(given),
    })
  }

  /** Where the catalogue is known, nothing is awaited before the cache is asked. */
  #read({ planNow, hint, inTransaction, key, load }: PlannedRead): Awaitable<unknown> {
    const { engine, catalogue, origin } = this.#context
    const bypass = inTransaction ? 'in-transaction' : undefined
    const plan = planNow()
    const remedy = inTransaction ? undefined : catalogue.remedyFor(plan.lacks(hint))
    // What Prisma computes or leaves out it does to the result that it is given.
    const changesResult = this.#context.resultShape !== ''
    const answer = (planned: ReadPlan, keyOf: PlannedRead['key']) =>
      engine.read(
        { plan: planned, hint, bypass, key: keyOf, isOutage, changesResult, origin },
        load,
      )
    if (!remedy) return answer(plan, key)
    // Asked now: whoever says on whose behalf it is may say another by the time that the catalogue is there.
    const partition = key()?.partition
    const keyThen = () => {
      const material = key()
      return material?.partition === partition ? material : undefined
    }
    return remedy().then(() => answer(planNow(), keyThen))
  }

  #key(operation: string, parameters: unknown, areCopies = false): KeyMaterial | undefined {
    const { database } = this.#context
    const partition = this.#context.partition()
    return partition === undefined
      ? undefined
      : { adapter: 'prisma', database, partition, operation, parameters, areCopies }
  }
}

/** What is not there any more is thrown by `findUniqueOrThrow` and its like. */
function orNull(answer: Promise<unknown>): Promise<unknown> {
  return answer.catch((error: unknown) => {
    if ((error as { code?: unknown } | null)?.code === 'P2025') return null
    throw error
  })
}

/** Prisma sets the elements of a list that it was given, each to itself: of a frozen one the list is not shared. */
function ownList(result: unknown): unknown {
  return Array.isArray(result) && Object.isFrozen(result) ? result.slice() : result
}

/**
 * Whether a value holds an object that says by a `toJSON` of its class what it stands for. The copy that
 * Prisma makes for extensions has the fields of that object, and not its class. Such arguments have no key,
 * so a caller who changes them before they are sent spoils no entry. Before 7.5 it copied `Prisma.skip` to
 * `{}` too.
 */
function isCopiedFalsely(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) return false
  if (value === skip) return true
  if (Array.isArray(value)) return value.some(isCopiedFalsely)
  if (isPlainRecord(value)) {
    for (const name in value) if (isCopiedFalsely(value[name])) return true
    return false
  }
  return (
    typeof (value as { toJSON?: unknown }).toJSON === 'function' &&
    !(value instanceof Date || ArrayBuffer.isView(value)) &&
    !prismaValueTypes.some((type) => type.matches(value))
  )
}
