import type { Cluster, Redis } from 'ioredis'
import { answered, type Run, scanServer } from './scan.ts'

/**
 * The names on all primaries of a Cluster that fit a pattern, see `scanServer`.
 *
 * A slot that moves from a server that was not asked yet to one that was would be missed. So each primary is asked before
 * and after what it has: rejects where that is not the same, or a slot is on its way.
 */
export async function* scanCluster(
  cluster: Cluster,
  run: Run,
  prefix: string,
  pattern: string,
): AsyncIterable<readonly string[]> {
  const before = await layoutOf(cluster, run)
  for (const connection of before.connections) yield* scanServer(connection, run, prefix, pattern)
  const after = await layoutOf(cluster, run)
  if (after.text !== before.text) throw new Error('slots of the Cluster moved on the way')
}

interface Layout {
  readonly connections: readonly Redis[]
  /** Another one whenever a slot has moved, or a replica has become the primary. */
  readonly text: string
}

async function layoutOf(cluster: Cluster, run: Run): Promise<Layout> {
  // The first call waits for the map of slots, without which no primary is known.
  const connections = await run(async () => cluster.nodes('master'))
  const shares = await Promise.all(
    connections.map(async (connection) => {
      return shareOf(String(await answered(run, () => connection.cluster('NODES'))))
    }),
  )
  const slots = shares.reduce((sum, share) => sum + share.slots, 0)
  if (slots !== ALL_SLOTS) {
    throw new Error(`expected primaries for all ${ALL_SLOTS} slots of the Cluster, got ${slots}`)
  }
  return {
    connections,
    text: shares
      .map(({ text }) => text)
      .toSorted()
      .join('\n'),
  }
}

const ALL_SLOTS = 16_384

/**
 * What a server says of itself in `CLUSTER NODES`:
 * `id address flags primary ping pong epoch state first-last… [slot->-id]…`.
 *
 * @throws Error where it is no primary, or a slot is on its way
 */
export function shareOf(nodes: string): { readonly text: string; readonly slots: number } {
  const own = nodes.split('\n').map((line) => line.trim().split(' '))
  const [id = '', , flags = '', , , , epoch = '', , ...ranges] =
    own.find(([, , names = '']) => names.split(',').includes('myself')) ?? []
  if (!flags.split(',').includes('master')) {
    throw new Error(`expected a primary of the Cluster, got ${flags || 'no answer'}`)
  }
  if (ranges.some((range) => range.startsWith('['))) {
    throw new Error('expected a Cluster at rest, got one whose slots are being moved')
  }
  const slots = ranges.reduce((sum, range) => {
    const [first, last = first] = range.split('-').map(Number)
    return sum + last! - first! + 1
  }, 0)
  return { text: [id, epoch, ...ranges].join(' '), slots }
}
