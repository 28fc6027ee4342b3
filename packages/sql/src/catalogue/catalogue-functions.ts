import type { FunctionEffect, FunctionEffects } from '../known-functions.ts'
import type { Catalogue } from './catalogue.ts'
import type { FunctionVolatility } from './relation.ts'

/** The functions that are known by name, and what the database says of those that somebody wrote. */
export function withCatalogue(known: FunctionEffects, catalogue: Catalogue): FunctionEffects {
  return {
    effectOf: (name, argumentCount) =>
      effectBeside(known.effectOf(name, argumentCount), catalogue.volatilityOf(name)),
  }
}

/**
 * What a call does of which a name is known, or a function that somebody wrote, or both: `log(text)` stands beside the
 * database's own `log(numeric)`, and only the types of the arguments tell which is called. `IMMUTABLE` is taken at its word:
 * so does the database, which keeps what such a function answers in an index.
 */
export function effectBeside(
  known: FunctionEffect,
  written: FunctionVolatility | undefined,
): FunctionEffect {
  switch (written) {
    case undefined:
      return known
    case 'immutable':
      return known === 'unknown' ? 'stable' : known
    case 'stable':
      // It reads tables that nobody names.
      return known === 'setting' ? known : 'volatile'
    case 'volatile':
      return 'unknown'
  }
}
