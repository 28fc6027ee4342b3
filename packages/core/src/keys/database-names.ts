import { versioned } from './cache-key.ts'
import { checkName } from '../options/check-options.ts'
import { TidemarkError } from '../options/tidemark-error.ts'

/**
 * Which client asks which database. Two databases that share a cache have the same keys for different
 * rows unless they are told apart by name, so a second client without a name of its own is refused.
 */
export class DatabaseNames {
  readonly #unnamed = new Map<string, Unnamed>()

  /**
   * The name to put into the keys of this client. One that nobody named has a name that nobody can give.
   *
   * @param client what stands for the connection to the database, the same object for each wrapping of it
   * @param schemaVersion what tells its rows from those of another version of the application
   * @throws TidemarkError `AMBIGUOUS_DATABASE` for a second client of one adapter without a name
   */
  claim(adapter: string, name: string | undefined, client: object, schemaVersion?: string): string {
    const own = this.#claim(adapter, name, client)
    return schemaVersion === undefined ? own : versioned(schemaVersion, own)
  }

  #claim(adapter: string, name: string | undefined, client: object): string {
    if (name !== undefined) {
      checkName('database', name)
      return `named ${name}`
    }
    const known = this.#unnamed.get(adapter)
    const holder = known?.client.deref()
    if (holder && holder !== client) {
      throw new TidemarkError(
        'AMBIGUOUS_DATABASE',
        `database: expected a name, got none for a second ${adapter} client of this cache. Give each its own` +
          ` name, as in { database: 'shop' }, or the same name if both ask one database.`,
      )
    }
    if (known && holder) return nameOf(known.generation)
    // Whoever held the place before is gone, and what it left in the cache may be another database's.
    const generation = known ? known.generation + 1 : 0
    this.#unnamed.set(adapter, { client: new WeakRef(client), generation })
    return nameOf(generation)
  }
}

interface Unnamed {
  readonly client: WeakRef<object>
  readonly generation: number
}

function nameOf(generation: number): string {
  return generation === 0 ? '' : `unnamed ${generation}`
}
