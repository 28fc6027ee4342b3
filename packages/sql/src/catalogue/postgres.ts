import type { FunctionEffects } from '../known-functions.ts'
import { CatalogueBuilder, type RelationId } from './builder.ts'
import { type CatalogueRow, type CatalogueSource, text } from './catalogue-source.ts'
import type { Change, FunctionVolatility, KeyAction } from './relation.ts'

// What a view or rule calls, as text. pg_get_viewdef() and pg_get_ruledef() would say it, but wait for whoever has locked a
// table of theirs: each read that needs the catalogue would wait for a migration, or for a TRUNCATE, of other tables. The tree
// that the database keeps needs no lock. Of its own functions those that are immutable are left out; CURRENT_USER and the
// like, TABLESAMPLE, and a text that is made a time only when the view is read ('now') stand for themselves.
const CALLS = `concat(
    (select pg_catalog.string_agg(distinct
        case when n.nspname <> 'pg_catalog' then pg_catalog.quote_ident(n.nspname) || '.' else '' end
        || pg_catalog.quote_ident(p.proname) || case p.pronargs when 0 then '()' when 1 then '(1)' else '(1, 2)' end, ' ')
      from pg_catalog.regexp_matches(w.ev_action::text, ':(?:funcid|aggfnoid|winfnoid) ([0-9]+)', 'g') found
      join pg_catalog.pg_proc p on p.oid = found[1]::oid join pg_catalog.pg_namespace n on n.oid = p.pronamespace
      where p.provolatile <> 'i' or n.nspname <> 'pg_catalog'),
    case when w.ev_action::text ~ '[{](?:SQLVALUEFUNCTION|TABLESAMPLECLAUSE)|${timeWords()}' then ' current_user' end)`

/** `now`, `today` and the like, as the tree has a constant text: its length, and then its bytes. */
function timeWords(): string {
  const bytes = ['now', 'today', 'tomorrow', 'yesterday'].map((word) =>
    Array.from(word, (letter) => `(?:${letter.charCodeAt(0)}|${letter.charCodeAt(0) - 32})`).join(
      ' ',
    ),
  )
  return `[[] (?:[0-9]+ ){4}(?:${bytes.join('|')}) []]`
}

// One statement, so that one moment is seen. Every name has its schema, whatever the search path of the session is.
// What is pinned (built in) has no dependency on record, which leaves the functions and relations of users.
const SQL = `
with relation as (
  select c.oid, n.nspname::text as schema, c.relname::text as name, c.relkind::text as kind,
    case when pg_catalog.pg_is_in_recovery() then 'replica' when c.relkind = 'f' then 'foreign-table'
      when c.relrowsecurity then 'row-level-security' end as obstacle
  from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  where c.relkind in ('r', 'p', 'v', 'm', 'f')
    and n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast')
)
select 'relation' as kind, schema as a, name as b, kind as c,
  obstacle as d, null as e, null as f
from relation
union all
select 'view', v.schema, v.name, null, null, ${CALLS}, null
from relation v join pg_catalog.pg_rewrite w on w.ev_class = v.oid and w.rulename = '_RETURN'
where v.kind = 'v'
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
select 'primary', p.schema, p.name, null, null, null, (select pg_catalog.json_agg(a.attname) from pg_catalog.pg_attribute a
    where a.attrelid = k.conrelid and a.attnum = any(k.conkey))::text
from pg_catalog.pg_constraint k join relation p on p.oid = k.conrelid
where k.contype = 'p' and p.kind = 'r' and not k.condeferrable
union all
select 'trigger', r.schema, r.name, t.tgtype::text, l.lanname::text, p.proname::text, p.prosrc::text
from pg_catalog.pg_trigger t join relation r on r.oid = t.tgrelid
join pg_catalog.pg_proc p on p.oid = t.tgfoid join pg_catalog.pg_language l on l.oid = p.prolang
where t.tgenabled <> 'D' and (not t.tgisinternal
  -- Up to PostgreSQL 14, what a partition has from its parent counts as internal. So does a foreign key's.
  or l.lanname <> 'internal' and exists (select from pg_catalog.pg_depend d
    where d.classid = 'pg_catalog.pg_trigger'::pg_catalog.regclass and d.objid = t.oid
      and d.refclassid = 'pg_catalog.pg_trigger'::pg_catalog.regclass))
union all
select 'default', r.schema, r.name, null, l.lanname::text, p.proname::text,
  coalesce(p.prosrc::text, '')
from pg_catalog.pg_attrdef a join relation r on r.oid = a.adrelid
join pg_catalog.pg_depend d on d.classid = 'pg_catalog.pg_attrdef'::pg_catalog.regclass and d.objid = a.oid
  and d.refclassid = 'pg_catalog.pg_proc'::pg_catalog.regclass
join pg_catalog.pg_proc p on p.oid = d.refobjid join pg_catalog.pg_language l on l.oid = p.prolang
where p.provolatile = 'v' and p.pronamespace <> 'pg_catalog'::pg_catalog.regnamespace
union all
select 'rule', r.schema, r.name, w.ev_type::text, null, ${CALLS},
  (select pg_catalog.string_agg(distinct pg_catalog.quote_ident(b.name), ' ')
    from pg_catalog.pg_depend d join relation b on b.oid = d.refobjid
    where d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass and d.objid = w.oid
      and d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass)
from pg_catalog.pg_rewrite w join relation r on r.oid = w.ev_class
where w.rulename <> '_RETURN' and w.ev_enabled <> 'D'
union all
select 'function', n.nspname::text, p.proname::text, p.provolatile::text, e.deptype::text, null, null
from pg_catalog.pg_proc p join pg_catalog.pg_namespace n on n.oid = p.pronamespace
left join pg_catalog.pg_depend e on e.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass and e.objid = p.oid
  and e.deptype = 'e'
where n.nspname not in ('pg_catalog', 'information_schema')
group by 2, 3, 4, 5
order by 1, 2, 3, 4, 5, 6, 7`

