import type { FunctionEffects } from '../known-functions.ts'
import { CatalogueBuilder, type RelationId } from './builder.ts'
import { type CatalogueRow, type CatalogueSource, text } from './catalogue-source.ts'
import type { Change, FunctionVolatility, KeyAction } from './relation.ts'

// One statement, so that one moment is seen. Every name has its schema, whatever the search path of the session is.
// What is pinned (built in) has no dependency on record, which leaves the functions and relations of users.
const SQL = `
with relation as (
  select c.oid, n.nspname::text as schema, c.relname::text as name, c.relkind::text as kind,
    c.relrowsecurity as rls
  from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  where c.relkind in ('r', 'p', 'v', 'm', 'f')
    and n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast')
)
select 'relation' as kind, schema as a, name as b, kind as c,
  case when rls then 'rls' end as d, case when kind = 'v' then pg_catalog.pg_get_viewdef(oid) end as e, null as f
from relation
union all
select 'base', v.schema, v.name, b.schema, b.name, null, null
from relation v
join pg_catalog.pg_rewrite w on w.ev_class = v.oid and w.rulename = '_RETURN'
join pg_catalog.pg_depend d on d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass and d.objid = w.oid
  and d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.refobjid <> v.oid
left join relation b on b.oid = d.refobjid
where v.kind = 'v'
group by 2, 3, 4, 5
union all
select 'part', p.schema, p.name, c.schema, c.name, null, null
from pg_catalog.pg_inherits i join relation p on p.oid = i.inhparent join relation c on c.oid = i.inhrelid
union all
select 'key', p.schema, p.name, c.schema, c.name, k.confdeltype::text || k.confupdtype::text,
  pg_catalog.json_build_array(
    (select pg_catalog.json_agg(a.attname) from pg_catalog.pg_attribute a
      where a.attrelid = k.conrelid and a.attnum = any(k.conkey)),
    (select case when pg_catalog.bool_or(a.attgenerated <> '') then null else pg_catalog.json_agg(a.attname) end
      from pg_catalog.pg_attribute a where a.attrelid = k.confrelid and a.attnum = any(k.confkey))
  )::text
from pg_catalog.pg_constraint k join relation p on p.oid = k.confrelid join relation c on c.oid = k.conrelid
where k.contype = 'f' and (k.confdeltype in ('c', 'n', 'd') or k.confupdtype in ('c', 'n', 'd'))
union all
select 'trigger', r.schema, r.name, t.tgtype::text, l.lanname::text, p.proname::text, p.prosrc::text
from pg_catalog.pg_trigger t join relation r on r.oid = t.tgrelid
join pg_catalog.pg_proc p on p.oid = t.tgfoid join pg_catalog.pg_language l on l.oid = p.prolang
where not t.tgisinternal and t.tgenabled <> 'D'
union all
select 'default', r.schema, r.name, null, l.lanname::text, p.proname::text,
  coalesce(p.prosrc::text, '')
from pg_catalog.pg_attrdef a join relation r on r.oid = a.adrelid
join pg_catalog.pg_depend d on d.classid = 'pg_catalog.pg_attrdef'::pg_catalog.regclass and d.objid = a.oid
  and d.refclassid = 'pg_catalog.pg_proc'::pg_catalog.regclass
join pg_catalog.pg_proc p on p.oid = d.refobjid join pg_catalog.pg_language l on l.oid = p.prolang
where p.provolatile = 'v' and p.pronamespace <> 'pg_catalog'::pg_catalog.regnamespace
union all
select 'rule', r.schema, r.name, w.ev_type::text, null, pg_catalog.pg_get_ruledef(w.oid), null
from pg_catalog.pg_rewrite w join relation r on r.oid = w.ev_class
where w.rulename <> '_RETURN' and w.ev_enabled <> 'D'
union all
select 'function', n.nspname::text, p.proname::text, p.provolatile::text, null, null, null
from pg_catalog.pg_proc p join pg_catalog.pg_namespace n on n.oid = p.pronamespace
where n.nspname not in ('pg_catalog', 'information_schema')
group by 2, 3, 4
order by 1, 2, 3, 4, 5, 6, 7`

