import { type Engine, type Policies, type ReadPlan, type ResolvedHint } from '@tidemark/core'
import type { DataModel } from './data-model.ts'
import { fingerprint } from './fingerprint.ts'
import { PlanMemo } from './plan-memo.ts'
import { ReadHints } from './read-hint.ts'
import type { RawStatements } from './raw-statements.ts'
import { shapeKey } from './shape-key.ts'
import { tablesOfRead, type TablesOfViews } from './tables-of-operation.ts'

export interface ReadPlansParts {
  readonly engine: Engine
  readonly dataModel: DataModel
  readonly raw: RawStatements
  readonly policies: Policies
  readonly views: TablesOfViews
}

/**
 * The plans of reads, by their shape. They do not depend on what a client was extended with, so clients that
 * are extended anew for each request share them.
 */
export class ReadPlans {
  readonly #parts: ReadPlansParts
  readonly #plans = new PlanMemo<ReadPlan>()
  readonly #hints = new ReadHints()

  constructor(parts: ReadPlansParts) {
    this.#parts = parts
  }

  ofModel(model: string, operation: string, args: Readonly<Record<string, unknown>>): ReadPlan {
    const name = `${model}.${operation}`
    return this.#plans.getOrMake(name + shapeKey(args), () => {
      const { engine, dataModel, policies, views } = this.#parts
      const known = dataModel.models.get(model)
      return engine.plan(
        { adapter: 'prisma', fingerprint: known ? fingerprint(name, known, args) : name },
        { kind: 'read', tables: tablesOfRead(dataModel, model, operation, args, views) },
        policies,
      )
    })
  }

  /** Undefined for a raw statement that may write. */
  ofRaw(operation: string, text: string): ReadPlan | undefined {
    const { engine, raw, policies } = this.#parts
    const description = raw.asRead(text)
    if (!description) return undefined
    const shape = raw.fingerprint(operation, text)
    return this.#plans.getOrMake(`${shape}\n${description.obstacle}`, () =>
      engine.plan({ adapter: 'prisma', fingerprint: shape }, description, policies),
    )
  }

  /** @param cache the argument of a read */
  hint(cache: unknown): ResolvedHint {
    return this.#hints.resolve(cache)
  }
}
