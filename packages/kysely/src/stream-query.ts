import type { WriteCall } from '@tidemark/core'
import type { AbortableOperationOptions, CompiledQuery, QueryResult } from 'kysely'
import { type ExecutorContext, hintFor } from './execution.ts'
import { streamUntilSettled } from './streamed-write.ts'
import { outcomeOf } from './write-outcome.ts'
import { underOneCatalogue } from './write-query.ts'

/** Streams the rows of a read past the cache, and those of a write between its intent and its release. */
export function streamQuery<R>(
  query: CompiledQuery<R>,
  send: () => AsyncIterableIterator<QueryResult<R>>,
  context: ExecutorContext,
  options: AbortableOperationOptions | undefined,
): AsyncIterableIterator<QueryResult<R>> {
  const { binding, session } = context
  const hint = hintFor(query, context)
  const planned = binding.planner.plan(query)
  const { plan, maySwitchTransaction } = planned
  const rows = send()
  if (plan.kind === 'read') {
    const explained = binding.engine.explained({ plan, hint, bypass: 'stream', key: noKey })
    if (explained) return rejecting(explained)
    plan.shape.bypass('stream')
    return rows
  }
  const call: WriteCall = {
    plan,
    hint,
    outcomeOf: (error) => (options?.signal?.aborted ? 'unknown' : outcomeOf(error)),
  }
  const explained = binding.engine.explained(call)
  if (explained) return rejecting(explained)
  return streamUntilSettled(rows, (wait) => {
    const run = () => underOneCatalogue(planned, context, wait)
    return session
      ? session.write(call, run, maySwitchTransaction)
      : binding.engine.write(call, run)
  })
}

const noKey = () => undefined

/** A stream that ends with an error before its first row. */
async function* rejecting(error: Promise<never>): AsyncIterableIterator<never> {
  yield await error
}