export const postgresCatalogue: CatalogueSource = {
  rows: async (query) => [await query(SQL)],
  build([rows = []], settings) {
    const builder = new CatalogueBuilder(settings)
    const of = (kind: string) => rows.filter((row) => row['kind'] === kind)
    for (const row of of('relation')) {
      const isForeign = row['c'] === 'f'
      const hasRowSecurity = row['d'] === 'rls'
      builder.addRelation(
        id(row),
        isForeign ? 'foreign-table' : hasRowSecurity ? 'row-level-security' : undefined,
      )
    }
    for (const row of of('function')) {
      builder.addFunction(id(row), VOLATILITY[text(row, 'c')] ?? 'volatile')
    }
    for (const row of of('part')) builder.addPart(id(row), other(row))
    for (const row of of('key')) addKey(builder, row)
    const bases = Map.groupBy(of('base'), (row) => JSON.stringify(id(row)))
    for (const row of of('relation').filter((relation) => relation['c'] === 'v')) {
      const selected = bases.get(JSON.stringify(id(row))) ?? []
      const known = selected.filter((base) => base['d'] !== null)
      builder.addView(id(row), row['e'] ?? '', true, known.map(other))
      // A sequence, or the catalogue itself.
      if (known.length < selected.length) builder.addObstacle(id(row), 'volatile-view')
    }
    for (const row of of('trigger')) addTrigger(builder, row)
    for (const row of of('default')) addDefault(builder, row, settings.functions)
    for (const row of of('rule')) {
      const on = RULE_EVENTS[text(row, 'c')] ?? 'any'
      builder.addTriggerText(id(row), [on], bodyOfRule(text(row, 'e')), false)
    }
    return builder.build()
  },
}

function id(row: CatalogueRow): RelationId {
  return { schema: text(row, 'a'), name: text(row, 'b') }
}

function other(row: CatalogueRow): RelationId {
  return { schema: text(row, 'c'), name: text(row, 'd') }
}

const VOLATILITY: Readonly<Record<string, FunctionVolatility>> = {
  i: 'immutable',
  s: 'stable',
  v: 'volatile',
}

function addKey(builder: CatalogueBuilder, row: CatalogueRow): void {
  const [onDelete = '', onUpdate = ''] = text(row, 'e')
  const [columns, references] = JSON.parse(text(row, 'f')) as (string[] | null)[]
  builder.addKey(
    id(row),
    {
      onDelete: onDelete === 'c' ? 'delete' : actionOf(onDelete),
      onUpdate: actionOf(onUpdate),
      columns: columns ?? undefined,
      references: references ?? undefined,
    },
    other(row),
  )
}

function actionOf(code: string): KeyAction {
  return ['c', 'n', 'd'].includes(code) ? 'update' : 'nothing'
}

/** Bits of `pg_trigger.tgtype`. A trigger on TRUNCATE alone has none of these events: it fires on `'any'`. */
const BEFORE = 2
const EVENTS: readonly (readonly [number, Change])[] = [
  [4, 'insert'],
  [8, 'delete'],
  [16, 'update'],
]

/** Of PostgreSQL itself and its contrib modules: they set columns of the row, or refuse it. */
const HARMLESS_TRIGGERS = new Set([
  ...['tsvector_update_trigger', 'tsvector_update_trigger_column', 'moddatetime', 'autoinc'],
  ...['suppress_redundant_updates_trigger', 'insert_username', 'check_primary_key', 'lo_manage'],
])

function addTrigger(builder: CatalogueBuilder, row: CatalogueRow): void {
  const bits = Number(text(row, 'c'))
  const on = EVENTS.flatMap(([bit, event]) => ((bits & bit) === bit ? [event] : []))
  const setsOwnRow = (bits & BEFORE) === BEFORE
  if (row['d'] === 'plpgsql') {
    builder.addTriggerText(id(row), on, text(row, 'f'), setsOwnRow)
    return
  }
  const writes = HARMLESS_TRIGGERS.has(text(row, 'e')) ? [] : 'unknown'
  builder.addTrigger(id(row), { on, writes, sets: setsOwnRow ? 'any' : [] })
}

/** A column whose default calls a function of the user's, which may write: `default next_number()`. */
function addDefault(
  builder: CatalogueBuilder,
  row: CatalogueRow,
  functions: FunctionEffects,
): void {
  // Those in C come with extensions, and make ids.
  if (row['d'] === 'c' || functions.effectOf(text(row, 'e'), 2) !== 'unknown') return
  const source = text(row, 'f')
  const isReadable = (row['d'] === 'plpgsql' || row['d'] === 'sql') && source.trim() !== ''
  if (isReadable) builder.addTriggerText(id(row), ['insert', 'update'], source, false)
  else builder.addTrigger(id(row), { on: ['insert', 'update'], writes: 'unknown' })
}

const RULE_EVENTS: Readonly<Record<string, Change>> = {
  '2': 'update',
  '3': 'insert',
  '4': 'delete',
}

/** Without `CREATE RULE name AS ON event TO table`: that table need not be written. */
function bodyOfRule(definition: string): string {
  return definition.replace(/^[^]*?\sDO\s/, '')
}
