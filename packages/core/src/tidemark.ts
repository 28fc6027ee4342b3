import { Administration } from './administration.ts'
import { AuditTrail } from './insight/audit-trail.ts'
import { InProcessBus } from './marks/bus.ts'
import { Derivations } from './marks/derivations.ts'
import { Engine } from './engine.ts'
import type { Explainable } from './insight/explainable.ts'
import { type Explanation, explainQuery } from './insight/explain.ts'
import {
  EVENT_NAMES,
  Events,
  type TidemarkEvents,
  type TidemarkListener,
} from './insight/events.ts'
import { type HealthReport, healthOf } from './insight/health.ts'
import { InProcessMarks } from './marks/in-process-marks.ts'
import { moveMarks } from './writes/invalidation.ts'
import { MemoryTier } from './tiers/memory-tier.ts'
import { NoTier } from './tiers/no-tier.ts'
import type { MetricsTotals } from './insight/metrics.ts'
import type { QueryMetrics } from './insight/shape-metrics.ts'
import { resolveOptions, type TidemarkOptions } from './options/options.ts'
import { openSharedMarks } from './marks/shared-marks.ts'
import { structuralCodec } from './tiers/structural-codec.ts'
import { EVERYTHING, SCHEMA, type Tag } from './marks/tags.ts'
import { type Ticketed, type TicketOptions, withTicket } from './marks/tickets.ts'
import { invalidOption } from './options/tidemark-error.ts'
import type { TierStats } from './tiers/tier.ts'
import type { ValueType } from './keys/value-type.ts'
import type { VerificationReport } from './insight/verification.ts'

/** What the cache has gained so far. */
export interface MetricsReport {
  /** One for each query shape, the most called first. */
  readonly queries: readonly QueryMetrics[]
  readonly totals: MetricsTotals
  readonly memory: TierStats
  /** How often a write could not move its marks; see docs/guarantees.md for what that means. */
  readonly markFailures: number
  /** How many writes and COMMITs ended without anyone knowing whether they took effect. */
  readonly unknownOutcomes: number
  /**
   * How many writes ended after the locks on their marks had: they took longer than the `lease`, their process stood
   * still, or the shared tier has evicted or lost them. In between others may have been served what was there before.
   */
  readonly lostLeases: number
  /** What was found by comparing hits with the database, where `verify` asks for it. */
  readonly verification?: VerificationReport
}

/**
 * One cache: the memory that it uses, the marks that say what is current, and its metrics. Adapters
 * (`withCache` of `@tidemark/kysely`, `cacheExtension` of `@tidemark/prisma`) bind clients to it; all that
 * are bound to one cache see each other's writes.
 */
export class Tidemark extends Administration implements AsyncDisposable {
  #closing: Promise<void> | undefined

  /** Use `createTidemark`. */
  constructor(engine: Engine) {
    if (typeof (engine as Partial<Engine> | undefined)?.read !== 'function') {
      throw invalidOption('new Tidemark()', 'an engine', engine, '; call createTidemark(options)')
    }
    super(engine)
  }

  /**
   * Makes everything old, what is known of the databases' tables included: call it when something else has changed the
   * schema, such as a migration by another process. It takes the same time whatever the number of entries.
   *
   * @throws TidemarkError `INVALIDATION_FAILED`
   */
  async clear(): Promise<void> {
    const tags = [EVERYTHING, SCHEMA]
    this.engine.audit.record('hand', 'clear', tags)
    await moveMarks(this.engine, tags)
    this.engine.verification?.switchOn()
  }

  /**
   * Runs some work, and gives a ticket for what it wrote through clients that are bound to a cache, and for what it
   * invalidated. A read in any process that presents the ticket (hint `freshAfter`) is not served what was there before:
   * everybody else is as fresh as `maxStaleness` says, and whoever has just written sees it at once, wherever the next
   * request goes. Between processes it needs a shared tier.
   *
   * A ticket is a short text that fits a cookie, and holds no names. It stays valid; presenting it for longer than
   * `maxStaleness` gains nothing, and costs the reads that it is about a question to the shared tier.
   *
   * @throws whatever `work` throws: there is no ticket then; TidemarkError `INVALID_OPTION`
   * @example
   * const { result, ticket } = await cache.withTicket(() =>
   *   db.insertInto('person').values(person).returning('id').executeTakeFirstOrThrow(),
   * )
   * // in another process:
   * await db.selectFrom('person').selectAll().$call(cached({ freshAfter: ticket })).execute()
   */
  withTicket<T>(work: () => PromiseLike<T> | T, options: TicketOptions = {}): Promise<Ticketed<T>> {
    return withTicket(work, options)
  }

