import {
  type Args,
  type Model,
  type Models,
  type Operation,
  prismaValue,
  type Relation,
  uniqueWhere,
} from './prisma-models.ts'
import type { Dialect } from './column-types.ts'
import type { Genes } from './genes.ts'
import { PrismaReadMaker } from './prisma-reads.ts'

/** Decides on writes through Prisma, nested ones above all. */
export class PrismaWriteMaker {
  readonly #genes: Genes
  readonly #models: Models
  readonly #dialect: Dialect
  readonly #reads: PrismaReadMaker

  constructor(genes: Genes, models: Models, dialect: Dialect) {
    this.#genes = genes
    this.#models = models
    this.#dialect = dialect
    this.#reads = new PrismaReadMaker(genes, models)
  }

  write(): Operation {
    const genes = this.#genes
    const model = genes.pick([...this.#models.values()])
    const operation = (action: string, args: Args): Operation => ({
      model: model.name,
      action,
      args,
    })
    const where = () => uniqueWhere(genes, model)
    const filter = () => this.#reads.where(model, 1)
    const returned = () => (model.relations.length > 0 ? this.#reads.returned(model) : {})
    // MySQL gives back nothing of the kind.
    const andReturn = this.#dialect !== 'mysql' && genes.oneIn(2) ? 'AndReturn' : ''
    const ignores = this.#dialect !== 'sqlite' && genes.oneIn(2) && { skipDuplicates: true }
    switch (genes.below(12)) {
      case 4:
        return operation('create', { data: this.#created(model, 2), ...returned() })
      case 5:
        return operation('upsert', {
          ...{ where: where(), create: this.#created(model, 1), update: this.#updated(model, 1) },
          ...returned(),
        })
      case 6:
      case 7:
        return operation('delete', { where: where(), ...returned() })
      case 8:
        return operation('deleteMany', { where: filter() })
      case 9:
        return operation(`updateMany${andReturn}`, {
          ...{ where: filter(), data: this.#scalars(model, model.columns, 2) },
        })
      case 10:
        return operation(`createMany${andReturn}`, {
          data: genes.list(1, 2, () => this.#row(model, [])),
          ...ignores,
        })
      case 11: {
        const quote = this.#dialect === 'mysql' ? '`' : '"'
        const [table, column] = [
          model.table,
          model.plain.find(({ isNullable }) => isNullable)?.name,
        ].map((name) => name && quote + name + quote)
        const text = column ? `update ${table} set ${column} = null` : `delete from ${table}`
        return { model: '', action: '$executeRaw', args: { text } }
      }
      default:
        return operation('update', {
          ...{ where: where(), data: this.#updated(model, 2), ...returned() },
        })
    }
  }

  /** Every column, foreign keys as plain values. */
  #row(model: Model, without: readonly string[]): Args {
    const columns = model.columns.filter(({ name }) => !without.includes(name))
    return Object.fromEntries(
      columns.map((column) => [column.field, prismaValue(this.#genes, column)]),
    )
  }

  #scalars(model: Model, from: Model['columns'], most: number): Args {
    const columns = this.#genes.some(from, most, 1)
    return Object.fromEntries(
      columns.map((column) => {
        const isCounted = ['int', 'bigint'].includes(column.type) && this.#genes.oneIn(4)
        return [column.field, isCounted ? { increment: 1 } : prismaValue(this.#genes, column)]
      }),
    )
  }

  /** A new record. `from`: the field of it that leads to where it is nested. */
  #created(model: Model, depth: number, from?: string): Args {
    const genes = this.#genes
    const owned = model.relations.filter(({ isOwner }) => isOwner)
    const others = model.relations.filter(({ isOwner, field }) => !isOwner && field !== from)
    const nested = (relations: readonly Relation[]) =>
      Object.fromEntries(
        relations.map((relation) => [relation.field, this.#nestedInNew(relation, depth - 1)]),
      )
    const further = depth > 0 ? genes.some(others, 2) : []
    if (!owned.some(({ field }) => field === from) && genes.oneIn(2)) {
      return { ...this.#row(model, []), ...nested(further) }
    }
    // Foreign keys by their relations, as Prisma lets nobody mix the two.
    const foreign = owned.filter(
      ({ field, isRequired }) => field !== from && (isRequired || genes.oneIn(3)),
    )
    const keys = model.columns.filter(
      (column) =>
        !isForeign(column.name) && (model.plain.includes(column) || model.id.includes(column)),
    )
    const own = Object.fromEntries(keys.map((column) => [column.field, prismaValue(genes, column)]))
    return { ...own, ...nested([...foreign, ...further]) }
  }

  #nestedInNew({ target, back, isList }: Relation, depth: number): Args {
    const genes = this.#genes
    const model = this.#models.get(target)!
    const where = () => uniqueWhere(genes, model)
    switch (genes.below(depth >= 0 ? 4 : 1)) {
      case 1:
        return { create: this.#created(model, depth, back) }
      case 2:
        return { connectOrCreate: { where: where(), create: this.#created(model, depth, back) } }
      case 3:
        if (!isList) break
        return { create: genes.list(1, 2, () => this.#created(model, depth, back)) }
      default:
    }
    return { connect: where() }
  }

  #updated(model: Model, depth: number, from?: string): Args {
    const genes = this.#genes
    const relations = model.relations.filter(({ field }) => field !== from)
    const isUnchecked =
      genes.oneIn(4) && !model.relations.some(({ field, isOwner }) => field === from && isOwner)
    const usable = isUnchecked ? relations.filter(({ isOwner }) => !isOwner) : relations
    const chosen = depth > 0 ? genes.some(usable, 2) : []
    const keys = genes.oneIn(6) ? model.id.filter(({ name }) => !isForeign(name)) : []
    const scalars = isUnchecked ? model.columns : [...model.plain, ...keys]
    return {
      ...(scalars.length > 0 && this.#scalars(model, scalars, 2)),
      ...Object.fromEntries(
        chosen.map((relation) => [relation.field, this.#nestedInExisting(relation, depth - 1)]),
      ),
    }
  }

  #nestedInExisting(relation: Relation, depth: number): Args {
    const genes = this.#genes
    const model = this.#models.get(relation.target)!
    const { back } = relation
    const where = () => uniqueWhere(genes, model)
    const update = () => this.#updated(model, depth, back)
    const create = () => this.#created(model, depth, back)
    const filter = () => this.#reads.where(model, 1)
    if (!relation.isList) {
      switch (genes.below(relation.isRequired ? 4 : 6)) {
        case 1:
          return { update: update() }
        case 2:
          return { upsert: { update: update(), create: create() } }
        case 4:
          return { disconnect: true }
        case 5:
          return { delete: genes.oneIn(2) ? filter() : true }
        default:
          return this.#nestedInNew(relation, depth)
      }
    }
    switch (genes.below(9)) {
      case 1:
        return { disconnect: where() }
      case 2:
        return { delete: where() }
      case 3:
        return { set: genes.list(0, 2, where) }
      case 4:
        return { deleteMany: filter() }
      case 5:
        return { update: { where: where(), data: update() } }
      case 6:
        return { upsert: { where: where(), update: update(), create: create() } }
      case 7:
        return {
          updateMany: {
            where: filter(),
            data: this.#scalars(model, model.plain.length > 0 ? model.plain : model.id, 2),
          },
        }
      default:
        return this.#nestedInNew(relation, depth)
    }
  }
}

/** As random-schema.ts names the columns of foreign keys. */
function isForeign(column: string): boolean {
  return column.startsWith('fk')
}
