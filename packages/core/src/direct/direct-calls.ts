import { LRUCache } from 'lru-cache'
import { checkName } from '../options/check-options.ts'
import type { ResolvedDirectOptions } from './direct-options.ts'
import type { Engine } from '../engine.ts'
import type { ReadCall } from '../reads/lookup.ts'
import type { ReadPlan } from '../policies/query.ts'

const ADAPTER = 'direct'

/** Names are few where they are as they should be. */
const MAX_PLANS = 1000

/** Describes to the engine what has a key of its own, as an adapter describes a query. */
export class DirectCalls {
  readonly #engine: Engine
  readonly #plans = new LRUCache<string, ReadPlan>({ max: MAX_PLANS })

  constructor(engine: Engine) {
    this.#engine = engine
  }

  /** @throws TidemarkError `INVALID_OPTION` */
  of(key: string, { hint, name, partition }: ResolvedDirectOptions): ReadCall {
    checkName('key', key)
    return {
      plan: this.#plan(name ?? nameOf(key)),
      hint: { ...hint, key },
      nestsAs: key,
      key: () => {
        const whose = partition()
        if (whose === undefined) return undefined
        return {
          adapter: ADAPTER,
          database: '',
          partition: whose,
          operation: 'key',
          parameters: key,
        }
      },
    }
  }

  #plan(fingerprint: string): ReadPlan {
    let plan = this.#plans.get(fingerprint)
    if (!plan) {
      plan = this.#engine.plan({ adapter: ADAPTER, fingerprint }, { kind: 'read', tables: [] })
      this.#plans.set(fingerprint, plan)
    }
    return plan
  }
}

/** What follows the colon may be anybody's name, and is not for the metrics. */
function nameOf(key: string): string {
  const colon = key.indexOf(':')
  return colon > 0 ? `${key.slice(0, colon)}:?` : '?'
}
