import { checkName, checkNames, checkRecord } from './check-options.ts'
import { invalidOption } from './tidemark-error.ts'

/** @throws TidemarkError `INVALID_OPTION` for options of an adapter that say how a database's catalogue is used */
export function checkCatalogueOptions(options: {
  readonly catalogue?: unknown
  readonly sideEffects?: unknown
}): void {
  const { catalogue, sideEffects } = options
  if (catalogue !== undefined && typeof catalogue !== 'boolean') {
    throw invalidOption('catalogue', 'true or false', catalogue)
  }
  if (sideEffects === undefined) return
  checkRecord('sideEffects', sideEffects, 'an object of arrays of table names, by table')
  for (const [table, tables] of Object.entries(sideEffects)) {
    checkName('the table in sideEffects', table)
    checkNames(`sideEffects.${table}`, tables)
  }
}
