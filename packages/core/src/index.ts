export { createTidemark, Tidemark } from './tidemark.ts'
export type { MetricsReport } from './tidemark.ts'
export type { InvalidateTarget, InvalidationReceipt } from './invalidation.ts'
export type {
  CachedKey,
  InspectOptions,
  KeyList,
  StoredCopy,
  TagList,
  TagOfKey,
} from './inspection.ts'
export type { Invalidation } from './audit-trail.ts'
export type { Emitter, TargetOfEvent } from './invalidate-on.ts'
export type { NamedTag, TagSelector } from './named-tag.ts'
export type { KeyParts } from './key-parts.ts'
export type { HealthReport, ServerHealth, SharedHealth } from './health.ts'
export type { MemoryOptions, TidemarkOptions } from './options.ts'
export type { Partition } from './partition.ts'
export type { ByteSize } from './byte-size.ts'
export type { Duration } from './duration.ts'
export type { CachingOptions, Isolation } from './policy-options.ts'
export type { ReadMode } from './policy.ts'
export type { Coalescing } from './coalescing.ts'
export type { Consistency } from './consistency.ts'
export { collectFor, currentCollector, isTicket } from './tickets.ts'
export type {
  ReadEvent,
  StaleEvent,
  WriteEvent,
  TidemarkEvents,
  TidemarkListener,
} from './events.ts'
export type { Explainable, ExplainedPolicy, ExplainedTag, Explanation } from './explain.ts'
export type { Inconclusive, VerificationReport, VerifyOptions } from './verification.ts'
export type { Ticket, TicketCollector, Ticketed, TicketOptions } from './tickets.ts'
export { TidemarkError } from './tidemark-error.ts'
export type { TidemarkErrorCode } from './tidemark-error.ts'
export type { BypassReason, HitKind, MissReason } from './outcomes.ts'
export type { MetricsTotals, ReadTotals } from './metrics.ts'
export type { QueryMetrics, Refreshes, StoredResults, Timing } from './shape-metrics.ts'

// For adapters.
export { checkCatalogueOptions } from './catalogue-options.ts'
export { checkCache, isCache } from './check-cache.ts'
export { didYouMean } from './did-you-mean.ts'
export { checkCount, checkKeys, checkName, checkNames, checkRecord } from './check-options.ts'
export { checkPartition, partitionReader } from './partition.ts'
export { invalidOption } from './tidemark-error.ts'
export { Engine } from './engine.ts'
export type { EngineParts, EngineSettings, QueryShape } from './engine.ts'
export { isPromise } from './awaitable.ts'
export type { Awaitable } from './awaitable.ts'
export type { KeyMaterial } from './cache-key.ts'
export type { Load, ReadCall, ReadOrigin } from './lookup.ts'
export type { WriteCall } from './invalidate-on-write.ts'
export { WriteThrough } from './write-through.ts'
export type { WrittenAnswer } from './write-through.ts'
export { offerWriteThrough, takeWriteThrough } from './write-through-context.ts'
export { KeptValue } from './kept-value.ts'
export type { TransactionScope } from './transaction-scope.ts'
export type { WriteOutcome } from './write-intent.ts'
export { ReadPlan, WritePlan } from './query.ts'
export type {
  QueryDescription,
  QueryPlan,
  Reach,
  ReadDescription,
  Tables,
  WriteDescription,
} from './query.ts'
export { Policies, POLICY_OPTION_NAMES, resolveHint, UNCACHED } from './policy.ts'
export type {
  CachedHint,
  PolicyOptions,
  ReadHint,
  ResolvedHint,
  TablePolicy,
  UncachedHint,
} from './policy.ts'
export { PLAIN_POLICY } from './read-policy.ts'
export type { GivenPolicy, ReadPolicy } from './read-policy.ts'
export { physicalTable } from './tags.ts'
export type { ValueType } from './value-type.ts'

// For tiers and mark stores.
export { parseByteSize } from './byte-size.ts'
export { parseDuration } from './duration.ts'
export { customTag, EVERYTHING, keyTag, SCHEMA, tableTag } from './tags.ts'
export type { Tag } from './tags.ts'
export { InProcessBus } from './bus.ts'
export type { Bus, BusListener, BusMessage } from './bus.ts'
export { cacheKey } from './cache-key.ts'
export type { CacheKey } from './cache-key.ts'
export { systemClock } from './clock.ts'
export type { Clock } from './clock.ts'
export { systemRandom } from './random.ts'
export type { Random } from './random.ts'
export type { Codec, EncodeLimits, Encoding, EncodingRefusal, Stored } from './codec.ts'
export { structuralCodec } from './structural-codec.ts'
export { InProcessMarks } from './in-process-marks.ts'
export type { InProcessMarksOptions } from './in-process-marks.ts'
export type {
  MarkMatch,
  MarkReading,
  MarkStore,
  MarkToken,
  PreparedMarks,
  ReplacedMarks,
  WriterId,
} from './marks.ts'
export { MemoryTier } from './memory-tier.ts'
export type { MemoryTierOptions } from './memory-tier.ts'
export type { Entry, Tier, TierStats } from './tier.ts'
export { openSharedMarks } from './shared-marks.ts'
export type { SharedMarks, SharedMarksOptions } from './shared-marks.ts'
export type {
  NewSharedEntry,
  Claim,
  FoundEntry,
  KeptResult,
  ListedEntry,
  ListedMark,
  Replacement,
  SharedEntry,
  SharedLookup,
  SharedMark,
  SharedTier,
  SharedTierContext,
} from './shared-tier.ts'
export type { DirectApi } from './direct-api.ts'
export type { DirectOptions, GetOptions } from './direct-options.ts'
export type { LoadMany } from './load-batch.ts'
export type { Found, Slot } from './slot.ts'
export { cachedMethod } from './wrap.ts'
export type { Cachable, CachedMethodOptions, Wrapped, WrapOptions } from './wrap.ts'
