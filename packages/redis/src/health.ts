import type { SharedHealth } from '@tidemark/core'
import { advice, warningsOf } from './health-warnings.ts'
import type { RedisClient } from './redis-client.ts'
import { askServer, messageOf } from './server-health.ts'

export interface HealthCheck {
  readonly client: RedisClient
  readonly timeoutMs: number
  readonly isBreakerOpen: boolean
  readonly isBusUp: boolean
  /** Does what writes do, on marks of no table. */
  readonly tryOut: () => Promise<unknown>
}

/** How Redis is doing: each primary, what stands between, and whether this user may do what is needed. */
export async function healthOf(check: HealthCheck): Promise<SharedHealth> {
  const { client, timeoutMs, isBreakerOpen, isBusUp } = check
  const connections = client.kind === 'server' ? [client.server] : client.cluster.nodes('master')
  const facts = await Promise.all(connections.map((each) => askServer(each, timeoutMs)))
  const areUp = facts.length > 0 && facts.every(({ up }) => up)
  // A trial while it is left alone would be refused, and tell nothing.
  const refusal = areUp && !isBreakerOpen ? await reasonNotTo(check.tryOut) : undefined
  const nowhere = facts.length === 0 ? 'no primary is known' : undefined
  const down = facts.find(({ up }) => !up)
  return {
    name: 'redis',
    up: areUp && refusal === undefined,
    reason: nowhere ?? down?.reason ?? refusal,
    latencyMs: areUp ? Math.max(...facts.map(({ latencyMs = 0 }) => latencyMs)) : undefined,
    breaker: isBreakerOpen ? 'open' : 'closed',
    bus: isBusUp ? 'up' : 'down',
    servers: facts,
    warnings: [
      ...facts.flatMap(warningsOf),
      ...(nowhere === undefined ? [] : [`Redis is down: ${nowhere}`]),
      ...(refusal === undefined
        ? []
        : [`Redis refuses what is needed: ${refusal}${advice(refusal)}`]),
      ...(isBreakerOpen && areUp
        ? ['Redis failed lately and is left alone for a while: the database answers']
        : []),
      ...(isBusUp || !areUp
        ? []
        : [
            'messages of other processes do not come through: memory may be maxStaleness behind their writes. Just ' +
              'after the start this is usual; if it lasts, see to it that this user may subscribe',
          ]),
    ],
  }
}

async function reasonNotTo(act: () => Promise<unknown>): Promise<string | undefined> {
  try {
    await act()
    return undefined
  } catch (error) {
    return messageOf(error)
  }
}
