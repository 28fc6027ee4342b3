import { type Dialect, enumValues, sketchOf } from './column-types.ts'
import {
  columnOf,
  type JoinTable,
  partOf,
  PARTS,
  type Reference,
  type Schema,
  type Table,
  tableOf,
  type Trigger,
  type View,
} from './random-schema.ts'

/** The statements that make a schema in an empty database, in order. Names stand in double quotes on every database. */
export function statementsOf(schema: Schema): string[] {
  const { dialect, tables, joinTables, views, triggers } = schema
  const values = Object.values(enumValues).map((value) => `'${value}'`)
  return [
    ...(dialect === 'postgres' ? [`create type colour as enum (${values.join(', ')})`] : []),
    ...tables.flatMap((table) => [createTable(schema, table), ...createParts(table)]),
    ...joinTables.map((join) => createJoinTable(schema, join)),
    ...views.map((view) => createView(schema, view)),
    ...triggers.flatMap((trigger) => createTrigger(dialect, trigger)),
  ]
}

/** The names of all tables, those before that others refer to. */
export function tablesOf({ tables, joinTables }: Schema): string[] {
  return [...tables.map(({ name }) => name), ...joinTables.map(({ relation }) => `_${relation}`)]
}

function quoted(name: string): string {
  return `"${name}"`
}

function list(names: readonly string[]): string {
  return `(${names.map(quoted).join(', ')})`
}

function typeIn(dialect: Dialect, table: Table, column: string): string {
  return sketchOf(columnOf(table, column).type).sql[dialect]!
}

function createTable({ dialect }: Schema, table: Table): string {
  const columns = table.columns.map(
    ({ name, isNullable }) =>
      `${quoted(name)} ${typeIn(dialect, table, name)} ${isNullable ? 'null' : 'not null'}`,
  )
  const unique = [
    ...table.uniques,
    ...table.references.filter(({ isUnique }) => isUnique).map((reference) => reference.columns),
  ]
  return `create table ${quoted(table.name)} (${[
    ...columns,
    `primary key ${list(table.primaryKey)}`,
    ...unique.map((key, index) => `constraint u${index}_${table.model} unique ${list(key)}`),
    ...table.references.map(constraintOf),
  ].join(
    ', ',
  )})${table.isPartitioned ? ` partition by hash (${quoted(table.primaryKey[0]!)})` : ''}`
}

function createParts({ name, isPartitioned }: Table): string[] {
  if (!isPartitioned) return []
  return PARTS.map(
    (part) =>
      `create table ${quoted(partOf(name, part))} partition of ${quoted(name)} ` +
      `for values with (modulus ${PARTS.length}, remainder ${part})`,
  )
}

const actions = {
  Cascade: 'cascade',
  SetNull: 'set null',
  Restrict: 'restrict',
  NoAction: 'no action',
}

function constraintOf(reference: Reference): string {
  const { name, columns, target, targetColumns, onDelete, onUpdate } = reference
  return (
    `constraint ${name} foreign key ${list(columns)} references ${quoted(target)} ` +
    `${list(targetColumns)} on delete ${actions[onDelete]} on update ${actions[onUpdate]}`
  )
}

function createJoinTable(schema: Schema, { relation, a, b }: JoinTable): string {
  const side = (column: string, target: string) => {
    const table = tableOf(schema, target)
    const key = table.primaryKey[0]!
    const type = typeIn(schema.dialect, table, key)
    return {
      column: `"${column}" ${type} not null`,
      reference: `foreign key ("${column}") references ${quoted(target)} (${quoted(key)}) on delete cascade on update cascade`,
    }
  }
  const [first, second] = [side('A', a), side('B', b)]
  return `create table "_${relation}" (${first.column}, ${second.column}, primary key ("A", "B"), ${first.reference}, ${second.reference})`
}

function createView({ dialect }: Schema, { name, table, shows }: View): string {
  if (shows === 'all') return `create view ${quoted(name)} as select * from ${quoted(table)}`
  const { column, counted } = shows
  const text = dialect === 'mysql' ? 'char' : 'text'
  return (
    `create view ${quoted(name)} as select cast(t.${quoted(column)} as ${text}) as shown, ` +
    `(select count(*) from ${quoted(counted)}) as n from ${quoted(table)} as t`
  )
}

function createTrigger(dialect: Dialect, trigger: Trigger): string[] {
  const { name, table, event, target, column, effect } = trigger
  const body =
    effect === 'touch'
      ? `update ${quoted(target)} set ${quoted(column)} = null;`
      : `delete from ${quoted(target)} where ${quoted(column)} is null;`
  if (dialect !== 'postgres') {
    return [
      `create trigger ${name} after ${event} on ${quoted(table)} for each row begin ${body} end`,
    ]
  }
  return [
    `create function ${name}_body() returns trigger language plpgsql as $$ begin ${body} return null; end $$`,
    `create trigger ${name} after ${event} on ${quoted(table)} for each row execute function ${name}_body()`,
  ]
}

/** The statements that leave no row in any table. */
export function emptyingOf(schema: Schema): string[] {
  const names = tablesOf(schema).map(quoted)
  const deletes = names.map((name) => `delete from ${name}`)
  switch (schema.dialect) {
    case 'postgres':
      return [`truncate ${names.join(', ')} cascade`]
    case 'mysql':
      return ['set foreign_key_checks = 0', ...deletes, 'set foreign_key_checks = 1']
    case 'sqlite':
      return ['pragma foreign_keys = off', ...deletes, 'pragma foreign_keys = on']
  }
}
