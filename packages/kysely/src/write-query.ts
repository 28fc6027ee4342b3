import type { WriteCall, WritePlan } from '@tidemark/core'
import type { AbortableQueryOptions, CompiledQuery, QueryResult } from 'kysely'
import { type Execution, type ExecutorContext, hintFor, keyOf } from './execution.ts'
import type { PlannedQuery } from './query-planner.ts'
import { outcomeOf } from './write-outcome.ts'

/** Sends a write between its intent and its release, and leaves behind for reads what it gave back. */
export async function writeQuery<R>(
  plan: WritePlan,
  planned: PlannedQuery,
  query: CompiledQuery<R>,
  { bare, context }: Execution,
  options: AbortableQueryOptions | undefined,
): Promise<QueryResult<R>> {
  const { binding, session } = context
  const { control, maySwitchTransaction } = planned
  const hint = hintFor(query, context)
  let isSent = false
  // A write that never got a connection (the pool timed out, was destroyed) did nothing.
  const executor = bare.withConnectionProvider({
    provideConnection: (consumer, connectionOptions) =>
      bare.provideConnection((connection) => {
        isSent = true
        return consumer(connection)
      }, connectionOptions),
  })
  const send = () =>
    underOneCatalogue(planned, context, () => executor.executeQuery(query, options))
  const call: WriteCall = {
    plan,
    hint,
    outcomeOf: (error) => {
      if (!isSent) return 'settled'
      // Kysely stops waiting for an aborted write; the database may go on with it.
      return options?.signal?.aborted ? 'unknown' : outcomeOf(error)
    },
  }
  if (session) {
    return control
      ? session.control(control, call, send)
      : session.write(call, send, maySwitchTransaction)
  }
  if (control === 'begin') binding.isInManualTransaction = true
  const through =
    control || binding.isInManualTransaction ? undefined : binding.points.through(planned)
  const partition = through && keyOf(query, context)?.partition
  const result = await binding.engine.write({ ...call, through }, send)
  through?.store(() => binding.points.answers(planned, query.parameters, result, partition))
  if (control === 'commit' || control === 'rollback') binding.isInManualTransaction = false
  return result
}

/**
 * Runs a write, which may have waited for somebody who defined tables meanwhile: a trigger that its plan knows nothing of
 * has then been at work.
 */
export async function underOneCatalogue<T>(
  { catalogue: planned, plan }: PlannedQuery,
  { binding, session }: ExecutorContext,
  run: () => Promise<T>,
): Promise<T> {
  try {
    return await run()
  } finally {
    const isNarrow = plan.kind === 'write' && plan.tables !== 'unknown' && !plan.changesSchema
    if (isNarrow && planned !== binding.catalogue.current) await binding.moveEverything(session)
  }
}
