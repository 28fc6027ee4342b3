import { type ColumnType, type Dialect, columnTypes, sketchOf, valueOf } from './column-types.ts'
import type { Genes } from './genes.ts'
import type { Schema, Table } from './random-schema.ts'

import type {
  Condition,
  Expression,
  Joined,
  Output,
  Parameter,
  Select,
  Source,
} from './select-spec.ts'

/** Columns that expressions may name. */
interface Visible {
  readonly reference: string
  readonly type: ColumnType
}

interface Named {
  readonly name: string
  readonly columns: readonly { readonly name: string; readonly type: ColumnType }[]
}

/** Decides on SELECT statements for one schema. */
export class SelectMaker {
  readonly #genes: Genes
  readonly #schema: Schema
  #aliases = 0

  constructor(genes: Genes, schema: Schema) {
    this.#genes = genes
    this.#schema = schema
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
      const table = this.#table()
      // The name may be that of its table, which it then hides. In SQLite it would stand for itself.
      const name = this.#dialect !== 'sqlite' && genes.oneIn(3) ? table.name : 'w'
      expressions.push({ name, select: this.whole(table) })
      named.push({ name, columns: table.columns })
    }
    const select = this.#select(2, named)
    return { ...select, expressions }
  }

  /** All rows and columns of a table, some by a condition. */
  whole(table: Table): Select {
    const alias = this.#alias()
    const visible = visibleOf(alias, table.columns)
    return {
      ...simple(alias, { table: table.name, isQualified: false }),
      where: this.#genes.list(0, 1, () => this.#condition(visible, 0)),
      outputs: 'all',
    }
  }

  /** Conditions on the rows of one table. */
  conditions(table: Table, alias: string, most = 2): Condition[] {
    return this.#genes.list(0, most, () => this.#condition(visibleOf(alias, table.columns), 1))
  }

  /** Rows that fit into columns of these types. */
  shaped(types: readonly ColumnType[]): Select {
    const fitting = this.#schema.tables.filter(({ columns }) =>
      types.every((type) => columns.some((column) => column.type === type)),
    )
    const { table, alias, visible } = this.#one(fitting)
    return {
      ...simple(alias, { table: table.name, isQualified: false }),
      where: this.#genes.list(0, 2, () => this.#condition(visible, 0)),
      outputs: types.map((type, index) => {
        const fitting = visible.filter((column) => column.type === type)
        const expression: Expression =
          fitting.length > 0 ? { column: this.#genes.pick(fitting).reference } : { nothing: true }
        return { as: `c${index}`, expression }
      }),
    }
  }

  #table(): Table {
    return this.#genes.pick(this.#schema.tables)
  }

  #alias(): string {
    this.#aliases += 1
    return `a${this.#aliases}`
  }

  #one(from: readonly Table[] = []) {
    const table = from.length > 0 ? this.#genes.pick(from) : this.#table()
    const alias = this.#alias()
    return { table, alias, visible: visibleOf(alias, table.columns) }
  }

  #select(depth: number, named: readonly Named[]): Select {
    const genes = this.#genes
    const sources: Joined[] = []
    const visible: Visible[] = []
    const keys: string[] | undefined = []
    let hasKeys = true
    const count = 1 + Math.max(0, genes.below(6) - 3)
    for (let index = 0; index < count; index += 1) {
      const alias = this.#alias()
      const { source, columns, key } = this.#source(depth, named)
      const own = visibleOf(alias, columns)
      const join = index === 0 ? undefined : this.#join(source, visible, own)
      sources.push({ alias, source, ...(join && { join }) })
      visible.push(...own)
      if (key) keys.push(...key.map((column) => `${alias}.${column}`))
      else hasKeys = false
    }
    const where = genes.list(0, 2, () => this.#condition(visible, depth))
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
    const table = this.#table()
    if (depth > 0 && genes.oneIn(6)) {
      return { source: { select: this.whole(table) }, columns: table.columns }
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

  #condition(visible: readonly Visible[], depth: number): Condition {
    const genes = this.#genes
    const comparable = visible.filter(({ type }) => isComparable(type))
    const column = genes.pick(comparable.length > 0 ? comparable : visible)
    const parameter = (): Parameter => ({ type: column.type, value: valueOf(genes, column.type) })
    const not = () => genes.oneIn(2)
    switch (genes.below(depth > 0 ? 13 : 8)) {
      case 2:
        return { column: column.reference, is: genes.pick(['!=', '<', '>=']), value: parameter() }
      case 3:
        return { column: column.reference, isNull: not() }
      case 4:
        return { column: column.reference, among: genes.list(1, 3, parameter), not: not() }
      case 5: {
        const others = comparable.filter(({ type }) => type === column.type)
        return others.length === 0
          ? { column: column.reference, isNull: true }
          : { column: column.reference, equals: genes.pick(others).reference }
      }
      case 6:
        return { raw: 'compare', column: column.reference, value: parameter() }
      case 7:
        return { column: column.reference, is: '>', value: parameter() }
      case 8:
        return { column: column.reference, among: this.shaped([column.type]), not: not() }
      case 9:
        return { exists: this.#correlated(comparable), not: not() }
      case 10:
        return { or: genes.list(1, 3, () => this.#condition(visible, 0)) }
      case 11:
        return { not: this.#condition(visible, depth - 1) }
      case 12:
        return { raw: genes.pick(['node', 'text']), table: this.#table().name, not: not() }
      default:
        return { column: column.reference, is: '=', value: parameter() }
    }
  }

  /** A select from one table that may look at the rows around it. */
  #correlated(visible: readonly Visible[]): Select {
    const { table, alias, visible: own } = this.#one()
    const pairs = own.flatMap(({ reference, type }) =>
      visible
        .filter((outer) => outer.type === type && isComparable(type))
        .map((outer): Condition => ({ column: reference, equals: outer.reference })),
    )
    return {
      ...simple(alias, { table: table.name, isQualified: false }),
      where: pairs.length > 0 && !this.#genes.oneIn(3) ? [this.#genes.pick(pairs)] : [],
      outputs: 'all',
    }
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
        const select = this.#correlated(visible)
        return { scalar: { ...select, outputs: [{ as: 'n', expression: { countAll: true } }] } }
      }
      case 7:
      case 8:
        return this.#nested(visible, depth)
      case 9:
        return { exists: this.#correlated(visible) }
      default:
        return { column: column.reference }
    }
  }

  /** Rows in rows, as JSON. */
  #nested(visible: readonly Visible[], depth: number): Expression {
    const genes = this.#genes
    const select = this.#correlated(visible)
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
    return { outputs, combined: { how, with: this.shaped(chosen.map(({ type }) => type)) } }
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

function visibleOf(alias: string, columns: Named['columns']): Visible[] {
  return columns.map(({ name, type }) => ({ reference: `${alias}.${name}`, type }))
}

function isComparable(type: ColumnType): boolean {
  return !['json', 'texts', 'ints', 'float'].includes(type) && type in columnTypes
}

function simple(alias: string, source: Source): Omit<Select, 'outputs'> {
  return {
    expressions: [],
    sources: [{ alias, source }],
    where: [],
    isDistinct: false,
    groupBy: [],
    having: false,
  }
}
