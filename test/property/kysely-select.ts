import { type Dialect, sketchOf, valueOf } from './column-types.ts'
import type { Genes } from './genes.ts'
import { isComparable, type Named, RowsMaker, visibleOf, type Visible } from './rows-maker.ts'
import type { Schema } from './random-schema.ts'
import type { Expression, Joined, Output, Select, Source } from './select-spec.ts'

/** Decides on SELECT statements for one schema. */
export class SelectMaker {
  readonly #genes: Genes
  readonly #schema: Schema
  readonly #rows: RowsMaker

  constructor(genes: Genes, schema: Schema) {
    this.#genes = genes
    this.#schema = schema
    this.#rows = new RowsMaker(genes, schema)
  }

  get #dialect(): Dialect {
    return this.#schema.dialect
  }

  /** A statement of its own. */
  statement(): Select {
    const genes = this.#genes
    const expressions: { name: string; select: Select }[] = []
    const named: Named[] = []
    if (genes.oneIn(4)) {
      const table = this.#rows.table()
      // The name may be that of its table, which it then hides. In SQLite it would stand for itself.
      const name = this.#dialect !== 'sqlite' && genes.oneIn(3) ? table.name : 'w'
      expressions.push({ name, select: this.#rows.whole(table) })
      named.push({ name, columns: table.columns })
    }
    const select = this.#select(2, named)
    return { ...select, expressions }
  }

  #select(depth: number, named: readonly Named[]): Select {
    const genes = this.#genes
    const sources: Joined[] = []
    const visible: Visible[] = []
    const keys: string[] | undefined = []
    let hasKeys = true
    const count = 1 + Math.max(0, genes.below(6) - 3)
    for (let index = 0; index < count; index += 1) {
      const alias = this.#rows.alias()
      const { source, columns, key } = this.#source(depth, named)
      const own = visibleOf(alias, columns)
      const join = index === 0 ? undefined : this.#join(source, visible, own)
      sources.push({ alias, source, ...(join && { join }) })
      visible.push(...own)
      if (key) keys.push(...key.map((column) => `${alias}.${column}`))
      else hasKeys = false
    }
    const where = genes.list(0, 2, () => this.#rows.condition(visible, depth))
    const base = { expressions: [], sources, where, isDistinct: false, groupBy: [], having: false }
    switch (genes.below(8)) {
      case 5:
      case 6:
        return { ...base, ...this.#grouped(visible) }
      case 7:
        return { ...base, ...this.#combined(visible) }
      default: {
        // Otherwise two columns of one name would leave but one.
        const outputs =
          sources.length === 1 && genes.oneIn(3) ? 'all' : this.#outputs(visible, depth)
        const page = hasKeys && genes.oneIn(3) ? this.#page(visible, keys) : undefined
        return { ...base, outputs, ...(page && { page }) }
      }
    }
  }

  #source(
    depth: number,
    named: readonly Named[],
  ): {
    source: Source
    columns: Named['columns']
    key?: readonly string[]
  } {
    const genes = this.#genes
    if (named.length > 0 && genes.oneIn(2)) {
      const { name, columns } = genes.pick(named)
      return { source: { expression: name }, columns }
    }
    const views = this.#schema.views.filter(({ shows }) => shows !== 'all')
    if (views.length > 0 && genes.oneIn(4)) {
      const columns = [{ name: 'shown', type: 'nocase' } as const]
      return { source: { view: genes.pick(views).name }, columns }
    }
    const table = this.#rows.table()
    if (depth > 0 && genes.oneIn(6)) {
      return { source: { select: this.#rows.whole(table) }, columns: table.columns }
    }
    return {
      source: { table: table.name, isQualified: genes.oneIn(6) },
      columns: table.columns,
      key: table.primaryKey,
    }
  }

  #join(
    source: Source,
    visible: readonly Visible[],
    own: readonly Visible[],
  ): NonNullable<Joined['join']> {
    const genes = this.#genes
    const pairs = own.flatMap((mine) =>
      visible
        .filter(({ type }) => type === mine.type && isComparable(type))
        .map(({ reference }): [string, string] => [mine.reference, reference]),
    )
    if (pairs.length === 0) return { how: 'cross' }
    const kinds = ['left', 'inner', 'right'] as const
    const how =
      'select' in source && this.#dialect === 'postgres' && genes.oneIn(2)
        ? 'lateral'
        : this.#dialect !== 'mysql' && genes.oneIn(5)
          ? 'full'
          : genes.pick(kinds)
    return { how, on: genes.pick(pairs) }
  }

  #outputs(visible: readonly Visible[], depth: number): Output[] {
    return this.#genes.list(1, 4, (index) => ({
      as: `c${index}`,
      expression: this.#expression(visible, depth),
    }))
  }

  #expression(visible: readonly Visible[], depth: number): Expression {
    const genes = this.#genes
    const column = genes.pick(visible)
    switch (genes.below(depth > 0 ? 10 : 6)) {
      case 4:
        return {
          coalesce: column.reference,
          value: { type: column.type, value: valueOf(genes, column.type) },
        }
      case 5:
        return column.type === 'text' ? { rawLower: column.reference } : { nothing: true }
      case 6: {
        const select = this.#rows.correlated(visible)
        return { scalar: { ...select, outputs: [{ as: 'n', expression: { countAll: true } }] } }
      }
      case 7:
      case 8:
        return this.#nested(visible, depth)
      case 9:
        return { exists: this.#rows.correlated(visible) }
      default:
        return { column: column.reference }
    }
  }

  /** Rows in rows, as JSON. */
  #nested(visible: readonly Visible[], depth: number): Expression {
    const genes = this.#genes
    const select = this.#rows.correlated(visible)
    const [{ alias, source }] = select.sources as [Joined]
    const table = this.#schema.tables.find(
      ({ name }) => 'table' in source && name === source.table,
    )!
    const own = visibleOf(alias, table.columns).filter(({ type }) => type !== 'bytes')
    const outputs: Output[] = genes.list(1, 2, (index) => ({
      as: `d${index}`,
      expression:
        depth > 1 && genes.oneIn(3)
          ? this.#nested(visibleOf(alias, table.columns), depth - 1)
          : { column: genes.pick(own).reference },
    }))
    const order = table.primaryKey.map((key) => `${alias}.${key}`)
    const isArray = genes.below(3) < 2
    return {
      json: isArray ? 'array' : 'object',
      select: {
        ...select,
        outputs,
        page: { order, descending: genes.oneIn(2), limit: isArray ? 5 : 1, offset: 0 },
      },
    }
  }

  #grouped(
    visible: readonly Visible[],
  ): Pick<Select, 'outputs' | 'groupBy' | 'isDistinct' | 'having'> {
    const genes = this.#genes
    const ordered = visible.filter(({ type }) => sketchOf(type).isOrdered)
    const groupable = visible.filter(({ type }) => !['nocase', 'json'].includes(type))
    if (groupable.length > 0 && genes.oneIn(4)) {
      const chosen = genes.some(groupable, 2, 1)
      const outputs = chosen.map(({ reference }, index) => ({
        as: `c${index}`,
        expression: { column: reference },
      }))
      return { outputs, isDistinct: true, groupBy: [], having: false }
    }
    const keys = genes.some(groupable, 2)
    const aggregates = genes.list(1, 2, (): Expression => {
      if (ordered.length === 0) return { countAll: true }
      const { reference, type } = genes.pick(ordered)
      switch (genes.below(5)) {
        case 1:
          return { aggregate: 'count', column: reference }
        case 2:
          return { aggregate: 'min', column: reference }
        case 3:
          return { aggregate: 'max', column: reference }
        case 4:
          // A sum of floats depends on their order.
          return ['int', 'decimal'].includes(type) && this.#dialect !== 'sqlite'
            ? { aggregate: 'sum', column: reference }
            : { countAll: true }
        default:
          return { countAll: true }
      }
    })
    const expressions = [...keys.map(({ reference }) => ({ column: reference })), ...aggregates]
    return {
      outputs: expressions.map((expression, index) => ({ as: `c${index}`, expression })),
      isDistinct: false,
      groupBy: keys.map(({ reference }) => reference),
      having: keys.length > 0 && genes.oneIn(3),
    }
  }

  #combined(visible: readonly Visible[]): Pick<Select, 'outputs' | 'combined'> {
    const genes = this.#genes
    const combinable = visible.filter(({ type }) => !['nocase', 'json'].includes(type))
    const chosen = genes.some(combinable.length > 0 ? combinable : visible, 2, 1)
    const outputs = chosen.map(({ reference }, index) => ({
      as: `c${index}`,
      expression: { column: reference },
    }))
    const how = genes.pick(['union', 'unionAll', 'intersect', 'except'] as const)
    return { outputs, combined: { how, with: this.#rows.shaped(chosen.map(({ type }) => type)) } }
  }

  #page(visible: readonly Visible[], keys: readonly string[]): NonNullable<Select['page']> {
    const genes = this.#genes
    const first = genes.pick(visible)
    return {
      order: sketchOf(first.type).isOrdered ? [first.reference, ...keys] : keys,
      descending: genes.oneIn(2),
      limit: genes.pick([2, 1, 3, 0]),
      offset: genes.pick([0, 1]),
    }
  }
}
