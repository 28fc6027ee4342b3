import type { KeyMaterial, QueryPlan, ResolvedHint } from '@tidemark/core'
import type { CompiledQuery, KyselyPlugin, QueryExecutor } from 'kysely'
import type { Binding } from './binding.ts'
import { hintOfCompiled } from './hints.ts'
import type { PlannedQuery } from './query-planner.ts'
import type { Session } from './session.ts'

/** What an executor knows beyond the instance's own. */
export interface ExecutorContext {
  readonly binding: Binding
  readonly hint: ResolvedHint | undefined
  /** Set where all queries go to one held connection. */
  readonly session: Session | undefined
}

/** By whom a query is answered. */
export interface Execution {
  readonly context: ExecutorContext
  /** Asks the driver, without plugins. */
  readonly bare: QueryExecutor
  readonly plugins: readonly KyselyPlugin[]
}

/** The query's own, from wherever it was compiled, before that of the instance that executes it. */
export function hintFor(query: CompiledQuery, { hint }: ExecutorContext): ResolvedHint | undefined {
  return hintOfCompiled(query) ?? hint
}

export function keyOf(
  { sql, parameters }: CompiledQuery,
  { binding }: ExecutorContext,
): KeyMaterial | undefined {
  return binding.key(sql, parameters)
}

export function chosenPlan(
  query: CompiledQuery,
  { onHeldConnection, plan, vouched }: PlannedQuery,
  context: ExecutorContext,
): QueryPlan {
  const isVouchedFor = hintFor(query, context)?.cached
  return (context.session && onHeldConnection) || (isVouchedFor && vouched) || plan
}
