import type { Engine, Policies, Reach, ReadPlan, ResolvedHint } from '@tidemark/core'
import type { Catalogue, DatabaseCatalogue } from '@tidemark/sql'
import type { DataModel, Model } from './data-model.ts'
import { fingerprint } from './fingerprint.ts'
import { PlanMemoByCatalogue } from './plan-memo.ts'
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
  readonly catalogue: DatabaseCatalogue
  /** Whether reads say whose rows they see. */
  readonly isPartitioned: boolean
}

/**
 * The plans of reads, by their shape. They do not depend on what a client was extended with, so clients that
 * are extended anew for each request share them.
 */
export class ReadPlans {
  readonly #parts: ReadPlansParts
  readonly #plans = new PlanMemoByCatalogue<ReadPlan>()
  readonly #hints = new ReadHints()

  constructor(parts: ReadPlansParts) {
    this.#parts = parts
  }

  /** See `Policies.mayWriteThrough`. */
  get mayWriteThrough(): boolean {
    return this.#parts.policies.mayWriteThrough
  }

  ofModel(model: string, operation: string, args: Readonly<Record<string, unknown>>): ReadPlan {
    const name = `${model}.${operation}`
    const catalogue = this.#parts.catalogue.current
    return this.#plans.under(catalogue).getOrMake(name + shapeKey(args), () => {
      const { engine, dataModel, policies, views } = this.#parts
      const known = dataModel.models.get(model)
      const knowsViews = catalogue !== undefined && this.#parts.catalogue.isRead
      return engine.plan(
        { adapter: 'prisma', fingerprint: known ? fingerprint(name, known, args) : name },
        {
          kind: 'read',
          tables: tablesOfRead(dataModel, model, operation, args, views, knowsViews),
          reach: this.#reachUnder(catalogue),
          changesResult: known !== undefined && readsRelations(known, args),
        },
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
    const catalogue = this.#parts.catalogue.current
    const reach = this.#reachUnder(catalogue)
    return this.#plans
      .under(catalogue)
      .getOrMake(`${shape}\n${description.obstacle}`, () =>
        engine.plan({ adapter: 'prisma', fingerprint: shape }, { ...description, reach }, policies),
      )
  }

  /** What reads depend on beside their tables. Of views that the options name, what those say is all. */
  #reachUnder(catalogue: Catalogue | undefined): (tables: readonly string[]) => Reach {
    const { dataModel, views, isPartitioned } = this.#parts
    const declared = new Set([...views.keys()].map((name) => dataModel.models.get(name)?.table))
    return (tables) => {
      if (!catalogue) return { tables, obstacle: 'no-catalogue' }
      const own = tables.filter((table) => declared.has(table))
      const others = tables.filter((table) => !declared.has(table))
      const reached = catalogue.reads(others, { isPartitioned })
      return { ...reached, tables: [...reached.tables, ...own] }
    }
  }

  /** @param cache the argument of a read */
  hint(cache: unknown): ResolvedHint {
    return this.#hints.resolve(cache)
  }
}

/** Prisma sets the relations of what it was given, each to itself, as it looks for computed fields. */
function readsRelations({ relations }: Model, args: Readonly<Record<string, unknown>>): boolean {
  const { include, select } = args
  const names = Object.keys({ ...(include as object), ...(select as object) })
  return names.some((name) => relations.has(name))
}
