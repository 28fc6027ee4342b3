import type { ReachedTable } from '../insight/cascade.ts'
import type { BypassReason } from '../insight/outcomes.ts'
import type { ShapeMetrics } from '../insight/shape-metrics.ts'
import type { CachedHint, Policies, ResolvedHint, TablesDecision } from './policy.ts'
import { type ReadPolicy, refine } from './read-policy.ts'
import {
  EVERYTHING,
  namesOfTable,
  SCHEMA,
  type Tag,
  tagsOfRead,
  tagsOfWrite,
} from '../marks/tags.ts'

/** Physical names (see `physicalTable`), or `'unknown'` where the query could not be understood. */
export type Tables = readonly string[] | 'unknown'

/** What an adapter says of a query that only reads. */
export interface ReadDescription {
  readonly kind: 'read'
  /** Every table whose rows the result may depend on. `'unknown'`: not cached, unless a hint names them. */
  readonly tables: Tables
  /** Where `tables` is `'unknown'`: those that were found all the same. They count beside those that a hint names. */
  readonly found?: readonly string[]
  /** Why the result must not be cached at all: it locks, it is volatile, … */
  readonly obstacle?: BypassReason
  /** Set where whoever stands between the cache and the caller writes into such results: each caller needs one of its own. */
  readonly changesResult?: boolean
  /**
   * What a read of these tables depends on, they included, as the database's catalogue tells: the tables behind a view.
   * Asked for `tables`, and for those that a hint names, as the hint names them. Default: they stand for themselves.
   */
  readonly reach?: (tables: readonly string[]) => Reach
}

/** What a read of some tables reads in truth. */
export interface Reach {
  readonly tables: readonly string[]
  /** Why what reads them must not be cached. */
  readonly obstacle?: BypassReason | undefined
}

/** What an adapter says of a query that may write, whatever else it does. */
export interface WriteDescription {
  readonly kind: 'write'
  /** Every table that it may change, cascades included. `'unknown'`: it makes everything old. */
  readonly tables: Tables
  /** Where `tables` is `'unknown'`: those that were found all the same. They count beside those that a hint names. */
  readonly found?: readonly string[]
  /**
   * Set for what a transaction does not hold back, such as DDL on MySQL, which commits at once. Its
   * marks move both at the statement and at the end of the transaction.
   */
  readonly takesEffect?: 'at-commit' | 'at-once'
  /** Of a write to unknown tables: why they are not known, for whoever wonders in the metrics why the cache is cold. */
  readonly opaqueBecause?: string
  /** Set for what may define tables, keys, triggers or views: what is known of the schema is old then. */
  readonly changesSchema?: boolean
  /** What a write to these tables changes, they included. Asked for the tables that a hint names. */
  readonly reach?: (tables: readonly string[]) => WriteReach | 'unknown'
  /** How it comes to those of `tables` that it does not name itself, each after the one that it follows from. */
  readonly reached?: readonly ReachedTable[]
}

/** What a write to some tables changes, they included, and how it comes to the others. */
export interface WriteReach {
  readonly tables: readonly string[]
  readonly reached: readonly ReachedTable[]
}

/** The one value that adapters turn every query into. Made from a query's shape, never its parameters. */
export type QueryDescription = ReadDescription | WriteDescription

/** A read as the engine knows it: made once per shape, and kept by the adapter for the next call. */
export class ReadPlan {
  readonly kind = 'read'
  readonly shape: ShapeMetrics
  readonly tables: Tables
  readonly obstacle: BypassReason | undefined
  readonly decision: TablesDecision
  readonly changesResult: boolean
  readonly #reach: (tables: readonly string[]) => Reach
  /** Where `tables` is `'unknown'`: those that were found all the same. */
  readonly found: readonly string[]
  readonly policies: Policies
  readonly #dependencies: Dependencies
  readonly #dependenciesByHint = new WeakMap<CachedHint, Dependencies>()
  readonly #policy: ReadPolicy
  #lastHint: CachedHint | undefined
  #policyUnderLastHint: ReadPolicy

