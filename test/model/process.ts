import type { Reader, Writer } from './actors.ts'
import type { Moment } from './explore.ts'
import type { Entry, World } from './world.ts'

/**
 * A process: its memory tier, what it knows of its own writers, and its ear on the bus.
 */

/** Whether an own writer has moved the tags of this query and could not say so to the others. */
export function isOwedHere(world: World, process: number, query: number): boolean {
  const { owed } = world.processes[process]!
  return world.scenario.queries[query]!.some((tag) => owed[tag]! > 0)
}

/** Keeps what was looked up or loaded, unless its marks may have moved since they were taken. */
export function keepInMemory(m: Moment<World>, reader: Reader, entry: Entry): void {
  const { world } = m
  const { memory, protocol } = world.scenario
  if (memory === 'none') return
  if (reader.isFenced && protocol.fence === 'kept') return m.note('memory put refused by the fence')
  const { tokens, value } = entry
  const young = protocol.validatedWhen === 'answered' || reader.isYoung
  m.note('memory put')
  const process = world.processes[reader.process]!
  process.memory = process.memory.with(reader.query, { tokens, value, young })
}

/** An own writer begins to change these tags, or is done, whatever became of it. */
export function forgetOwn(
  world: World,
  { process, tracked }: Writer,
  when: 'before' | 'after',
): void {
  const { ownWritesForget } = world.scenario.protocol
  if (ownWritesForget === 'before and after' || ownWritesForget === when) {
    forgetHere(world, process, tracked)
  }
}

/** Drops what depends on these tags, and raises the fence for what is looked up right now. */
export function forgetHere(world: World, process: number, tags: readonly number[]): void {
  const { queries, memory } = world.scenario
  if (memory === 'none') return
  const isTouched = (query: number) => tags.some((tag) => queries[query]!.includes(tag))
  const own = world.processes[process]!
  own.memory = own.memory.map((kept, query) => (isTouched(query) ? undefined : kept))
  for (const reader of world.readers) {
    const isReading = reader.at !== 'start' && reader.at !== 'done'
    if (reader.process === process && isReading && isTouched(reader.query)) reader.isFenced = true
  }
}

/** The PUBLISH inside INTENT and RELEASE. Who is not connected gets nothing, and does not know it yet. */
export function publish(world: World, from: number, tags: readonly number[]): void {
  if (world.scenario.memory === 'none') return
  for (const [index, process] of world.processes.entries()) {
    if (index === from || process.isDead) continue
    if (!process.hasGap)
      process.messages = process.messages.map((n, tag) => (tags.includes(tag) ? n + 1 : n))
  }
}
