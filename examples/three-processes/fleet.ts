import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import type { MetricsReport } from '@tidemark/core'

/** Processes that serve the same API, each of which can be killed. */
export class Fleet implements AsyncDisposable {
  /** How often one was killed and another started in its place. */
  restarts = 0
  /** Hits by kind, and questions to the database, of those that were killed too, as far as they had told. */
  readonly counts = { memory: 0, shared: 0, joined: 0, database: 0 }
  readonly #args: readonly string[]
  readonly #members: Member[]

  private constructor(args: readonly string[], members: Member[]) {
    this.#args = args
    this.#members = members
  }

  static async start(size: number, args: readonly string[]): Promise<Fleet> {
    return new Fleet(args, await Promise.all(Array.from({ length: size }, () => start(args))))
  }

  /** One of those that are there, as a load balancer would choose it. */
  get anyone(): Member {
    return this.#members[Math.floor(Math.random() * this.#members.length)]!
  }

  /** Kills the one that has been there longest, in the middle of whatever it does, and starts another. */
  async replaceOne(): Promise<void> {
    const { child, url } = this.#members[0]!
    await this.#count(url)
    child.kill('SIGKILL')
    this.#members.shift()
    this.#members.push(await start(this.#args))
    this.restarts += 1
  }

  async countAll(): Promise<void> {
    await Promise.all(this.#members.map(({ url }) => this.#count(url)))
  }

  async #count(url: string): Promise<void> {
    const { queries } = (await (await fetch(`${url}/metrics`)).json()) as MetricsReport
    for (const { hits, load } of queries.filter(({ kind }) => kind === 'read')) {
      this.counts.memory += hits.memory ?? 0
      this.counts.shared += hits.shared ?? 0
      this.counts.joined += hits.joined ?? 0
      this.counts.database += load.count
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(
      this.#members.map(async ({ child }) => {
        if (child.exitCode !== null || child.signalCode !== null) return
        child.kill('SIGKILL')
        await once(child, 'exit')
      }),
    )
  }
}

export interface Member {
  readonly child: ChildProcess
  readonly url: string
}

async function start(args: readonly string[]): Promise<Member> {
  const child = fork(new URL('process.ts', import.meta.url), args, {
    execArgv: ['--conditions=tidemark-source'],
  })
  const [port] = (await Promise.race([
    once(child, 'message'),
    once(child, 'exit').then(([code]) => {
      throw new Error(`a process ended before it served anything (exit code ${code})`)
    }),
  ])) as [number]
  return { child, url: `http://127.0.0.1:${port}` }
}
