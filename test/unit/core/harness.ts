import {
  type BypassReason,
  createTidemark,
  Engine,
  InProcessBus,
  InProcessMarks,
  type MarkStore,
  MemoryTier,
  openSharedMarks,
  PLAIN_POLICY,
  type QueryMetrics,
  type ReadCall,
  type ReadHint,
  type ReadOrigin,
  resolveHint,
  type SharedTier,
  structuralCodec,
  Tidemark,
  type TidemarkOptions,
  type Tier,
  type TransactionScope,
  type ValueType,
  UNCACHED,
  WriteThrough,
  type WriteOutcome,
} from '@tidemark/core'
import { ManualClock, SeededRandom } from '@tidemark/testing'

const settings = {
  policy: { ...PLAIN_POLICY, ttlMs: 60_000 },
  ttlJitter: 0,
  maxEntryBytes: 10_000,
  maxShapes: 100,
  consistency: 'available' as const,
  memoryTtlShare: 1,
}

const sharing = { namespace: 'test', leaseMs: 10_000 }

export interface HarnessParts {
  readonly tier?: Tier
  readonly wrapMarks?: (marks: MarkStore) => MarkStore
  /** What this and other harnesses share; they then share a clock as well. */
  readonly shared?: { readonly tier: SharedTier; readonly maxStalenessMs: number }
  readonly clock?: ManualClock
  /** What harnesses that share a tier share as well, so that no two writers have one name. */
  readonly random?: SeededRandom
  /** A cache that was made the public way, with that clock. */
  readonly cache?: Tidemark
}

/**
 * An engine on a manual clock, with the few calls that its tests are made of. `table` is a variable of
 * the test's own that stands for what a load would find; no database is imitated.
 */
export class Harness {
  readonly clock: ManualClock
  readonly random: SeededRandom
  readonly cache: Tidemark
  /** How many loads have been asked for. */
  loads = 0
  readonly #policies

  constructor(parts: HarnessParts = {}) {
    this.clock = parts.clock ?? new ManualClock()
    this.random = parts.random ?? new SeededRandom(1)
    this.cache = parts.cache ?? this.#makeCache(parts)
    this.#policies = this.cache.engine.policies({ cacheByDefault: true })
  }

  #makeCache({ tier, wrapMarks = (marks) => marks, shared }: HarnessParts): Tidemark {
    const valueTypes: ValueType[] = []
    const { clock, random } = this
    const common = { clock, random, bus: new InProcessBus(), maxMarks: 100 }
    const engine = new Engine({
      tier: tier ?? new MemoryTier({ maxEntries: 100, maxBytes: 1_000_000 }),
      marks: shared
        ? openSharedMarks({ ...common, ...sharing, ...shared, shared: shared.tier }, valueTypes)
        : wrapMarks(new InProcessMarks({ ...common, leaseMs: 10_000 })),
      shared: shared?.tier,
      codec: structuralCodec(valueTypes),
      clock,
      random,
      settings,
      valueTypes,
    })
    return new Tidemark(engine)
  }

  get engine(): Engine {
    return this.cache.engine
  }

  /** Reads `film`, or what `options` say, by `load`. */
  async read<T>(load: () => T | Promise<T>, options: ReadOptions = {}): Promise<T> {
    return this.engine.read(this.#readCall(options), async () => {
      this.loads += 1
      return load()
    })
  }

  /** Writes `film`, and leaves what `run` gives for the next read of it. */
  async writeThrough<T>(run: () => T | Promise<T>, options: WriteOptions = {}): Promise<T> {
    const call = this.#readCall({})
    const through = new WriteThrough(this.engine, call.plan.dependencies(undefined).tags)
    const value = await this.write(run, { ...options, through })
    through.store(() => [{ call, value }])
    return value
  }

  #readCall(options: ReadOptions): ReadCall {
    const {
      tables = ['film'],
      found = [],
      parameters = [],
      operation = 'select',
      hint,
      ...call
    } = options
    const plan = this.engine.plan(
      { adapter: 'test', fingerprint: operation },
      { kind: 'read', tables, found },
      this.#policies,
    )
    return {
      plan,
      hint: hint === false ? UNCACHED : hint && resolveHint(hint),
      ...call,
      key: () => ({ adapter: 'test', database: 'default', partition: '', operation, parameters }),
    }
  }

  /** Writes `film`, or `tables`, by `run`; in `scope` if there is one. */
  async write<T>(run: () => T | Promise<T>, options: WriteOptions = {}): Promise<T> {
    const {
      tables = ['film'],
      found = [],
      hint,
      scope,
      outcome = 'settled',
      takesEffect = 'at-commit',
      through,
    } = options
    const plan = this.engine.plan(
      { adapter: 'test', fingerprint: 'update' },
      { kind: 'write', tables, found, takesEffect },
      this.#policies,
    )
    const call = { plan, hint: hint && resolveHint(hint), outcomeOf: () => outcome, through }
    const explained = this.engine.explained(call)
    if (explained) return explained
    const start = async () => run()
    return scope ? scope.write(call, start) : this.engine.write(call, start)
  }

  /** What was counted for one operation. */
  counts(operation = 'select'): Pick<QueryMetrics, 'hits' | 'misses' | 'bypasses'> {
    const found = this.cache.metrics().queries.find(({ fingerprint }) => fingerprint === operation)
    if (!found) throw new Error(`expected counts of ${operation}, found none`)
    const { hits, misses, bypasses } = found
    return { hits, misses, bypasses }
  }
}

export interface ReadOptions {
  readonly tables?: readonly string[] | 'unknown'
  readonly found?: readonly string[]
  readonly parameters?: readonly unknown[]
  readonly operation?: string
  readonly hint?: ReadHint | false
  readonly bypass?: BypassReason
  readonly cancellable?: boolean
  readonly origin?: ReadOrigin
  readonly isOutage?: (error: unknown) => boolean
  readonly isEmpty?: (value: unknown) => boolean
  readonly changesResult?: boolean
}

export interface WriteOptions {
  readonly through?: WriteThrough
  readonly tables?: readonly string[] | 'unknown'
  readonly found?: readonly string[]
  readonly hint?: ReadHint
  readonly scope?: TransactionScope
  readonly outcome?: WriteOutcome
  readonly takesEffect?: 'at-commit' | 'at-once'
}

/** A cache made the public way, on a manual clock. */
export function makeCache(options: TidemarkOptions = {}): { cache: Tidemark; clock: ManualClock } {
  const clock = new ManualClock()
  return { cache: createTidemark({ clock, random: new SeededRandom(1), ...options }), clock }
}
