import type { Reader } from './actors.ts'
import type { Moment } from './explore.ts'
import { isUnder, lookUpMark } from './redis.ts'
import type { Version, World } from './world.ts'

/** What must be true of every read and every end. docs/guarantees.md promises these in prose. */
export const properties = {
  /** G1: a read that begins after an acknowledgement is not given what was there before it. */
  fresh: 'fresh after acknowledgement',
  /** G1 for the memory of the writer's own process, with no Δ. */
  ownProcess: 'never stale in the own process',
  /** G3: memory of another process is at most Δ behind. */
  withinDelta: 'at most Δ stale in memory',
  /** G3: memory is not stale once the messages have arrived, or their loss was noticed. */
  told: 'not stale in memory once told',
  /**
   * G1: once any reader was given the new version, none that begins later is given the old one; from
   * memory that goes for the writer's own process.
   */
  linear: 'never back once seen',
  /** G2: nobody is given what is not committed. */
  committed: 'only what is committed',
  /** At the end whatever could be served equals the database. */
  notStuck: 'nothing stale remains',
  /** At the end everyone has finished, and no mark is locked. */
  finished: 'everyone finishes',
} as const

export type Property = (typeof properties)[keyof typeof properties]

export const allProperties: readonly Property[] = Object.values(properties)

/** Gives a reader its answer, and judges it. */
export function answer(
  m: Moment<World>,
  reader: Reader,
  value: readonly Version[],
  from: 'the shared tier' | 'the database' | 'memory' | 'a load that it joined',
): void {
  const { world } = m
  m.say?.(`${reader.name} is given version ${value.join('|')} from ${from}`)
  const tags = world.scenario.queries[reader.query]!
  for (const [index, tag] of tags.entries()) {
    const version = value[index]!
    if (version < 0) {
      violate(
        m,
        properties.committed,
        `${reader.name} was given what W${-version} has not committed`,
      )
      continue
    }
    const given = `${reader.name} was given version ${version}, `
    if (from === 'memory') judgeMemory(m, reader.process, tag, version, given, tags)
    else {
      const mustSee = reader.mustSee[index]!
      if (version < mustSee) {
        violate(m, properties.fresh, `${given}after ${mustSee} was acknowledged`)
      }
      const wasSeen = reader.wasSeen[index]!
      if (version < wasSeen) {
        violate(m, properties.linear, `${given}after somebody was given ${wasSeen}`)
      }
    }
    if (world.untold > 0 && version < world.rows[tag]!) m.note('stale while a RELEASE is owed')
    if (world.seen[tag]! < version) world.seen = world.seen.with(tag, version)
  }
}

function judgeMemory(
  m: Moment<World>,
  index: number,
  tag: number,
  version: Version,
  given: string,
  tags: readonly number[],
): void {
  const { world } = m
  const process = world.processes[index]!
  if (version < world.acknowledged[tag]!) m.note('stale memory hit within Δ')
  if (version < process.acknowledged[tag]!) {
    violate(m, properties.ownProcess, `${given}after its own process had acknowledged a newer one`)
  }
  if (version < world.acknowledgedBefore[tag]!) {
    violate(m, properties.withinDelta, `${given}more than Δ after a newer one was acknowledged`)
  }
  if (isWrittenHere(world, index, tag) && version < world.seen[tag]!) {
    violate(
      m,
      properties.linear,
      `${given}while its own process writes, after somebody saw a newer one`,
    )
  }
  const isTold = !process.hasGap && tags.every((tag) => process.messages[tag] === 0)
  if (isTold && version < world.acknowledged[tag]!) {
    violate(m, properties.told, `${given}with all messages of newer ones delivered`)
  }
}

/** Whether a writer of this process is at work on the tag, with its lock. */
function isWrittenHere(world: World, process: number, tag: number): boolean {
  return world.writers.some(
    (writer) =>
      writer.process === process &&
      (writer.at === 'commit' || writer.at === 'renew' || writer.at === 'release') &&
      (world.unlocked & writer.bit) === 0 &&
      writer.tags.includes(tag),
  )
}

/** Judges a world in which nothing can happen any more. */
export function judgeEnd(m: Moment<World>): void {
  const { world } = m
  const { readers, writers, scenario, server } = world
  for (const { at, name } of [...readers, ...writers]) {
    if (at !== 'done' && at !== 'crashed') {
      violate(m, properties.finished, `${name} waits for ever at '${at}'`)
    }
  }
  if (server.marks.some(({ holders }) => holders > 0)) {
    violate(m, properties.finished, 'a mark is locked for ever')
  }
  // Excused: nobody holds or owes what would have made it old. See `loseLock`.
  if (world.unlocked > 0 || world.untold > 0) return
  for (const [process, { memory }] of world.processes.entries()) {
    for (const [query, tags] of scenario.queries.entries()) {
      const tokens = tags.map((tag) => lookUpMark(world, process, tag))
      if (tokens.some((token) => token <= 0)) continue
      const kept = scenario.memory === 'validated' ? [memory[query]] : []
      for (const entry of [server.entries[query], ...kept]) {
        if (!isUnder(entry, tokens)) continue
        m.note('servable entry at the end')
        if (tags.every((tag, index) => entry.value[index] === world.rows[tag])) continue
        violate(m, properties.notStuck, `version ${entry.value.join('|')} can still be served`)
      }
    }
  }
}

/**
 * A writer goes on without its lock: INTENT failed or is not part of the mode, or a fault took the lock
 * away. What the lock is for is then not promised until its RELEASE: that reads do not go back, and
 * that a crash before the RELEASE leaves nothing stale. Freshness after the acknowledgement still is.
 */
export function loseLock(m: Moment<World>, bit: number): void {
  const { world } = m
  m.note('writer without its lock')
  if (world.scenario.excuses === 'none') return
  world.unlocked |= bit
  for (const reader of world.readers) reader.wasSeen = reader.wasSeen.map(() => 0)
}

function violate(m: Moment<World>, property: Property, detail: string): void {
  if (m.world.scenario.judged.includes(property)) m.violate(property, detail)
}