  /** What each query shape gained, and why not more. A snapshot: it does not change afterwards. */
  metrics(): MetricsReport {
    const { audit, metrics, tier, verification } = this.engine
    const queries = metrics.report(audit)
    return {
      queries,
      totals: metrics.totals(queries),
      memory: tier.stats(),
      markFailures: metrics.markFailures,
      unknownOutcomes: metrics.unknownOutcomes,
      lostLeases: metrics.lostLeases,
      ...(verification && { verification: verification.report() }),
    }
  }

  /**
   * Tells you of something each time that it happens. What the listener throws becomes a warning of the process.
   *
   * @returns a function that ends it
   * @throws TidemarkError `INVALID_OPTION`
   * @example
   * cache.on('stale', ({ fingerprint, tags }) => log.error({ fingerprint, tags }, 'served something stale'))
   */
  on<N extends keyof TidemarkEvents>(name: N, listener: TidemarkListener<N>): () => void {
    if (!EVENT_NAMES.includes(name)) {
      throw invalidOption('on', `one of ${EVENT_NAMES.join(', ')}`, name)
    }
    if (typeof listener !== 'function') {
      throw invalidOption(`on('${name}')`, 'a function', listener)
    }
    return this.engine.events.on(name, listener)
  }

  /**
   * How each tier is doing, and what endangers it. It asks the servers, and never rejects because one is down.
   *
   * @example
   * const { up, warnings } = await cache.health()
   * for (const warning of warnings) log.warn(warning)
   */
  health(): Promise<HealthReport> {
    return healthOf(this.engine)
  }

  /**
   * What the cache makes of a query: its key, what its result depends on, what policy holds and who has said so, and whether it
   * would be a hit, and if not, why. The query is not sent, and nothing is served, stored or counted.
   *
   * @param query a query of a client that is bound to this cache, before it is sent: a Kysely query without `execute()`, a
   *   call of Prisma that nobody awaits, or a function that sends one
   * @throws TidemarkError `INVALID_OPTION`; whatever the client throws of a query that is wrong
   * @example
   * const { answeredFrom, reason, policy } = await cache.explain(db.selectFrom('person').selectAll())
   * const { key, tags } = await cache.explain(prisma.person.findMany({ cache: { ttl: '1m' } }))
   */
  explain(query: Explainable): Promise<Explanation> {
    return explainQuery(this.engine, query)
  }

  /**
   * Ends the cache: waits for its background work and frees its memory. Clients that are bound to it go
   * on working, and ask the database. Closing twice does nothing.
   */
  close(): Promise<void> {
    this.#closing ??= this.engine.close()
    return this.#closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}

/** Each is a table or a tag that entries depend on: far more than an application has. */
const MAX_MARKS = 50_000

/**
 * Makes a cache.
 *
 * @throws TidemarkError `INVALID_OPTION` that names the option, what was expected and what came
 * @example
 * const cache = createTidemark({ ttl: '5m', memory: { maxBytes: '64mb' } })
 * const db = withCache(new Kysely<DB>({ dialect }), cache)
 */
export function createTidemark(options: TidemarkOptions = {}): Tidemark {
  const resolved = resolveOptions(options)
  const { clock, random, leaseMs, shared } = resolved
  const bus = new InProcessBus()
  const tier = resolved.memory ? new MemoryTier(resolved) : new NoTier()
  // What is old for everyone is memory for nobody: this frees it at once instead of by and by.
  bus.subscribe(({ tags }) => {
    if (!tags.includes(EVERYTHING)) return
    tier.clear()
    engine.metrics.allWasOld()
  })
  const valueTypes: ValueType[] = []
  const derivations = new Derivations()
  const events = new Events()
  const audit = new AuditTrail(resolved.auditTrail, derivations, events)
  const onHeard = (tags: readonly Tag[]) => audit.heard(tags)
  const engine = new Engine({
    tier,
    marks: shared
      ? openSharedMarks({ ...resolved, shared, bus, maxMarks: MAX_MARKS, onHeard }, valueTypes)
      : new InProcessMarks({ clock, random, bus, leaseMs, maxMarks: MAX_MARKS }),
    shared,
    codec: structuralCodec(valueTypes),
    clock,
    random,
    valueTypes,
    derivations,
    audit,
    events,
    settings: {
      policy: resolved.policy,
      givenPolicy: resolved.givenPolicy,
      ttlJitter: resolved.ttlJitter,
      maxEntryBytes: resolved.maxEntryBytes,
      maxShapes: resolved.maxShapes,
      schemaVersion: resolved.schemaVersion,
      consistency: resolved.consistency,
      memoryTtlShare: resolved.memoryTtlShare,
      verify: resolved.verify,
    },
  })
  return new Tidemark(engine)
}
