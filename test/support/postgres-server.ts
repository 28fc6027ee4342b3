import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { freePort } from './free-port.ts'
import { copyPostgres, findPostgres } from './postgres-binaries.ts'
import { canRun, makeServerFolder, serverUser, type ServerUser } from './server-user.ts'
import { removeWhenWeDie, type Watchdog } from './watchdog.ts'

const superuser = 'tidemark'
const startTimeoutMs = 30_000

const settings = {
  // The data need not survive the machine, so nothing waits for a disk. It must survive kill -9 of the server, so
  // synchronous_commit stays on: what was committed has left the process.
  fsync: 'off',
  full_page_writes: 'off',
  autovacuum: 'off',
  max_connections: '200',
  // TCP on the loopback only: a socket's path may be too long in a deep temporary folder.
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  // The same answers whatever the machine is set to.
  timezone: 'UTC',
  lc_messages: 'C',
  log_statement: 'none',
}

/**
 * A PostgreSQL server of our own, on a free port, with its data in a temporary folder.
 *
 * All test files share one (see start-servers.ts). A test that crashes a server starts its own:
 *
 * ```ts
 * await using server = await PostgresServer.start()
 * await server.kill()
 * await server.restart()
 * ```
 */
export class PostgresServer {
  readonly port: number
  readonly #password: string
  readonly #postgres: string
  readonly #folder: string
  readonly #user: ServerUser
  readonly #watchdog: Watchdog
  #process: ChildProcess | undefined
  #log = ''

  private constructor(props: {
    port: number
    password: string
    postgres: string
    folder: string
    user: ServerUser
    watchdog: Watchdog
  }) {
    this.port = props.port
    this.#password = props.password
    this.#postgres = props.postgres
    this.#folder = props.folder
    this.#user = props.user
    this.#watchdog = props.watchdog
  }

  static async start(): Promise<PostgresServer> {
    const user = serverUser()
    const folder = makeServerFolder('postgres', user)
    const data = join(folder, 'data')
    const watchdog = removeWhenWeDie(folder, join(data, 'postmaster.pid'))
    const bin = usableBinaries(folder, user)
    const password = randomBytes(12).toString('hex')
    createCluster(bin, data, password, user)
    const server = new PostgresServer({
      port: await freePort(),
      password,
      postgres: join(bin, 'postgres'),
      folder,
      user,
      watchdog,
    })
    await server.restart()
    return server
  }

  /** @param database name of the database; the default is the maintenance database */
  url(database = 'postgres'): string {
    return `postgres://${superuser}:${this.#password}@127.0.0.1:${this.port}/${database}`
  }

  /** Crashes the server: kill -9, no checkpoint, every connection cut. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL')
  }

  /** Starts the server again on the same port and data, recovering first if it was killed. */
  async restart(): Promise<void> {
    await this.#end('SIGQUIT')
    const deadline = Date.now() + startTimeoutMs
    for (;;) {
      this.#spawn()
      if (await this.#answers(deadline)) return
      // Children of a killed server live on for a moment and keep its memory segment: try until they are gone.
      if (Date.now() > deadline) throw new Error(`PostgreSQL did not start:\n${this.#log}`)
      await this.#end('SIGQUIT')
      await sleep(50)
    }
  }

  /** Stops the server and removes its folder. */
  async stop(): Promise<void> {
    await this.#end('SIGQUIT')
    rmSync(this.#folder, { recursive: true, force: true })
    this.#watchdog.dismiss()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }

  #spawn(): void {
    const options = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
    const args = ['-D', join(this.#folder, 'data'), '-p', String(this.port), ...options]
    this.#process = spawn(this.#postgres, args, {
      ...this.#user,
      cwd: this.#folder,
      stdio: ['ignore', 'ignore', 'pipe'],
      // Ctrl-C goes to a whole process group. Ours alone gets it, and then stops the server in order.
      detached: true,
    })
    this.#process.stderr?.on('data', (chunk: Buffer) => {
      this.#log = (this.#log + chunk.toString()).slice(-20_000)
    })
  }

  async #answers(deadline: number): Promise<boolean> {
    while (this.#process?.exitCode === null && Date.now() < deadline) {
      const client = new pg.Client({ connectionString: this.url() })
      try {
        await client.connect()
        return true
      } catch {
        await sleep(20)
      } finally {
        await client.end().catch(() => {})
      }
    }
    return false
  }

  async #end(signal: 'SIGKILL' | 'SIGQUIT'): Promise<void> {
    const server = this.#process
    this.#process = undefined
    if (!server || server.exitCode !== null || server.signalCode !== null) return
    const exited = once(server, 'exit')
    // SIGQUIT is PostgreSQL's immediate shutdown: nobody needs a last checkpoint.
    server.kill(signal)
    await exited
  }
}

function usableBinaries(folder: string, user: ServerUser): string {
  const installed = findPostgres()
  const bin = join(installed.folder, 'bin')
  if (!installed.relocatable || canRun(join(bin, 'postgres'), ['--version'], user, folder))
    return bin
  return join(copyPostgres(installed, join(folder, 'postgres')).folder, 'bin')
}

function createCluster(bin: string, data: string, password: string, user: ServerUser): void {
  const passwordFile = join(data, '..', 'password')
  writeFileSync(passwordFile, password, { mode: 0o644 })
  const { status, stderr, error } = spawnSync(
    join(bin, 'initdb'),
    [
      `--pgdata=${data}`,
      `--username=${superuser}`,
      // Other users of this machine reach the port as well, and a superuser may run programs.
      '--auth=scram-sha-256',
      `--pwfile=${passwordFile}`,
      '--encoding=UTF8',
      '--locale=C',
      '--no-sync',
    ],
    { ...user, cwd: join(data, '..'), encoding: 'utf8', env: { ...process.env, LC_ALL: 'C' } },
  )
  if (status !== 0) throw new Error(`initdb failed: ${error?.message ?? ''}\n${stderr}`)
}
