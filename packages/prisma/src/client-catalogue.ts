import { type Engine, KeptValue, SCHEMA } from '@tidemark/core'
import { DatabaseCatalogue, KnownFunctions } from '@tidemark/sql'
import type { ClientInternals } from './prisma-internals.ts'
import { dialectOf } from './raw-statement.ts'

/** What the options of an extension say of the catalogue. */
export interface CatalogueChoice {
  readonly isWanted: boolean
  /** By physical table: the tables that its triggers and rules change. */
  readonly sideEffects: Readonly<Record<string, readonly string[]>>
}

/**
 * The catalogue of a client's database. It is asked for through the client that nothing extends, so that no extension sees
 * or changes the statement.
 *
 * @param isBusy whether a transaction is open which a statement that is sent beside it would be part of
 */
export function catalogueOfClient(
  engine: Engine,
  { provider, queryUnextended }: ClientInternals,
  defaultSchema: string | undefined,
  { isWanted, sideEffects }: CatalogueChoice,
  isBusy: () => boolean,
): DatabaseCatalogue {
  const dialect = dialectOf(provider)
  const isKnown = provider === 'postgresql' || provider === 'mysql' || provider === 'sqlite'
  return new DatabaseCatalogue({
    settings: {
      ...{ dialect, defaultSchema, sideEffects },
      functions: new KnownFunctions(dialect),
      // Readers say so themselves: they may be extended in different ways.
      isPartitioned: false,
    },
    isWanted: isWanted && isKnown,
    keep: (load) => new KeptValue(engine, SCHEMA, load),
    isBusy,
    query: queryUnextended,
  })
}
