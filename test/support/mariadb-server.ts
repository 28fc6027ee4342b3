import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import mysql from 'mysql2/promise'
import { freePort } from './free-port.ts'
import { findMariadb } from './mariadb-binaries.ts'
import { ServerProcess, type ServerProgram } from './server-process.ts'
import { makeServerFolder, serverUser, type ServerUser } from './server-user.ts'
import { removeWhenWeDie } from './watchdog.ts'

const account = 'tidemark'
// An orderly shutdown writes much for nobody. InnoDB recovers from this one as from any crash.
const stopSignal = 'SIGKILL'

const settings = [
  // The data need not survive the machine, so nothing waits for a disk. It must survive kill -9 of the server, so the
  // log still goes to the operating system at each commit.
  '--innodb-flush-log-at-trx-commit=2',
  '--innodb-flush-method=nosync',
  '--skip-innodb-doublewrite',
  '--innodb-buffer-pool-size=64M',
  '--innodb-log-file-size=16M',
  '--skip-log-bin',
  '--performance-schema=OFF',
  '--max-connections=200',
  // A test that forgot a lock is told soon.
  '--innodb-lock-wait-timeout=10',
  // TCP on the loopback only: a socket's path may be too long in a deep temporary folder.
  '--bind-address=127.0.0.1',
  '--socket=',
  '--skip-name-resolve',
  // The same answers whatever the machine is set to.
  '--default-time-zone=+00:00',
  '--character-set-server=utf8mb4',
  '--collation-server=utf8mb4_unicode_ci',
  '--default-storage-engine=InnoDB',
]

/**
 * A MariaDB server of our own, on a free port, with its data in a temporary folder.
 *
 * All test files share one (see start-servers.ts). A test that crashes a server starts its own:
 *
 * ```ts
 * await using server = await MariadbServer.start()
 * await server.kill()
 * await server.restart()
 * ```
 */
export class MariadbServer {
  readonly port: number
  readonly #password: string
  readonly #process: ServerProcess

  private constructor(port: number, password: string, program: Omit<ServerProgram, 'connect'>) {
    this.port = port
    this.#password = password
    this.#process = new ServerProcess({ ...program, connect: () => this.#connect() })
  }

  static async start(): Promise<MariadbServer> {
    const { mariadbd, installDb } = findMariadb()
    const user = serverUser()
    const folder = makeServerFolder('mariadb', user)
    const [data, pid, init] = ['data', 'server.pid', 'init.sql'].map((name) => join(folder, name))
    const watchdog = removeWhenWeDie(folder, pid!, stopSignal)
    createDataFolder(installDb, folder, user)
    const password = randomBytes(12).toString('hex')
    // Run at each start, before anybody can connect. The root account that comes with the data has no password that works.
    writeFileSync(
      init!,
      `create user if not exists ${account}@'%' identified by '${password}';\n` +
        `grant all on *.* to ${account}@'%' with grant option;\n`,
      { mode: 0o644 },
    )
    const port = await freePort()
    const server = new MariadbServer(port, password, {
      ...{ name: 'MariaDB', folder, user, watchdog, stopSignal },
      file: mariadbd,
      args: [
        '--no-defaults',
        `--datadir=${data}`,
        `--pid-file=${pid}`,
        `--init-file=${init}`,
        `--tmpdir=${folder}`,
        `--port=${port}`,
        ...settings,
      ],
    })
    await server.restart()
    return server
  }

  /** @param database name of the database; without one, a connection is to none */
  url(database = ''): string {
    return `mysql://${account}:${this.#password}@127.0.0.1:${this.port}/${database}`
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
    const connection = await mysql.createConnection(this.url())
    await connection.end()
  }
}

function createDataFolder(installDb: string, folder: string, user: ServerUser): void {
  const { status, stdout, stderr, error } = spawnSync(
    installDb,
    [
      '--no-defaults',
      `--datadir=${join(folder, 'data')}`,
      `--tmpdir=${folder}`,
      '--skip-test-db',
      '--skip-name-resolve',
      '--innodb-flush-method=nosync',
      '--innodb-log-file-size=16M',
    ],
    { ...user, cwd: folder, encoding: 'utf8' },
  )
  if (status === 0) return
  throw new Error(`mariadb-install-db failed: ${error?.message ?? ''}\n${stdout}${stderr}`)
}
