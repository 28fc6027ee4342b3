import { AuditTrail } from './insight/audit-trail.ts'
import type { Awaitable } from './awaitable.ts'
import type { Clock } from './clock.ts'
import type { Codec } from './tiers/codec.ts'
import type { Consistency } from './policies/consistency.ts'
import { DatabaseNames } from './keys/database-names.ts'
import { Derivations } from './marks/derivations.ts'
import { Events } from './insight/events.ts'
import { currentExplainer } from './insight/explaining.ts'
import { Flights } from './reads/flights.ts'
import { invalidateOnWrite, type WriteCall } from './writes/invalidate-on-write.ts'
import type { Loaded } from './reads/load-result.ts'
import type { Load, ReadCall } from './reads/lookup.ts'
import type { MarkStore } from './marks/marks.ts'
import { Metrics } from './insight/metrics.ts'
import { Policies, type PolicyOptions } from './policies/policy.ts'
import {
  type QueryDescription,
  type ReadDescription,
  ReadPlan,
  type WriteDescription,
  WritePlan,
} from './policies/query.ts'
import type { Random } from './random.ts'
import type { GivenPolicy, ReadPolicy } from './policies/read-policy.ts'
import { readThrough } from './reads/read-through.ts'
import type { SharedTier } from './tiers/shared-tier.ts'
import type { Tier } from './tiers/tier.ts'
import { TransactionScope } from './writes/transaction-scope.ts'
import type { ValueType } from './keys/value-type.ts'
import { type ResolvedVerify, Verification } from './insight/verification.ts'

/** What an engine is made of: each part stands behind an interface and can be replaced. */
export interface EngineParts {
  readonly tier: Tier
  readonly marks: MarkStore
  /** What other processes share, where `marks` are true beside it. */
  readonly shared?: SharedTier | undefined
  readonly codec: Codec
  readonly clock: Clock
  readonly random: Random
  readonly settings: EngineSettings
  /** The classes of values that `codec` copies; adapters add to it. */
  readonly valueTypes: ValueType[]
  /** Default: nothing is derived from anything. */
  readonly derivations?: Derivations
  /** Default: invalidations are forgotten. */
  readonly audit?: AuditTrail
  /** Those that `audit` tells of invalidations. Default: its own. */
  readonly events?: Events
}

export interface EngineSettings {
  /** What holds for a read where neither a hint nor a table says. */
  readonly policy: ReadPolicy
  /** What of it was asked for, for explanations. Default: nothing, it is what holds where nobody says anything. */
  readonly givenPolicy?: GivenPolicy | undefined
  /** The share of a time to live by which entries end early at random, so that not all end at once. */
  readonly ttlJitter: number
  readonly maxEntryBytes: number
  readonly maxShapes: number
  /** Part of every key, where it was given. */
  readonly schemaVersion?: string | undefined
  /** What a write does for other processes where no hint says. */
  readonly consistency: Consistency
  /** The share of its time to live that an entry is kept in this process, where it is shared as well. */
  readonly memoryTtlShare: number
  /** Default: no hit is compared with the database. */
  readonly verify?: ResolvedVerify | undefined
}

/**
 * The seam between adapters and the cache. An adapter describes each query and hands it over together
 * with a function that runs it; the engine decides whether that function is called.
 */
export class Engine {
  readonly tier: Tier
  readonly marks: MarkStore
  readonly shared: SharedTier | undefined
  readonly codec: Codec
  readonly clock: Clock
  readonly random: Random
  readonly settings: EngineSettings
  readonly metrics: Metrics
  readonly flights = new Flights<Loaded>()
  /** What is being loaded anew in the background, see `refresh`. */
  readonly refreshes = new Set<string>()
  readonly databases = new DatabaseNames()
  readonly events: Events
  readonly derivations: Derivations
  readonly audit: AuditTrail
  readonly verification: Verification | undefined
  readonly #valueTypes: ValueType[]
  readonly #background = new Set<Promise<unknown>>()
  readonly #endings = new Set<() => unknown>()
  #closed = false

  constructor(parts: EngineParts) {
    this.tier = parts.tier
    this.marks = parts.marks
    this.shared = parts.shared
    this.codec = parts.codec
    this.clock = parts.clock
    this.random = parts.random
    this.settings = parts.settings
    this.events = parts.events ?? new Events()
    this.metrics = new Metrics(parts.settings.maxShapes, parts.clock, this.events)
    this.#valueTypes = parts.valueTypes
    this.derivations = parts.derivations ?? new Derivations()
    this.audit = parts.audit ?? new AuditTrail(0, this.derivations, this.events)
    const { verify } = parts.settings
    this.verification = verify && new Verification(this, verify)
  }

