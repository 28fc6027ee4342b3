import type { CompiledQuery } from 'kysely'
import { LRUCache } from 'lru-cache'
import type { Engine, Policies, QueryPlan, ReadPlan } from '@tidemark/core'
import {
  type Catalogue,
  fingerprintOf,
  type TransactionControl,
  withCatalogue,
} from '@tidemark/sql'
import { type AdapterTraits, analyseQuery } from './analyse-query.ts'
import { describeUnder, readUnder } from './describe-under.ts'
import { type PointRead, pointReadOf, type RowWrite, rowWriteOf } from './point-nodes.ts'
import type { QuerySettings } from './tables-of-query.ts'

export const ADAPTER = 'kysely'

/** What is known of a query before it runs, kept for the next query with the same SQL text. */
export interface PlannedQuery {
  readonly plan: QueryPlan
  /** See `Analysis`. */
  readonly vouched: ReadPlan | undefined
  /** See `Analysis`. */
  readonly onHeldConnection: ReadPlan | undefined
  readonly control: TransactionControl | undefined
  readonly maySwitchTransaction: boolean
  /** What it was made under. `undefined`: the catalogue is not known, so a write is one of everything. */
  readonly catalogue: Catalogue | undefined
  /**
   * What would make more of a write. `'catalogue'`: it is to be read. `'relation'`: it does not have a table that is written,
   * which somebody may have made since.
   */
  readonly lacks: 'catalogue' | 'relation' | undefined
  /** Set where it reads rows by columns of theirs, see point-reads.ts. */
  readonly point: PointRead | undefined
  /** Set where it gives back what it writes. */
  readonly rowWrite: RowWrite | undefined
}

/** Applications have some hundreds of texts; those that spell out long lists have as many as lists. */
const MAX_PLANS = 5_000
const MAX_CHARACTERS = 4_000_000
const CHARACTERS_PER_PLAN = 500

/** Makes a plan for each SQL text, once: on a hit nothing is looked at but the text. */
export class QueryPlanner {
  readonly #engine: Engine
  readonly #policies: Policies
  readonly #settings: QuerySettings
  readonly #traits: AdapterTraits
  readonly #catalogue: { readonly current: Catalogue | undefined }
  /** Those that were made without a catalogue. */
  readonly #bare = new Plans()
  #known: { readonly catalogue: Catalogue; readonly plans: Plans } | undefined

  constructor(
    engine: Engine,
    policies: Policies,
    settings: QuerySettings,
    traits: AdapterTraits,
    catalogue: { readonly current: Catalogue | undefined },
  ) {
    this.#engine = engine
    this.#policies = policies
    this.#settings = settings
    this.#traits = traits
    this.#catalogue = catalogue
  }

  plan(query: CompiledQuery): PlannedQuery {
    const catalogue = this.#catalogue.current
    const plans = this.#plansUnder(catalogue)
    const memo = query.query.kind === 'RawNode' ? plans.raw : plans.built
    const known = memo.get(query.sql)
    if (known) return known
    const planned = this.#make(query, catalogue)
    memo.set(query.sql, planned)
    return planned
  }

  /** Plans that were made under another catalogue are those of another schema. */
  #plansUnder(catalogue: Catalogue | undefined): Plans {
    if (!catalogue) return this.#bare
    if (this.#known?.catalogue !== catalogue) this.#known = { catalogue, plans: new Plans() }
    return this.#known.plans
  }

  #make(query: CompiledQuery, catalogue: Catalogue | undefined): PlannedQuery {
    const { functions } = this.#settings
    const settings = catalogue
      ? { ...this.#settings, functions: withCatalogue(functions, catalogue) }
      : this.#settings
    const analysis = analyseQuery(query, settings, this.#traits)
    const fingerprint = fingerprintOf(query.sql, this.#settings.dialect)
    const shape = { adapter: ADAPTER, fingerprint }
    const { vouched, onHeldConnection } = analysis
    const described = describeUnder(catalogue, analysis)
    const { kind } = described.description
    const { defaultSchema } = this.#settings
    return {
      plan: this.#engine.plan(shape, described.description, this.#policies),
      vouched: vouched && this.#engine.plan(shape, readUnder(catalogue, vouched), this.#policies),
      onHeldConnection:
        onHeldConnection && this.#engine.plan(shape, onHeldConnection, this.#policies),
      control: analysis.control,
      maySwitchTransaction: analysis.maySwitchTransaction ?? false,
      catalogue,
      lacks: described.lacks,
      point: kind === 'read' ? pointReadOf(query.query, defaultSchema) : undefined,
      rowWrite: kind === 'write' ? rowWriteOf(query.query, defaultSchema) : undefined,
    }
  }
}

class Plans {
  readonly built = planCache()
  /**
   * Apart from the others: raw text that hides its tables would otherwise keep a query that a builder
   * made, and that compiles to the same text, from the cache.
   */
  readonly raw = planCache()
}

function planCache(): LRUCache<string, PlannedQuery> {
  return new LRUCache({
    max: MAX_PLANS,
    maxSize: MAX_CHARACTERS,
    sizeCalculation: (_, sql) => sql.length + CHARACTERS_PER_PLAN,
  })
}