export const postgresCatalogue: CatalogueSource = {
  rows: async (query) => [await query(SQL)],
  build([rows = []], settings) {
    const builder = new CatalogueBuilder(settings)
    const of = (kind: string) => rows.filter((row) => row['kind'] === kind)
    for (const row of of('relation')) {
      builder.addRelation(
        id(row),
        OBSTACLES.find((obstacle) => obstacle === row['d']),
      )
    }
    for (const row of of('function')) {
      if (isKnown(row, settings.functions)) continue
      builder.addFunction(id(row), VOLATILITY[text(row, 'c')] ?? 'volatile')
    }
    for (const row of of('part')) builder.addPart(id(row), other(row))
    for (const row of of('key')) addKey(builder, row)
    for (const row of of('primary')) {
      builder.addPrimaryKey(id(row), JSON.parse(text(row, 'f')) as string[])
    }
    const bases = Map.groupBy(of('base'), (row) => JSON.stringify(id(row)))
    for (const row of of('view')) {
      const selected = bases.get(JSON.stringify(id(row))) ?? []
      const known = selected.filter((base) => base['d'] !== null)
      builder.addView(id(row), text(row, 'e'), true, known.map(other))
      // A sequence, or the catalogue itself.
      if (known.length < selected.length) builder.addObstacle(id(row), 'volatile-view')
    }
    for (const row of of('trigger')) addTrigger(builder, row)
    for (const row of of('default')) addDefault(builder, row, settings.functions)
    for (const row of of('rule')) {
      const on = RULE_EVENTS[text(row, 'c')] ?? 'any'
      builder.addTriggerText(id(row), [on], `${text(row, 'e')} ${row['f'] ?? ''}`, false, 'rule')
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

const OBSTACLES = ['replica', 'foreign-table', 'row-level-security'] as const

const VOLATILITY: Readonly<Record<string, FunctionVolatility>> = {
  i: 'immutable',
  s: 'stable',
  v: 'volatile',
}

/** Whether what is known by name is known of this very function: an extension's, or one that the options name. */
function isKnown(row: CatalogueRow, functions: FunctionEffects): boolean {
  const { schema, name } = id(row)
  const isOfExtension = row['d'] === 'e'
  return (
    functions.declares?.(name) === true ||
    functions.effectOf(`${schema}.${name}`, 2) !== 'unknown' ||
    (isOfExtension && functions.effectOf(name, 2) !== 'unknown')
  )
}

function addKey(builder: CatalogueBuilder, row: CatalogueRow): void {
  const [onDelete = '', onUpdate = ''] = text(row, 'e')
  const [columns, references] = JSON.parse(text(row, 'f')) as (string[] | null)[]
  builder.addKey(
    id(row),
    {
      onDelete: onDelete === 'c' ? 'delete' : actionOf(onDelete),
      onUpdate: actionOf(onUpdate),
      rules: { onDelete: RULES[onDelete] ?? '', onUpdate: RULES[onUpdate] ?? '' },
      columns: columns ?? undefined,
      references: references ?? undefined,
    },
    other(row),
  )
}

function actionOf(code: string): KeyAction {
  return code in RULES ? 'update' : 'nothing'
}

const RULES: Readonly<Record<string, string>> = { c: 'cascade', n: 'set null', d: 'set default' }

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
  if (isReadable) {
    builder.addTriggerText(id(row), ['insert', 'update'], source, false, 'column default')
  } else builder.addTrigger(id(row), { on: ['insert', 'update'], writes: 'unknown' })
}

const RULE_EVENTS: Readonly<Record<string, Change>> = {
  '2': 'update',
  '3': 'insert',
  '4': 'delete',
}
