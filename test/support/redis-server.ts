import { randomBytes } from 'node:crypto'
import { chownSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { freePort } from './free-port.ts'
import { findRedis } from './redis-binary.ts'
import { ServerProcess, type ServerProgram } from './server-process.ts'
import { makeServerFolder, serverUser } from './server-user.ts'
import { removeWhenWeDie } from './watchdog.ts'

// An orderly shutdown has nothing to write, and waits for replicas.
const stopSignal = 'SIGKILL'

/** Lines of redis.conf. A setting that is given several times has a list. */
export type RedisSettings = Readonly<Record<string, string | number | readonly string[]>>

export interface RedisServerOptions {
  /** `'kept'`: comes back after a crash with all that was acknowledged. Default: `'lost'`, it comes back empty */
  readonly data?: 'lost' | 'kept'
  /** For servers that belong together. Default: a new one */
  readonly password?: string
  /** Added to those that make it a server of the tests. */
  readonly settings?: RedisSettings
  readonly mode?: 'server' | 'sentinel'
}

/**
 * A Redis server of our own, on a free port of the loopback, with its data in a temporary folder.
 *
 * All test files share one (see start-servers.ts and redis.ts). A test that crashes or freezes a server starts its own:
 *
 * ```ts
 * await using server = await RedisServer.start()
 * await server.kill()
 * await server.restart()
 * ```
 */
export class RedisServer {
  readonly port: number
  readonly password: string
  readonly #process: ServerProcess

  private constructor(port: number, password: string, program: Omit<ServerProgram, 'connect'>) {
    this.port = port
    this.password = password
    this.#process = new ServerProcess({ ...program, connect: () => this.command('PING') })
  }

  static async start({
    data = 'lost',
    password = randomBytes(12).toString('hex'),
    settings = {},
    mode = 'server',
  }: RedisServerOptions = {}): Promise<RedisServer> {
    const { file, argv0 } = findRedis()
    const user = serverUser()
    const folder = makeServerFolder('redis', user)
    const [pid, configuration] = [join(folder, 'server.pid'), join(folder, 'redis.conf')]
    const watchdog = removeWhenWeDie(folder, pid, stopSignal)
    const port = await freePort()
    const all: RedisSettings = {
      port,
      // Other users of this machine reach the port as well.
      requirepass: password,
      bind: '127.0.0.1',
      unixsocket: '""',
      dir: folder,
      pidfile: pid,
      // With a log to nowhere it goes to where a failed start is told from.
      logfile: '""',
      ...(mode === 'server' && {
        // A replica of the first is what the others are told to be.
        masterauth: password,
        save: '""',
        appendonly: data === 'kept' ? 'yes' : 'no',
        // What was acknowledged has gone to the operating system, which survives kill -9 of the server.
        appendfsync: 'no',
        // A new replica is sent everything at once.
        'repl-diskless-sync-delay': 0,
      }),
      ...settings,
    }
    const lines = Object.entries(all).flatMap(([name, value]) =>
      (Array.isArray(value) ? value : [value]).map((one) => `${name} ${one}\n`),
    )
    writeFileSync(configuration, lines.join(''), { mode: 0o600 })
    // Sentinels and `CONFIG REWRITE` write to it.
    if (user.uid !== undefined) chownSync(configuration, user.uid, user.gid)
    const server = new RedisServer(port, password, {
      ...{ name: 'Redis', folder, user, watchdog, stopSignal, file, argv0 },
      args: [configuration, '--daemonize', 'no', ...(mode === 'sentinel' ? ['--sentinel'] : [])],
    })
    try {
      await server.restart()
    } catch (error) {
      await server.stop()
      throw error
    }
    return server
  }

  /** For a client of ioredis that is to connect to it. */
  get options(): { host: string; port: number; password: string } {
    return { host: '127.0.0.1', port: this.port, password: this.password }
  }

  url(): string {
    return `redis://:${this.password}@127.0.0.1:${this.port}`
  }

  /** Sends one command on a connection of its own, and rejects at once if the server is not there. */
  async command(name: string, ...args: readonly (string | number)[]): Promise<unknown> {
    const client = new Redis({
      ...this.options,
      lazyConnect: true,
      connectTimeout: 5_000,
      maxRetriesPerRequest: 0,
      retryStrategy: () => null,
      enableReadyCheck: false,
    })
    // It is told by the rejection.
    client.on('error', () => {})
    try {
      await client.connect()
      return await client.call(name, ...args)
    } finally {
      client.disconnect()
    }
  }

  /** A field of `INFO`, as `'master_replid'` or `'role'`. */
  async info(field: string): Promise<string> {
    return fieldOf(String(await this.command('INFO')), field)
  }

  /** Crashes the server: kill -9, every connection cut. */
  kill(): Promise<void> {
    return this.#process.kill()
  }

  /** Starts the server again on the same port: with its data if it is `'kept'`, else empty. */
  restart(): Promise<void> {
    return this.#process.restart()
  }

  /** Stops the server in its tracks: connections stay open, and nothing is answered until `thaw`. */
  freeze(): void {
    this.#process.signal('SIGSTOP')
  }

  thaw(): void {
    this.#process.signal('SIGCONT')
  }

  /** Stops the server and removes its folder. */
  stop(): Promise<void> {
    return this.#process.stop()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }
}

/** The value of a line `field:value` of `INFO` and its like. */
export function fieldOf(info: string, field: string): string {
  const line = info.split('\r\n').find((line) => line.startsWith(`${field}:`))
  if (line === undefined) throw new Error(`Redis told nothing of ${field}:\n${info}`)
  return line.slice(field.length + 1)
}
