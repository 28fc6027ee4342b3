import { invalidOption, type SharedTierContext } from '@tidemark/core'
import { EntryCodec } from './codec/entry-codec.ts'
import { ClusterLink } from './cluster-link.ts'
import { Guard, type Limit } from './guard.ts'
import { LeaseKeeper } from './lease-keeper.ts'
import { MarkWrites } from './mark-writes.ts'
import type { ResolvedRedisOptions } from './options.ts'
import { RedisBus } from './redis-bus.ts'
import type { RedisClient } from './redis-client.ts'
import type { RedisLink } from './redis-link.ts'
import { RedisNames } from './redis-names.ts'
import { ServerLink } from './server-link.ts'

/** What a tier is made of. */
export interface Parts {
  readonly context: SharedTierContext
  readonly names: RedisNames
  readonly codec: EntryCodec
  readonly guard: Guard
  readonly link: RedisLink
  readonly writes: MarkWrites
  /** For `cache.health()` and for lists, which must not end in others being refused. */
  readonly trial: RedisLink
  readonly leases: LeaseKeeper
  readonly bus: RedisBus
}

/** Makes all that a tier works with, once it is known for whom. */
export function openParts(
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
  const writes = new MarkWrites({ link, bus, names, leaseMs: context.leaseMs })
  const leases = new LeaseKeeper(context.leaseMs, (marks, writer) =>
    writes.lock(marks, writer, 'renew'),
  )
  const codec = new EntryCodec({
    codec: options.codec,
    valueTypes: context.valueTypes,
    maxBytes: options.maxEntryBytes,
    compressAbove: options.compressAbove,
    encryption: options.encryption,
  })
  return { context, names, codec, guard, link, writes, trial, leases, bus }
}

/** Over how many groups the entries of a Cluster are spread: some for each server, and few enough to move all at once. */
const CLUSTER_GROUPS = 32
