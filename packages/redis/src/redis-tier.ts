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
import { EntryCodec } from './codec/entry-codec.ts'
import { ClusterLink } from './cluster-link.ts'
import { Guard, type Limit } from './guard.ts'
import { healthOf } from './health.ts'
import { LeaseKeeper } from './lease-keeper.ts'
import { listEntries, listMarks } from './listing.ts'
import { type RedisTierOptions, type ResolvedRedisOptions, resolveRedisOptions } from './options.ts'
import { checkClient, type RedisClient } from './redis-client.ts'
import { RedisBus } from './redis-bus.ts'
import type { ArgsOf, RedisLink } from './redis-link.ts'
import { RedisNames } from './redis-names.ts'
import { INTENT, RELEASE, type Script, UNCLAIM } from './scripts.ts'
import { ServerLink } from './server-link.ts'
import { readEntry } from './stored-entry.ts'

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

/** Over how many groups the entries of a Cluster are spread: some for each server, and few enough to move all at once. */
const CLUSTER_GROUPS = 32

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
    this.#opened = open(this.#client, this.#options, context)
  }

  marksOf(tags: readonly Tag[], key?: CacheKey): readonly Tag[] {
    return this.#parts.names.marksOf(tags, key)
  }

  async lookup(marks: readonly Tag[], key?: CacheKey): Promise<SharedLookup> {
    const { link, names, codec } = this.#parts
    const entry = key === undefined ? undefined : names.entry(key)
    const found = await link.lookup(this.#namesOf(marks), entry)
    return {
      marks: found.marks,
      entry: found.bytes
        ? readEntry(codec, entry!, key!, found.bytes, found.remainingMs)
        : undefined,
    }
  }

  mint(marks: readonly Tag[]): Promise<readonly SharedMark[]> {
    const { link, context } = this.#parts
    const tokens = marks.map(() => context.random.token())
    return link.mint(this.#namesOf(marks), tokens, this.#options.markTtlMs)
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
    await this.#lock(marks, writer, 'new')
  }

  release(marks: readonly Tag[], writer: WriterId): Promise<number> {
    this.#parts.leases.drop(writer)
    return this.#write(RELEASE, marks, [writer])
  }

  /** A lock that nobody renews. */
  async abandon(marks: readonly Tag[], writer: WriterId): Promise<void> {
    this.#parts.leases.drop(writer)
    await this.#lock(marks, writer, 'renew')
  }

  async nextTokens(marks: readonly Tag[]): Promise<readonly MarkToken[]> {
    const { context, link } = this.#parts
    // A server that takes over meanwhile has another epoch, and takes these for none.
    const epochs = await link.epochs(this.#namesOf(marks))
    return epochs.map((epoch) => (epoch + context.random.token()) as MarkToken)
  }

  async replace(
    marks: readonly Tag[],
    writer: WriterId,
    tokens: ReadonlyMap<Tag, MarkToken>,
  ): Promise<readonly Replacement[]> {
    const { bus, leases, link, names } = this.#parts
    leases.drop(writer)
    const done = await link.replace(
      this.#namesOf(marks),
      telling(bus, names, marks, [writer, this.#options.markTtlMs]),
      marks.map((mark) => tokens.get(mark) ?? ''),
    )
    return done.map((code) => REPLACEMENTS[code] ?? 'lost')
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

  #namesOf(marks: readonly Tag[]): string[] {
    return marks.map((mark) => this.#parts.names.mark(mark))
  }

  #lock(marks: readonly Tag[], writer: WriterId, how: 'new' | 'renew'): Promise<number> {
    return this.#write(INTENT, marks, [writer, this.#parts.context.leaseMs, how])
  }

  #write(
    script: Script,
    marks: readonly Tag[],
    args: readonly (string | number)[],
  ): Promise<number> {
    const { bus, link, names } = this.#parts
    return link.write(script, this.#namesOf(marks), telling(bus, names, marks, args))
  }
}

/** What a script is given that tells others of the marks it moves. */
function telling(
  bus: RedisBus,
  { channel }: RedisNames,
  marks: readonly Tag[],
  args: readonly (string | number)[],
): ArgsOf {
  return (at) => {
    const message = at === 'all' ? bus.message(marks) : bus.messageOfPart(marks[at]!)
    return [channel, message, ...args]
  }
}

/** By what `REPLACE` returns. */
const REPLACEMENTS: readonly Replacement[] = ['lost', 'released', 'replaced']

/** Does all that reads and writes do, on names of its own, with nobody to be told. */
async function tryOut(link: RedisLink, names: RedisNames, { random }: SharedTierContext) {
  const trials = names.trials
  const writer = random.token()
  const message = JSON.stringify([writer])
  await link.lookup(trials, trials[0])
  await link.mint(
    trials,
    trials.map(() => random.token()),
    TRIAL_MS,
  )
  await link.write(INTENT, trials, () => [names.channel, message, writer, TRIAL_MS, 'new'])
  await link.write(RELEASE, trials, () => [names.channel, message, writer])
}

/** How long what a trial leaves behind is kept, where it could not remove it. */
const TRIAL_MS = 1000

interface Parts {
  readonly context: SharedTierContext
  readonly names: RedisNames
  readonly codec: EntryCodec
  readonly guard: Guard
  readonly link: RedisLink
  /** For `cache.health()` and for lists, which must not end in others being refused. */
  readonly trial: RedisLink
  readonly leases: LeaseKeeper
  readonly bus: RedisBus
}

function open(
  client: RedisClient,
  options: ResolvedRedisOptions,
  context: SharedTierContext,
): Parts {
  if (context.leaseMs < 4 * options.timeoutMs) {
    throw invalidOption(
      'lease',
      `at least four times the timeout of the redis tier (${options.timeoutMs} ms), so that a lock cannot end while it is ` +
        'being renewed',
      context.leaseMs,
    )
  }
  const names = new RedisNames({
    namespace: context.namespace,
    groups: client.kind === 'cluster' ? CLUSTER_GROUPS : 1,
    hashes: options.hashes,
    areTagsHidden: options.areTagsHidden,
  })
  const guard = new Guard({
    ...options,
    probe: () => link.checkEpochs(),
    onRecovered: context.onLost,
  })
  const linkWith = (limit: Limit, onReplaced: () => void): RedisLink =>
    client.kind === 'cluster'
      ? new ClusterLink(client.cluster, limit, onReplaced)
      : new ServerLink(client.server, limit, onReplaced)
  const link = linkWith(guard, context.onReplaced)
  const trial = linkWith({ run: (call) => guard.try(call) }, () => {})
  const bus = new RedisBus({
    channel: names.channel,
    instance: context.random.token(),
    connect: client.connect,
    publish: (channel, message) => link.publish(channel, message),
    heartbeatMs: options.heartbeatMs,
    onBeat: () => {
      // A server that does not answer is noticed by whoever needs it.
      guard.run(() => link.checkEpochs()).catch(() => undefined)
    },
    onMoved: context.onMoved,
    onLost: context.onLost,
  })
  const leases = new LeaseKeeper(context.leaseMs, (marks, writer) =>
    link.write(
      INTENT,
      marks.map((mark) => names.mark(mark)),
      telling(bus, names, marks, [writer, context.leaseMs, 'renew']),
    ),
  )
  const codec = new EntryCodec({
    codec: options.codec,
    valueTypes: context.valueTypes,
    maxBytes: options.maxEntryBytes,
    compressAbove: options.compressAbove,
    encryption: options.encryption,
  })
  return { context, names, codec, guard, link, trial, leases, bus }
}
