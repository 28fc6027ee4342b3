import type { Tables, WriteReach } from '@tidemark/core'
import type { DataModel, Model, Relation } from './data-model.ts'
import { rowsChanged, rowsDeleted } from './referential-actions.ts'
import { isPlainRecord } from './shape-key.ts'
import { WrittenTables } from './written-tables.ts'

/**
 * Words with a meaning of their own in Prisma's arguments. A field may bear the same name; it is then
 * taken for both, since a table too many costs a miss and a table too few a stale row.
 */
const ARGUMENT_WORDS = new Set([
  ...['where', 'select', 'include', 'omit', 'orderBy', 'cursor', 'having', 'by', 'data'],
  ...['AND', 'OR', 'NOT', 'is', 'isNot', 'some', 'every', 'none', '_count'],
  ...['create', 'createMany', 'connect', 'connectOrCreate', 'disconnect', 'set', 'update'],
  ...['updateMany', 'upsert', 'delete', 'deleteMany'],
])

/** The tables behind views, by the name of the view's model. */
export type TablesOfViews = ReadonlyMap<string, readonly string[]>

/**
 * Every table whose rows the answer to a read may depend on: its model's, and those of each relation
 * that is included, selected, counted, filtered or ordered by, join tables too.
 *
 * @param views what is known of views; a read of another one is not understood
 * @param isCatalogueKnown whether that of the database says what other views read
 */
export function tablesOfRead(
  { models }: DataModel,
  modelName: string,
  action: string,
  args: unknown,
  views: TablesOfViews = new Map(),
  isCatalogueKnown = false,
): Tables {
  const model = models.get(modelName)
  if (!model) return 'unknown'
  const read = new Set<Model>([model])
  const joinTables = new Set<string>()
  const countsRelations = !['aggregate', 'count', 'groupBy'].includes(action)

  const addRelation = (relation: Relation): void => {
    read.add(relation.target)
    if (relation.joinTable !== undefined) joinTables.add(relation.joinTable)
  }
  const visit = (from: Model, value: unknown): void => {
    for (const [key, child] of entriesOf(value)) {
      if (child === undefined || child === false) continue
      const relation = from.relations.get(key)
      if (relation) {
        addRelation(relation)
        visit(relation.target, child)
      }
      if (key === '_count' && child === true && countsRelations) {
        from.relations.forEach(addRelation)
      }
      if ((!relation && !from.scalars.has(key)) || ARGUMENT_WORDS.has(key)) visit(from, child)
    }
  }
  visit(model, args)
  const tables = new Set(joinTables)
  for (const { name, table, isView } of read) {
    const behind = isView ? (views.get(name) ?? (isCatalogueKnown ? [] : undefined)) : []
    if (!behind) return 'unknown'
    for (const each of [table, ...behind]) tables.add(each)
  }
  return [...tables].sort()
}

/**
 * Every table that a write may change: its model's, those of the writes nested in it at any depth, the
 * join tables they go through, and what foreign keys then change further on. Views have no writes in Prisma.
 *
 * @param args of the JSON protocol or of the client, which have the same keys
 */
export function tablesOfWrite(
  { models }: DataModel,
  modelName: string,
  action: string,
  args: unknown,
): WriteReach | 'unknown' {
  const model = models.get(modelName)
  if (!model) return 'unknown'
  const written = new WrittenTables()
  written.add(model.table)
  if (action.startsWith('delete')) rowsDeleted(model, written)
  for (const [key, value] of entriesOf(args)) {
    if (key === 'create') visitData(model, value, 'new', written)
    if (key === 'update') visitData(model, value, 'existing', written)
    if (key === 'data') {
      visitData(model, value, action.startsWith('create') ? 'new' : 'existing', written)
    }
  }
  return written.all
}

type Rows = 'new' | 'existing'

/** The data of a write to rows of `model`. Nothing refers to new rows yet, so their keys change nothing. */
function visitData(model: Model, value: unknown, rows: Rows, written: WrittenTables): void {
  const changed = new Set<string>()
  for (const [key, child] of entriesOf(value)) {
    if (child === undefined) continue
    const relation = model.relations.get(key)
    if (relation) {
      for (const field of relation.foreignKey) changed.add(field)
      visitNested(model, relation, child, written)
    }
    if (model.scalars.has(key)) changed.add(key)
    // Any word but `where`, which only reads, leads to data of this model: `data`, `create`, `update`.
    const isField = relation !== undefined || model.scalars.has(key)
    if (key !== 'where' && (!isField || ARGUMENT_WORDS.has(key))) {
      visitData(model, child, key === 'create' ? 'new' : rows, written)
    }
  }
  if (rows === 'existing') rowsChanged(model, changed, written)
}

/** The operations on one relation inside the data of a write: `{ connect: …, create: …, … }`. */
function visitNested(
  model: Model,
  relation: Relation,
  operations: unknown,
  written: WrittenTables,
): void {
  const { target, holder, joinTable } = relation
  for (const [operation, value] of entriesOf(operations)) {
    if (value === undefined) continue
    if (joinTable !== undefined) written.add(joinTable)
    const onlyLinks = ['connect', 'disconnect', 'set'].includes(operation)
    // Where the foreign key, or the pair of keys, is not in the other table, a link does not change it.
    if (!onlyLinks || holder === 'target' || holder === 'unknown') written.add(target.table)
    if (holder !== 'self') changeForeignKeyOf(model, target, written)
    if (operation.startsWith('delete')) rowsDeleted(target, written)
    else if (!onlyLinks) {
      const isNew = operation === 'create' || operation === 'createMany'
      visitData(target, value, isNew ? 'new' : 'existing', written)
    }
  }
}

/** A link from the other side writes the foreign key there, which others may refer to in turn. */
function changeForeignKeyOf(model: Model, target: Model, written: WrittenTables): void {
  for (const back of target.relations.values()) {
    if (back.target === model && back.foreignKey.length > 0) {
      rowsChanged(target, new Set(back.foreignKey), written)
    }
  }
}

/** The entries of a record, or of all records of an array; none for anything else. */
function entriesOf(value: unknown): readonly (readonly [string, unknown])[] {
  if (Array.isArray(value)) return value.flatMap(entriesOf)
  return isPlainRecord(value) ? Object.entries(value) : []
}
