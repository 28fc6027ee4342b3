import type { SharedMark } from '@tidemark/core'
import type { Redis } from 'ioredis'
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
import { type Run, scanServer } from './scan.ts'
import { MINT, REPLACE, type Script } from './scripts.ts'
import { TickBatch } from './tick-batch.ts'

/** The way to one server: standalone, or the primary that Sentinels name. */
export class ServerLink implements RedisLink {
  readonly #client: Redis
  readonly #limit: Limit
  readonly #onReplaced: () => void
  #lastEpoch: string | undefined
  /** Undefined from when a connection is lost until the next one has been asked. */
  #epoch: string | undefined
  #asking: Promise<string> | undefined
  /** Changes with every connection: an answer belongs to the server that was asked. */
  #connection = 0
  /** All lookups of one tick go in one pipeline. */
  readonly #lookups = new TickBatch<LookupRequest, RawLookup>((requests) =>
    this.#run(() => this.#lookUp(requests)),
  )
  readonly #mints = new TickBatch<MintRequest, SharedMark>((requests) =>
    this.#run(() => this.#mintAll(requests)),
  )

  /** @param onReplaced called when a server with another epoch answers than before */
  constructor(client: Redis, limit: Limit, onReplaced: () => void) {
    this.#client = client
    this.#limit = limit
    this.#onReplaced = onReplaced
    client.on('close', this.#forget)
  }

  lookup(marks: readonly string[], entry?: string): Promise<RawLookup> {
    return this.#lookups.ask([entry, ...marks].join('\n'), { marks, entry })
  }

  async mint(
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
    return this.#run(async () => Number(await runScript(this.#client, script, marks, args('all'))))
  }

  replace(
    marks: readonly string[],
    args: ArgsOf,
    tokens: readonly string[],
  ): Promise<readonly number[]> {
    return this.#run(async () => {
      const connection = this.#connection
      const done = await runScript(this.#client, REPLACE, marks, [...args('all'), ...tokens])
      // Another server may know nothing of those who were at work.
      if (connection !== this.#connection) throw new Error('the connection was lost on the way')
      return done as number[]
    })
  }

  epochs(marks: readonly string[]): Promise<readonly string[]> {
    return this.#run(async () => {
      const epoch = await this.#currentEpoch()
      return marks.map(() => epoch)
    })
  }

  async store(entry: string, bytes: Buffer, ttlMs: number): Promise<void> {
    await this.#run(() => this.#client.set(entry, bytes, 'PX', ttlMs))
  }

  async claim(claim: string, who: string, ttlMs: number): Promise<string | null> {
    return this.#run(async () => {
      const [, holder] = await Promise.all([
        this.#client.set(claim, who, 'PX', ttlMs, 'NX'),
        this.#client.get(claim),
      ])
      return holder
    })
  }

  async publish(channel: string, message: string): Promise<void> {
    await this.#run(() => this.#client.publish(channel, message))
  }

  async *scan(pattern: string): AsyncIterable<readonly string[]> {
    const run: Run = (call) => this.#run(call)
    const epoch = await run(() => this.#ask())
    yield* scanServer(this.#client, run, this.#client.options.keyPrefix ?? '', pattern)
    // What the last server has said of its names is nothing that this one knows.
    if ((await run(() => this.#ask())) !== epoch) throw new Error('another server has taken over')
  }

  async checkEpochs(): Promise<void> {
    await this.#ask()
  }

  close(): void {
    this.#client.off('close', this.#forget)
  }

  /** Fails at once without a connection: ioredis would keep the command until there is one again. */
  #run<T>(call: () => Promise<T>): Promise<T> {
    return this.#limit.run(async () => {
      const { status } = this.#client
      if (['close', 'reconnecting', 'end'].includes(status)) {
        throw new Unreachable(`there is no connection (${status})`)
      }
      return call()
    })
  }

  readonly #forget = (): void => {
    this.#connection += 1
    this.#epoch = undefined
    this.#asking = undefined
  }

  async #lookUp(requests: readonly LookupRequest[]): Promise<readonly RawLookup[]> {
    const epoch = await this.#currentEpoch()
    const connection = this.#connection
    const pipeline = this.#client.pipeline()
    for (const { marks, entry } of requests) {
      if (entry === undefined) pipeline.mgetBuffer(...marks)
      // Its time first: should another take its place in between, that one is taken for older than it is, not younger.
      else pipeline.pttl(entry).mgetBuffer(entry, ...marks)
    }
    const results = (await pipeline.exec()) ?? []
    if (connection !== this.#connection) throw new Error('the connection was lost on the way')
    let at = 0
    const next = () => {
      const [error, result] = results[at++] ?? [new Error('no answer')]
      if (error) throw error
      return result
    }
    return requests.map(({ entry }) => {
      const hasEntry = entry !== undefined
      const remainingMs = hasEntry ? Number(next()) : 0
      const found = next() as (Buffer | null)[]
      return {
        bytes: hasEntry ? (found[0] ?? null) : null,
        marks: (hasEntry ? found.slice(1) : found).map((mark) => readMark(mark, epoch)),
        remainingMs,
      }
    })
  }

  async #mintAll(requests: readonly MintRequest[]): Promise<readonly SharedMark[]> {
    const epoch = await this.#currentEpoch()
    const connection = this.#connection
    const marks = requests.map(({ mark }) => mark)
    const tokens = requests.map(({ token }) => epoch + token)
    const ttlMs = Math.min(...requests.map((request) => request.ttlMs))
    const raw = await runScript(this.#client, MINT, marks, [epoch, ttlMs, ...tokens])
    // ioredis sends again what was not answered: then a server of another epoch may have.
    if (connection !== this.#connection) throw new Error('the connection was lost on the way')
    return (raw as string[]).map((mark) => readMark(mark, epoch))
  }

  #currentEpoch(): Promise<string> | string {
    if (this.#epoch !== undefined) return this.#epoch
    this.#asking ??= this.#ask()
    return this.#asking
  }

  async #ask(): Promise<string> {
    const connection = this.#connection
    try {
      const epoch = readEpoch(await this.#client.info('replication'))
      if (connection !== this.#connection) throw new Error('the connection was lost on the way')
      this.#epoch = epoch
      const isReplaced = this.#lastEpoch !== undefined && this.#lastEpoch !== epoch
      this.#lastEpoch = epoch
      if (isReplaced) this.#onReplaced()
      return epoch
    } catch (error) {
      if (connection === this.#connection) this.#epoch = undefined
      throw error
    } finally {
      if (connection === this.#connection) this.#asking = undefined
    }
  }
}
