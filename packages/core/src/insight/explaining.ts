import { AsyncLocalStorage } from 'node:async_hooks'
import type { Engine } from '../engine.ts'
import type { WriteCall } from '../writes/invalidate-on-write.ts'
import type { ReadCall } from '../reads/lookup.ts'
import { runWithin } from '../run-within.ts'

/** Who is told of a query in place of the database. It rejects: nothing is sent, and there is no result. */
export interface Explainer {
  /** A query was compiled by a client of this engine, which will tell of it when it is sent. */
  compiled(engine: Engine): void
  tell(engine: Engine, call: ReadCall | WriteCall): Promise<never>
}

const explainers = new AsyncLocalStorage<Explainer>()
/** As long as nobody has ever asked for an explanation, a hit does not look for who might. */
let hasExplained = false

/** Who wants to know of the queries that are sent from here, and not to have them sent. */
export function currentExplainer(): Explainer | undefined {
  return hasExplained ? explainers.getStore() : undefined
}

/** Runs something all of whose queries are told to the explainer. */
export async function runExplained(explainer: Explainer, run: () => unknown): Promise<void> {
  hasExplained = true
  await runWithin(explainers, explainer, run)
}
