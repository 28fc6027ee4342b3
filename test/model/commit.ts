import type { Writer } from './actors.ts'
import type { Moment } from './explore.ts'
import { forgetOwn } from './process.ts'
import type { World } from './world.ts'

/** What the database does at a COMMIT. */
export function applyCommit(world: World, writer: Writer): void {
  const { writeThrough } = world.scenario.protocol
  const before =
    writeThrough.valueReadAfter === 'INTENT' ? world.rows : (writer.snapshot ?? world.rows)
  if (writeThrough.when !== 'never') {
    writer.value = before.map((version, tag) => version + (writer.tags.includes(tag) ? 1 : 0))
  }
  world.rows = world.rows.map((version, tag) => version + (writer.tags.includes(tag) ? 1 : 0))
  writer.versions = writer.tags.map((tag) => world.rows[tag]!)
  writer.isApplied = true
}

/** The client is told that it is done, whether RELEASE was answered or not. */
export function acknowledge(m: Moment<World>, writer: Writer): void {
  const { world } = m
  const process = world.processes[writer.process]!
  m.say?.(`${writer.name} is acknowledged`)
  m.note('acknowledged')
  const isReleased = writer.isReleased || writer.tracked.length === 0
  for (const [index, tag] of writer.tags.entries()) {
    const version = Math.max(process.acknowledged[tag]!, writer.versions[index]!)
    process.acknowledged = process.acknowledged.with(tag, version)
  }
  if (isReleased || writer.intent === 'held') tell(world, writer)
  else {
    m.note('acknowledged with no mark moved')
    world.untold |= writer.bit
  }
  forgetOwn(world, writer, 'after')
  if (!isReleased && world.scenario.protocol.owedReleases === 'bypass') {
    const { bit, tracked } = writer
    process.owed = process.owed.map((owed, tag) => (tracked.includes(tag) ? owed | bit : owed))
  }
  const { when, stored } = world.scenario.protocol.writeThrough
  const storesNow = when !== 'never' && stored === 'by a SET after it' && writer.tokens.length > 0
  if (isReleased) writer.at = storesNow ? 'write through' : 'done'
  else writer.at = 'retry'
}

/** From now on nobody may be given less. */
export function tell(world: World, writer: Writer): void {
  world.untold &= ~writer.bit
  for (const [index, tag] of writer.tags.entries()) {
    const version = Math.max(world.acknowledged[tag]!, writer.versions[index]!)
    world.acknowledged = world.acknowledged.with(tag, version)
  }
}
