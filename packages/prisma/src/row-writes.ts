import {
  type Engine,
  type KeyMaterial,
  namesItsRow,
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
    if (!written.every((part) => setsScalars(known, args[part]))) return undefined
    // A row that is moved to another key may change those that refer to it, itself among them.
    const changed = operation === 'upsert' ? args['update'] : operation === 'update' && args['data']
    const isMoved = key.fields.some(
      (field) => isPlainRecord(changed) && changed[field] !== undefined,
    )
    if (isMoved) return undefined
    const plan = this.#parts.plans.ofModel(model, READS[0], { where: whereOf(key, () => 1) })
    if (!plan.decision.cached || !plan.policy(undefined).writeThrough) return undefined
    return new RowWrite(this.#parts, model, key)
  }

  #keyOf({ table, fieldsByColumn, id, idName }: Model): RowKey | undefined {
    const columns = this.#parts.catalogue.current?.primaryKeyOfPlain(table) ?? []
    const fields = columns.map((column) => fieldsByColumn.get(column))
    const [first] = fields
    if (fields.length === 1)
      return first === undefined ? undefined : { fields: [first], name: undefined }
    // In the order in which the schema has them: the order of what `where` holds is a part of the key of a read.
    const isId = id.length === fields.length && id.every((field) => fields.includes(field))
    return isId && idName !== undefined ? { fields: id, name: idName } : undefined
  }
}

/** The fields of a primary key, and what `where` calls them together, where they are several. */
interface RowKey {
  readonly fields: readonly string[]
  readonly name: string | undefined
}

function whereOf({ fields, name }: RowKey, valueOf: (field: string) => unknown): Args {
  const values = Object.fromEntries(fields.map((field) => [field, valueOf(field)]))
  return name === undefined ? values : { [name]: values }
}

/** One such operation. */
export class RowWrite {
  readonly #parts: RowWritesParts
  readonly #model: string
  readonly #key: RowKey

  constructor(parts: RowWritesParts, model: string, key: RowKey) {
    this.#parts = parts
    this.#model = model
    this.#key = key
  }

  async run(send: () => Promise<unknown>): Promise<unknown> {
    const { engine, plans, key } = this.#parts
    const args = { where: whereOf(this.#key, () => 1) }
    const plan = plans.ofModel(this.#model, READS[0], args)
    const partition = key(READS[0], args)?.partition
    const through = new WriteThrough(engine, plan.dependencies(undefined).tags)
    const row = await offerWriteThrough(through, send)
    through.store(() => this.#answers(row, partition))
    return row
  }

  #answers(row: unknown, partition: string | undefined): readonly WrittenAnswer[] {
    if (!isPlainRecord(row) || !this.#key.fields.every((field) => namesItsRow(row[field])))
      return []
    const { plans, key } = this.#parts
    const args = { where: whereOf(this.#key, (field) => row[field]) }
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
