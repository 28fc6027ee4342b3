import {
  prismaValue,
  type Args,
  isSortable,
  type Model,
  type Models,
  type Operation,
  type Relation,
  uniqueWhere,
} from './prisma-models.ts'
import type { Genes } from './genes.ts'

const directions = ['asc', 'desc'] as const

/** Decides on reads through Prisma. */
export class PrismaReadMaker {
  readonly #genes: Genes
  readonly #models: Models

  constructor(genes: Genes, models: Models) {
    this.#genes = genes
    this.#models = models
  }

  read(): Operation {
    const genes = this.#genes
    const model = genes.pick([...this.#models.values()])
    const { name } = model
    const operation = (action: string, args: Args): Operation => ({ model: name, action, args })
    switch (genes.below(12)) {
      case 4:
        return operation('findUnique', {
          where: uniqueWhere(genes, model),
          ...this.#shape(model, 2),
        })
      case 5:
        return genes.oneIn(2)
          ? operation('findFirstOrThrow', {
              where: uniqueFilter(genes, model),
              ...this.#shape(model, 1),
            })
          : operation('findUniqueOrThrow', {
              where: uniqueWhere(genes, model),
              ...this.#shape(model, 1),
            })
      case 6:
        return operation('findFirst', {
          ...{ where: this.where(model, 1), orderBy: this.#order(model) },
          ...this.#shape(model, 1),
        })
      case 7:
        return operation('count', { where: this.where(model, 2) })
      case 8:
        return operation('aggregate', { where: this.where(model, 1), ...this.#aggregates(model) })
      case 9:
        return this.#grouped(model)
      case 10: {
        const fields = model.columns.filter(isSortable)
        if (fields.length === 0) break
        const distinct = [genes.pick(fields).field]
        return operation('findMany', { orderBy: this.#order(model), distinct })
      }
      case 11: {
        if (model.relations.length === 0) break
        const args = { where: uniqueWhere(genes, model) }
        const follow = genes.pick(model.relations).field
        return { ...operation('findUnique', args), follow }
      }
      default:
    }
    return operation('findMany', { ...this.#page(model, 2), ...this.#shape(model, 2) })
  }

  where(model: Model, depth: number): Args {
    const genes = this.#genes
    const { columns, relations } = model
    const below = (target: string) => this.where(this.#models.get(target)!, depth - 1)
    switch (genes.below(depth > 0 ? 7 : 4)) {
      case 1:
      case 2: {
        const column = genes.pick(columns)
        if (['json', 'texts', 'ints'].includes(column.type)) return {}
        if (column.isNullable && genes.oneIn(4)) return { [column.field]: null }
        const value = prismaValue(genes, column, false)
        const filters = isSortable(column)
          ? [value, { gte: value }, { not: value }, { in: [value] }]
          : [value, { not: value }]
        return { [column.field]: genes.pick(filters) }
      }
      case 3:
        return uniqueFilter(genes, model)
      case 4: {
        const filters = genes.list(0, 2, () => this.where(model, depth - 1))
        return { [genes.pick(['AND', 'OR', 'NOT'])]: filters }
      }
      case 5:
      case 6: {
        if (relations.length === 0) return {}
        const { field, target, isList, isRequired } = genes.pick(relations)
        if (isList) {
          return { [field]: { [genes.pick(['some', 'every', 'none'])]: below(target) } }
        }
        if (!isRequired && genes.oneIn(4)) return { [field]: null }
        return {
          [field]: genes.oneIn(2)
            ? below(target)
            : { [genes.pick(['is', 'isNot'])]: below(target) },
        }
      }
      default:
        return {}
    }
  }

  /** What a write gives back, or nothing about it. */
  returned(model: Model): Args {
    return this.#genes.oneIn(3) ? { include: this.#include(model, 0) } : {}
  }

  /** Always complete, so that the same rows have the same order. */
  #order(model: Model): Args[] {
    const genes = this.#genes
    const id = model.id.map(({ field }) => ({ [field]: 'asc' }))
    const direction = genes.pick(directions)
    switch (genes.below(6)) {
      case 3: {
        const sortable = model.columns.filter(isSortable)
        if (sortable.length === 0) return id
        const { field, isNullable } = genes.pick(sortable)
        const sort = isNullable && genes.oneIn(2) ? { sort: direction, nulls: 'last' } : direction
        return [{ [field]: sort }, ...id]
      }
      case 4: {
        const lists = model.relations.filter(({ isList }) => isList)
        if (lists.length === 0) return id
        return [{ [genes.pick(lists).field]: { _count: direction } }, ...id]
      }
      case 5: {
        const owned = model.relations.filter(({ isList }) => !isList)
        if (owned.length === 0) return id
        const { field, target } = genes.pick(owned)
        const sortable = this.#models.get(target)!.columns.filter(isSortable)
        if (sortable.length === 0) return id
        return [{ [field]: { [genes.pick(sortable).field]: direction } }, ...id]
      }
      default:
        return id
    }
  }

  #page(model: Model, depth: number): Args {
    const genes = this.#genes
    const parts = genes.some(['where', 'take', 'skip', 'cursor'] as const, 2)
    return {
      orderBy: this.#order(model),
      ...(parts.includes('where') && { where: this.where(model, depth) }),
      ...(parts.includes('take') && { take: genes.pick([1, 2, -1]) }),
      ...(parts.includes('skip') && { skip: 1 }),
      ...(parts.includes('cursor') && { cursor: uniqueWhere(genes, model) }),
    }
  }

  #include(model: Model, depth: number): Args {
    const genes = this.#genes
    const lists = model.relations.filter(({ isList }) => isList)
    const counts = lists.length > 0 && genes.oneIn(2)
    const chosen = genes.some(model.relations, 2, counts ? 0 : 1)
    return {
      ...Object.fromEntries(
        chosen.map((relation) => [relation.field, this.#nested(relation, depth)]),
      ),
      ...(counts && { _count: this.#count(lists) }),
    }
  }

  #count(lists: readonly Relation[]): unknown {
    if (this.#genes.oneIn(2)) return true
    const { field, target } = this.#genes.pick(lists)
    const where = this.where(this.#models.get(target)!, 0)
    return { select: { [field]: { where } } }
  }

  #nested({ target, isList }: Relation, depth: number): unknown {
    const model = this.#models.get(target)!
    const shape = depth > 0 ? this.#shape(model, depth - 1) : {}
    if (!isList) return Object.keys(shape).length === 0 ? true : shape
    return { ...this.#page(model, 0), ...shape }
  }

  #shape(model: Model, depth: number): Args {
    const genes = this.#genes
    const chosen = () =>
      Object.fromEntries(genes.some(model.columns, 3, 1).map(({ field }) => [field, true]))
    switch (genes.below(7)) {
      case 1:
      case 2:
      case 5:
      case 6:
        return model.relations.length === 0 ? {} : { include: this.#include(model, depth) }
      case 3:
        return {
          select: { ...chosen(), ...(model.relations.length > 0 && this.#include(model, depth)) },
        }
      case 4:
        return { omit: chosen() }
      default:
        return {}
    }
  }

  #aggregates(model: Model): Args {
    const sortable = model.columns.filter((column) => isSortable(column))
    if (sortable.length === 0) return { _count: true }
    const { field } = this.#genes.pick(sortable)
    return { _count: this.#genes.oneIn(2) ? true : { [field]: true }, _max: { [field]: true } }
  }

  #grouped(model: Model): Operation {
    const genes = this.#genes
    const sortable = model.columns.filter(isSortable)
    if (sortable.length === 0) return { model: model.name, action: 'count', args: {} }
    const { field } = genes.pick(sortable)
    const args = {
      ...{ by: [field], where: this.where(model, 1), orderBy: { [field]: 'asc' } },
      ...{ _count: { _all: true }, _min: { [field]: true } },
      ...(genes.oneIn(3) && { having: { [field]: { _count: { gt: 1 } } } }),
    }
    return { model: model.name, action: 'groupBy', args }
  }
}

/** A filter that names at most one row, without the name of a compound key. */
function uniqueFilter(genes: Genes, { id }: Model): Args {
  return Object.fromEntries(id.map((column) => [column.field, prismaValue(genes, column, false)]))
}
