import {
  type Expression as KyselyExpression,
  expressionBuilder,
  type Kysely,
  type RawBuilder,
  type SelectQueryBuilder,
  sql,
  type SqlBool,
} from 'kysely'
import * as postgresHelpers from 'kysely/helpers/postgres'
import * as sqliteHelpers from 'kysely/helpers/sqlite'
import { type Dialect, toParameter } from './column-types.ts'
import type { Condition, Expression, Joined, Output, Parameter, Select } from './select-spec.ts'
import type { Rows } from './open-place.ts'

export type Builder = SelectQueryBuilder<Rows, string, Record<string, unknown>>
type Any = KyselyExpression<unknown>

/** Where a statement will run. */
export interface Target {
  readonly dialect: Dialect
  /** The name of the schema for tables that are qualified. */
  readonly schema: string
}

const eb = expressionBuilder<Rows, string>()
const helpers = { postgres: postgresHelpers, sqlite: sqliteHelpers }

/** What a plain `Select` says, as a query of `db`. */
export function buildSelect(db: Kysely<Rows>, select: Select, target: Target): Builder {
  let creator = db
  for (const { name, select: inner } of select.expressions) {
    creator = creator.with(name, () => build(inner, target)) as unknown as Kysely<Rows>
  }
  return fill(start(creator, select.sources[0]!, target), select, target)
}

/** Conditions for the WHERE of a write. */
export function buildConditions(
  conditions: readonly Condition[],
  target: Target,
): KyselyExpression<SqlBool>[] {
  return conditions.map((condition) => buildCondition(condition, target))
}

export function parameterOf({ type, value }: Parameter, { dialect }: Target): unknown {
  return toParameter(dialect, type, value)
}

/** A select inside of a statement. */
export function build(select: Select, target: Target): Builder {
  return fill(start(eb, select.sources[0]!, target), select, target)
}

function start(creator: Pick<Kysely<Rows>, 'selectFrom'>, joined: Joined, target: Target): Builder {
  return creator.selectFrom(sourceOf(joined, target) as never)
}

function sourceOf({ alias, source }: Joined, target: Target): unknown {
  if ('select' in source) return build(source.select, target).as(alias)
  if ('expression' in source) return `${source.expression} as ${alias}`
  if ('view' in source) return `${source.view} as ${alias}`
  return `${source.isQualified ? `${target.schema}.` : ''}${source.table} as ${alias}`
}

function fill(from: Builder, select: Select, target: Target): Builder {
  const { sources, where, outputs, isDistinct, groupBy, having, combined, page } = select
  let query = from
  for (const joined of sources.slice(1)) query = join(query, joined, target)
  for (const condition of where) query = query.where(buildCondition(condition, target))
  query =
    outputs === 'all'
      ? query.selectAll()
      : (query.select(
          outputs.map(({ as, expression }) => buildExpression(expression, target).as(as)),
        ) as Builder)
  if (isDistinct) query = query.distinct()
  for (const reference of groupBy) query = query.groupBy(eb.ref(reference))
  if (having) query = query.having(eb.fn.countAll(), '>', 1)
  if (combined) query = query[combined.how](build(combined.with, target))
  if (page) {
    const direction = page.descending ? 'desc' : 'asc'
    for (const reference of page.order) query = query.orderBy(eb.ref(reference), direction)
    query = query.limit(page.limit)
    if (page.offset > 0) query = query.offset(page.offset)
  }
  return query
}

function join(query: Builder, joined: Joined, target: Target): Builder {
  const source = sourceOf(joined, target) as never
  const { how, on } = joined.join!
  if (!on) return query.crossJoin(source)
  const [own, other] = on
  const condition = (builder: { onRef: (...of: never[]) => never }) =>
    builder.onRef(own as never, '=' as never, other as never)
  const joins = {
    inner: 'innerJoin',
    left: 'leftJoin',
    right: 'rightJoin',
    full: 'fullJoin',
    lateral: 'leftJoinLateral',
    cross: 'crossJoin',
  } as const
  const method = query[joins[how]] as (source: never, on: unknown) => Builder
  return method.call(query, source, condition)
}

