import { setTimeout as sleep } from 'node:timers/promises'
import { randomBytes } from 'node:crypto'
import { eventually } from './eventually.ts'
import { freePort } from './free-port.ts'
import { fieldOf, RedisServer } from './redis-server.ts'

const slots = 16_384
// Short, so that a crash is noticed soon; not so short that a busy machine looks like one.
const nodeTimeoutMs = 2_000

/** A Redis Cluster of three primaries with a replica each. */
export class RedisCluster {
  /** As they were at the start; a failover changes roles. */
  readonly primaries: readonly RedisServer[]
  /** Each at the place of its primary. */
  readonly replicas: readonly RedisServer[]
  readonly #stack: AsyncDisposableStack

  private constructor(nodes: readonly RedisServer[], stack: AsyncDisposableStack) {
    this.primaries = nodes.slice(0, nodes.length / 2)
    this.replicas = nodes.slice(nodes.length / 2)
    this.#stack = stack
  }

  static async start(): Promise<RedisCluster> {
    await using stack = new AsyncDisposableStack()
    const password = randomBytes(12).toString('hex')
    const nodes: RedisServer[] = []
    for (let node = 0; node < 6; node += 1) nodes.push(stack.use(await startNode(password)))
    const cluster = new RedisCluster(nodes, stack.move())
    try {
      await cluster.#join()
    } catch (error) {
      await cluster.stop()
      throw error
    }
    return cluster
  }

  get nodes(): readonly RedisServer[] {
    return [...this.primaries, ...this.replicas]
  }

  /** Where a client of ioredis may begin: `new Cluster(cluster.startupNodes, cluster.options)`. */
  get startupNodes(): { host: string; port: number }[] {
    return this.nodes.map(({ port }) => ({ host: '127.0.0.1', port }))
  }

  get options(): { redisOptions: { password: string } } {
    return { redisOptions: { password: this.nodes[0]!.password } }
  }

  /**
   * Makes a replica the primary of its shard, which the old primary then follows. Nothing is lost.
   *
   * @param shard 0 to 2
   */
  async failover(shard: number): Promise<void> {
    const [primary, replica] = [this.primaries[shard]!, this.replicas[shard]!]
    const follower = (await replica.info('role')) === 'slave' ? replica : primary
    await eventually('the replica takes over', async () => {
      // It gives up after some seconds, as on a machine that is busy, and is then asked again.
      await follower.command('CLUSTER', 'FAILOVER').catch(() => undefined)
      await sleep(1000)
      return (await follower.info('role')) === 'master'
    })
    await this.#promoted(follower)
  }

  /** Crashes the first primary of a shard, and waits until its replica has taken over. */
  async crashPrimary(shard: number): Promise<void> {
    await this.primaries[shard]!.kill()
    await this.#promoted(this.replicas[shard]!)
    await this.#settled(this.nodes.filter((node) => node !== this.primaries[shard]))
  }

  /** Crashes whoever is the primary of a shard, waits until the other has taken over, and lets it follow that one. */
  async crashAndFollow(shard: number): Promise<void> {
    const pair = [this.primaries[shard]!, this.replicas[shard]!] as const
    const [current, next] =
      (await pair[0].info('role')) === 'master' ? pair : ([pair[1], pair[0]] as const)
    await current.kill()
    await this.#promoted(next)
    await this.#settled(this.nodes.filter((node) => node !== current))
    await current.restart()
    await eventually('the one that crashed follows', async () => {
      return (await current.info('master_link_status')) === 'up'
    })
  }

  async stop(): Promise<void> {
    await this.#stack.disposeAsync()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }

  async #join(): Promise<void> {
    const [first, ...others] = this.nodes
    for (const { port, busPort } of await addresses(others)) {
      await first!.command('CLUSTER', 'MEET', '127.0.0.1', port, busPort)
    }
    const share = Math.ceil(slots / this.primaries.length)
    for (const [index, primary] of this.primaries.entries()) {
      const last = Math.min((index + 1) * share, slots) - 1
      await primary.command('CLUSTER', 'ADDSLOTSRANGE', index * share, last)
    }
    await this.#eachEventually('knows all others', this.nodes, async (node) =>
      fieldIs(await node.command('CLUSTER', 'INFO'), 'cluster_known_nodes', '6'),
    )
    for (const [index, replica] of this.replicas.entries()) {
      const id = String(await this.primaries[index]!.command('CLUSTER', 'MYID'))
      // It must have heard that the other is a primary.
      await eventually('a replica follows', async () => {
        await replica.command('CLUSTER', 'REPLICATE', id)
        return true
      })
    }
    await this.#settled(this.nodes)
    await this.#eachEventually('has a replica in step', this.primaries, async (node) =>
      (await node.info('slave0')).includes('state=online'),
    )
  }

  async #promoted(node: RedisServer): Promise<void> {
    await eventually('the replica is the primary', async () => {
      return (await node.info('role')) === 'master'
    })
    await eventually('the cluster is whole', async () =>
      fieldIs(await node.command('CLUSTER', 'INFO'), 'cluster_state', 'ok'),
    )
  }

  #settled(nodes: readonly RedisServer[]): Promise<void> {
    return this.#eachEventually('finds the cluster whole', nodes, async (node) =>
      fieldIs(await node.command('CLUSTER', 'INFO'), 'cluster_state', 'ok'),
    )
  }

  async #eachEventually(
    what: string,
    nodes: readonly RedisServer[],
    condition: (node: RedisServer) => Promise<boolean>,
  ): Promise<void> {
    await Promise.all(
      nodes.map((node) => eventually(`node ${node.port} ${what}`, () => condition(node))),
    )
  }
}

async function startNode(password: string): Promise<RedisServer> {
  return RedisServer.start({
    password,
    settings: {
      'cluster-enabled': 'yes',
      'cluster-config-file': 'nodes.conf',
      'cluster-node-timeout': nodeTimeoutMs,
      // By default 10000 above the port, where there may be no more ports.
      'cluster-port': await freePort(),
    },
  })
}

function addresses(nodes: readonly RedisServer[]): Promise<{ port: number; busPort: number }[]> {
  return Promise.all(
    nodes.map(async (node) => {
      const [, busPort] = (await node.command('CONFIG', 'GET', 'cluster-port')) as string[]
      return { port: node.port, busPort: Number(busPort) }
    }),
  )
}

function fieldIs(info: unknown, field: string, value: string): boolean {
  return fieldOf(String(info), field) === value
}
