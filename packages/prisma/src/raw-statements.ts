import {
  type CachedHint,
  type Engine,
  type ReadDescription,
  resolveHint,
  type ResolvedHint,
  TidemarkError,
  type WriteCall,
  type WritePlan,
} from '@tidemark/core'
import {
  CATALOGUE_MARK,
  type DatabaseCatalogue,
  fingerprintOf,
  type SqlDialect,
} from '@tidemark/sql'
import { PlanMemo } from './plan-memo.ts'
import { type RawFindings, readRaw } from './raw-statement.ts'
import { outcomeOf } from './write-outcome.ts'

/**
 * The raw statements of one engine, by their text: what each shows by itself, and what hints have said of it.
 *
 * A hint is given with a call and is needed where the statement is sent, far below, where only its text
 * arrives. What a statement touches is a matter of its text, so it is kept with that: all tables that were
 * ever named for it. Should it be forgotten in between, the statement makes everything old.
 */
export class RawStatements {
  readonly #engine: Engine
  readonly #dialect: SqlDialect
  readonly #catalogue: DatabaseCatalogue
  readonly #known = new PlanMemo<Known>()
  readonly #plansOfUnknown = new PlanMemo<WritePlan>()

  constructor(engine: Engine, dialect: SqlDialect, catalogue: DatabaseCatalogue) {
    this.#engine = engine
    this.#catalogue = catalogue
    this.#dialect = dialect
  }

  /**
   * Takes down what a hint says, before the statement is sent.
   *
   * @throws TidemarkError `INVALID_OPTION` for a hint that means nothing on this statement
   */
  declare(text: string, { tables, tags, key }: CachedHint): void {
    const known = this.#known.getOrMake(text, () => this.#read(text))
    for (const table of tables ?? []) known.tables.add(table)
    if (isWrite(known) && tags.length > 0) {
      throw new TidemarkError(
        'INVALID_OPTION',
        'hint.tags: expected on a raw query that reads, got them on one that writes; ' +
          'use cache.invalidate({ tags }) after it',
      )
    }
    if (isWrite(known) && key !== undefined) {
      throw new TidemarkError(
        'INVALID_OPTION',
        'hint.key: expected on a raw query that reads, got it on one that writes',
      )
    }
    if (known.tables.size > 0) known.hint = resolveHint({ tables: [...known.tables] })
  }

  /** The statement as a read, or undefined where it may write. */
  asRead(text: string): ReadDescription | undefined {
    const known = this.#of(text)
    if (isWrite(known)) return undefined
    const { obstacle } = known.findings
    return { kind: 'read', tables: 'unknown', ...(obstacle && { obstacle }) }
  }

  /** The statement as a write, or undefined where it certainly is none. */
  asWrite(text: string, action: string): WriteCall | undefined {
    if (text.startsWith(CATALOGUE_MARK)) return undefined
    const known = this.#of(text)
    if (!isWrite(known)) return undefined
    // MySQL commits at once what defines tables, inside of a transaction too.
    const isAtOnce = this.#dialect === 'mysql' && known.findings.changes === 'anything'
    const { changesSchema } = known.findings
    const plan = this.#plansOfUnknown.getOrMake(`${action} ${isAtOnce} ${changesSchema}`, () =>
      this.#engine.plan(
        { adapter: 'prisma', fingerprint: `$${action}` },
        {
          ...{ kind: 'write', tables: 'unknown' },
          takesEffect: isAtOnce ? 'at-once' : 'at-commit',
          changesSchema,
          // Asked with each call, for the tables that its hint names.
          reach: (tables) =>
            this.#catalogue.current?.writes(
              tables.map((table) => ({ table, change: 'any' as const })),
            ) ?? 'unknown',
          opaqueBecause: 'it is raw SQL: see `cached` and its tables',
        },
      ),
    )
    return { plan, hint: known.hint, outcomeOf }
  }

  fingerprint(operation: string, text: string): string {
    return `${operation} ${fingerprintOf(text, this.#dialect)}`
  }

  #of(text: string): Known {
    // Long texts hold data, and are rarely sent twice.
    return text.length > MAX_LENGTH
      ? (this.#known.get(text) ?? this.#read(text))
      : this.#known.getOrMake(text, () => this.#read(text))
  }

  #read(text: string): Known {
    return { findings: readRaw(text, this.#dialect), tables: new Set(), hint: undefined }
  }
}

/** Of a text that is remembered without a hint on it. */
const MAX_LENGTH = 10_000

interface Known {
  readonly findings: RawFindings
  /** All that hints have named. */
  readonly tables: Set<string>
  /** As a hint for writes. */
  hint: ResolvedHint | undefined
}

/** Whoever names the tables of a query vouches for the functions that it calls. */
function isWrite({ findings: { changes }, tables }: Known): boolean {
  return changes === 'by-function' ? tables.size === 0 : changes !== 'nothing'
}
