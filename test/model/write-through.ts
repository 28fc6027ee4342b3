import type { Writer } from './actors.ts'
import type { Moment } from './explore.ts'
import { lookUpMark, releaseMark, setEntry, wasAlone } from './redis.ts'
import { nameToken } from './trace.ts'
import type { World } from './world.ts'

/**
 * RELEASE of these marks, which stores what was written for the first query, under new tokens, where no
 * other writer can have been at work since this one's INTENT.
 */
export function releaseMarks(m: Moment<World>, writer: Writer, tags: readonly number[]): void {
  const { world } = m
  const { writeThrough } = world.scenario.protocol
  const isThrough =
    writeThrough.when !== 'never' &&
    // Not when it is retried: there is no hurry any more.
    writer.at === 'release' &&
    (!writeThrough.onlyInEpochOfIntent || writer.epochOfIntent === epochOf(world, writer)) &&
    tags.every((tag) => wasAlone(world, tag, writer.bit))
  const minted = tags.map((tag) => releaseMark(world, writer, tag, isThrough))
  if (!isThrough) return
  takeOtherTokens(world, writer, 'with RELEASE')
  const query = world.scenario.queries[0]!
  writer.tokens = query.map((tag, index) => {
    const at = tags.indexOf(tag)
    return at >= 0 ? minted[at]! : (writer.tokens[index] ?? 0)
  })
  if (writeThrough.stored === 'with RELEASE') storeThrough(m, writer)
}

/** The epoch of the writer's connections: as one number, since it only grows in the model. */
export function epochOf({ processes }: World, { process }: Writer): number {
  return Math.max(...processes[process]!.epochs)
}

/** The tokens of those marks of the query that this writer does not move. */
export function takeOtherTokens(
  world: World,
  writer: Writer,
  when: 'with INTENT' | 'with RELEASE',
): void {
  const { writeThrough } = world.scenario.protocol
  if (writeThrough.when === 'never' || writeThrough.otherTokensTaken !== when) return
  writer.tokens = world.scenario.queries[0]!.map((tag) =>
    writer.tags.includes(tag) ? 0 : lookUpMark(world, writer.process, tag),
  )
}

export function storeThrough(m: Moment<World>, writer: Writer): void {
  const { world } = m
  const { tokens } = writer
  if (tokens.some((token) => token <= 0)) return
  const value = world.scenario.queries[0]!.map((tag) => writer.value![tag]!)
  m.note('write-through')
  m.say?.(
    `${writer.name} stores version ${value.join('|')} under ${tokens.map(nameToken).join('+')}`,
  )
  setEntry(world, 0, { tokens, value })
}
