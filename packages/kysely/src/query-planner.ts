import type { CompiledQuery } from 'kysely'
import { LRUCache } from 'lru-cache'
import type { Engine, Policies, QueryPlan, ReadPlan } from '@tidemark/core'
import { fingerprintOf, type TransactionControl } from '@tidemark/sql'
import { type AdapterTraits, analyseQuery } from './analyse-query.ts'
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
  readonly #built = planCache()
  /**
   * Apart from the others: raw text that hides its tables would otherwise keep a query that a builder
   * made, and that compiles to the same text, from the cache.
   */
  readonly #raw = planCache()

  constructor(engine: Engine, policies: Policies, settings: QuerySettings, traits: AdapterTraits) {
    this.#engine = engine
    this.#policies = policies
    this.#settings = settings
    this.#traits = traits
  }

  plan(query: CompiledQuery): PlannedQuery {
    const plans = query.query.kind === 'RawNode' ? this.#raw : this.#built
    const known = plans.get(query.sql)
    if (known) return known
    const planned = this.#make(query)
    plans.set(query.sql, planned)
    return planned
  }

  #make(query: CompiledQuery): PlannedQuery {
    const analysis = analyseQuery(query, this.#settings, this.#traits)
    const fingerprint = fingerprintOf(query.sql, this.#settings.dialect)
    const shape = { adapter: ADAPTER, fingerprint }
    const { description, vouched, onHeldConnection } = analysis
    return {
      plan: this.#engine.plan(shape, description, this.#policies),
      vouched: vouched && this.#engine.plan(shape, vouched, this.#policies),
      onHeldConnection:
        onHeldConnection && this.#engine.plan(shape, onHeldConnection, this.#policies),
      control: analysis.control,
      maySwitchTransaction: analysis.maySwitchTransaction ?? false,
    }
  }
}

function planCache(): LRUCache<string, PlannedQuery> {
  return new LRUCache({
    max: MAX_PLANS,
    maxSize: MAX_CHARACTERS,
    sizeCalculation: (_, sql) => sql.length + CHARACTERS_PER_PLAN,
  })
}
