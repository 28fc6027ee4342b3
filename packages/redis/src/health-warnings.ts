import type { ServerHealth } from '@tidemark/core'

/** What endangers a server or what is kept there, and what to set: sentences for people. */
export function warningsOf(server: ServerHealth): string[] {
  const { address, up, reason = 'it does not say why' } = server
  if (!up) return [`${address} is down: ${reason}${advice(reason)}`]
  return [evictionWarning, memoryWarning, endlessKeysWarning, replicaWarning]
    .map((warning) => warning(server))
    .filter((warning) => warning !== undefined)
    .map((warning) => `${address}: ${warning}`)
}

/** What to do where a command was refused. */
export function advice(reason: string): string {
  // The last two are what a script says, whose user it is not told.
  if (/NOPERM|user executing the script|ACL failure/i.test(reason)) {
    return '. Expected a user with the commands, keys and channels that docs/redis.md lists'
  }
  if (reason.includes('OOM')) {
    return '. Its memory is full: raise maxmemory, or give results a shorter ttl'
  }
  if (reason.includes('WRONGPASS') || reason.includes('NOAUTH')) {
    return '. Check the user name and password that the client is given'
  }
  return ''
}

function evictionWarning({ evictionPolicy, evictedKeys = 0, maxBytes }: ServerHealth) {
  if (evictionPolicy === undefined) {
    return 'it does not tell its maxmemory-policy; see to it that it is noeviction'
  }
  if (evictionPolicy === 'noeviction' || maxBytes === Infinity) return undefined
  const which = evictionPolicy.endsWith('-ttl')
    ? 'takes the locks of writes first, since they end soonest'
    : evictionPolicy.endsWith('-lru') || evictionPolicy.endsWith('-lrm')
      ? 'takes the locks of writes only by a rare chance, since they are new'
      : 'may take the locks of writes'
  const soFar = evictedKeys > 0 ? ` (${evictedKeys} keys were evicted so far)` : ''
  return (
    `maxmemory-policy is ${evictionPolicy}, which ${which}${soFar}. An evicted mark is a miss, but while the lock of a ` +
    'write is gone others may store what was there before it. Set maxmemory-policy noeviction, and maxmemory so that ' +
    'all entries fit'
  )
}

function memoryWarning({ usedBytes = 0, maxBytes }: ServerHealth) {
  if (maxBytes === undefined) return undefined
  if (maxBytes === Infinity) {
    return (
      'it has no maxmemory, so it may grow until the system ends it. Set maxmemory to what the machine can spare, and ' +
      'maxmemory-policy noeviction'
    )
  }
  if (usedBytes < maxBytes * NEARLY_FULL) return undefined
  const percent = Math.floor((usedBytes / maxBytes) * 100)
  return (
    `${percent} % of its maxmemory is used. When it is full nothing new is kept, and writes cannot lock their marks ` +
    '(metrics().markFailures). Raise maxmemory, or give results a shorter ttl'
  )
}

/** Where nothing bounds its memory that is the greater danger, and there is a warning of it already. */
function endlessKeysWarning({ endlessKeys = 0, maxBytes = Infinity }: ServerHealth) {
  if (endlessKeys === 0 || maxBytes === Infinity) return undefined
  return (
    `${endlessKeys} of its keys have no time to live. They are not Tidemark's, all of whose keys end, and they take their part of ` +
    'maxmemory for ever: when it is full, nothing new is kept and writes cannot lock their marks. Give them a time to ' +
    'live, or the cache a Redis of its own'
  )
}

function replicaWarning({ replicas = 0, waitsForReplicas }: ServerHealth) {
  if (replicas === 0 || waitsForReplicas !== false) return undefined
  return (
    'it has replicas, and takes writes without them. In a failover the old primary then goes on for those who are ' +
    'still connected to it. Set min-replicas-to-write 1 and min-replicas-max-lag 10'
  )
}

const NEARLY_FULL = 0.9
