import { once } from 'node:events'
import type { SharedMark } from '@tidemark/core'
import calculateSlot from 'cluster-key-slot'
import type { Cluster, Redis } from 'ioredis'
import { scanCluster } from './cluster-scan.ts'
import { type Limit, Unreachable } from './guard.ts'
import {
  type ArgsOf,
  type LookupRequest,
  type MintRequest,
  type RawLookup,
  readEpoch,
  readMark,
  type RedisLink,
  runScript,
} from './redis-link.ts'
import { MINT, REPLACE, type Script } from './scripts.ts'
import { TickBatch } from './tick-batch.ts'

/**
 * The way to the servers of a Cluster. Each key is asked for at the primary of its slot, all at once: one round trip by
 * the clock. That they are not read at one moment does no harm: a token that is there after another was read is not
 * minted twice, so it was there all the time.
 */
export class ClusterLink implements RedisLink {
  readonly #cluster: Cluster
  readonly #limit: Limit
  readonly #onReplaced: () => void
  readonly #epochs = new Set<string>()
  /** By server. A record of its own for each connection: an answer belongs to the one that was asked. */
  readonly #servers = new Map<string, Server>()

  readonly #lookups = new TickBatch<LookupRequest, RawLookup>((requests) =>
    this.#run(() => Promise.all(requests.map((request) => this.#lookUp(request)))),
  )
  readonly #mints = new TickBatch<MintRequest, SharedMark>((requests) =>
    this.#run(() => Promise.all(requests.map((request) => this.#mint(request)))),
  )

  /** @param onReplaced called when a server answers for a slot that another answered for before, or with another epoch */
  constructor(cluster: Cluster, limit: Limit, onReplaced: () => void) {
    this.#cluster = cluster
    this.#limit = limit
    this.#onReplaced = onReplaced
  }

  lookup(marks: readonly string[], entry?: string): Promise<RawLookup> {
    return this.#lookups.ask([entry, ...marks].join('\n'), { marks, entry })
  }

  mint(
    marks: readonly string[],
    tokens: readonly string[],
    ttlMs: number,
  ): Promise<readonly SharedMark[]> {
    const minted = marks.map((mark, at) =>
      this.#mints.ask(mark, { mark, token: tokens[at]!, ttlMs }),
    )
    return Promise.all(minted)
  }

  write(script: Script, marks: readonly string[], args: ArgsOf): Promise<number> {
    return this.#run(async () => {
      const counts = await Promise.all(
        marks.map((mark, at) => runScript(this.#cluster, script, [mark], args(toldBy(at)))),
      )
      return counts.reduce<number>((sum, count) => sum + Number(count), 0)
    })
  }

  replace(
    marks: readonly string[],
    args: ArgsOf,
    tokens: readonly string[],
  ): Promise<readonly number[]> {
    return this.#run(() =>
      Promise.all(
        marks.map(async (mark, at) => {
          const own = [...args(toldBy(at)), tokens[at]!]
          const done = await runScript(this.#cluster, REPLACE, [mark], own)
          return (done as number[])[0]!
        }),
      ),
    )
  }

  epochs(marks: readonly string[]): Promise<readonly string[]> {
    return this.#run(() =>
      Promise.all(marks.map((mark) => this.#server(this.#primaryOf(mark)).epoch)),
    )
  }

  async store(entry: string, bytes: Buffer, ttlMs: number): Promise<void> {
    await this.#run(() => this.#cluster.set(entry, bytes, 'PX', ttlMs))
  }

  async claim(claim: string, who: string, ttlMs: number): Promise<string | null> {
    return this.#run(async () => {
      const [, holder] = await Promise.all([
        this.#cluster.set(claim, who, 'PX', ttlMs, 'NX'),
        this.#cluster.get(claim),
      ])
      return holder
    })
  }

  async publish(channel: string, message: string): Promise<void> {
    await this.#run(() => this.#cluster.publish(channel, message))
  }

  scan(pattern: string): AsyncIterable<readonly string[]> {
    return scanCluster(this.#cluster, (call) => this.#run(call), this.#prefix, pattern)
  }

  async checkEpochs(): Promise<void> {
    await Promise.all(
      [...this.#servers].map(async ([name, server]) => {
        const [before, now] = await Promise.allSettled([server.epoch, this.#ask(name)])
        const isSame = before.status === 'fulfilled' && now.status === 'fulfilled'
        if (isSame && before.value === now.value) return
        this.#servers.delete(name)
      }),
    )
    // Who answers for any slot at all is asked here as well, so that a probe finds a Cluster that is gone.
    if (this.#servers.size === 0) await this.#cluster.ping()
  }

  close(): void {
    this.#servers.clear()
  }

  async #lookUp({ marks, entry }: LookupRequest): Promise<RawLookup> {
    const cluster = this.#cluster
    const [remainingMs, bytes, ...read] = await Promise.all([
      // Its time first: should another take its place in between, that one is taken for older than it is, not younger.
      entry === undefined ? 0 : cluster.pttl(entry),
      entry === undefined ? null : cluster.getBuffer(entry),
      ...marks.map((mark) =>
        this.#atPrimary(mark, async (epoch) => readMark(await cluster.get(mark), epoch)),
      ),
    ])
    return { bytes, remainingMs, marks: read }
  }

  #mint({ mark, token, ttlMs }: MintRequest): Promise<SharedMark> {
    return this.#atPrimary(mark, async (epoch) => {
      const raw = await runScript(this.#cluster, MINT, [mark], [epoch, ttlMs, epoch + token])
      return readMark((raw as string[])[0]!, epoch)
    })
  }

  /** Without the map of slots nothing can be asked; where it is on its way it is waited for. */
  #run<T>(call: () => Promise<T>): Promise<T> {
    return this.#limit.run(async () => {
      const { status } = this.#cluster
      if (status === 'wait') await this.#cluster.connect()
      else if (status === 'connecting' || status === 'connect') await once(this.#cluster, 'ready')
      else if (status !== 'ready') throw new Unreachable(`there is no connection (${status})`)
      return call()
    })
  }

  /** Asks something of the primary of a key, and believes the answer if that was the primary before and after. */
  async #atPrimary<T>(key: string, ask: (epoch: string) => Promise<T>): Promise<T> {
    const name = this.#primaryOf(key)
    const server = this.#server(name)
    const epoch = await server.epoch
    const answer = await ask(epoch)
    // ioredis follows a redirection by itself, and remembers it: then another server has answered.
    if (this.#primaryOf(key) !== name || this.#servers.get(name) !== server) {
      throw new Error('the primary changed on the way')
    }
    return answer
  }

  /** What the client puts before each name by itself. */
  get #prefix(): string {
    return this.#cluster.options.keyPrefix ?? ''
  }

  #primaryOf(key: string): string {
    const name = this.#cluster.slots[calculateSlot(this.#prefix + key)]?.[0]
    if (name === undefined) throw new Error('expected a primary for every slot, got none for one')
    return name
  }

  #server(name: string): Server {
    const known = this.#servers.get(name)
    if (known) return known
    const server: Server = { epoch: this.#ask(name) }
    this.#servers.set(name, server)
    const forget = () => {
      if (this.#servers.get(name) === server) this.#servers.delete(name)
    }
    this.#connection(name)?.once('close', forget)
    server.epoch.catch(forget)
    return server
  }

  async #ask(name: string): Promise<string> {
    const connection = this.#connection(name)
    if (!connection) throw new Error('expected a connection to every primary, got none to one')
    const epoch = readEpoch(await connection.info('replication'))
    // A few at first, one for each server; later ones are of servers that took over.
    if (!this.#epochs.has(epoch)) {
      this.#epochs.add(epoch)
      this.#onReplaced()
    }
    return epoch
  }

  #connection(name: string): Redis | undefined {
    return this.#cluster
      .nodes('master')
      .find(({ options: { host, port } }) => `${host}:${port}` === name)
  }
}

interface Server {
  readonly epoch: Promise<string>
}

/** The first tells of all, and each other of its own mark, in the step in which it moves. */
function toldBy(at: number): 'all' | number {
  return at === 0 ? 'all' : at
}
