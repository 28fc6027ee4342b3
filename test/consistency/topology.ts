import { RedisCluster } from '../support/redis-cluster.ts'
import { RedisSentinels } from '../support/redis-sentinels.ts'
import { RedisServer } from '../support/redis-server.ts'
import type { RedisSettings } from './settings.ts'

/** What the checker runs on. */
export type Topology =
  | { readonly kind: 'server'; readonly server: RedisServer }
  | { readonly kind: 'sentinels'; readonly sentinels: RedisSentinels }
  | { readonly kind: 'cluster'; readonly cluster: RedisCluster }

export type TopologyKind = Topology['kind']

export async function startTopology(kind: TopologyKind): Promise<Topology & AsyncDisposable> {
  switch (kind) {
    case 'server': {
      const server = await RedisServer.start()
      return { kind, server, [Symbol.asyncDispose]: () => server.stop() }
    }
    case 'sentinels': {
      // Sentinels leave twice this time between two failovers.
      const sentinels = await RedisSentinels.start({ failoverTimeoutMs: 2000 })
      return { kind, sentinels, [Symbol.asyncDispose]: () => sentinels.stop() }
    }
    case 'cluster': {
      const cluster = await RedisCluster.start()
      return { kind, cluster, [Symbol.asyncDispose]: () => cluster.stop() }
    }
  }
}

/** How a worker connects to it. */
export function redisSettings(topology: Topology): RedisSettings {
  switch (topology.kind) {
    case 'server':
      return { kind: 'server', options: topology.server.options }
    case 'sentinels':
      return { kind: 'server', options: topology.sentinels.options }
    case 'cluster':
      return {
        kind: 'cluster',
        nodes: topology.cluster.startupNodes,
        options: topology.cluster.options,
      }
  }
}

/** Those that are primaries now. */
export async function primariesOf(topology: Topology): Promise<readonly RedisServer[]> {
  switch (topology.kind) {
    case 'server':
      return [topology.server]
    case 'sentinels':
      return [await topology.sentinels.currentPrimary()]
    case 'cluster': {
      const { nodes } = topology.cluster
      const roles = await Promise.all(nodes.map((node) => node.info('role')))
      return nodes.filter((_, index) => roles[index] === 'master')
    }
  }
}

/** Every server that a client may be connected to. */
export async function serversOf(topology: Topology): Promise<readonly RedisServer[]> {
  return topology.kind === 'cluster' ? topology.cluster.nodes : primariesOf(topology)
}
