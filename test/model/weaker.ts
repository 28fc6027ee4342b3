import { properties, type Property } from './properties.ts'
import { type Protocol, safeWriteThrough, type WriteThrough } from './protocol.ts'
import type { Scenario } from './scenario.ts'
import { rowAndBulk } from './scenarios.ts'
import { scenario, shapes, weakened, writer } from './shapes.ts'

/** A protocol that lacks one rule, and what breaks then, in a scenario that the whole protocol bears. */
export interface Weaker {
  readonly name: string
  readonly scenario: Scenario
  readonly breaks: Property
}

const oneWriter = shapes['1 writer, 2 readers']
const elsewhere = shapes['1 writer, 1 reader elsewhere']

export const weaker: readonly Weaker[] = [
  without('invalidate before commit', properties.fresh, {
    protocol: { write: 'invalidate, then commit' },
  }),
  without('token taken at populate', properties.fresh, {
    protocol: { tokensTaken: 'when the answer is stored' },
  }),
  without('flights keyed without token', properties.fresh, {
    protocol: { flightsKeyedBy: 'query' },
  }),
  without('no intent: bump after commit', properties.linear, {
    protocol: { mode: 'fresh' },
    excuses: 'none',
    judged: [properties.linear],
  }),
  without('no intent, and a crash before the bump', properties.notStuck, {
    ...elsewhere,
    protocol: { mode: 'fresh' },
    faults: ['crash'],
    excuses: 'none',
    judged: [properties.notStuck],
  }),
  without('missing mark read as valid', properties.fresh, {
    ...elsewhere,
    protocol: { missingMark: 'valid' },
  }),
  without('counter instead of random token', properties.fresh, {
    ...elsewhere,
    protocol: { tokens: 'counted' },
    faults: ['eviction'],
  }),
  without('epoch off', properties.fresh, {
    ...elsewhere,
    protocol: { epoch: 'ignored' },
    faults: ['failover'],
  }),
  without('epoch read once, not with each connection', properties.fresh, {
    ...elsewhere,
    protocol: { epoch: 'read once' },
    faults: ['failover'],
  }),
  without('memory without the fence', properties.told, {
    ...elsewhere,
    ...twice(),
    memory: 'bounded',
    protocol: { fence: 'none' },
  }),
  without('memory without the fence, in the own process', properties.ownProcess, {
    ...shapes['2 writers in one process, 2 readers'],
    writers: [writer('A')],
    readers: [{ process: 0, query: 0, reads: 2 }],
    memory: 'bounded',
    protocol: { fence: 'none' },
    judged: [properties.ownProcess],
  }),
  without('memory that own writes do not drop before', properties.linear, {
    ...shapes['1 writer, 2 readers in its process, 1 elsewhere'],
    memory: 'bounded',
    start: 'warm',
    protocol: { ownWritesForget: 'after' },
  }),
  without('memory that own writes do not drop after, when INTENT failed', properties.ownProcess, {
    ...shapes['1 writer, 2 readers in its process, 1 elsewhere'],
    memory: 'bounded',
    start: 'warm',
    faults: ['outage'],
    protocol: { mode: 'available', ownWritesForget: 'before' },
    judged: [properties.ownProcess],
  }),
  without('memory ignoring bus gaps', properties.told, {
    ...elsewhere,
    memory: 'bounded',
    faults: ['lost messages'],
    protocol: { gapInMessages: 'ignored' },
  }),
  without('age of a validation counted from its answer', properties.withinDelta, {
    ...elsewhere,
    ...twice(),
    memory: 'bounded',
    protocol: { validatedWhen: 'answered' },
    judged: [properties.withinDelta],
  }),
  without('savepoint rollback dropping tags', properties.fresh, {
    ...elsewhere,
    writers: [writer('A', 'savepoint')],
    protocol: { rollbackToSavepoint: 'drops the tags since' },
  }),
  without('fill inside a transaction', properties.committed, {
    ...elsewhere,
    writers: [writer('A', 'transaction')],
    protocol: { readsInTransaction: 'fill' },
  }),
  without('release that deletes the locks of other writers', properties.linear, {
    ...shapes['2 writers, 2 readers that read twice'],
    protocol: { release: 'whole mark' },
    excuses: 'none',
  }),
  without('release that deletes the locks of other writers, and a crash', properties.notStuck, {
    ...shapes['2 writers, 1 reader'],
    protocol: { release: 'whole mark' },
    faults: ['crash'],
    judged: [properties.notStuck],
  }),
  without('locked mark served', properties.linear, {
    protocol: { lockedMark: 'served' },
  }),
  without('mark read from a replica', properties.fresh, {
    ...elsewhere,
    protocol: { marksReadFrom: 'replica' },
  }),
  without('a lookup shared with one that was sent before', properties.fresh, {
    protocol: { lookups: 'joined under way' },
    judged: [properties.fresh],
  }),
  without('nothing done about an unknown outcome, in fresh', properties.notStuck, {
    ...elsewhere,
    protocol: { mode: 'fresh', abandon: 'does nothing' },
    faults: ['unknown outcome'],
    excuses: 'none',
    judged: [properties.notStuck],
  }),
  without('owed releases forgotten, in available', properties.fresh, {
    ...oneWriter,
    protocol: { mode: 'available', owedReleases: 'forgotten' },
    faults: ['outage'],
  }),
  writeThroughWithout('write-through without asking whether it was alone', {
    ...shapes['2 writers, 1 reader'],
    protocol: { when: 'always' },
  }),
  writeThroughWithout('write-through, RELEASE of a lost lock tells nobody', {
    ...shapes['2 writers, 1 reader'],
    protocol: { leavingTellsOthers: false },
    faults: ['eviction'],
  }),
  writeThroughWithout('write-through, RELEASE under another epoch than its INTENT', {
    ...shapes['2 writers, 1 reader'],
    protocol: { onlyInEpochOfIntent: false },
    faults: ['failover'],
  }),
  writeThroughWithout('write-through, a renewal takes a lost lock for its own', {
    ...shapes['2 writers, 1 reader'],
    writers: [writer('A', 'renewed'), writer('B')],
    protocol: { renewalTells: false },
    faults: ['eviction'],
  }),
  writeThroughWithout('write-through, tokens of other marks taken at RELEASE', {
    ...rowAndBulk,
    protocol: { otherTokensTaken: 'with RELEASE' },
  }),
  writeThroughWithout('write-through of what a transaction read before INTENT', {
    ...shapes['2 writers, 1 reader'],
    writers: [writer('A', 'transaction'), writer('B')],
    protocol: { valueReadAfter: 'the start of the transaction' },
  }),
]

function without(
  name: string,
  breaks: Property,
  { protocol, ...parts }: Partial<Omit<Scenario, 'protocol'>> & { protocol: Partial<Protocol> },
): Weaker {
  return { name, breaks, scenario: scenario(name, { ...parts, protocol: weakened(protocol) }) }
}

function writeThroughWithout(
  name: string,
  { protocol, ...parts }: Partial<Omit<Scenario, 'protocol'>> & { protocol: Partial<WriteThrough> },
): Weaker {
  const writeThrough = { ...safeWriteThrough, ...protocol }
  return without(name, properties.fresh, { ...parts, protocol: { writeThrough } })
}

function twice() {
  return { readers: elsewhere.readers.map((reader) => ({ ...reader, reads: 2 })) }
}
