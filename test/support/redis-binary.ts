import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { installWithApt } from './install-with-apt.ts'

/** How Redis, or Valkey, is started. */
export interface RedisInstallation {
  readonly file: string
  /** One file is the server and its tools; it goes by the name that it is called by. */
  readonly argv0: string
}

/** Finds Redis or Valkey: on PATH and in the usual folders, then (Debian, root) by apt-get. */
export function findRedis(): RedisInstallation {
  const found = fromMachine()
  if (found) return found
  // It has the server's program under another name, and no service that would start with it, as redis-server has.
  installWithApt(['redis-tools'])
  const installed = fromMachine()
  if (installed) return installed
  throw new Error(
    'These tests need a Redis server and found no redis-server or valkey-server, neither on PATH nor in ' +
      `${usualFolders.join(', ')}. Install Redis 7.0 or newer, or Valkey ` +
      '(Debian: apt-get install redis-server; macOS: brew install redis) and run them again.',
  )
}

const usualFolders = ['/usr/bin', '/usr/local/bin', '/usr/sbin', '/opt/homebrew/bin']

const names = [
  ['redis-server', 'redis-server'],
  ['valkey-server', 'valkey-server'],
  // Debian's redis-server is a link to this.
  ['redis-check-rdb', 'redis-server'],
  ['valkey-check-rdb', 'valkey-server'],
] as const

function fromMachine(): RedisInstallation | undefined {
  const folders = [...(process.env.PATH ?? '').split(delimiter), ...usualFolders]
  for (const [name, argv0] of names) {
    const file = folders.map((folder) => join(folder, name)).find((file) => existsSync(file))
    if (file !== undefined) return { file, argv0 }
  }
  return undefined
}
