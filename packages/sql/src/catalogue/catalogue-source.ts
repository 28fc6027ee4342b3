import type { CatalogueSettings } from './builder.ts'
import type { Catalogue } from './catalogue.ts'

/** A row of a catalogue; every value is a text or null. */
export type CatalogueRow = Readonly<Record<string, string | null>>

/** How the catalogue of one dialect is read. */
export interface CatalogueSource {
  /**
   * All rows, by few statements that change nothing, not even the session.
   *
   * @param previous what it answered with the last time, none at first
   */
  readonly rows: (
    query: (sql: string) => Promise<readonly CatalogueRow[]>,
    previous: CatalogueRows,
  ) => Promise<CatalogueRows>
  readonly build: (rows: CatalogueRows, settings: CatalogueSettings) => Catalogue
}

/** The answers to the statements, in their order. */
export type CatalogueRows = readonly (readonly CatalogueRow[])[]

/** A value that the statement never leaves null. */
export function text(row: CatalogueRow, name: string): string {
  const value = row[name]
  if (typeof value === 'string') return value
  throw new Error(`expected a text as ${name} of the catalogue, got ${String(value)}`)
}