function buildCondition(condition: Condition, target: Target): KyselyExpression<SqlBool> {
  if ('or' in condition) {
    return eb.or(condition.or.map((each) => buildCondition(each, target)))
  }
  if ('exists' in condition) {
    const exists = eb.exists(build(condition.exists, target))
    return condition.not ? eb.not(exists) : exists
  }
  if ('raw' in condition) return buildRaw(condition, target)
  if (!('column' in condition)) return eb.not(buildCondition(condition.not, target))
  const column = eb.ref(condition.column)
  if ('is' in condition) {
    return eb(column, condition.is as '=', parameterOf(condition.value, target))
  }
  if ('equals' in condition) return eb(column, '=', eb.ref(condition.equals))
  if ('isNull' in condition) return eb(column, condition.isNull ? 'is' : 'is not', null)
  const operator = condition.not ? 'not in' : 'in'
  if ('sources' in condition.among) return eb(column, operator, build(condition.among, target))
  return eb(
    column,
    operator,
    condition.among.map((value) => parameterOf(value, target)),
  )
}

function buildRaw(
  condition: Extract<Condition, { raw: unknown }>,
  { dialect, schema }: Target,
): RawBuilder<SqlBool> {
  if (condition.raw === 'compare') {
    const value = parameterOf(condition.value, { dialect, schema })
    return sql<SqlBool>`${sql.ref(condition.column)} = ${value}`
  }
  const table =
    condition.raw === 'node' ? sql.table(condition.table) : sql.raw(quote(condition.table, dialect))
  const exists = sql<SqlBool>`exists (select 1 from ${table} limit 1 offset 1)`
  return condition.not ? sql<SqlBool>`not ${exists}` : exists
}

export function quote(name: string, dialect: Dialect): string {
  return dialect === 'mysql' ? `\`${name}\`` : `"${name}"`
}

interface Aliasable {
  as(alias: string): never
}

function buildExpression(expression: Expression, target: Target): Aliasable {
  return built(expression, target) as unknown as Aliasable
}

function built(expression: Expression, target: Target): Any {
  if ('column' in expression) {
    const { column } = expression
    if (!('aggregate' in expression)) return eb.ref(column)
    switch (expression.aggregate) {
      case 'count':
        return eb.fn.count(column)
      case 'sum':
        return eb.fn.sum(column)
      case 'min':
        return eb.fn.min(column)
      case 'max':
        return eb.fn.max(column)
    }
  }
  if ('countAll' in expression) return eb.fn.countAll()
  if ('scalar' in expression) return build(expression.scalar, target)
  if ('exists' in expression) return eb.exists(build(expression.exists, target))
  if ('rawLower' in expression) return sql`lower(${sql.ref(expression.rawLower)})`
  if ('nothing' in expression) return sql`null`
  if ('coalesce' in expression) {
    const value = eb.val(parameterOf(expression.value, target))
    return eb.fn.coalesce(eb.ref(expression.coalesce) as never, value as never)
  }
  if (target.dialect === 'mysql') return mariadbJson(expression, target)
  const { jsonArrayFrom, jsonObjectFrom } = helpers[target.dialect]
  const inner = build(expression.select, target)
  return expression.json === 'array' ? jsonArrayFrom(inner) : jsonObjectFrom(inner)
}

/** Kysely's helpers cast to a type that MariaDB does not have, and hide the rows around from the inner select. */
function mariadbJson(
  { json, select }: Extract<Expression, { json: unknown }>,
  target: Target,
): Any {
  const { page, outputs, ...rest } = select
  const fields = (outputs as readonly Output[]).flatMap(({ as, expression }) => [
    sql.lit(as),
    built(expression, target),
  ])
  const object = sql`json_object(${sql.join(fields)})`
  if (json === 'object') {
    const base = fill(start(eb, select.sources[0]!, target), { ...rest, outputs: [] }, target)
    const first = page!.order.reduce((query, key) => query.orderBy(eb.ref(key)), base)
    return first.select(object.as('shown')).limit(1)
  }
  const order = sql.join(page!.order.map((key) => eb.ref(key)))
  const shown = sql`coalesce(json_arrayagg(${object} order by ${order}), json_array())`
  const base = fill(start(eb, select.sources[0]!, target), { ...rest, outputs: [] }, target)
  return base.select(shown.as('shown'))
}
