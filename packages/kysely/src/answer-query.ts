import type { Awaitable, BypassReason, KeyMaterial, ReadCall, ReadPlan } from '@tidemark/core'
import { hasTimeWord } from '@tidemark/sql'
import type { AbortableQueryOptions, CompiledQuery, QueryResult } from 'kysely'
import { chosenPlan, type Execution, type ExecutorContext, hintFor, keyOf } from './execution.ts'
import { orAborted } from './or-aborted.ts'
import { isOutage } from './outage.ts'
import type { PlannedQuery } from './query-planner.ts'
import { outcomeOf } from './write-outcome.ts'
import { writeQuery } from './write-query.ts'

/** Answers a query from the cache, or by the driver. */
export function answerQuery<R>(
  query: CompiledQuery<R>,
  execution: Execution,
  options: AbortableQueryOptions | undefined,
): Awaitable<QueryResult<R>> {
  const { context } = execution
  const planned = context.binding.planner.plan(query)
  const lacking = readingWhatLacks(query, planned, context)
  return lacking
    ? answerLater(query, planned, lacking, execution, options)
    : answer(query, planned, () => keyOf(query, context), execution, options)
}

/**
 * How to read the catalogue, where the query needs it and it is not known, or does not have a table of the query's. Nothing is
 * read on a held connection: it may be in a transaction.
 */
function readingWhatLacks(
  query: CompiledQuery,
  planned: PlannedQuery,
  context: ExecutorContext,
): (() => Promise<void>) | undefined {
  const { binding, session } = context
  const { catalogue } = binding
  if (!catalogue.isRead || session || binding.isInManualTransaction) return undefined
  const plan = chosenPlan(query, planned, context)
  return catalogue.remedyFor(
    plan.kind === 'write'
      ? lacksOfWrite(query, planned, context)
      : lacksOfRead(query, plan, context),
  )
}

function lacksOfWrite(
  query: CompiledQuery,
  { lacks, catalogue }: PlannedQuery,
  context: ExecutorContext,
): PlannedQuery['lacks'] {
  const hint = hintFor(query, context)
  // What raw SQL writes is known by its hint alone.
  const isNamed = hint?.cached && hint.tables !== undefined
  return isNamed && !catalogue ? 'catalogue' : lacks
}

function lacksOfRead(
  query: CompiledQuery,
  plan: ReadPlan,
  context: ExecutorContext,
): PlannedQuery['lacks'] {
  const lacks = plan.lacks(hintFor(query, context))
  return lacks && !bypassReason(query, context) ? lacks : undefined
}

async function answerLater<R>(
  query: CompiledQuery<R>,
  planned: PlannedQuery,
  lacking: () => Promise<void>,
  execution: Execution,
  options: AbortableQueryOptions | undefined,
): Promise<QueryResult<R>> {
  const { bare, context } = execution
  const { binding } = context
  const isRead = chosenPlan(query, planned, context).kind === 'read'
  // Asked now: whoever says on whose behalf it is may say another by the time that the catalogue is there.
  const partition = isRead ? keyOf(query, context)?.partition : undefined
  await orAborted(lacking(), options?.signal)
  if (binding.isDestroyed) return bare.executeQuery(query, options)
  const key = () => {
    const material = keyOf(query, context)
    return material?.partition === partition ? material : undefined
  }
  return answer(query, binding.planner.plan(query), key, execution, options)
}

function answer<R>(
  query: CompiledQuery<R>,
  planned: PlannedQuery,
  key: () => KeyMaterial | undefined,
  execution: Execution,
  options: AbortableQueryOptions | undefined,
): Awaitable<QueryResult<R>> {
  const { bare, context, plugins } = execution
  const { binding, session } = context
  const hint = hintFor(query, context)
  const plan = chosenPlan(query, planned, context)
  if (plan.kind === 'write') {
    // Before the session, to which an error of a write says something.
    const explained = binding.engine.explained({ plan, hint, outcomeOf })
    if (explained) return explained
    const write = () => writeQuery(plan, planned, query, execution, options)
    return session ? session.inOrder(write) : write()
  }
  const send = () => bare.executeQuery<R>(query, options)
  const load =
    planned.point && !session
      ? async () => {
          const result = await send()
          binding.points.learn(query.sql, planned, hint, result)
          return result
        }
      : send
  const call: ReadCall = {
    plan,
    hint,
    bypass: bypassReason(query, context),
    key,
    cancellable: options?.signal !== undefined,
    isEmpty: hasNoRows,
    // Plugins may write into what they are given.
    changesResult: plugins.length > 0,
    isOutage: options?.signal ? (error) => !options.signal!.aborted && isOutage(error) : isOutage,
    origin: binding,
  }
  if (session) return binding.engine.read(call, async () => session.inOrder(load))
  const { hitLog, engine } = binding
  return hitLog
    ? hitLog.around(query, load, (logged) => engine.read(call, logged))
    : engine.read(call, load)
}

function bypassReason(
  { parameters }: CompiledQuery,
  { binding, session }: ExecutorContext,
): BypassReason | undefined {
  if (session) return session.bypassReason
  if (binding.isInManualTransaction) return 'in-transaction'
  return hasTimeWord(parameters) ? 'volatile-function' : undefined
}

function hasNoRows(result: unknown): boolean {
  return (result as QueryResult<unknown>).rows.length === 0
}
