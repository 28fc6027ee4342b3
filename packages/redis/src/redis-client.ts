import { invalidOption } from '@tidemark/core'
import type { Cluster, Redis } from 'ioredis'
import { clientOfUrl } from './redis-url.ts'

/** A client that the tier can work with. */
export type RedisClient =
  | {
      readonly kind: 'server'
      readonly server: Redis
      /** One more connection, to listen on. */
      readonly connect: () => Redis
      /** Set where the tier has made it: ends it. */
      readonly end?: () => void
    }
  | {
      readonly kind: 'cluster'
      readonly cluster: Cluster
      readonly connect: () => Redis | undefined
      readonly end?: undefined
    }

/**
 * Takes a client for what it is, or makes one. One that reads from replicas is refused: they lag behind, and a mark that has not moved
 * there yet would make an old entry look current.
 *
 * @throws TidemarkError `INVALID_OPTION`
 */
export function checkClient(client: Redis | Cluster | string | URL): RedisClient {
  if (typeof client === 'string' || client instanceof URL) {
    const server = clientOfUrl(client)
    return { ...checkServer(server), end: () => server.disconnect() }
  }
  if (typeof client !== 'object' || client === null || typeof client.pipeline !== 'function') {
    throw invalidOption(
      'redisTier',
      'a client of ioredis (new Redis(…) or new Cluster(…)), or a URL',
      client,
    )
  }
  return isCluster(client) ? checkCluster(client) : checkServer(client)
}

function isCluster(client: Redis | Cluster): client is Cluster {
  return client.isCluster
}

function checkCluster(cluster: Cluster): RedisClient {
  const { scaleReads } = cluster.options
  if (scaleReads !== undefined && scaleReads !== 'master') {
    throw invalidOption('redisTier', "a client that reads from primaries (scaleReads: 'master')", {
      scaleReads,
    })
  }
  return { kind: 'cluster', cluster, connect: () => connectToAny(cluster) }
}

function checkServer(server: Redis): Extract<RedisClient, { kind: 'server' }> {
  const { readOnly, role } = server.options
  if (readOnly || role === 'slave') {
    throw invalidOption(
      'redisTier',
      'a client of the primary (no readOnly, and no role of a replica)',
      { readOnly, role },
    )
  }
  return {
    kind: 'server',
    server,
    connect: () => server.duplicate({ ...SUBSCRIBER, lazyConnect: false }),
  }
}

/** A subscriber subscribes again by itself when it is connected, and waits as long as that takes. */
const SUBSCRIBER = { autoResubscribe: false, maxRetriesPerRequest: null, readOnly: false } as const

/**
 * What is published to one server of a Cluster is heard on all. When this one is gone another is taken. Undefined where
 * none is known yet.
 */
function connectToAny(cluster: Cluster): Redis | undefined {
  const nodes = cluster.nodes('master')
  const node = nodes[Math.floor(Math.random() * nodes.length)]
  return node?.duplicate({ ...SUBSCRIBER, lazyConnect: false, retryStrategy: () => null })
}
