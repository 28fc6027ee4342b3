import {
  type Engine,
  type KeyMaterial,
  offerWriteThrough,
  WriteThrough,
  type WrittenAnswer,
} from '@tidemark/core'
import type { DatabaseCatalogue } from '@tidemark/sql'
import type { DataModel, Model } from './data-model.ts'
import { isOutage } from './outage.ts'
import type { ReadPlans } from './read-plans.ts'
import { isPlainRecord } from './shape-key.ts'

type Args = Readonly<Record<string, unknown>>

export interface RowWritesParts {
  readonly engine: Engine
  readonly plans: ReadPlans
  readonly dataModel: DataModel
  readonly catalogue: DatabaseCatalogue
  /** Of a read. Undefined where nobody says whose view of the data is asked for. */
  readonly key: (operation: string, args: Args) => KeyMaterial | undefined
}

/** The parts of the arguments of each that say what is written. */
const WRITES: Readonly<Record<string, readonly string[]>> = {
  create: ['data'],
  update: ['data'],
  upsert: ['create', 'update'],
}

/** The reads that have such a row for an answer. */
const READS = ['findUnique', 'findUniqueOrThrow'] as const

/**
 * Operations that give back the whole row that they write, as `findUnique` by the primary key would: what that would be asked
 * is known without having seen it.
 */
export class RowWrites {
  readonly #parts: RowWritesParts

  constructor(parts: RowWritesParts) {
    this.#parts = parts
  }

  /** Undefined where nothing is to be left behind, or it is not certain that the row is the one that was given back. */
  of(model: string, operation: string, args: Args): RowWrite | undefined {
    const written = WRITES[operation]
    const known = this.#parts.dataModel.models.get(model)
    if (!written || !known || known.isView) return undefined
    const key = this.#keyOf(known)
    if (key === undefined || !isWhole(args)) return undefined
    const isPlain = written.every((part) => setsScalars(known, args[part]))
    // A row that is moved to another key may change those that refer to it, itself among them.
    const changed = operation === 'upsert' ? args['update'] : operation === 'update' && args['data']
    if (!isPlain || (isPlainRecord(changed) && changed[key] !== undefined)) return undefined
    const plan = this.#parts.plans.ofModel(model, READS[0], { where: { [key]: 1 } })
    if (!plan.decision.cached || !plan.policy(undefined).writeThrough) return undefined
    return new RowWrite(this.#parts, model, key)
  }

  /** The field of the primary key, where that is one column. */
  #keyOf({ table, fieldsByColumn }: Model): string | undefined {
    const [column, ...others] = this.#parts.catalogue.current?.primaryKeyOfPlain(table) ?? []
    return column === undefined || others.length > 0 ? undefined : fieldsByColumn.get(column)
  }
}

/** One such operation. */
export class RowWrite {
  readonly #parts: RowWritesParts
  readonly #model: string
  readonly #key: string

  constructor(parts: RowWritesParts, model: string, key: string) {
    this.#parts = parts
    this.#model = model
    this.#key = key
  }

  async run(send: () => Promise<unknown>): Promise<unknown> {
    const { engine, plans, key } = this.#parts
    const args = { where: { [this.#key]: 1 } }
    const plan = plans.ofModel(this.#model, READS[0], args)
    const partition = key(READS[0], args)?.partition
    const through = new WriteThrough(engine, plan.dependencies(undefined).tags)
    const row = await offerWriteThrough(through, send)
    through.store(() => this.#answers(row, partition))
    return row
  }

  #answers(row: unknown, partition: string | undefined): readonly WrittenAnswer[] {
    const value = isPlainRecord(row) ? row[this.#key] : undefined
    const isExact =
      typeof value === 'string' || typeof value === 'bigint' || Number.isSafeInteger(value)
    if (!isExact) return []
    const { plans, key } = this.#parts
    const args = { where: { [this.#key]: value } }
    return READS.map((operation) => ({
      value: row,
      call: {
        plan: plans.ofModel(this.#model, operation, args),
        key: () => {
          const material = key(`${this.#model}.${operation}`, args)
          return material?.partition === partition ? material : undefined
        },
        isOutage,
      },
    }))
  }
}

/** Whether all columns are given back, and nothing beside them. */
function isWhole({ select, include, omit }: Args): boolean {
  return select === undefined && include === undefined && omit === undefined
}

/** Relations may write other rows, and this one once more. */
function setsScalars({ scalars }: Model, data: unknown): boolean {
  return isPlainRecord(data) && Object.keys(data).every((field) => scalars.has(field))
}
