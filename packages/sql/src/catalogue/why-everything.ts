import type { Catalogue } from './catalogue.ts'

/** Why a write to tables that are known makes everything old, for whoever reads the metrics. */
export function whyEverything(catalogue: Catalogue | undefined): string {
  return catalogue
    ? 'the database may do anything then, as by a trigger: see the option sideEffects'
    : "the database's catalogue could not be read, so nobody knows what it does then"
}
