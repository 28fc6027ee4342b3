import { setTimeout as sleep } from 'node:timers/promises'
import type { SeededRandom } from '@tidemark/testing'
import { Redis } from 'ioredis'
import pg from 'pg'

/**
 * A pool whose statements and answers are held up at random, as on a busy network: what usually comes in one order then
 * comes in every order. On one connection nothing overtakes anything.
 */
export function laggingPool(url: string, random: SeededRandom, lagMs: number): pg.Pool {
  const pool = new pg.Pool({ connectionString: url, max: 6 })
  pool.on('error', () => {})
  if (lagMs > 0) pool.on('connect', (client) => lag(client as never, random, lagMs))
  return pool
}

type Send = (...args: unknown[]) => unknown

function lag(client: { query: Send }, random: SeededRandom, lagMs: number): void {
  const send = client.query.bind(client)
  const hold = async () => {
    if (random.fraction() < 0.15) await sleep(random.fraction() * lagMs)
  }
  let last: Promise<unknown> = Promise.resolve()
  const inTurn = (args: unknown[]): Promise<unknown> => {
    const answer = last.then(async () => {
      await hold()
      try {
        return await send(...args)
      } finally {
        await hold()
      }
    })
    last = answer.catch(() => undefined)
    return answer
  }
  client.query = (...args) => {
    const callback = args.at(-1)
    if (typeof callback !== 'function') return inTurn(args)
    // What a pool sends by itself comes with a callback, which must not be taken for a part of the promise.
    inTurn(args.slice(0, -1)).then(
      (result) => setImmediate(() => callback(undefined, result)),
      (error: unknown) => setImmediate(() => callback(error)),
    )
    return undefined
  }
}

let deafUntil = 0

/** From now on, for so long, no connection hears what others publish. What this process publishes to itself it hears. */
export function deafen(forMs: number): void {
  deafUntil = performance.now() + forMs
}

/** Makes `deafen` work for all connections that are made as copies of others, which those are that listen. */
export function makeDeafenable(channel: string): void {
  // oxlint-disable-next-line typescript/unbound-method -- called on what it was called on
  const duplicate = Redis.prototype.duplicate
  Redis.prototype.duplicate = function (this: Redis, ...args) {
    const copy = duplicate.apply(this, args)
    const emit = copy.emit.bind(copy)
    copy.emit = (event: string, ...details: unknown[]) => {
      const isDropped =
        event === 'message' && details[0] === channel && performance.now() < deafUntil
      return isDropped ? false : emit(event as 'message', ...(details as never[]))
    }
    return copy
  }
}
