import { outcomeOf } from './outcome.ts'
import { parameterOf, type Target } from './build-select.ts'
import { sketchOf } from './column-types.ts'
import type { Schema, Table } from './random-schema.ts'
import type { Tenant } from './tenant.ts'

type Row = Readonly<Record<string, unknown>>

const ROWS = 3

/** Puts some rows into every table, so that a step of any kind finds some. Those that do not fit are left out. */
export async function fill({ twin, target }: Tenant, schema: Schema, shift: number): Promise<void> {
  const rows = new Map<string, Row[]>()
  for (const table of schema.tables) {
    const own: Row[] = []
    rows.set(table.name, own)
    for (let index = 0; index < ROWS; index += 1) {
      const row = rowOf(table, rows, index, shift)
      const insert = twin.kysely.insertInto(table.name).values(valuesOf(table, row, target))
      const outcome = await outcomeOf(() => insert.execute())
      if ('result' in outcome) own.push(row)
    }
  }
  for (const { relation, a, b } of schema.joinTables) {
    const key = (name: string) => schema.tables.find((table) => table.name === name)!.primaryKey[0]!
    for (const [index, row] of rows.get(a)!.entries()) {
      const others = rows.get(b)!
      const other = others[(index + shift) % others.length]
      if (!other) continue
      const pair = { A: row[key(a)], B: other[key(b)] }
      await outcomeOf(() => twin.kysely.insertInto(`_${relation}`).values(pair).execute())
    }
  }
}

function rowOf(
  table: Table,
  rows: ReadonlyMap<string, readonly Row[]>,
  index: number,
  shift: number,
): Row {
  const row: Record<string, unknown> = {}
  for (const [place, { name, type, isNullable }] of table.columns.entries()) {
    const { values } = sketchOf(type)
    const isKey = table.primaryKey.includes(name)
    const value = values[(isKey ? index : index + place + shift) % values.length]
    row[name] = isNullable && (index + place) % 4 === 3 ? null : value
  }
  for (const { columns, target, targetColumns } of table.references) {
    const targets = rows.get(target)!
    const chosen = targets[(index + shift) % Math.max(1, targets.length)]
    for (const [place, column] of columns.entries()) {
      row[column] = chosen?.[targetColumns[place]!] ?? null
    }
  }
  return row
}

function valuesOf(table: Table, row: Row, target: Target): Record<string, unknown> {
  return Object.fromEntries(
    table.columns.map(({ name, type }) => [name, parameterOf({ type, value: row[name] }, target)]),
  )
}
