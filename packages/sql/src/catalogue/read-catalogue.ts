import type { SqlDialect } from '../sql-dialect.ts'
import type { CatalogueSettings } from './builder.ts'
import type { Catalogue } from './catalogue.ts'
import type { CatalogueRow, CatalogueRows, CatalogueSource } from './catalogue-source.ts'
import { mysqlCatalogue } from './mysql.ts'
import { postgresCatalogue } from './postgres.ts'
import { sqliteCatalogue } from './sqlite.ts'
import { TornCatalogue } from './torn-catalogue.ts'

/** Sends one statement, outside of any transaction. */
export type CatalogueQuery = (sql: string) => Promise<readonly Readonly<Record<string, unknown>>[]>

/** Every statement that is sent for a catalogue begins with it, so that whoever reads a log can tell. */
export const CATALOGUE_MARK = '/* tidemark: catalogue */'

const SOURCES: Readonly<Partial<Record<SqlDialect, CatalogueSource>>> = {
  postgres: postgresCatalogue,
  mysql: mysqlCatalogue,
  sqlite: sqliteCatalogue,
}

/** Whether the catalogue of this dialect can be read. */
export function hasCatalogue(dialect: SqlDialect): boolean {
  return SOURCES[dialect] !== undefined
}

/** Reads the catalogue of a database again and again. */
export class CatalogueReader {
  readonly #source: CatalogueSource
  readonly #settings: CatalogueSettings
  readonly #query: CatalogueQuery
  #signature = ''
  #rows: CatalogueRows = []

  constructor(settings: CatalogueSettings, query: CatalogueQuery) {
    const source = SOURCES[settings.dialect]
    if (!source) throw new Error(`expected a dialect with a catalogue, got ${settings.dialect}`)
    this.#source = source
    this.#settings = settings
    this.#query = query
  }

  /** @param previous what it answered with the last time: answered again where nothing has changed */
  async read(previous: Catalogue | undefined): Promise<Catalogue> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.#readOnce(previous)
      } catch (error) {
        if (!(error instanceof TornCatalogue) || attempt === ATTEMPTS) throw error
      }
    }
  }

  async #readOnce(previous: Catalogue | undefined): Promise<Catalogue> {
    const rows = await this.#source.rows(
      async (sql) => (await this.#query(`${CATALOGUE_MARK} ${sql}`)).map(asTexts),
      this.#rows,
    )
    const signature = JSON.stringify(rows)
    if (previous && signature === this.#signature) return previous
    const catalogue = this.#source.build(rows, this.#settings)
    this.#signature = signature
    this.#rows = rows
    return catalogue
  }
}

/** Whoever changes a table is done by then, most likely. */
const ATTEMPTS = 4

/** Some drivers give texts as bytes, if they are long or as an option of the application's says. */
function asTexts(row: Readonly<Record<string, unknown>>): CatalogueRow {
  const entries = Object.entries(row).map(([name, value]) => [
    name,
    value instanceof Uint8Array ? new TextDecoder().decode(value) : value,
  ])
  return Object.fromEntries(entries) as CatalogueRow
}
