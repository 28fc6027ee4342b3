import { setTimeout as sleep } from 'node:timers/promises'
import type { RedisServer } from '../support/redis-server.ts'
import type { RunOptions } from './options.ts'
import { primariesOf, serversOf, type Topology, type TopologyKind } from './topology.ts'

/** What faults are done to. */
export interface Victims {
  readonly topology: Topology
  readonly namespace: string
  readonly leaseMs: number
  /** A chance in [0, 1). */
  readonly fraction: () => number
  /** Kills a worker at once, wherever it is, and starts another in its place. */
  readonly killWorker: () => Promise<void>
  /** Stops a worker in its tracks. */
  readonly pauseWorker: (forMs: number) => Promise<void>
  /** Lets a worker hear nothing of others' writes, without a sign that it should. */
  readonly deafenWorker: (forMs: number) => void
}

export interface Fault {
  readonly name: string
  readonly topologies: readonly TopologyKind[]
  /** Whether docs/guarantees.md says that this is more than the setting bears. It is then done only when asked for. */
  readonly isResidual: (options: RunOptions) => boolean
  /** Whether it is done once more in the last moment, when no later message makes up for one that is lost. */
  readonly isLast?: boolean
  readonly strike: (victims: Victims) => Promise<void>
}

const EVERYWHERE = ['server', 'sentinels', 'cluster'] as const
const NEVER = () => false

/**
 * A writer that dies, or cannot tell Redis, after its COMMIT has told nobody before it either. Under `'available'` it has
 * tried to: what a write may hide that reached Redis neither before nor after is told apart in excuse.ts.
 */
const WHERE_NOTHING_IS_LOCKED = ({ consistency }: RunOptions) => consistency === 'fresh'

export const FAULTS: readonly Fault[] = [
  {
    name: 'kill a worker',
    topologies: EVERYWHERE,
    isResidual: WHERE_NOTHING_IS_LOCKED,
    strike: ({ killWorker }) => killWorker(),
  },
  {
    name: 'pause a worker',
    topologies: EVERYWHERE,
    isResidual: () => true,
    strike: ({ pauseWorker, leaseMs }) => pauseWorker(leaseMs * 1.5),
  },
  {
    name: 'drop messages',
    topologies: EVERYWHERE,
    // Until maxStaleness is over: too long to wait for at the end.
    isResidual: ({ staleness }) => staleness > 2000,
    strike: ({ deafenWorker, fraction }) => Promise.resolve(deafenWorker(200 + fraction() * 1000)),
  },
  {
    name: 'evict marks',
    topologies: EVERYWHERE,
    isResidual: NEVER,
    strike: async ({ topology, namespace, fraction }) => {
      for (const server of await primariesOf(topology)) {
        const keys = (await server.command('KEYS', `${namespace}:*`)) as string[]
        const marks = keys.filter((key) => key.includes(':m:') || /:all(:|$)/.test(key))
        for (const mark of marks) if (fraction() < 0.5) await evictUnlocked(server, mark)
      }
    },
  },
  {
    name: 'empty Redis',
    topologies: EVERYWHERE,
    isResidual: NEVER,
    strike: async ({ topology }) => {
      for (const server of await primariesOf(topology)) await server.command('FLUSHALL')
    },
  },
  {
    name: 'lose messages',
    topologies: EVERYWHERE,
    isResidual: NEVER,
    isLast: true,
    strike: async ({ topology }) => {
      // For a while: whoever listens is back within some milliseconds.
      for (let time = 0; time < 12; time += 1) {
        for (const server of await serversOf(topology)) {
          await server.command('CLIENT', 'KILL', 'TYPE', 'pubsub')
        }
        await sleep(25)
      }
    },
  },
  {
    name: 'cut all connections',
    topologies: EVERYWHERE,
    isResidual: WHERE_NOTHING_IS_LOCKED,
    strike: async ({ topology }) => {
      for (const server of await serversOf(topology)) {
        await server.command('CLIENT', 'KILL', 'TYPE', 'normal')
      }
    },
  },
  {
    name: 'freeze Redis',
    topologies: ['server'],
    isResidual: WHERE_NOTHING_IS_LOCKED,
    strike: async ({ topology }) => {
      if (topology.kind !== 'server') return
      topology.server.freeze()
      await sleep(700)
      topology.server.thaw()
    },
  },
  {
    name: 'crash Redis',
    topologies: ['server'],
    isResidual: WHERE_NOTHING_IS_LOCKED,
    strike: async ({ topology }) => {
      if (topology.kind !== 'server') return
      await topology.server.kill()
      await sleep(300)
      await topology.server.restart()
    },
  },
  {
    name: 'restore Redis',
    topologies: ['server'],
    isResidual: WHERE_NOTHING_IS_LOCKED,
    // What it acknowledged in between is lost, as in a failover to a replica that lags behind.
    strike: async ({ topology, fraction }) => {
      if (topology.kind !== 'server') return
      await topology.server.command('SAVE')
      await sleep(300 + fraction() * 700)
      await topology.server.kill()
      await topology.server.restart()
    },
  },
  {
    name: 'fail over',
    topologies: ['cluster'],
    isResidual: WHERE_NOTHING_IS_LOCKED,
    strike: async ({ topology, fraction }) => {
      if (topology.kind === 'cluster') await topology.cluster.failover(Math.floor(fraction() * 3))
    },
  },
  {
    name: 'crash a primary',
    topologies: ['sentinels', 'cluster'],
    isResidual: WHERE_NOTHING_IS_LOCKED,
    strike: async ({ topology, fraction }) => {
      const shard = Math.floor(fraction() * 3)
      if (topology.kind === 'cluster') await topology.cluster.crashAndFollow(shard)
      if (topology.kind === 'sentinels') await topology.sentinels.crashAndFollow()
    },
  },
  {
    name: 'lose writes in a failover',
    topologies: ['sentinels'],
    isResidual: WHERE_NOTHING_IS_LOCKED,
    strike: async ({ topology }) => {
      if (topology.kind !== 'sentinels') return
      await topology.sentinels.cutReplicaOff()
      await sleep(500)
      await topology.sentinels.crashAndFollow()
    },
  },
]

/** A lock that is evicted is a fault of its own: then nothing holds readers back, and the guarantee says so. */
async function evictUnlocked(server: RedisServer, mark: string): Promise<void> {
  const script =
    "local v = redis.call('GET', KEYS[1]); if v and string.sub(v, 1, 1) ~= '~' then redis.call('DEL', KEYS[1]) end"
  await server.command('EVAL', script, 1, mark)
}
