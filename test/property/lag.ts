import { setImmediate } from 'node:timers/promises'
import { SeededRandom } from '@tidemark/testing'
import type { DatabaseConnection, Dialect, Driver } from 'kysely'

/** A way to the database on which statements and answers overtake one another, while it is on. */
export class Lag {
  readonly #random = new SeededRandom(1)
  isOn = false

  async around<T>(send: () => Promise<T>): Promise<T> {
    await this.#pause()
    try {
      return await send()
    } finally {
      await this.#pause()
    }
  }

  /** Turns of the event loop, in which others get on. */
  async #pause(): Promise<void> {
    if (!this.isOn) return
    for (let turns = this.#random.fraction() * 8; turns > 1; turns -= 1) await setImmediate()
  }
}

/** A dialect whose statements go that way. */
export function lagging(dialect: Dialect, lag: Lag): Dialect {
  return new Proxy(dialect, {
    get(target, name) {
      if (name === 'createDriver') return () => laggingDriver(target.createDriver(), lag)
      const member: unknown = Reflect.get(target, name, target)
      return typeof member === 'function' ? member.bind(target) : member
    },
  })
}

/** Statements of the driver's own, COMMIT among them, lag as its connections' do. */
function laggingDriver(driver: Driver, lag: Lag): Driver {
  const own = new WeakMap<object, DatabaseConnection>()
  return new Proxy(driver, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name, target)
      if (typeof member !== 'function') return member
      return async (first: unknown, ...rest: unknown[]): Promise<unknown> => {
        // It knows its connections by what it made.
        const connection = typeof first === 'object' && first !== null ? own.get(first) : undefined
        const call = () => member.call(target, connection ?? first, ...rest) as Promise<unknown>
        if (name === 'acquireConnection') {
          const made = (await call()) as DatabaseConnection
          const lagged = laggingConnection(made, lag)
          own.set(lagged, made)
          return lagged
        }
        return name === 'commitTransaction' ? lag.around(call) : call()
      }
    },
  })
}

function laggingConnection(connection: DatabaseConnection, lag: Lag): DatabaseConnection {
  return new Proxy(connection, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name, target)
      if (typeof member !== 'function') return member
      const call = (...args: unknown[]): unknown => member.apply(target, args)
      if (name !== 'executeQuery') return call
      return (...args: unknown[]) => lag.around(async () => call(...args))
    },
  })
}
