import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { appendFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import pg from 'pg'
import { freePort } from './free-port.ts'
import { copyPostgres, findPostgres } from './postgres-binaries.ts'
import { ServerProcess, type ServerProgram } from './server-process.ts'
import { canRun, makeServerFolder, serverUser, type ServerUser } from './server-user.ts'
import { removeWhenWeDie } from './watchdog.ts'

const superuser = 'tidemark'
// PostgreSQL's immediate shutdown: nobody needs a last checkpoint. Killed, its children would live on for a moment.
const stopSignal = 'SIGQUIT'

// The data need not survive the machine, so nothing waits for a disk. It must survive kill -9 of the server, so
// synchronous_commit stays on: what was committed has left the process.
const withoutDisk = { fsync: 'off', full_page_writes: 'off' }

const settings = {
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
  readonly #data: string
  readonly #process: ServerProcess

  private constructor(
    { port, password, data }: { port: number; password: string; data: string },
    program: Omit<ServerProgram, 'connect'>,
  ) {
    this.port = port
    this.#password = password
    this.#data = data
    this.#process = new ServerProcess({ ...program, connect: () => this.#connect() })
  }

  /** @param isDurable whether a COMMIT waits for the disk, as PostgreSQL's own settings have it */
  static start({ isDurable = false } = {}): Promise<PostgresServer> {
    const own = isDurable ? settings : { ...settings, ...withoutDisk }
    return PostgresServer.#start(createCluster, own)
  }

  /** A standby of this server, which is crashed and started again for it. It answers reads and follows until it is told not to. */
  async startStandby(): Promise<PostgresServer> {
    await this.kill()
    const copy: typeof createCluster = (_bin, data, _password, user) => {
      copyCluster(this.#data, data, user)
      const primary = `host=127.0.0.1 port=${this.port} user=${superuser} password=${this.#password}`
      writeFileSync(join(data, 'standby.signal'), '')
      appendFileSync(join(data, 'postgresql.auto.conf'), `primary_conninfo = '${primary}'\n`)
    }
    const standby = PostgresServer.#start(copy, { ...settings, ...withoutDisk }, this.#password)
    await this.restart()
    return standby
  }

  static async #start(
    createData: typeof createCluster,
    configuration: Readonly<Record<string, string>>,
    password = randomBytes(12).toString('hex'),
  ): Promise<PostgresServer> {
    const user = serverUser()
    const folder = makeServerFolder('postgres', user)
    const data = join(folder, 'data')
    const watchdog = removeWhenWeDie(folder, join(data, 'postmaster.pid'), stopSignal)
    const bin = usableBinaries(folder, user)
    createData(bin, data, password, user)
    const port = await freePort()
    const options = Object.entries(configuration).flatMap(([name, value]) => [
      '-c',
      `${name}=${value}`,
    ])
    const server = new PostgresServer(
      { port, password, data },
      {
        ...{ name: 'PostgreSQL', folder, user, watchdog, stopSignal },
        file: join(bin, 'postgres'),
        args: ['-D', data, '-p', String(port), ...options],
      },
    )
    await server.restart()
    return server
  }

  /** @param database name of the database; the default is the maintenance database */
  url(database = 'postgres'): string {
    return `postgres://${superuser}:${this.#password}@127.0.0.1:${this.port}/${database}`
  }

  /** Crashes the server: kill -9, no checkpoint, every connection cut. */
  kill(): Promise<void> {
    return this.#process.kill()
  }

  /** Starts the server again on the same port and data, recovering first if it was killed. */
  restart(): Promise<void> {
    return this.#process.restart()
  }

  /** Stops the server and removes its folder. */
  stop(): Promise<void> {
    return this.#process.stop()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }

  async #connect(): Promise<void> {
    const client = new pg.Client({ connectionString: this.url() })
    try {
      await client.connect()
    } finally {
      await client.end().catch(() => {})
    }
  }
}

function usableBinaries(folder: string, user: ServerUser): string {
  const installed = findPostgres()
  const bin = join(installed.folder, 'bin')
  if (!installed.relocatable || canRun(join(bin, 'postgres'), ['--version'], user, folder))
    return bin
  return join(copyPostgres(installed, join(folder, 'postgres')).folder, 'bin')
}

function copyCluster(from: string, to: string, user: ServerUser): void {
  const { status, stderr } = spawnSync('cp', ['-R', from, to], { ...user, encoding: 'utf8' })
  if (status !== 0) throw new Error(`the data could not be copied: ${stderr}`)
  rmSync(join(to, 'postmaster.pid'), { force: true })
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
