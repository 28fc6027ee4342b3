import { physicalTable } from '@tidemark/core'
import type { ClientInternals, RuntimeField, RuntimeModel } from './prisma-internals.ts'
import { readSchema, type SchemaModel } from './schema-text.ts'

/** The models of a client, as far as it matters which tables an operation touches. */
export interface DataModel {
  readonly models: ReadonlyMap<string, Model>
}

export interface Model {
  readonly name: string
  /** Its physical name (see `physicalTable`). */
  readonly table: string
  /** Its rows come from other tables, and nobody knows which. */
  readonly isView: boolean
  /** The fields of its id, in their order; none where that is not known. */
  readonly id: readonly string[]
  /** What `where` calls the id, where that is of several fields. */
  readonly idName: string | undefined
  readonly scalars: ReadonlySet<string>
  readonly fieldsByColumn: ReadonlyMap<string, string>
  readonly relations: ReadonlyMap<string, Relation>
  /** What happens elsewhere to keep foreign keys valid when a row of this model goes or changes. */
  readonly dependents: readonly Dependent[]
}

/** A relation field, seen from the model that has it. */
export interface Relation {
  readonly name: string
  readonly target: Model
  /** The join table of an implicit many-to-many relation. */
  readonly joinTable: string | undefined
  /** Who has the foreign key. `'unknown'`: both may. */
  readonly holder: 'self' | 'target' | 'nobody' | 'unknown'
  /** The fields of the foreign key, where this model holds it. */
  readonly foreignKey: readonly string[]
}

/** A table whose foreign key refers to a model. */
export interface Dependent {
  readonly table: string
  /** The model of that table; a join table has none. */
  readonly model: Model | undefined
  readonly onDelete: 'delete' | 'change' | 'nothing'
  readonly onUpdate: boolean
  /** What the schema says of both, in the words of SQL. */
  readonly rules: { readonly onDelete: string; readonly onUpdate: string }
  /** The fields that it refers to: a change of others does not concern it. `'unknown'`: all. */
  readonly references: readonly string[] | 'unknown'
  /** The fields of its own that change with them. */
  readonly foreignKey: readonly string[] | 'unknown'
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] }

interface Draft extends Mutable<Model> {
  readonly relations: Map<string, Relation>
  readonly dependents: Dependent[]
}

/** @param defaultSchema left out of table names, see `physicalTable` */
export function buildDataModel(
  { models, schema }: Pick<ClientInternals, 'models' | 'schema'>,
  defaultSchema: string | undefined,
): DataModel {
  const texts = readSchema(schema)
  const drafts = new Map<string, Draft>()
  for (const [name, model] of Object.entries(models)) {
    const scalars = model.fields.filter((field) => !isRelation(field))
    drafts.set(name, {
      name,
      table: tableOf(name, model, defaultSchema),
      isView: texts.get(name)?.isView ?? false,
      id: texts.get(name)?.id ?? [],
      idName: texts.get(name)?.idName,
      scalars: new Set(scalars.map((field) => field.name)),
      fieldsByColumn: new Map(scalars.map((field) => [field.dbName ?? field.name, field.name])),
      relations: new Map(),
      dependents: [],
    })
  }
  for (const [name, model] of Object.entries(models)) {
    for (const field of model.fields.filter(isRelation)) {
      const draft = drafts.get(name)
      const target = drafts.get(field.type)
      if (draft && target) addRelation(draft, target, field, models, texts, defaultSchema)
    }
  }
  return { models: drafts }
}

function isRelation(field: RuntimeField): boolean {
  return field.kind === 'object' && field.relationName !== undefined
}

function tableOf(
  name: string,
  { dbName, schema }: RuntimeModel,
  defaultSchema: string | undefined,
): string {
  return physicalTable(dbName ?? name, schema ?? undefined, defaultSchema)
}

function addRelation(
  draft: Draft,
  target: Draft,
  field: RuntimeField,
  models: Readonly<Record<string, RuntimeModel>>,
  texts: ReadonlyMap<string, SchemaModel>,
  defaultSchema: string | undefined,
): void {
  const own = texts.get(draft.name)?.fields.get(field.name)
  const other = oppositeOf(draft.name, field, models)
  const opposite = other && texts.get(target.name)?.fields.get(other.name)
  const known = own !== undefined && opposite !== undefined
  const holder = !known
    ? 'unknown'
    : own.foreignKey.length > 0
      ? 'self'
      : opposite.foreignKey.length > 0
        ? 'target'
        : 'nobody'
  const joined = holder === 'nobody' || holder === 'unknown'
  // The join table lies in the schema of the model that comes first in the alphabet.
  const [first] = [draft.name, target.name].sort()
  const joinTable = joined
    ? physicalTable(`_${field.relationName}`, models[first!]?.schema ?? undefined, defaultSchema)
    : undefined
  draft.relations.set(field.name, {
    name: field.name,
    target,
    joinTable,
    holder,
    foreignKey: own?.foreignKey ?? [],
  })

  if (joinTable !== undefined) {
    const id = texts.get(draft.name)?.id
    draft.dependents.push({
      table: joinTable,
      model: undefined,
      onDelete: 'delete',
      onUpdate: true,
      rules: CASCADE,
      references: id && id.length > 0 ? id : 'unknown',
      foreignKey: [],
    })
  }
  if (holder === 'target' && opposite) {
    // Prisma's defaults: optional relations are set to null, required ones refuse.
    const onDelete = opposite.onDelete ?? (opposite.isOptional ? 'SetNull' : 'Restrict')
    const onUpdate = opposite.onUpdate ?? 'Cascade'
    draft.dependents.push({
      table: target.table,
      model: target,
      onDelete: onDelete === 'Cascade' ? 'delete' : changesRows(onDelete) ? 'change' : 'nothing',
      onUpdate: changesRows(onUpdate),
      rules: { onDelete: ruleOf(onDelete), onUpdate: ruleOf(onUpdate) },
      references: opposite.references.length > 0 ? opposite.references : 'unknown',
      foreignKey: opposite.foreignKey,
    })
  }
  if (holder === 'unknown') {
    draft.dependents.push({
      table: target.table,
      model: target,
      onDelete: 'delete',
      onUpdate: true,
      rules: CASCADE,
      references: 'unknown',
      foreignKey: 'unknown',
    })
  }
}

/** The field at the other end. A relation of a model with itself has two fields of one relation name. */
function oppositeOf(
  modelName: string,
  field: RuntimeField,
  models: Readonly<Record<string, RuntimeModel>>,
): RuntimeField | undefined {
  return models[field.type]?.fields.find(
    ({ relationName, type, name }) =>
      relationName === field.relationName &&
      type === modelName &&
      (field.type !== modelName || name !== field.name),
  )
}

function changesRows(action: string): boolean {
  return action !== 'Restrict' && action !== 'NoAction'
}

/** `SetNull` is `set null`. */
function ruleOf(action: string): string {
  return action.replaceAll(/(?<=[a-z])(?=[A-Z])/g, ' ').toLowerCase()
}

const CASCADE = { onDelete: 'cascade', onUpdate: 'cascade' }
