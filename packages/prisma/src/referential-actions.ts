import type { Dependent, Model } from './data-model.ts'
import type { WrittenTables } from './written-tables.ts'

/**
 * Adds the tables that the database changes by itself when rows of `model` are deleted: by `onDelete`
 * Cascade, SetNull and SetDefault, and so on from there.
 */
export function rowsDeleted(
  model: Model,
  written: WrittenTables,
  seen: Set<Model> = new Set(),
): void {
  if (seen.has(model)) return
  seen.add(model)
  for (const dependent of model.dependents) {
    if (dependent.onDelete === 'nothing') continue
    written.follow(dependent.table, model.table, `on delete ${dependent.rules.onDelete}`)
    foreignKeyChanged(dependent, written)
    if (dependent.onDelete === 'delete' && dependent.model) {
      rowsDeleted(dependent.model, written, seen)
    }
  }
}

/** Adds the tables that the database changes by itself when these fields of rows of `model` change. */
export function rowsChanged(
  model: Model,
  fields: ReadonlySet<string>,
  written: WrittenTables,
  seen: Set<Dependent> = new Set(),
): void {
  for (const dependent of model.dependents) {
    if (!dependent.onUpdate || seen.has(dependent)) continue
    const { references } = dependent
    if (references !== 'unknown' && !references.some((field) => fields.has(field))) continue
    seen.add(dependent)
    written.follow(dependent.table, model.table, `on update ${dependent.rules.onUpdate}`)
    foreignKeyChanged(dependent, written, seen)
  }
}

/** The columns of a foreign key may be what another foreign key refers to. */
function foreignKeyChanged(
  { model, foreignKey }: Dependent,
  written: WrittenTables,
  seen?: Set<Dependent>,
): void {
  if (!model) return
  const fields = foreignKey === 'unknown' ? model.scalars : new Set(foreignKey)
  rowsChanged(model, fields, written, seen)
}