  get closed(): boolean {
    return this.#closed
  }

  /** The classes of values that keys and copies know beyond the language's own. */
  get valueTypes(): readonly ValueType[] {
    return this.#valueTypes
  }

  /** Makes a class of values known, once per name. */
  declareValueType(type: ValueType): void {
    if (!this.#valueTypes.some(({ name }) => name === type.name)) this.#valueTypes.push(type)
  }

  /**
   * @param defaultSchema left out of table names, see `physicalTable`
   * @throws TidemarkError `INVALID_OPTION`
   */
  policies(options: PolicyOptions, defaultSchema?: string): Policies {
    return new Policies(options, this.settings.policy, defaultSchema)
  }

  /**
   * The plan for a query shape, for the adapter to keep: everything that does not depend on parameters.
   *
   * @param policies what a read is cached for without a hint. Default: it is not. Of no concern to a write
   */
  plan(shape: QueryShape, description: ReadDescription, policies?: Policies): ReadPlan
  plan(shape: QueryShape, description: WriteDescription, policies?: Policies): WritePlan
  plan(shape: QueryShape, description: QueryDescription, policies?: Policies): ReadPlan | WritePlan
  plan(
    { adapter, fingerprint }: QueryShape,
    description: QueryDescription,
    policies = this.policies({}),
  ): ReadPlan | WritePlan {
    const metrics = this.metrics.shape(adapter, fingerprint, description.kind)
    return description.kind === 'read'
      ? new ReadPlan(metrics, description, policies)
      : new WritePlan(metrics, description)
  }

  /** Answers a read from the cache, or by `load`. The value is the caller's own. */
  read<T>(call: ReadCall, load: Load<T>): Awaitable<T> {
    return this.explained(call) ?? readThrough(this, call, load)
  }

  /**
   * Where somebody wants to know of a query, and not to have it sent: tells them, and rejects. An adapter asks before it does
   * anything for a write, or for a read that it does not hand over; what it does on its own account it never asks of.
   */
  explained(call: ReadCall | WriteCall): Promise<never> | undefined {
    return currentExplainer()?.tell(this, call)
  }

  /** For an adapter whose queries are compiled before they are sent: whoever wants to know of one can tell that it is of this cache. */
  compiled(): void {
    currentExplainer()?.compiled(this)
  }

  /** Runs a write that commits by itself, and makes old what it may have changed. */
  write<T>(call: WriteCall, run: () => Promise<T>): Promise<T> {
    return invalidateOnWrite(this, call, run)
  }

  /** For the adapter to hold as long as a transaction is open. */
  beginTransaction(): TransactionScope {
    return new TransactionScope(this)
  }

  /** Does what no caller waits for, and whose failure concerns nobody: it resolves then, too; not at all where too much is under way. */
  runInBackground(work: () => Promise<unknown>): Promise<unknown> {
    if (this.#background.size >= MAX_BACKGROUND) return Promise.resolve()
    const tracked = work()
      .catch(() => undefined)
      .finally(() => {
        this.#background.delete(tracked)
      })
    this.#background.add(tracked)
    return tracked
  }

  /**
   * Ends something with the cache at the latest, which waits for it: also where it was ended before, and is not done.
   *
   * @returns a function that ends it now
   */
  endWith(end: () => unknown): () => void {
    let ended: Promise<unknown> | undefined
    const endOnce = () => {
      if (ended) return ended
      const forget = () => this.#endings.delete(endOnce)
      ended = Promise.resolve(end())
      ended.then(forget, forget)
      return ended
    }
    this.#endings.add(endOnce)
    return () => void endOnce()
  }

  async close(): Promise<void> {
    this.#closed = true
    this.verification?.close()
    await Promise.allSettled([...this.#endings].map(async (end) => end()))
    this.#endings.clear()
    await Promise.all(this.#background)
    await this.tier.close()
    await this.shared?.close()
  }
}

/** A tier that cannot keep up must not make this process keep all that it was to store. */
const MAX_BACKGROUND = 1000

/** Whose query it is, and how people recognise it. */
export interface QueryShape {
  readonly adapter: string
  /** Without any parameter: it is shown in metrics. */
  readonly fingerprint: string
}
