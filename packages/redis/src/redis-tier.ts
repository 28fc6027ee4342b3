import {
  type CacheKey,
  type Claim,
  invalidOption,
  type ListedEntry,
  type ListedMark,
  type MarkToken,
  type NewSharedEntry,
  type Replacement,
  type SharedHealth,
  type SharedLookup,
  type SharedMark,
  type SharedTier,
  type SharedTierContext,
  type Tag,
  type WriterId,
} from '@tidemark/core'
import type { Cluster, Redis } from 'ioredis'
import { healthOf } from './health.ts'
import { listEntries, listMarks } from './listing.ts'
import { type RedisTierOptions, type ResolvedRedisOptions, resolveRedisOptions } from './options.ts'
import { openParts, type Parts } from './parts.ts'
import { checkClient, type RedisClient } from './redis-client.ts'
import { UNCLAIM } from './scripts.ts'
import { readEntry } from './stored-entry.ts'
import { tryOut } from './try-out.ts'

/**
 * Redis as the tier that processes share: one server, what Sentinels name as the primary, or a Cluster.
 *
 * A client stays yours: closing the cache does not close it. One more connection, made like it, listens for messages. Given
 * a URL the tier makes both, and closes them with the cache.
 *
 * @param client of ioredis, 5.3 or later, which must read from primaries only; or the URL of one server, such as
 *   `redis://user:password@localhost:6379/0`, or `rediss://…` for TLS
 * @throws TidemarkError `INVALID_OPTION`
 * @example
 * const cache = createTidemark({ namespace: 'shop', shared: redisTier('redis://localhost:6379') })
 * const cache = createTidemark({ namespace: 'shop', shared: redisTier(new Redis({ … })) })
 */
export function redisTier(
  client: Redis | Cluster | string | URL,
  options: RedisTierOptions = {},
): SharedTier {
  const resolved = resolveRedisOptions(options)
  return new RedisTier(checkClient(client), resolved)
}

class RedisTier implements SharedTier {
  readonly name = 'redis'
  readonly #client: RedisClient
  readonly #options: ResolvedRedisOptions
  #opened: Parts | undefined

  constructor(client: RedisClient, options: ResolvedRedisOptions) {
    this.#client = client
    this.#options = options
  }

  open(context: SharedTierContext): void {
    if (this.#opened) {
      throw invalidOption('shared', 'a tier of its own for each cache', 'one that is in use')
    }
    this.#opened = openParts(this.#client, this.#options, context)
  }

  marksOf(tags: readonly Tag[], key?: CacheKey): readonly Tag[] {
    return this.#parts.names.marksOf(tags, key)
  }

  async lookup(marks: readonly Tag[], key?: CacheKey): Promise<SharedLookup> {
    const { link, names, codec } = this.#parts
    const entry = key === undefined ? undefined : names.entry(key)
    const found = await link.lookup(names.marks(marks), entry)
    return {
      marks: found.marks,
      entry: found.bytes
        ? readEntry(codec, entry!, key!, found.bytes, found.remainingMs)
        : undefined,
    }
  }

  mint(marks: readonly Tag[]): Promise<readonly SharedMark[]> {
    const { context, link, names } = this.#parts
    const tokens = marks.map(() => context.random.token())
    return link.mint(names.marks(marks), tokens, this.#options.markTtlMs)
  }

  async store(key: CacheKey, entry: NewSharedEntry): Promise<void> {
    const { tokens, ttlMs, ageMs, loadMs, value } = entry
    const { link, names, codec } = this.#parts
    const keepMs = Math.min(entry.keepMs, this.#options.maxTtlMs)
    const remainingMs = Math.floor(keepMs - ageMs)
    if (remainingMs < 1) return
    const name = names.entry(key)
    // Before anything is awaited: the value is its caller's.
    const sealed = codec.seal(
      name,
      key,
      {
        ...{ tokens, loadMs, ttlMs, keepMs, createdAt: Date.now() - ageMs },
        // What is encrypted needs no other names.
        tags: this.#options.encryption ? entry.tags : names.shownTags(entry.tags),
      },
      value,
    )
    if (sealed.state === 'sealed') await link.store(name, sealed.bytes, remainingMs)
  }

  async intent(marks: readonly Tag[], writer: WriterId): Promise<void> {
    this.#parts.leases.keep(marks, writer)
    await this.#parts.writes.lock(marks, writer, 'new')
  }

  release(marks: readonly Tag[], writer: WriterId): Promise<number> {
    this.#parts.leases.drop(writer)
    return this.#parts.writes.release(marks, writer)
  }

  /** A lock that nobody renews. */
  async abandon(marks: readonly Tag[], writer: WriterId): Promise<void> {
    this.#parts.leases.drop(writer)
    await this.#parts.writes.lock(marks, writer, 'renew')
  }

  async nextTokens(marks: readonly Tag[]): Promise<readonly MarkToken[]> {
    const { context, link, names } = this.#parts
    // A server that takes over meanwhile has another epoch, and takes these for none.
    const epochs = await link.epochs(names.marks(marks))
    return epochs.map((epoch) => (epoch + context.random.token()) as MarkToken)
  }

  replace(
    marks: readonly Tag[],
    writer: WriterId,
    tokens: ReadonlyMap<Tag, MarkToken>,
  ): Promise<readonly Replacement[]> {
    const { leases, writes } = this.#parts
    leases.drop(writer)
    return writes.replace(marks, writer, tokens, this.#options.markTtlMs)
  }

  async claim(
    key: CacheKey,
    tokens: readonly MarkToken[],
    who: string,
    claimMs: number,
  ): Promise<Claim> {
    const { link, names } = this.#parts
    const holder = await link.claim(names.claim(key, tokens), who, claimMs)
    if (holder === who) return 'yours'
    return holder === 'over' ? 'over' : 'taken'
  }

  async unclaim(
    key: CacheKey,
    tokens: readonly MarkToken[],
    who: string,
    how: 'over' | 'free',
    claimMs: number,
  ): Promise<void> {
    const { link, names } = this.#parts
    await link.write(UNCLAIM, [names.claim(key, tokens)], () => [who, how, claimMs])
  }

  get hidesNames(): boolean {
    return this.#options.areTagsHidden
  }

  listMarks(prefix: string): AsyncIterable<readonly ListedMark[]> {
    const { names, trial } = this.#parts
    return listMarks(trial, names, prefix)
  }

  listEntries(): AsyncIterable<readonly ListedEntry[]> {
    const { codec, names, trial } = this.#parts
    return listEntries(trial, names, codec)
  }

  async health(): Promise<SharedHealth> {
    const { bus, context, guard, names, trial } = this.#parts
    // A Cluster that was not asked yet does not know its servers: the first question waits for that.
    await guard.try(() => trial.checkEpochs()).catch(() => undefined)
    return healthOf({
      client: this.#client,
      timeoutMs: this.#options.timeoutMs,
      isBreakerOpen: guard.isOpen,
      isBusUp: bus.isUp,
      tryOut: () => tryOut(trial, names, context),
    })
  }

  async close(): Promise<void> {
    const { bus, guard, leases, link, trial } = this.#parts
    bus.close()
    leases.close()
    guard.close()
    link.close()
    trial.close()
    this.#client.end?.()
  }

  get #parts(): Parts {
    if (!this.#opened) throw new Error('redisTier: expected to be opened by createTidemark first')
    return this.#opened
  }
}
