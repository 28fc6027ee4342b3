import { randomBytes } from 'node:crypto'
import { eventually } from './eventually.ts'
import { RedisServer } from './redis-server.ts'

const group = 'tidemark'
// Short, so that a crash is noticed soon; not so short that a busy machine looks like one.
const downAfterMs = 2_000

/** What a client of ioredis is to be told. */
export interface SentinelAddress {
  readonly name: string
  readonly sentinels: { host: string; port: number }[]
  readonly password: string
  readonly sentinelPassword: string
}

/** A primary with a replica, and three Sentinels that watch over them. */
export class RedisSentinels {
  /** As they were at the start; a failover changes roles. */
  readonly primary: RedisServer
  readonly replica: RedisServer
  readonly sentinels: readonly RedisServer[]
  readonly #stack: AsyncDisposableStack

  private constructor(
    [primary, replica]: readonly [RedisServer, RedisServer],
    sentinels: readonly RedisServer[],
    stack: AsyncDisposableStack,
  ) {
    this.primary = primary
    this.replica = replica
    this.sentinels = sentinels
    this.#stack = stack
  }

  /** @param failoverTimeoutMs twice this time Sentinels leave between two failovers */
  static async start({ failoverTimeoutMs = 10_000 } = {}): Promise<RedisSentinels> {
    await using stack = new AsyncDisposableStack()
    const password = randomBytes(12).toString('hex')
    const primary = stack.use(await RedisServer.start({ password }))
    const replica = stack.use(
      await RedisServer.start({
        password,
        settings: { replicaof: `127.0.0.1 ${primary.port}` },
      }),
    )
    await linkIsUp(replica)
    const sentinels: RedisServer[] = []
    for (let sentinel = 0; sentinel < 3; sentinel += 1) {
      sentinels.push(stack.use(await startSentinel(primary, failoverTimeoutMs)))
    }
    await Promise.all(
      sentinels.map((sentinel) =>
        eventually('each Sentinel knows the replica and the other Sentinels', async () => {
          const state = await stateOf(sentinel)
          return state['num-slaves'] === '1' && state['num-other-sentinels'] === '2'
        }),
      ),
    )
    return new RedisSentinels([primary, replica], sentinels, stack.move())
  }

  /** For a client of ioredis that asks the Sentinels who is the primary. */
  get options(): SentinelAddress {
    return {
      name: group,
      sentinels: this.sentinels.map(({ port }) => ({ host: '127.0.0.1', port })),
      password: this.primary.password,
      sentinelPassword: this.primary.password,
    }
  }

  /** The primary, by word of the Sentinels. */
  async currentPrimary(): Promise<RedisServer> {
    const [, port] = (await this.sentinels[0]!.command(
      'SENTINEL',
      'GET-MASTER-ADDR-BY-NAME',
      group,
    )) as string[]
    return [this.primary, this.replica].find((server) => server.port === Number(port))!
  }

  /**
   * Lets the Sentinels make the replica the primary while both live. What the new one had not heard of is lost. For some
   * seconds the old one goes on as a primary for those who are connected to it, until it is told to follow.
   */
  async failover(): Promise<void> {
    const { next } = await this.#roles()
    await eventually('the Sentinels agree to a failover', async () => {
      await this.sentinels[0]!.command('SENTINEL', 'FAILOVER', group)
      return true
    })
    await this.#promoted(next)
  }

  /** Crashes the first primary, and waits until its replica has taken over. */
  async crashPrimary(): Promise<void> {
    await this.primary.kill()
    await this.#promoted(this.replica)
  }

  /** Crashes whoever is the primary, waits until the other has taken over, and lets the one that crashed follow it. */
  async crashAndFollow(): Promise<void> {
    const { current, next } = await this.#roles()
    await current.kill()
    await this.#promoted(next)
    await current.restart()
    // `cutReplicaOff` has changed it, and Sentinels made the server write that down.
    await current.command('CONFIG', 'SET', 'masterauth', current.password)
    await current.command('REPLICAOF', '127.0.0.1', next.port)
    await linkIsUp(current)
  }

  /**
   * Cuts the replica off from what the primary acknowledges from now on. A failover within a few seconds loses it.
   * Sentinels do not promote a replica that has been cut off for longer.
   */
  async cutReplicaOff(): Promise<void> {
    const { current, next } = await this.#roles()
    await next.command('CONFIG', 'SET', 'masterauth', 'wrong')
    await current.command('CLIENT', 'KILL', 'TYPE', 'replica')
    await eventually('the replica is cut off', async () => {
      return (await next.info('master_link_status')) === 'down'
    })
  }

  async stop(): Promise<void> {
    await this.#stack.disposeAsync()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }

  /** Who is the primary now, and who takes over from it. */
  async #roles(): Promise<{ current: RedisServer; next: RedisServer }> {
    const current = await this.currentPrimary()
    return { current, next: current === this.primary ? this.replica : this.primary }
  }

  async #promoted(next: RedisServer): Promise<void> {
    await eventually('the replica is the primary', async () => {
      return (await next.info('role')) === 'master'
    })
    await Promise.all(
      this.sentinels.map((sentinel) =>
        eventually('each Sentinel names the new primary', async () => {
          const { ip, port } = await stateOf(sentinel)
          return ip === '127.0.0.1' && Number(port) === next.port
        }),
      ),
    )
  }
}

function startSentinel(primary: RedisServer, failoverTimeoutMs: number): Promise<RedisServer> {
  const { password } = primary
  return RedisServer.start({
    mode: 'sentinel',
    password,
    settings: {
      'sentinel monitor': `${group} 127.0.0.1 ${primary.port} 2`,
      'sentinel auth-pass': `${group} ${password}`,
      'sentinel down-after-milliseconds': `${group} ${downAfterMs}`,
      'sentinel failover-timeout': `${group} ${failoverTimeoutMs}`,
      // What they ask each other.
      'sentinel sentinel-pass': password,
    },
  })
}

async function stateOf(sentinel: RedisServer): Promise<Record<string, string>> {
  const flat = (await sentinel.command('SENTINEL', 'MASTER', group)) as string[]
  const pairs = Array.from({ length: flat.length / 2 }, (_, index) =>
    flat.slice(index * 2, index * 2 + 2),
  )
  return Object.fromEntries(pairs) as Record<string, string>
}

async function linkIsUp(replica: RedisServer): Promise<void> {
  await eventually('the replica is in step', async () => {
    return (await replica.info('master_link_status')) === 'up'
  })
}
