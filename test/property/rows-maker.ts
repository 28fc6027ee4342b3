import { type ColumnType, columnTypes, valueOf } from './column-types.ts'
import type { Genes } from './genes.ts'
import type { Schema, Table } from './random-schema.ts'
import type { Condition, Expression, Parameter, Select, Source } from './select-spec.ts'

/** Columns that expressions may name. */
export interface Visible {
  readonly reference: string
  readonly type: ColumnType
}

export interface Named {
  readonly name: string
  readonly columns: readonly { readonly name: string; readonly type: ColumnType }[]
}

/** Decides on which rows of one table are meant: conditions, and the selects that stand in them. */
export class RowsMaker {
  readonly #genes: Genes
  readonly #schema: Schema
  #aliases = 0

  constructor(genes: Genes, schema: Schema) {
    this.#genes = genes
    this.#schema = schema
  }

  /** All rows and columns of a table, some by a condition. */
  whole(table: Table): Select {
    const alias = this.alias()
    const visible = visibleOf(alias, table.columns)
    return {
      ...simple(alias, { table: table.name, isQualified: false }),
      where: this.#genes.list(0, 1, () => this.condition(visible, 0)),
      outputs: 'all',
    }
  }

  /** Conditions on the rows of one table. */
  conditions(table: Table, alias: string, most = 2): Condition[] {
    return this.#genes.list(0, most, () => this.condition(visibleOf(alias, table.columns), 1))
  }

  /** Rows that fit into columns of these types. */
  shaped(types: readonly ColumnType[]): Select {
    const fitting = this.#schema.tables.filter(({ columns }) =>
      types.every((type) => columns.some((column) => column.type === type)),
    )
    const { table, alias, visible } = this.one(fitting)
    return {
      ...simple(alias, { table: table.name, isQualified: false }),
      where: this.#genes.list(0, 2, () => this.condition(visible, 0)),
      outputs: types.map((type, index) => {
        const fitting = visible.filter((column) => column.type === type)
        const expression: Expression =
          fitting.length > 0 ? { column: this.#genes.pick(fitting).reference } : { nothing: true }
        return { as: `c${index}`, expression }
      }),
    }
  }

  table(): Table {
    return this.#genes.pick(this.#schema.tables)
  }

  alias(): string {
    this.#aliases += 1
    return `a${this.#aliases}`
  }

  one(from: readonly Table[] = []) {
    const table = from.length > 0 ? this.#genes.pick(from) : this.table()
    const alias = this.alias()
    return { table, alias, visible: visibleOf(alias, table.columns) }
  }

  condition(visible: readonly Visible[], depth: number): Condition {
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
        return { exists: this.correlated(comparable), not: not() }
      case 10:
        return { or: genes.list(1, 3, () => this.condition(visible, 0)) }
      case 11:
        return { not: this.condition(visible, depth - 1) }
      case 12:
        return { raw: genes.pick(['node', 'text']), table: this.table().name, not: not() }
      default:
        return { column: column.reference, is: '=', value: parameter() }
    }
  }

  /** A select from one table that may look at the rows around it. */
  correlated(visible: readonly Visible[]): Select {
    const { table, alias, visible: own } = this.one()
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
}

export function visibleOf(alias: string, columns: Named['columns']): Visible[] {
  return columns.map(({ name, type }) => ({ reference: `${alias}.${name}`, type }))
}

export function isComparable(type: ColumnType): boolean {
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
