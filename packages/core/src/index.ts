export { createTidemark, Tidemark } from './tidemark.ts'
export type { MetricsReport } from './tidemark.ts'
export type { InvalidateTarget, InvalidationReceipt } from './writes/invalidation.ts'
export type {
  CachedKey,
  InspectOptions,
  KeyList,
  StoredCopy,
  TagList,
  TagOfKey,
} from './insight/inspection.ts'
export type { Invalidation } from './insight/audit-trail.ts'
export type { CascadeStep, ReachedTable } from './insight/cascade.ts'
export type { Emitter, NamesOfEvent, TargetOfEvent } from './writes/invalidate-on.ts'
export type { NamedTag, TagSelector } from './marks/named-tag.ts'
export type { KeyParts } from './keys/key-parts.ts'
export type { HealthReport, ServerHealth, SharedHealth } from './insight/health.ts'
export type { MemoryOptions, TidemarkOptions } from './options/options.ts'
export type { Partition } from './keys/partition.ts'
export type { ByteSize } from './options/byte-size.ts'
export type { Duration } from './options/duration.ts'
export type { CachingOptions, Isolation } from './policies/policy-options.ts'
export type { ReadMode } from './policies/policy.ts'
export type { Coalescing } from './policies/coalescing.ts'
export type { Consistency } from './policies/consistency.ts'
export { collectFor, currentCollector, isTicket } from './marks/tickets.ts'
export type {
  ReadEvent,
  StaleEvent,
  WriteEvent,
  TidemarkEvents,
  TidemarkListener,
} from './insight/events.ts'
export type { ExplainedPolicy } from './insight/explain-policy.ts'
export type { Explainable } from './insight/explainable.ts'
export type { ExplainedTag, Explanation } from './insight/explain.ts'
export type { Inconclusive, VerificationReport, VerifyOptions } from './insight/verification.ts'
export type { Ticket, TicketCollector, Ticketed, TicketOptions } from './marks/tickets.ts'
export { TidemarkError } from './options/tidemark-error.ts'
export type { TidemarkErrorCode } from './options/tidemark-error.ts'
export type { BypassReason, HitKind, MissReason } from './insight/outcomes.ts'
export type { MetricsTotals, ReadTotals } from './insight/metrics.ts'
export type { QueryMetrics, Refreshes, StoredResults, Timing } from './insight/shape-metrics.ts'

// For adapters.
export { checkCatalogueOptions } from './options/catalogue-options.ts'
export { checkCache, isCache } from './options/check-cache.ts'
export { didYouMean } from './options/did-you-mean.ts'
export {
  checkCount,
  checkKeys,
  checkName,
  checkNames,
  checkRecord,
} from './options/check-options.ts'
export { checkPartition, partitionReader } from './keys/partition.ts'
export { invalidOption } from './options/tidemark-error.ts'
export { Engine } from './engine.ts'
export type { EngineParts, EngineSettings, QueryShape } from './engine.ts'
export { isPromise } from './awaitable.ts'
export type { Awaitable } from './awaitable.ts'
export type { KeyMaterial } from './keys/cache-key.ts'
export type { Load, ReadCall, ReadOrigin } from './reads/lookup.ts'
export type { WriteCall } from './writes/invalidate-on-write.ts'
export { namesItsRow } from './writes/names-its-row.ts'
export { WriteThrough } from './writes/write-through.ts'
export type { WrittenAnswer } from './writes/write-through.ts'
export { offerWriteThrough, takeWriteThrough } from './writes/write-through-context.ts'
export { KeptValue } from './marks/kept-value.ts'
export type { TransactionScope } from './writes/transaction-scope.ts'
export type { WriteOutcome } from './writes/write-intent.ts'
export { ReadPlan, WritePlan } from './policies/query.ts'
export type {
  QueryDescription,
  QueryPlan,
  Reach,
  ReadDescription,
  Tables,
  WriteDescription,
  WriteReach,
} from './policies/query.ts'
export { Policies, POLICY_OPTION_NAMES, resolveHint, UNCACHED } from './policies/policy.ts'
export type {
  CachedHint,
  PolicyOptions,
  ReadHint,
  ResolvedHint,
  TablePolicy,
  UncachedHint,
} from './policies/policy.ts'
export { PLAIN_POLICY } from './policies/read-policy.ts'
export type { GivenPolicy, ReadPolicy } from './policies/read-policy.ts'
export { physicalTable } from './marks/tags.ts'
export type { ValueType } from './keys/value-type.ts'

// For tiers and mark stores.
export { parseByteSize } from './options/byte-size.ts'
export { parseDuration } from './options/duration.ts'
export { customTag, EVERYTHING, keyTag, SCHEMA, tableTag } from './marks/tags.ts'
export type { Tag } from './marks/tags.ts'
export { InProcessBus } from './marks/bus.ts'
export type { Bus, BusListener, BusMessage } from './marks/bus.ts'
export { cacheKey } from './keys/cache-key.ts'
export type { CacheKey } from './keys/cache-key.ts'
export { systemClock } from './clock.ts'
export type { Clock } from './clock.ts'
export { systemRandom } from './random.ts'
export type { Random } from './random.ts'
export type { Codec, EncodeLimits, Encoding, EncodingRefusal, Stored } from './tiers/codec.ts'
export { structuralCodec } from './tiers/structural-codec.ts'
export { InProcessMarks } from './marks/in-process-marks.ts'
export type { InProcessMarksOptions } from './marks/in-process-marks.ts'
export type {
  MarkMatch,
  MarkReading,
  MarkStore,
  MarkToken,
  PreparedMarks,
  ReplacedMarks,
  WriterId,
} from './marks/marks.ts'
export { MemoryTier } from './tiers/memory-tier.ts'
export type { MemoryTierOptions } from './tiers/memory-tier.ts'
export type { Entry, Tier, TierStats } from './tiers/tier.ts'
export { openSharedMarks } from './marks/shared-marks.ts'
export type { SharedMarks, SharedMarksOptions } from './marks/shared-marks.ts'
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
} from './tiers/shared-tier.ts'
export type { DirectApi } from './direct/direct-api.ts'
export type { DirectOptions, GetOptions } from './direct/direct-options.ts'
export type { LoadMany } from './direct/load-batch.ts'
export type { Found, Slot } from './direct/slot.ts'
export { cachedMethod } from './direct/wrap.ts'
export type { Cachable, CachedMethodOptions, Wrapped, WrapOptions } from './direct/wrap.ts'
