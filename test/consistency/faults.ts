import { setTimeout as sleep } from 'node:timers/promises'
import type { RedisCluster } from '../support/redis-cluster.ts'
import type { RedisSentinels } from '../support/redis-sentinels.ts'
import type { RedisServer } from '../support/redis-server.ts'

/** What the checker runs on. */
export type Topology =
  | { readonly kind: 'server'; readonly server: RedisServer }
  | { readonly kind: 'sentinels'; readonly sentinels: RedisSentinels }
  | { readonly kind: 'cluster'; readonly cluster: RedisCluster }

/** What faults are done to. */
export interface Victims {
  readonly topology: Topology
  readonly namespace: string
  /** A chance in [0, 1). */
  readonly fraction: () => number
  /** Kills a worker at once, wherever it is, and starts another in its place. */
  readonly killWorker: () => Promise<void>
}

export interface Fault {
  readonly name: string
  /**
   * Whether it can make a write's intent and its release fail both. That is more than `'available'` bears: others may
   * then be served the old row, as docs/guarantees.md says. It is left out there.
   */
  readonly isDouble: boolean
  readonly topologies: readonly Topology['kind'][]
  readonly strike: (victims: Victims) => Promise<void>
}

const EVERYWHERE = ['server', 'sentinels', 'cluster'] as const

export const FAULTS: readonly Fault[] = [
  {
    name: 'kill a worker',
    isDouble: false,
    topologies: EVERYWHERE,
    strike: ({ killWorker }) => killWorker(),
  },
  {
    name: 'evict marks',
    isDouble: false,
    topologies: EVERYWHERE,
    strike: async ({ topology, namespace, fraction }) => {
      for (const server of primariesOf(topology)) {
        const keys = (await server.command('KEYS', `${namespace}:*`)) as string[]
        const marks = keys.filter((key) => key.includes(':m:') || key.endsWith(':all'))
        for (const mark of marks) if (fraction() < 0.5) await unlockedOnly(server, mark)
      }
    },
  },
  {
    name: 'empty Redis',
    isDouble: false,
    topologies: EVERYWHERE,
    strike: async ({ topology }) => {
      for (const server of primariesOf(topology)) await server.command('FLUSHALL')
    },
  },
  {
    name: 'lose messages',
    isDouble: false,
    topologies: EVERYWHERE,
    strike: async ({ topology }) => {
      for (const server of primariesOf(topology))
        await server.command('CLIENT', 'KILL', 'TYPE', 'pubsub')
    },
  },
  {
    name: 'cut all connections',
    isDouble: true,
    topologies: EVERYWHERE,
    strike: async ({ topology }) => {
      for (const server of primariesOf(topology))
        await server.command('CLIENT', 'KILL', 'TYPE', 'normal')
    },
  },
  {
    name: 'freeze Redis',
    isDouble: true,
    topologies: ['server'],
    strike: async ({ topology }) => {
      if (topology.kind !== 'server') return
      topology.server.freeze()
      await sleep(700)
      topology.server.thaw()
    },
  },
  {
    name: 'crash Redis',
    isDouble: false,
    topologies: ['server'],
    strike: async ({ topology }) => {
      if (topology.kind !== 'server') return
      await topology.server.kill()
      await sleep(300)
      await topology.server.restart()
    },
  },
  {
    name: 'fail over',
    isDouble: false,
    topologies: ['cluster'],
    strike: async ({ topology, fraction }) => {
      if (topology.kind === 'cluster') await topology.cluster.failover(Math.floor(fraction() * 3))
    },
  },
]

/** A lock that is evicted is a fault of its own: then nothing holds readers back, and the guarantee says so. */
async function unlockedOnly(server: RedisServer, mark: string): Promise<void> {
  const script =
    "local v = redis.call('GET', KEYS[1]); if v and string.sub(v, 1, 1) ~= '~' then redis.call('DEL', KEYS[1]) end"
  await server.command('EVAL', script, 1, mark)
}

function primariesOf(topology: Topology): readonly RedisServer[] {
  switch (topology.kind) {
    case 'server':
      return [topology.server]
    case 'sentinels':
      return [topology.sentinels.primary]
    case 'cluster':
      return topology.cluster.nodes
  }
}
