import { CatalogueBuilder, type RelationId } from './builder.ts'
import { type CatalogueRow, type CatalogueSource, text } from './catalogue-source.ts'
import type { Change, KeyAction } from './relation.ts'

// The schemas of MySQL are its databases: all that the user may see, since a query may name any of them.
const OWN = `not in ('information_schema', 'performance_schema', 'mysql', 'sys')`

const STATEMENTS = [
  `select table_schema as a, table_name as b, table_type as c, engine as d,
  cast(@@global.read_only as char) as e
from information_schema.tables where table_schema ${OWN} order by 1, 2`,

  `select table_schema as a, table_name as b, view_definition as c
from information_schema.views where table_schema ${OWN} order by 1, 2`,

  `select k.referenced_table_schema as a, k.referenced_table_name as b, k.table_schema as c, k.table_name as d,
  r.delete_rule as e, r.update_rule as f, r.constraint_name as g, k.column_name as h,
  k.referenced_column_name as i, c.extra as j
from information_schema.referential_constraints r
join information_schema.key_column_usage k on k.constraint_schema = r.constraint_schema
  and k.constraint_name = r.constraint_name and k.table_name = r.table_name
left join information_schema.columns c on c.table_schema = k.referenced_table_schema
  and c.table_name = k.referenced_table_name and c.column_name = k.referenced_column_name
where r.constraint_schema ${OWN} order by 1, 2, 3, 4, 7, k.ordinal_position`,

  `select event_object_schema as a, event_object_table as b, event_manipulation as c, action_timing as d,
  action_statement as e, sql_mode as f
from information_schema.triggers where trigger_schema ${OWN} order by 1, 2, 3, 4, action_order`,

  // Whoever may not define triggers is not shown them either.
  `select '%' as a, '%' as b from information_schema.user_privileges where privilege_type = 'TRIGGER'
union select table_schema, '%' from information_schema.schema_privileges where privilege_type = 'TRIGGER'
union select table_schema, table_name from information_schema.table_privileges where privilege_type = 'TRIGGER'
order by 1, 2`,
]

/** Engines whose tables show rows that are kept elsewhere. */
const FOREIGN = new Set(['MRG_MYISAM', 'FEDERATED', 'CONNECT', 'SPIDER', 'S3', 'CSV', 'OQGRAPH'])

export const mysqlCatalogue: CatalogueSource = {
  async rows(query) {
    const answers = []
    for (const statement of STATEMENTS) answers.push(await query(statement))
    return answers
  },

  build([tables = [], views = [], keys = [], triggers = [], grants = []], settings) {
    const builder = new CatalogueBuilder(settings)
    // A sequence moves on by itself, and is none that can be cached.
    const relations = tables.filter((row) => row['c'] !== 'SEQUENCE')
    for (const row of relations) {
      const isForeign = FOREIGN.has((row['d'] ?? '').toUpperCase())
      // As replicas are set, and a primary only while it is in trouble.
      const isReplica = !['0', 'OFF'].includes(text(row, 'e').toUpperCase())
      builder.addRelation(id(row), isReplica ? 'replica' : isForeign ? 'foreign-table' : undefined)
    }
    for (const row of relations) {
      if (grants.some((grant) => covers(grant, row))) continue
      builder.addTrigger(id(row), { on: ['any'], writes: 'unknown' })
    }
    // Its text is empty for whoever may not see it.
    for (const row of views) builder.addView(id(row), row['c'] == null ? '' : text(row, 'c'), true)
    const constraints = Map.groupBy(keys, (row) => JSON.stringify([row['c'], row['d'], row['g']]))
    for (const columns of constraints.values()) addKey(builder, columns)
    for (const row of triggers) {
      const isBefore = row['d'] === 'BEFORE'
      builder.addTriggerText(id(row), eventsOf(text(row, 'c')), bodyOf(row), isBefore)
    }
    return builder.build()
  },
}

function id(row: CatalogueRow): RelationId {
  return { schema: text(row, 'a'), name: text(row, 'b') }
}

function addKey(builder: CatalogueBuilder, columns: readonly CatalogueRow[]): void {
  const [row] = columns
  // A table that refers to one which the user may not see.
  if (!row || row['a'] == null) return
  const isGenerated = columns.some((column) => /GENERATED/i.test(column['j'] ?? ''))
  builder.addKey(
    id(row),
    {
      onDelete: row['e'] === 'CASCADE' ? 'delete' : actionOf(text(row, 'e')),
      onUpdate: actionOf(text(row, 'f')),
      columns: columns.map((column) => text(column, 'h')),
      references: isGenerated ? undefined : columns.map((column) => text(column, 'i')),
    },
    { schema: text(row, 'c'), name: text(row, 'd') },
  )
}

function actionOf(rule: string): KeyAction {
  return ['CASCADE', 'SET NULL', 'SET DEFAULT'].includes(rule) ? 'update' : 'nothing'
}

/** Where a trigger was defined under ANSI_QUOTES, a name stands in what is otherwise the quotes of a string. */
function bodyOf(row: CatalogueRow): string {
  const body = text(row, 'e')
  return /ANSI/i.test(row['f'] ?? '') ? body.replaceAll('"', '`') : body
}

/** MariaDB has triggers on several events: `INSERT,UPDATE`. */
function eventsOf(manipulation: string): readonly Change[] {
  const events = (['insert', 'update', 'delete'] as const).filter((event) =>
    manipulation.toLowerCase().includes(event),
  )
  return events.length > 0 ? events : ['any']
}

/** The name of a database in a grant may be a pattern, as of LIKE. */
function covers(grant: CatalogueRow, row: CatalogueRow): boolean {
  return isLike(text(row, 'a'), text(grant, 'a')) && (grant['b'] === '%' || grant['b'] === row['b'])
}

function isLike(name: string, pattern: string): boolean {
  const expression = pattern.replaceAll(/\\([%_\\])|[%_]|[.*+?^${}()|[\]\\]/g, (match, escaped) =>
    typeof escaped === 'string' ? `[${escaped === '\\' ? '\\\\' : escaped}]` : wildcard(match),
  )
  return new RegExp(`^${expression}$`, 'is').test(name)
}

function wildcard(character: string): string {
  if (character === '%') return '.*'
  return character === '_' ? '.' : `\\${character}`
}
