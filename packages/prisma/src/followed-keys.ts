import type { ForeignKey } from '@tidemark/sql'
import type { DataModel, Dependent } from './data-model.ts'

/** The foreign keys that the schema tells of, so that it is known which writes reach them. */
export class FollowedKeys {
  readonly #dependents = new Map<string, Dependent[]>()

  constructor({ models }: DataModel) {
    for (const model of models.values()) {
      for (const dependent of model.dependents) {
        const id = idOf(model.table, dependent.table)
        this.#dependents.set(id, [...(this.#dependents.get(id) ?? []), dependent])
      }
    }
  }

  /** @param key that refers to `table`. Where the database does more than the schema tells, it counts as unknown. */
  readonly has = (table: string, { table: holder, onDelete, onUpdate }: ForeignKey): boolean => {
    const dependents = this.#dependents.get(idOf(table, holder))
    if (!dependents) return false
    return dependents.every(
      (dependent) =>
        (onDelete === 'nothing' ||
          dependent.onDelete === 'delete' ||
          (onDelete === 'update' && dependent.onDelete === 'change')) &&
        (onUpdate === 'nothing' || dependent.onUpdate),
    )
  }
}

function idOf(table: string, holder: string): string {
  return JSON.stringify([table.toLowerCase(), holder.toLowerCase()])
}
