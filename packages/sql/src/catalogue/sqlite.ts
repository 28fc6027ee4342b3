import { lexSql, type Token } from '../sql-lexer.ts'
import { CatalogueBuilder, type RelationId } from './builder.ts'
import { type CatalogueRow, type CatalogueSource, text } from './catalogue-source.ts'
import type { Change, KeyAction } from './relation.ts'

/** The databases that are attached to the connection, `main` and `temp` among them. */
const SCHEMAS = `select name as a from pragma_database_list order by 1`

const definitions = (schema: string) =>
  `select ${literal(schema)} as a, name as b, type as c, tbl_name as d, sql as e from ${quoted(schema)}.sqlite_master
where type in ('table', 'view', 'trigger')`

// Whether foreign keys are enforced is a setting of the connection, so they are taken to be.
const keys = (schema: string) =>
  `select ${literal(schema)} as a, k."table" as b, m.name as c, k."from" as d, k."to" as e, k.on_delete as f,
  k.on_update as g, cast(k.id as text) as h
from ${quoted(schema)}.sqlite_master m join pragma_foreign_key_list(m.name, ${literal(schema)}) k
where m.type = 'table'`

const PRIMARY = 'primary'

const primaryKeys = (schema: string) =>
  `select ${literal(schema)}, null, m.name, c.name, null, null, null, ${literal(PRIMARY)}
from ${quoted(schema)}.sqlite_master m join pragma_table_info(m.name, ${literal(schema)}) c
where m.type = 'table' and c.pk > 0`

export const sqliteCatalogue: CatalogueSource = {
  async rows(query) {
    const schemas = (await query(SCHEMAS)).map((row) => text(row, 'a'))
    const all = (statement: (schema: string) => string) =>
      query(`${schemas.map(statement).join(' union all ')} order by 1, 2, 3, 4, 5`)
    const allKeys = (schema: string) => `${keys(schema)} union all ${primaryKeys(schema)}`
    return [await all(definitions), await all(allKeys)]
  },

  build([objects = [], keyColumns = []], settings) {
    const builder = new CatalogueBuilder(settings)
    const lexed = objects.map((row) => ({ row, ...lexSql([row['e'] ?? ''], 'sqlite') }))
    const of = (type: string) => lexed.filter(({ row }) => row['c'] === type)
    for (const { row } of [...of('table'), ...of('view')]) builder.addRelation(id(row))
    const computing = new Set<string>()
    for (const { row, tokens, clear } of of('table')) {
      const words = tokens.map((token) => (token.kind === 'word' ? token.text : ''))
      if (words[1] === 'virtual') addVirtual(builder, id(row), tokens)
      if (!clear || words.join(' ').includes('on conflict replace')) builder.replacesRows(id(row))
      // A column that is computed from others changes with them.
      if (!clear || words.includes('as')) computing.add(text(row, 'b').toLowerCase())
    }
    for (const { row, tokens, clear } of of('view')) {
      builder.addView(id(row), tokens.slice(1 + indexOf(tokens, 'as')), clear)
    }
    for (const { row, tokens, clear } of of('trigger')) {
      const begin = indexOf(tokens, 'begin')
      const on = [eventOf(tokens.slice(0, begin))]
      builder.addTriggerTextByName(text(row, 'd'), on, tokens.slice(begin + 1), clear)
    }
    const constraints = Map.groupBy(keyColumns, (row) =>
      JSON.stringify([row['a'], row['c'], row['h']]),
    )
    for (const columns of constraints.values()) {
      if (columns[0]!['h'] === PRIMARY) addPrimaryKey(builder, columns)
      else addKey(builder, columns, computing, of('table'))
    }
    return builder.build()
  },
}

function id(row: CatalogueRow): RelationId {
  return { schema: text(row, 'a'), name: text(row, 'b') }
}

/** Modules that keep their rows in tables of their own, or in one that their definition names. */
const KEEPING_ROWS = /^(?:fts[345](?:vocab|aux)?|rtree(?:_i32)?|geopoly)$/

function addVirtual(builder: CatalogueBuilder, table: RelationId, tokens: readonly Token[]): void {
  const using = indexOf(tokens, 'using')
  const module = tokens[using + 1]
  if (module?.kind !== 'word' || !KEEPING_ROWS.test(module.text)) {
    builder.addObstacle(table, 'foreign-table')
    return
  }
  const names = tokens
    .slice(using)
    .flatMap((token) =>
      token.kind === 'word' || token.kind === 'quoted' || token.kind === 'string'
        ? [token.text]
        : [],
    )
  builder.addSources(table, names)
}

function eventOf(header: readonly Token[]): Change {
  const event = header.find(
    (token) => token.kind === 'word' && ['insert', 'update', 'delete'].includes(token.text),
  )
  return event?.kind === 'word' ? (event.text as Change) : 'any'
}

function addPrimaryKey(builder: CatalogueBuilder, columns: readonly CatalogueRow[]): void {
  const [row] = columns
  builder.addPrimaryKey(
    { schema: text(row!, 'a'), name: text(row!, 'c') },
    columns.map((column) => text(column, 'd')),
  )
}

function addKey(
  builder: CatalogueBuilder,
  columns: readonly CatalogueRow[],
  computing: ReadonlySet<string>,
  tables: readonly { readonly row: CatalogueRow }[],
): void {
  const [row] = columns
  if (!row) return
  // Letter case is of no concern to SQLite. A key may refer to a table that is not there.
  const name = text(row, 'b').toLowerCase()
  const referenced = tables.find(
    ({ row: table }) => table['a'] === row['a'] && text(table, 'b').toLowerCase() === name,
  )
  if (!referenced) return
  const references = columns.map((column) => column['e'])
  const isKnown = references.every((column) => typeof column === 'string') && !computing.has(name)
  builder.addKey(
    id(referenced.row),
    {
      onDelete: row['f'] === 'CASCADE' ? 'delete' : actionOf(text(row, 'f')),
      onUpdate: actionOf(text(row, 'g')),
      rules: { onDelete: text(row, 'f').toLowerCase(), onUpdate: text(row, 'g').toLowerCase() },
      columns: columns.map((column) => text(column, 'd')),
      // Left out, it is the primary key.
      references: isKnown ? references : undefined,
    },
    { schema: text(row, 'a'), name: text(row, 'c') },
  )
}

function actionOf(action: string): KeyAction {
  return ['CASCADE', 'SET NULL', 'SET DEFAULT'].includes(action) ? 'update' : 'nothing'
}

function indexOf(tokens: readonly Token[], word: string): number {
  return tokens.findIndex((token) => token.kind === 'word' && token.text === word)
}

function literal(name: string): string {
  return `'${name.replaceAll("'", "''")}'`
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}
