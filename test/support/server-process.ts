import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { rmSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ServerUser } from './server-user.ts'
import type { Watchdog } from './watchdog.ts'

const startTimeoutMs = 30_000

/** How one kind of database server is run. */
export interface ServerProgram {
  /** For people. */
  readonly name: string
  readonly file: string
  /** What the program is told that its name is, where one file is several programs. */
  readonly argv0?: string
  readonly args: readonly string[]
  /** Resolves when the server answers a client, and rejects when it does not. */
  readonly connect: () => Promise<unknown>
  /** Ends it quickly, with nothing left behind that would keep it from starting again. */
  readonly stopSignal: NodeJS.Signals
  /** Removed when it is stopped. */
  readonly folder: string
  readonly user: ServerUser
  readonly watchdog: Watchdog
}

/** A database server that runs beside the tests, can be crashed, and comes back on the same data. */
export class ServerProcess {
  readonly #program: ServerProgram
  #process: ChildProcess | undefined
  #log = ''

  constructor(program: ServerProgram) {
    this.#program = program
  }

  /** Crashes the server: kill -9, no checkpoint, every connection cut. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL')
  }

  /** Starts the server, or starts it again, recovering first if it was killed. */
  async restart(): Promise<void> {
    const { name, stopSignal } = this.#program
    await this.#end(stopSignal)
    const deadline = Date.now() + startTimeoutMs
    for (;;) {
      this.#spawn()
      if (await this.#answers(deadline)) return
      // Children of a killed server live on for a moment and keep what they share: try until they are gone.
      if (Date.now() > deadline) throw new Error(`${name} did not start:\n${this.#log}`)
      await this.#end(stopSignal)
      await sleep(50)
    }
  }

  /** Sends it a signal, such as SIGSTOP, which leaves its connections open and everything unanswered, and SIGCONT. */
  signal(signal: NodeJS.Signals): void {
    if (!this.#process?.kill(signal)) throw new Error(`${this.#program.name} is not running`)
  }

  /** Stops the server and removes its folder. */
  async stop(): Promise<void> {
    await this.#end(this.#program.stopSignal)
    rmSync(this.#program.folder, { recursive: true, force: true })
    this.#program.watchdog.dismiss()
  }

  #spawn(): void {
    const { file, argv0, args, user, folder } = this.#program
    const server = spawn(file, args, {
      ...user,
      ...(argv0 !== undefined && { argv0 }),
      cwd: folder,
      stdio: ['ignore', 'pipe', 'pipe'],
      // Ctrl-C goes to a whole process group. Ours alone gets it, and then stops the server in order.
      detached: true,
    })
    for (const output of [server.stdout, server.stderr]) {
      output.on('data', (chunk: Buffer) => {
        this.#log = (this.#log + chunk.toString()).slice(-20_000)
      })
    }
    this.#process = server
  }

  async #answers(deadline: number): Promise<boolean> {
    while (this.#process?.exitCode === null && Date.now() < deadline) {
      try {
        await this.#program.connect()
        return true
      } catch {
        await sleep(20)
      }
    }
    return false
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const server = this.#process
    this.#process = undefined
    if (!server || server.exitCode !== null || server.signalCode !== null) return
    const exited = once(server, 'exit')
    server.kill(signal)
    await exited
  }
}
