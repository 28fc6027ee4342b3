import type { SharedMark } from '@tidemark/core'
import type { Redis } from 'ioredis'
import { type Guard, Unreachable } from './guard.ts'
import { type RawLookup, readEpoch, readMark, type RedisLink, runScript } from './redis-link.ts'
import { MINT, type Script } from './scripts.ts'

/** The way to one server: standalone, or the primary that Sentinels name. */
export class ServerLink implements RedisLink {
  readonly #client: Redis
  readonly #guard: Guard
  readonly #onReplaced: () => void
  #lastEpoch: string | undefined
  /** Undefined from when a connection is lost until the next one has been asked. */
  #epoch: string | undefined
  #asking: Promise<string> | undefined
  /** Changes with every connection: an answer belongs to the server that was asked. */
  #connection = 0
  #batch: Batch | undefined

  /** @param onReplaced called when a server with another epoch answers than before */
  constructor(client: Redis, guard: Guard, onReplaced: () => void) {
    this.#client = client
    this.#guard = guard
    this.#onReplaced = onReplaced
    client.on('close', this.#forget)
  }

  /** All lookups of one tick go in one pipeline, and are answered in one tick. */
  lookup(marks: readonly string[], entry?: string): Promise<RawLookup> {
    if (!this.#batch) {
      const batch: Batch = { requests: new Map(), answers: Promise.resolve() }
      this.#batch = batch
      // The next tick comes when all that is ready to run has run.
      batch.answers = new Promise((resolve, reject) => {
        process.nextTick(() => {
          this.#batch = undefined
          this.#run(() => this.#send(batch)).then(resolve, reject)
        })
      })
    }
    const { requests, answers } = this.#batch
    const id = [entry, ...marks].join('\n')
    const request = requests.get(id) ?? { marks, entry, answer: undefined }
    requests.set(id, request)
    return answers.then(() => request.answer!)
  }

  async mint(
    marks: readonly string[],
    tokens: readonly string[],
    ttlMs: number,
  ): Promise<readonly SharedMark[]> {
    return this.#run(async () => {
      const epoch = await this.#currentEpoch()
      const minted = tokens.map((token) => epoch + token)
      const raw = await runScript(this.#client, MINT, marks, [epoch, ttlMs, ...minted])
      return (raw as string[]).map((mark) => readMark(mark, epoch))
    })
  }

  write(
    script: Script,
    marks: readonly string[],
    args: readonly (string | number)[],
  ): Promise<number> {
    return this.#run(async () => Number(await runScript(this.#client, script, marks, args)))
  }

  async store(entry: string, bytes: Buffer, ttlMs: number): Promise<void> {
    await this.#run(() => this.#client.set(entry, bytes, 'PX', ttlMs))
  }

  async publish(channel: string, message: string): Promise<void> {
    await this.#run(() => this.#client.publish(channel, message))
  }

  async checkEpochs(): Promise<void> {
    await this.#ask()
  }

  close(): void {
    this.#client.off('close', this.#forget)
  }

  /** Fails at once without a connection: ioredis would keep the command until there is one again. */
  #run<T>(call: () => Promise<T>): Promise<T> {
    return this.#guard.run(async () => {
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

  async #send({ requests }: Batch): Promise<void> {
    const epoch = await this.#currentEpoch()
    const connection = this.#connection
    const pipeline = this.#client.pipeline()
    for (const { marks, entry } of requests.values()) {
      if (entry === undefined) pipeline.mgetBuffer(...marks)
      else pipeline.mgetBuffer(entry, ...marks).pttl(entry)
    }
    const results = (await pipeline.exec()) ?? []
    if (connection !== this.#connection) throw new Error('the connection was lost on the way')
    let at = 0
    const next = () => {
      const [error, result] = results[at++] ?? [new Error('no answer')]
      if (error) throw error
      return result
    }
    for (const request of requests.values()) {
      const found = next() as (Buffer | null)[]
      const hasEntry = request.entry !== undefined
      request.answer = {
        bytes: hasEntry ? (found[0] ?? null) : null,
        marks: (hasEntry ? found.slice(1) : found).map((mark) => readMark(mark, epoch)),
        remainingMs: hasEntry ? Number(next()) : 0,
      }
    }
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

interface Batch {
  /** Those who ask for the same are answered together. */
  readonly requests: Map<string, Request>
  answers: Promise<void>
}

interface Request {
  readonly marks: readonly string[]
  readonly entry: string | undefined
  answer: RawLookup | undefined
}
