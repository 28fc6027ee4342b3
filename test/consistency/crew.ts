import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Finding } from './excuse.ts'
import {
  type Counts,
  type FromWorker,
  NOTHING,
  type Sample,
  type ToWorker,
  type WorkerSettings,
} from './settings.ts'

interface Member {
  readonly child: ChildProcess
  readonly generation: number
  readonly ready: Promise<void>
  counts: Counts
  /** Set where it is to end. */
  mayEnd: boolean
}

/** The processes that read and write. */
export class Crew {
  /** What they have found to be wrong, as far as they can know. */
  readonly findings: Finding[] = []
  /** What went wrong with them, in words. */
  readonly failures: string[] = []
  readonly #settings: Omit<WorkerSettings, 'process' | 'seed'>
  readonly #seed: number
  readonly #flags: readonly string[]
  readonly #members: Member[] = []
  /** What those counted that were killed. */
  readonly #ended: Counts[] = []

  /** @param flags of Node, for each of them */
  constructor(
    settings: Omit<WorkerSettings, 'process' | 'seed'>,
    seed: number,
    flags: readonly string[] = [],
  ) {
    this.#settings = settings
    this.#seed = seed
    this.#flags = flags
    for (let slot = 0; slot < settings.processes; slot += 1) this.#start(slot)
  }

  get killed(): number {
    return this.#ended.length
  }

  sum(name: keyof Counts): number {
    const all = [...this.#ended, ...this.#members.map(({ counts }) => counts)]
    return all.reduce((total, counts) => total + counts[name], 0)
  }

  /** Until all are at work. */
  async ready(): Promise<void> {
    await Promise.all(this.#members.map((member) => member.ready))
  }

  /** Kills one at once, wherever it is, and starts another in its place. */
  async replace(slot: number): Promise<void> {
    const member = this.#members[slot]!
    member.mayEnd = true
    member.child.kill('SIGKILL')
    await ended(member.child)
    this.#ended.push(member.counts)
    this.#start(slot)
  }

  async pause(slot: number, forMs: number): Promise<void> {
    const { child } = this.#members[slot]!
    child.kill('SIGSTOP')
    await sleep(forMs)
    child.kill('SIGCONT')
  }

  deafen(slot: number, forMs: number): void {
    this.#members[slot]!.child.send({ kind: 'deafen', forMs } satisfies ToWorker)
  }

  /** From now on they begin nothing more. */
  stop(): void {
    for (const { child } of this.#members) {
      if (isAlive(child)) child.send({ kind: 'stop' } satisfies ToWorker)
    }
  }

  /** Rows that the cache answers otherwise than the database, when nothing goes on any more. */
  async compare(): Promise<Finding[]> {
    const findings = await this.#ask({ kind: 'compare' }, (message) =>
      message.kind === 'stuck' ? message.findings : undefined,
    )
    return findings.flat()
  }

  sample(): Promise<Sample[]> {
    return this.#ask({ kind: 'sample' }, (message) =>
      message.kind === 'sample' ? message.sample : undefined,
    )
  }

  async end(): Promise<void> {
    for (const member of this.#members) {
      member.mayEnd = true
      if (isAlive(member.child)) member.child.send({ kind: 'end' } satisfies ToWorker)
    }
    await Promise.all(this.#members.map(({ child }) => ended(child)))
  }

  /** Ends them at once, where they have not ended. */
  async kill(): Promise<void> {
    for (const member of this.#members) {
      member.mayEnd = true
      member.child.kill('SIGKILL')
    }
    await Promise.all(this.#members.map(({ child }) => ended(child)))
  }

  #start(slot: number): void {
    const generation = (this.#members[slot]?.generation ?? -1) + 1
    const settings: WorkerSettings = {
      ...this.#settings,
      process: slot,
      seed: this.#seed * 1000 + slot * 100 + generation,
    }
    const child = fork(new URL('./worker.ts', import.meta.url), [JSON.stringify(settings)], {
      execArgv: ['--conditions=tidemark-source', ...this.#flags],
      // Most of its start is compiling.
      env: { ...process.env, NODE_COMPILE_CACHE: join(tmpdir(), 'tidemark-compiled') },
    })
    const ready = Promise.withResolvers<void>()
    const member: Member = {
      ...{ child, generation, counts: { ...NOTHING }, mayEnd: false },
      ready: ready.promise,
    }
    this.#members[slot] = member
    child.on('message', (message: FromWorker) => {
      if (message.kind === 'ready') ready.resolve()
      if (message.kind === 'counts') member.counts = message.counts
      if (message.kind === 'finding') this.findings.push(message.finding)
    })
    child.on('exit', (code, signal) => {
      ready.resolve()
      if (!member.mayEnd) this.failures.push(`process ${slot} ended by itself (${signal ?? code})`)
    })
  }

  #ask<T>(question: ToWorker, answerIn: (message: FromWorker) => T | undefined): Promise<T[]> {
    return Promise.all(
      this.#members.map(
        ({ child }) =>
          new Promise<T>((resolve, reject) => {
            const die = () => reject(new Error('a process ended before it had answered'))
            if (!isAlive(child)) return die()
            const listen = (message: FromWorker) => {
              const answer = answerIn(message)
              if (answer === undefined) return
              child.off('message', listen)
              child.off('exit', die)
              resolve(answer)
            }
            child.on('message', listen)
            child.on('exit', die)
            child.send(question)
          }),
      ),
    )
  }
}

function isAlive({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode === null && signalCode === null
}

async function ended(child: ChildProcess): Promise<void> {
  if (isAlive(child)) await once(child, 'exit')
}
