import type { Column, Schema, Table } from './random-schema.ts'
import { sketchOf } from './column-types.ts'
import type { Genes } from './genes.ts'
import { RowsMaker } from './rows-maker.ts'
import type { Condition, Parameter, Select } from './select-spec.ts'

export type Values = Readonly<Record<string, Parameter>>

/** Decisions of one write. The alias of its table is the table's own name. */
export type Write =
  | {
      readonly kind: 'insert'
      readonly table: string
      readonly rows: readonly Values[]
      readonly conflict?:
        'ignore' | 'replace' | { readonly key: readonly string[]; readonly set: Values }
      readonly returns: boolean
    }
  | {
      readonly kind: 'insert select'
      readonly table: string
      readonly columns: readonly string[]
      readonly select: Select
    }
  | {
      readonly kind: 'update'
      readonly table: string
      readonly set: Values
      readonly where: readonly Condition[]
      readonly returns: boolean
    }
  /** What is set comes from another table, or is chosen by it. */
  | {
      readonly kind: 'update from' | 'delete using'
      readonly table: string
      readonly other: string
      readonly on: readonly [string, string]
      readonly set: Values
      readonly where: readonly Condition[]
    }
  | {
      readonly kind: 'delete'
      readonly table: string
      readonly where: readonly Condition[]
      readonly returns: boolean
    }
  | {
      readonly kind: 'merge'
      readonly table: string
      readonly other: string
      readonly on: readonly [string, string]
      readonly set: Values | 'delete'
    }
  /** PostgreSQL: writes in common table expressions, and a select or a write behind them. */
  | { readonly kind: 'with'; readonly writes: readonly Write[]; readonly last: Write | Select }
  /** All text, or text around a table node. */
  | {
      readonly kind: 'raw'
      readonly verb: 'update' | 'delete' | 'truncate'
      readonly table: string
      readonly column: string
      readonly value: Parameter
      readonly isText: boolean
    }

/** Decides on writes through Kysely for one schema. */
export class WriteMaker {
  readonly #genes: Genes
  readonly #schema: Schema
  readonly #rows: RowsMaker

  constructor(genes: Genes, schema: Schema) {
    this.#genes = genes
    this.#schema = schema
    this.#rows = new RowsMaker(genes, schema)
  }

  write(): Write {
    const isPostgres = this.#schema.dialect === 'postgres'
    const kind = this.#genes.below(isPostgres ? 15 : 13)
    if (kind < 13) return this.#single(kind)
    const table = this.#table()
    const isMerge = kind === 13
    const pair = this.#pair(table)
    if (isMerge && pair) {
      const set = this.#genes.oneIn(3) ? 'delete' : this.#set(table)
      return { kind: 'merge', table: table.name, ...pair, set }
    }
    const writes = this.#genes.list(1, 2, () =>
      this.#single(this.#genes.pick([0, 3, 6, 12, 1, 4, 7]), true),
    )
    const last = this.#genes.oneIn(2)
      ? this.#single(this.#genes.below(9), true)
      : this.#rows.whole(this.#table())
    return { kind: 'with', writes, last }
  }

  #single(kind: number, mustReturn = false): Write {
    const genes = this.#genes
    const table = this.#table()
    const { name } = table
    const returns = mustReturn || (this.#schema.dialect !== 'mysql' && genes.oneIn(3))
    switch (kind) {
      case 3:
      case 4:
      case 5:
        return this.#insert(table, returns)
      case 6:
      case 7:
      case 8:
        return { kind: 'delete', table: name, where: this.#where(table), returns }
      case 9: {
        const select = this.#rows.shaped(table.columns.map(({ type }) => type))
        return {
          kind: 'insert select',
          table: name,
          columns: table.columns.map((column) => column.name),
          select,
        }
      }
      case 10:
      case 11: {
        const pair = this.#pair(table)
        if (!pair) break
        const only = kind === 10 ? 'update from' : 'delete using'
        // SQLite has no DELETE … USING.
        const joined = this.#schema.dialect === 'sqlite' ? 'update from' : only
        const where = this.#rows.conditions(table, name, 1)
        return { kind: joined, table: name, ...pair, set: this.#set(table), where }
      }
      case 12: {
        const column = genes.pick(table.columns)
        return {
          kind: 'raw',
          // On MySQL it is DDL, which commits and cannot be rehearsed.
          verb: genes.pick(
            this.#schema.dialect === 'postgres' && !mustReturn
              ? ['update', 'delete', 'truncate']
              : ['update', 'delete'],
          ),
          ...{ table: name, column: column.name, value: this.#value(column) },
          isText: genes.oneIn(2),
        }
      }
      default:
    }
    return {
      kind: 'update',
      table: name,
      set: this.#set(table),
      where: this.#where(table),
      returns,
    }
  }

  #insert(table: Table, returns: boolean): Write {
    const genes = this.#genes
    const rows = genes.list(1, 2, () => this.#row(table))
    const key = genes.pick([table.primaryKey, ...table.uniques])
    const replaces = this.#schema.dialect !== 'postgres' && genes.oneIn(4)
    const conflict = replaces
      ? ('replace' as const)
      : genes.pick([undefined, { key, set: this.#set(table) }, 'ignore' as const])
    // One row of the same columns as the other.
    return { kind: 'insert', table: table.name, rows, ...(conflict && { conflict }), returns }
  }

  #table(): Table {
    return this.#genes.pick(this.#schema.tables)
  }

  #where(table: Table): Condition[] {
    return this.#rows.conditions(table, table.name)
  }

  #value({ name, type, isNullable }: Column): Parameter {
    const isKey = this.#schema.tables.some(({ references }) =>
      references.some(({ columns }) => columns.includes(name)),
    )
    const isNull = isNullable && this.#genes.oneIn(isKey ? 2 : 4)
    // The rows that are there from the start have these.
    const values = isKey ? sketchOf(type).values.slice(0, 3) : sketchOf(type).values
    return { type, value: isNull ? null : this.#genes.pick(values) }
  }

  #row(table: Table): Values {
    return Object.fromEntries(table.columns.map((column) => [column.name, this.#value(column)]))
  }

  #set(table: Table): Values {
    const keys = new Set(table.primaryKey)
    const others = table.columns.filter(({ name }) => !keys.has(name))
    const some = this.#genes.oneIn(5) ? table.columns : others.length > 0 ? others : table.columns
    const columns = this.#genes.some(some, 2, 1)
    return Object.fromEntries(columns.map((column) => [column.name, this.#value(column)]))
  }

  #pair(table: Table): { other: string; on: readonly [string, string] } | undefined {
    const others = this.#schema.tables.filter(({ name }) => name !== table.name)
    if (others.length === 0) return undefined
    const other = this.#genes.pick(others)
    const pairs = table.columns.flatMap((mine) =>
      other.columns
        .filter(
          ({ type }) => type === mine.type && ['int', 'text', 'bigint', 'uuid'].includes(type),
        )
        .map(({ name }): [string, string] => [
          `${table.name}.${mine.name}`,
          `${other.name}.${name}`,
        ]),
    )
    return pairs.length === 0 ? undefined : { other: other.name, on: this.#genes.pick(pairs) }
  }
}
