import { type Compilable, expressionBuilder, type Kysely, type RawBuilder, sql } from 'kysely'
import {
  build,
  buildConditions,
  buildSelect,
  parameterOf,
  quote,
  type Target,
} from './build-select.ts'
import type { Values, Write } from './kysely-write.ts'
import type { Rows } from './open-place.ts'

/** Something that Kysely can run, and what a CTE takes. */
export interface Runnable extends Compilable {
  execute(options?: { signal?: AbortSignal }): Promise<unknown>
}

type Db = Kysely<Rows>

/** What a plain `Write` says, as a query of `db`. */
export function buildWrite(db: Db, write: Write, target: Target): Runnable {
  switch (write.kind) {
    case 'insert':
      return insert(db, write, target)
    case 'insert select':
      return db
        .insertInto(write.table)
        .columns([...write.columns])
        .expression(build(write.select, target) as never)
    case 'update': {
      let query = db.updateTable(write.table).set(valuesOf(write.set, target))
      for (const condition of buildConditions(write.where, target)) query = query.where(condition)
      return write.returns ? query.returningAll() : query
    }
    case 'delete': {
      let query = db.deleteFrom(write.table)
      for (const condition of buildConditions(write.where, target)) query = query.where(condition)
      return write.returns ? query.returningAll() : query
    }
    case 'update from':
      return updateFrom(db, write, target)
    case 'delete using':
      return deleteUsing(db, write, target)
    case 'merge': {
      const matched = db
        .mergeInto(write.table)
        .using(write.other, (on) => on.onRef(write.on[0], '=', write.on[1]))
        .whenMatched()
      return write.set === 'delete'
        ? matched.thenDelete()
        : matched.thenUpdateSet(valuesOf(write.set, target) as never)
    }
    case 'with': {
      let creator = db
      for (const [index, each] of write.writes.entries()) {
        creator = creator.with(
          `w${index}`,
          (inner) =>
            (each.kind === 'raw'
              ? sql`${rawStatement(each, target)} returning *`
              : buildWrite(inner as unknown as Db, each, target)) as never,
        ) as unknown as Db
      }
      return 'kind' in write.last
        ? buildWrite(creator, write.last, target)
        : buildSelect(creator, write.last, target)
    }
    case 'raw':
      return raw(db, write, target)
  }
}

type Of<Kind> = Extract<Write, { kind: Kind }>

function valuesOf(values: Values, target: Target): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, parameterOf(value, target)]),
  )
}

function insert(
  db: Db,
  { table, rows, conflict, returns }: Of<'insert'>,
  target: Target,
): Runnable {
  const values = rows.map((row) => valuesOf(row, target))
  const isMysql = target.dialect === 'mysql'
  if (conflict === 'replace') {
    return isMysql
      ? db.replaceInto(table).values(values)
      : db.insertInto(table).orReplace().values(values)
  }
  let query = db.insertInto(table).values(values)
  if (conflict === 'ignore') {
    query = isMysql ? query.ignore() : query.onConflict((on) => on.doNothing())
  } else if (conflict) {
    const set = valuesOf(conflict.set, target)
    query = isMysql
      ? query.onDuplicateKeyUpdate(set)
      : query.onConflict((on) => on.columns([...conflict.key]).doUpdateSet(set))
  }
  return returns ? query.returningAll() : query
}

function updateFrom(
  db: Db,
  { table, other, on, set, where }: Of<'update from' | 'delete using'>,
  target: Target,
): Runnable {
  const values = valuesOf(set, target)
  if (target.dialect === 'mysql') {
    // The one that is written stands behind the one that is not.
    let query = db.updateTable([other, table]).whereRef(on[0], '=', on[1])
    for (const [name, value] of Object.entries(values)) {
      query = query.set(
        expressionBuilder<Rows, string>().ref(`${table}.${name}`) as never,
        value as never,
      )
    }
    for (const condition of buildConditions(where, target)) query = query.where(condition)
    return query
  }
  let query = db.updateTable(table).from(other).set(values).whereRef(on[0], '=', on[1])
  for (const condition of buildConditions(where, target)) query = query.where(condition)
  return query
}

function deleteUsing(
  db: Db,
  { table, other, on, where }: Of<'update from' | 'delete using'>,
  target: Target,
): Runnable {
  const isMysql = target.dialect === 'mysql'
  const from = db.deleteFrom(table)
  let query = (isMysql ? from.using([table, other]) : from.using(other)).whereRef(on[0], '=', on[1])
  for (const condition of buildConditions(where, target)) query = query.where(condition)
  return query
}

function raw(db: Db, write: Of<'raw'>, target: Target): Runnable {
  const statement = rawStatement(write, target)
  return {
    compile: () => statement.compile(db),
    execute: (options?: { signal?: AbortSignal }) => statement.execute(db, options),
  }
}

function rawStatement(
  { verb, table, column, value, isText }: Of<'raw'>,
  target: Target,
): RawBuilder<unknown> {
  const name = isText ? sql.raw(quote(table, target.dialect)) : sql.table(table)
  const parameter = parameterOf(value, target)
  switch (verb) {
    case 'update':
      return sql`update ${name} set ${sql.ref(column)} = ${parameter}`
    case 'delete':
      return sql`/* all of it */ delete from ${name} where ${sql.ref(column)} = ${parameter}`
    case 'truncate':
      return sql`truncate ${name}`
  }
}
