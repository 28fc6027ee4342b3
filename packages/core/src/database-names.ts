import { checkName } from './check-options.ts'
import { TidemarkError } from './tidemark-error.ts'

const DEFAULT_NAME = 'default'

/**
 * Which client asks which database. Two databases that share a cache have the same keys for different
 * rows unless they are told apart by name, so a second client without a name of its own is refused.
 */
export class DatabaseNames {
  readonly #unnamed = new Map<string, WeakRef<object>>()

  /**
   * The name to put into the keys of this client.
   *
   * @param client what stands for the connection to the database, the same object for each wrapping of it
   * @throws TidemarkError `AMBIGUOUS_DATABASE` for a second client of one adapter without a name
   */
  claim(adapter: string, name: string | undefined, client: object): string {
    if (name !== undefined) {
      checkName('database', name)
      return name
    }
    const known = this.#unnamed.get(adapter)?.deref()
    if (known && known !== client) {
      throw new TidemarkError(
        'AMBIGUOUS_DATABASE',
        `database: expected a name, got none for a second ${adapter} client of this cache. Give each its own` +
          ` name, as in { database: 'shop' }, or the same name if both ask one database.`,
      )
    }
    this.#unnamed.set(adapter, new WeakRef(client))
    return DEFAULT_NAME
  }
}
