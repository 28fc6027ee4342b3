import type { CatalogueSettings } from './builder.ts'
import { Catalogue } from './catalogue.ts'
import { type CatalogueQuery, CatalogueReader, hasCatalogue } from './read-catalogue.ts'

/** What keeps a catalogue until it is old: `KeptValue` of core. */
export interface Keeper<T> {
  /** Undefined where it is not there, or old. */
  readonly current: T | undefined
  /** Never rejects. */
  get(): Promise<T | undefined>
  readonly mayReload: boolean
  reload(): Promise<T | undefined>
}

export interface DatabaseCatalogueParts {
  readonly settings: Omit<CatalogueSettings, 'isComplete'>
  /** Whether the application lets it be read; some dialects have none that could be. */
  readonly isWanted: boolean
  /** Sends a statement outside of any transaction, or rejects. */
  readonly query: CatalogueQuery
  /** Whether a transaction is open which a statement that is sent beside it would be part of. */
  readonly isBusy: () => boolean
  readonly keep: (
    load: (previous: Catalogue | undefined) => Promise<Catalogue>,
  ) => Keeper<Catalogue>
}

/**
 * What an adapter knows of its database's catalogue. It is read when a query first needs it, and again when a statement
 * that defines tables was seen; never inside of a transaction, which it could fail, or give its snapshot to.
 */
export class DatabaseCatalogue {
  readonly #isBusy: () => boolean
  readonly #kept: Keeper<Catalogue> | undefined
  /** Where no catalogue is read: what the options say, and every table stands for itself. */
  readonly #declared: Catalogue | undefined

  constructor({ settings, isWanted, query, isBusy, keep }: DatabaseCatalogueParts) {
    this.#isBusy = isBusy
    if (!isWanted || !hasCatalogue(settings.dialect)) {
      this.#declared = new Catalogue({ relations: [] }, { ...settings, isComplete: false })
      return
    }
    const reader = new CatalogueReader({ ...settings, isComplete: true }, query)
    this.#kept = keep((previous) => reader.read(previous))
  }

  /** Whether there is a catalogue to read. */
  get isRead(): boolean {
    return this.#kept !== undefined
  }

  /** `undefined`: not read yet, or old. Asked for with every query, so it neither waits nor reads. */
  get current(): Catalogue | undefined {
    return this.#declared ?? this.#kept?.current
  }

  /** Resolves when it is there, or could not be read now. Never rejects. */
  async load(): Promise<void> {
    if (!this.#isBusy()) await this.#kept?.get()
  }

  /**
   * How to come by what a query lacks. `'catalogue'`: it is not known. `'relation'`: it does not have a table of the query's,
   * which somebody may have made since; the database is not asked again and again for one that stays unknown.
   */
  remedyFor(lacks: 'catalogue' | 'relation' | undefined): (() => Promise<void>) | undefined {
    const kept = this.#kept
    if (!kept || this.#isBusy()) return undefined
    if (lacks === 'catalogue') return () => this.load()
    if (lacks !== 'relation' || !kept.mayReload) return undefined
    return async () => void (await kept.reload())
  }
}
