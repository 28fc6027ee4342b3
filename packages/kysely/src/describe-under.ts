import type {
  BypassReason,
  QueryDescription,
  ReadDescription,
  WriteDescription,
} from '@tidemark/core'
import { type Catalogue, type RelationsWritten, type RowChange, whyEverything } from '@tidemark/sql'
import type { Analysis } from './analyse-query.ts'

/** A query as its text and the database's catalogue together tell. */
export interface Described {
  readonly description: QueryDescription
  /** See `PlannedQuery`. */
  readonly lacks: 'catalogue' | 'relation' | undefined
}

/** @param catalogue undefined where it is not known */
export function describeUnder(catalogue: Catalogue | undefined, analysis: Analysis): Described {
  const { description } = analysis
  return description.kind === 'read'
    ? { description: readUnder(catalogue, description), lacks: undefined }
    : writeUnder(catalogue, analysis, description)
}

/** What else a read depends on is asked for when a plan is made, and with the tables that its hint names. */
export function readUnder(
  catalogue: Catalogue | undefined,
  description: ReadDescription,
): ReadDescription {
  const obstacle: BypassReason = 'no-catalogue'
  return {
    ...description,
    reach: (tables) => catalogue?.reads(tables) ?? { tables, obstacle },
  }
}

function writeUnder(
  catalogue: Catalogue | undefined,
  { changes }: Analysis,
  description: WriteDescription,
): Described {
  const { tables: named, changesSchema } = description
  const reach = (tables: readonly string[]) =>
    catalogue?.writes(tables.map((table) => ({ table, change: 'any' }))) ?? 'unknown'
  // Of what even its text does not tell, that says why.
  const because = named === 'unknown' ? {} : { opaqueBecause: whyEverything(catalogue) }
  const described = (
    written: RelationsWritten | 'unknown',
    lacks?: Described['lacks'],
  ): Described => ({
    description: {
      ...description,
      ...(written === 'unknown' ? { tables: written, ...because } : written),
      reach,
    },
    lacks,
  })
  if (named === 'unknown') return described('unknown')
  if (changesSchema)
    return described(catalogue ? tablesDefined(catalogue, named, changes) : 'unknown')
  if (changes) {
    if (!catalogue) return described('unknown', 'catalogue')
    const written = catalogue.writes(changes)
    return described(written, catalogue.hasAll(named) ? undefined : 'relation')
  }
  return described({ tables: named, reached: [] })
}

/** What it defines need not be there yet. What it drops may delete rows elsewhere. */
function tablesDefined(
  catalogue: Catalogue,
  named: readonly string[],
  changes: readonly RowChange[] = [],
): RelationsWritten | 'unknown' {
  const written = catalogue.writes(changes)
  if (written === 'unknown') return written
  return { ...written, tables: [...catalogue.defines(named), ...written.tables] }
}