  constructor(shape: ShapeMetrics, description: ReadDescription, policies: Policies) {
    this.shape = shape
    this.tables = description.tables
    this.policies = policies
    this.obstacle = description.obstacle
    this.changesResult = description.changesResult ?? false
    this.#reach = description.reach ?? ((tables) => ({ tables }))
    // What text seems to name may be no table; a hint knows better.
    this.found = (description.found ?? []).filter(
      (table) => this.#reach([table]).obstacle !== 'unknown-relation',
    )
    const { tables, obstacle } = this.#reach(this.#knownTables)
    this.decision = policies.ofTables(this.#knownTables, tables)
    this.#dependencies = { tags: tagsOfRead(tables), id: '', obstacle }
    this.#policy = this.decision.cached ? this.decision.policy : policies.defaults
    this.#policyUnderLastHint = this.#policy
  }

  /** What holds for a read under this hint. Most queries come with the same one each time. */
  policy(hint: CachedHint | undefined): ReadPolicy {
    if (!hint?.policy) return this.#policy
    if (hint !== this.#lastHint) {
      this.#lastHint = hint
      this.#policyUnderLastHint = refine(this.#policy, hint.policy)
    }
    return this.#policyUnderLastHint
  }

  /** What the result depends on when it is read under this hint. */
  dependencies(hint: CachedHint | undefined): Dependencies {
    if (!hint || (hint.tags.length === 0 && !hint.tables && hint.key === undefined))
      return this.#dependencies
    let dependencies = this.#dependenciesByHint.get(hint)
    if (!dependencies) {
      const named = hint.tables ?? []
      const found = hint.tables ? this.found : []
      const { tables, obstacle } = this.#reach([...this.#knownTables, ...found, ...named])
      const tags = tagsOfRead([...tables, ...named.flatMap(namesOfTable)], hint.tags, hint.key)
      dependencies = { tags, id: tags.join('\n'), obstacle }
      this.#dependenciesByHint.set(hint, dependencies)
    }
    return dependencies
  }

  /** What an adapter would have to learn of its database so that a read under this hint can be cached. */
  lacks(hint: ResolvedHint | undefined): 'catalogue' | 'relation' | undefined {
    const isWanted = hint ? hint.cached : this.decision.cached
    if (!isWanted || this.obstacle) return undefined
    switch (this.dependencies(hint?.cached ? hint : undefined).obstacle) {
      case 'no-catalogue':
        return 'catalogue'
      case 'unknown-relation':
        return 'relation'
      default:
        return undefined
    }
  }

  get #knownTables(): readonly string[] {
    return this.tables === 'unknown' ? [] : this.tables
  }
}

/** What a cached result depends on. */
export interface Dependencies {
  readonly tags: readonly Tag[]
  /**
   * Part of the key where a hint changed the tags, else empty: whoever did not ask for a tag must not
   * be served an entry by it, nor the other way round.
   */
  readonly id: string
  /** Why the result must not be cached, where the tables say so. */
  readonly obstacle: BypassReason | undefined
}

/** A write as the engine knows it: made once per shape, and kept by the adapter for the next call. */
export class WritePlan {
  readonly kind = 'write'
  readonly shape: ShapeMetrics
  readonly tables: Tables
  readonly takesEffect: 'at-commit' | 'at-once'
  readonly #reach: (tables: readonly string[]) => WriteReach | 'unknown'
  readonly #reached: readonly ReachedTable[]
  readonly #found: readonly string[]
  readonly #opaqueBecause: string | undefined
  readonly changesSchema: boolean
  /** What it makes old without a hint, as most writes come. */
  #ownTags: readonly Tag[] | undefined

  constructor(shape: ShapeMetrics, description: WriteDescription) {
    const { tables, takesEffect = 'at-commit', opaqueBecause, found = [] } = description
    const { changesSchema = false, reached = [] } = description
    const { reach = (named: readonly string[]) => ({ tables: named, reached: [] }) } = description
    this.shape = shape
    this.#opaqueBecause = opaqueBecause
    this.tables = tables
    this.takesEffect = takesEffect
    this.#reach = reach
    this.#reached = reached
    this.#found = found
    this.changesSchema = changesSchema
  }

  /** What it makes old when it is run under this hint. */
  tags(hint: CachedHint | undefined): readonly Tag[] {
    return hint ? this.#tagsUnder(hint) : (this.#ownTags ??= this.#tagsUnder(undefined))
  }

  #tagsUnder(hint: CachedHint | undefined): readonly Tag[] {
    const schema = this.changesSchema ? [SCHEMA] : []
    const named = hint?.tables ?? []
    const reached = named.length > 0 ? this.#reach(named) : NOTHING
    if (reached === 'unknown' || (this.tables === 'unknown' && named.length === 0)) {
      return [EVERYTHING, ...schema]
    }
    const known = this.tables === 'unknown' ? this.#reachOfFound : this.tables
    const tables = [...known, ...reached.tables, ...named.flatMap(namesOfTable)]
    return [...tagsOfWrite(tables, hint?.tags, hint?.key), ...schema]
  }

  /** Why it makes everything old, if it does and somebody knows. */
  whyEverything(tags: readonly Tag[]): string | undefined {
    return tags.includes(EVERYTHING) ? this.#opaqueBecause : undefined
  }

  /** How it comes to tables that nobody has named, for people who wonder. */
  reached(hint: CachedHint | undefined): readonly ReachedTable[] {
    const named = hint?.tables ?? []
    const all = named.length > 0 ? this.#reach(named) : NOTHING
    return all === 'unknown' ? this.#reached : [...this.#reached, ...all.reached]
  }

  /** Whoever names tables says that the rest of what it does is no matter of all others. */
  get #reachOfFound(): readonly string[] {
    return this.#found.flatMap((table) => {
      const reached = this.#reach([table])
      return reached === 'unknown' ? [table] : reached.tables
    })
  }
}

const NOTHING: WriteReach = { tables: [], reached: [] }

export type QueryPlan = ReadPlan | WritePlan
