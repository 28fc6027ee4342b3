import type { Action } from './explore.ts'
import { nameProcess, noticeGap } from './faults.ts'
import { forgetHere, publish } from './process.ts'
import { expireLock, isHeld, lockMark, releaseMark } from './redis.ts'
import type { Scenario } from './scenario.ts'
import type { World } from './world.ts'
import { applyCommit } from './commit.ts'

/** What happens by itself: messages and late requests arrive, leases end, Δ passes. */
export function timeActions({ faults, memory, processes, tags, writers }: Scenario) {
  const actions: Action<World>[] = []
  const all = (count: number) => Array.from({ length: count }, (_, index) => index)
  for (const index of all(writers.length)) {
    for (const tag of all(tags)) actions.push(leaseEnds(index, tag))
    if (faults.some((fault) => fault.startsWith('unknown outcome') || fault === 'crash')) {
      actions.push(orphanDecided(index))
    }
  }
  if (faults.includes('outage')) actions.push(lateRequestArrives)
  if (memory === 'none') return actions
  for (const index of all(processes)) {
    for (const tag of all(tags)) actions.push(messageArrives(index, tag))
    actions.push({
      name: 'gap noticed',
      enabled: (world) => world.processes[index]!.hasGap && !world.processes[index]!.isCut,
      take: (m) => noticeGap(m, index),
    })
  }
  if (memory === 'bounded') actions.push(deltaPasses)
  return actions
}

/**
 * The lease of a writer that will not release any more ends. A4: what it has sent to the database is
 * decided before. (`pause past the lease` and `applied late` are the faults that break this.)
 */
function leaseEnds(index: number, tag: number): Action<World> {
  return {
    name: 'lease ends',
    enabled: (world) => {
      const { at, bit } = world.writers[index]!
      if (!isHeld(world.server.marks[tag]!, bit)) return false
      if (at !== 'done' && at !== 'crashed' && at !== 'retry') return false
      const isLate = world.scenario.faults.includes('unknown outcome, applied late')
      return isLate || (world.orphans & bit) === 0
    },
    take: (m) => {
      const { name, bit } = m.world.writers[index]!
      m.say?.(`the lease of ${name} on mark ${tag} ends`)
      m.note('lease ends')
      expireLock(m.world, tag, bit)
    },
  }
}

/** The database applies a COMMIT that nobody waits for, or never will. */
function orphanDecided(index: number): Action<World> {
  return {
    name: 'orphan decided',
    enabled: ({ orphans, writers }) => (orphans & writers[index]!.bit) > 0,
    take: (m) => {
      const { world } = m
      const writer = world.writers[index]!
      world.orphans &= ~writer.bit
      const isApplied = m.oneOf([true, false])
      m.say?.(
        `the database ${isApplied ? 'applies' : 'will never apply'} the COMMIT of ${writer.name}`,
      )
      m.note(isApplied ? 'orphan applied' : 'orphan dropped')
      if (isApplied) applyCommit(world, writer)
    },
  }
}

const lateRequestArrives: Action<World> = {
  name: 'late request arrives',
  enabled: ({ late }) => late.length > 0,
  take: (m) => {
    const { world } = m
    const chosen = m.oneOf(world.late)
    const { kind, writer: index, tags } = chosen
    const sender = world.writers[index]!
    const { name, bit, process } = sender
    world.late = world.late.filter((request) => request !== chosen)
    m.say?.(`the late ${kind.toUpperCase()} of ${name} arrives`)
    m.note(`late ${kind} arrives`)
    for (const tag of tags) {
      if (kind === 'intent') lockMark(world, tag, bit, false)
      else releaseMark(world, sender, tag, false)
    }
    publish(world, process, tags)
  },
}

function messageArrives(index: number, tag: number): Action<World> {
  return {
    name: 'message arrives',
    enabled: ({ processes }) => processes[index]!.messages[tag]! > 0,
    take: (m) => {
      m.say?.(`process ${nameProcess(index)} hears that mark ${tag} has moved`)
      m.note('message')
      const process = m.world.processes[index]!
      process.messages = process.messages.with(tag, process.messages[tag]! - 1)
      forgetHere(m.world, index, [tag])
    },
  }
}

/**
 * More than Δ passes: what was validated before is no longer young. Time that passes in smaller parts
 * changes nothing that a rule compares.
 */
const deltaPasses: Action<World> = {
  name: 'Δ passes',
  enabled: ({ processes, readers, acknowledged, acknowledgedBefore }) =>
    processes.some(({ memory }) => memory.some((kept) => kept?.young)) ||
    readers.some(({ at, isYoung }) => isYoung && at !== 'start' && at !== 'done') ||
    acknowledged.some((version, tag) => version !== acknowledgedBefore[tag]),
  take: (m) => {
    const { world } = m
    m.say?.('more than Δ passes')
    for (const process of world.processes) {
      process.memory = process.memory.map((kept) => kept && { ...kept, young: false })
    }
    for (const reader of world.readers) {
      if (reader.at !== 'start' && reader.at !== 'done') reader.isYoung = false
    }
    world.acknowledgedBefore = world.acknowledged
  },
}
