import type { FunctionEffect, FunctionEffects } from '../known-functions.ts'
import type { Catalogue } from './catalogue.ts'

/**
 * The functions that are known by name, and those that the database says cannot write. `IMMUTABLE` is taken at its word: so does
 * the database, which keeps what such a function answers in an index.
 */
export function withCatalogue(known: FunctionEffects, catalogue: Catalogue): FunctionEffects {
  return {
    effectOf(name, argumentCount): FunctionEffect {
      const effect = known.effectOf(name, argumentCount)
      if (effect !== 'unknown') return effect
      switch (catalogue.volatilityOf(name)) {
        case 'immutable':
          return 'stable'
        case 'stable':
          // It reads tables that nobody names.
          return 'volatile'
        default:
          return 'unknown'
      }
    },
  }
}
