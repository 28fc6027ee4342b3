import type { ServerHealth } from '@tidemark/core'
import type { Redis } from 'ioredis'
import { limited } from './guard.ts'

/** Asks one server how it is. Never rejects, and takes no longer than `timeoutMs`. */
export async function askServer(connection: Redis, timeoutMs: number): Promise<ServerHealth> {
  const address = addressOf(connection)
  const { status } = connection
  // ioredis would keep the question until there is a connection again.
  if (['close', 'reconnecting', 'end'].includes(status)) {
    return { address, up: false, reason: `there is no connection (${status})` }
  }
  try {
    return await limited(timeoutMs, () => ask(connection, address))
  } catch (error) {
    return { address, up: false, reason: messageOf(error) }
  }
}

async function ask(connection: Redis, address: string): Promise<ServerHealth> {
  // The first answer may have waited for the connection.
  const info = readInfo(await connection.info())
  const startedAt = performance.now()
  await connection.ping()
  const latencyMs = performance.now() - startedAt
  const number = (field: string) => (info.has(field) ? Number(info.get(field)) : undefined)
  const maxBytes = number('maxmemory')
  const role = info.get('role')
  const isReplica = role !== undefined && role !== 'master'
  return {
    address,
    up: !isReplica,
    reason: isReplica ? `it is a replica (role ${role}): what it says may be old` : undefined,
    latencyMs,
    version: info.get('valkey_version') ?? info.get('redis_version'),
    role,
    usedBytes: number('used_memory'),
    maxBytes: maxBytes === 0 ? Infinity : maxBytes,
    evictionPolicy: info.get('maxmemory_policy'),
    evictedKeys: number('evicted_keys'),
    endlessKeys: endlessKeysIn(info),
    replicas: number('connected_slaves'),
    waitsForReplicas: info.has('min_slaves_good_slaves'),
  }
}

/** Of all databases: `db0:keys=10,expires=8,…`. */
function endlessKeysIn(info: ReadonlyMap<string, string>): number {
  let endless = 0
  for (const [field, text] of info) {
    if (!/^db\d+$/.test(field)) continue
    const [, keys = 0, expires = 0] = /keys=(\d+),expires=(\d+)/.exec(text) ?? []
    endless += Number(keys) - Number(expires)
  }
  return endless
}

/** The lines of `INFO`, which are `field:value`. */
function readInfo(text: string): ReadonlyMap<string, string> {
  return new Map(
    text
      .split(/\r?\n/)
      .filter((line) => line.includes(':') && !line.startsWith('#'))
      .map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1)]),
  )
}

/** Of who is connected to, which Sentinels may have named. */
function addressOf({ options, stream }: Redis): string {
  const { remoteAddress, remotePort } = (stream as Partial<Redis['stream']> | undefined) ?? {}
  if (options.path !== undefined) return options.path
  return remoteAddress !== undefined && remotePort !== undefined
    ? `${remoteAddress}:${remotePort}`
    : `${options.host}:${options.port}`
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
