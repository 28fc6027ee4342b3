import type { Action, Moment } from './explore.ts'
import { forgetHere } from './process.ts'
import { loseLock } from './properties.ts'
import { expireLock, hasLocks, isHeld } from './redis.ts'
import type { Fault, Scenario } from './scenario.ts'
import { absentMark, type Server, type World } from './world.ts'

/** What goes wrong. Each fault that the scenario names happens at most once, at any moment. */
export function faultActions({ faults, protocol }: Scenario): readonly Action<World>[] {
  const actions = faults.map((name) => {
    const { enabled = () => true, take } = kinds[name]
    return {
      name,
      enabled: (world: World) => !world.spent.includes(name) && enabled(world),
      take: (m: Moment<World>) => {
        m.world.spent = [...m.world.spent, name]
        m.note(name)
        take(m)
        noticeLostLocks(m)
      },
    }
  })
  const hasReplica = faults.includes('failover') || protocol.marksReadFrom === 'replica'
  return [
    ...actions,
    ...(hasReplica ? [fallBehind] : []),
    ...(faults.includes('outage') ? [heal] : []),
  ]
}

interface FaultKind {
  readonly enabled?: (world: World) => boolean
  readonly take: (m: Moment<World>) => void
}

const never: FaultKind = { enabled: () => false, take: () => undefined }

const kinds: Record<Fault, FaultKind> = {
  crash: {
    enabled: ({ processes }) => processes.some(({ isDead }) => !isDead),
    take: (m) => {
      const { world } = m
      const alive = [...world.processes.keys()].filter((index) => !world.processes[index]!.isDead)
      const index = m.oneOf(alive)
      m.say?.(`process ${nameProcess(index)} dies`)
      const process = world.processes[index]!
      process.isDead = true
      process.memory = process.memory.map(() => undefined)
      process.messages = process.messages.map(() => 0)
      process.owed = process.owed.map(() => 0)
      process.hasGap = false
      for (const reader of world.readers) {
        if (reader.process === index && reader.at !== 'done') reader.at = 'crashed'
      }
      for (const writer of world.writers) {
        if (writer.process !== index || writer.at === 'done') continue
        if (writer.at === 'commit' && m.oneOf([false, true])) {
          m.say?.(`the COMMIT of ${writer.name} is under way`)
          m.note('crash with a COMMIT under way')
          world.orphans |= writer.bit
          if (writer.intent !== 'held') loseLock(m, writer.bit)
        } else if (writer.at === 'release') m.note('crash between COMMIT and RELEASE')
        writer.at = 'crashed'
        writer.todo = []
      }
    },
  },

  outage: {
    take: (m) => {
      const { world } = m
      const all = [...world.processes.keys()]
      const cut = m.oneOf(all.length > 1 ? [all, ...all.map((index) => [index])] : [all])
      m.say?.(`Redis is out of reach for ${cut.map(nameProcess).join(' and ')}`)
      for (const index of cut) {
        world.processes[index]!.isCut = true
        loseConnection(world, index)
      }
    },
  },

  eviction: {
    enabled: ({ server }) => targetsOfEviction(server).length > 0,
    take: (m) => {
      const { server } = m.world
      const { kind, index } = m.oneOf(targetsOfEviction(server))
      m.say?.(`${kind} ${index} is evicted`)
      m.note(`${kind} evicted`)
      if (kind === 'entry') server.entries = server.entries.with(index, undefined)
      else {
        if (server.marks[index]!.holders > 0) m.note('lock evicted')
        server.marks = server.marks.with(index, absentMark)
      }
    },
  },

  FLUSHALL: {
    take: (m) => {
      m.say?.('FLUSHALL')
      empty(m.world.server)
    },
  },

  restart: {
    take: (m) => {
      m.say?.('Redis restarts with nothing')
      empty(m.world.server)
      replaceServer(m.world, m.world.server.epochs)
    },
  },

  failover: {
    enabled: ({ replica }) => replica !== undefined,
    take: (m) => {
      const { world } = m
      const { server, scenario } = world
      const lost = world.replica!
      world.replica = undefined
      if (scenario.servers === 'cluster') {
        const tag = m.choose(scenario.tags + 1)
        if (tag === scenario.tags) {
          m.say?.('failover of the servers of the values')
          server.entries = lost.entries
        } else {
          m.say?.(`failover of the server of mark ${tag}`)
          server.marks = server.marks.with(tag, lost.marks[tag]!)
          server.epochs = server.epochs.with(tag, server.epochs[tag]! + 1)
        }
        for (const index of world.processes.keys()) loseConnection(world, index)
        return
      }
      m.say?.('failover: the replica becomes the primary')
      world.server = { ...lost, epochs: server.epochs }
      replaceServer(world, server.epochs)
    },
  },

  'another epoch': {
    take: (m) => {
      const { world } = m
      m.say?.('the server takes another epoch, while its connections stay')
      world.server.epochs = world.server.epochs.map((epoch) => epoch + 1)
      // Who connects, or asks again, learns of it.
      const alive = [...world.processes.keys()].filter((index) => !world.processes[index]!.isDead)
      const index = m.oneOf(alive)
      m.say?.(`process ${nameProcess(index)} alone knows it`)
      world.processes[index]!.epochs = world.server.epochs
    },
  },

  'lost messages': {
    take: (m) => {
      const { world } = m
      const alive = [...world.processes.keys()].filter((index) => !world.processes[index]!.isDead)
      const index = m.oneOf(alive)
      m.say?.(`messages to process ${nameProcess(index)} are lost from here on`)
      loseConnection(world, index)
    },
  },

  'pause past the lease': {
    enabled: ({ server }) => server.marks.some(({ holders }) => holders > 0),
    take: (m) => {
      const { world } = m
      const paused = m.oneOf(
        world.writers.filter((writer) =>
          world.server.marks.some((mark) => isHeld(mark, writer.bit)),
        ),
      )
      m.say?.(`${paused.name} is paused, and its lease ends`)
      for (const [tag, mark] of world.server.marks.entries()) {
        if (isHeld(mark, paused.bit)) expireLock(world, tag, paused.bit)
      }
    },
  },

  // These two are choices of the COMMIT itself, see `writer.ts`.
  'unknown outcome': never,
  'unknown outcome, applied late': never,
}

const fallBehind: Action<World> = {
  name: 'replica falls behind',
  enabled: ({ replica, spent }) => !replica && !spent.includes('failover'),
  take: (m) => {
    m.say?.('the replica gets nothing from here on')
    m.world.replica = { ...m.world.server }
  },
}

const heal: Action<World> = {
  name: 'outage ends',
  enabled: ({ processes }) => processes.some(({ isCut }) => isCut),
  take: (m) => {
    m.say?.('Redis can be reached again')
    for (const process of m.world.processes) process.isCut = false
  },
}

function targetsOfEviction({ marks, entries }: Server) {
  return [
    ...marks.flatMap((mark, index) => (mark === absentMark ? [] : [{ kind: 'mark', index }])),
    ...entries.flatMap((entry, index) => (entry ? [{ kind: 'entry', index }] : [])),
  ]
}

function empty(server: Server): void {
  server.marks = server.marks.map(() => absentMark)
  server.entries = server.entries.map(() => undefined)
}

/** Another server answers: it has an epoch of its own, and every connection is new. */
function replaceServer(world: World, epochs: readonly number[]): void {
  world.server.epochs = epochs.map((epoch) => epoch + 1)
  for (const index of world.processes.keys()) loseConnection(world, index)
}

/** It asks the next connection for its epoch first. What was on the way on the old one is lost. */
function loseConnection(world: World, index: number): void {
  const process = world.processes[index]!
  if (process.isDead) return
  if (world.scenario.protocol.epoch !== 'read once') process.epochs = world.server.epochs
  if (world.scenario.memory === 'none') return
  process.messages = process.messages.map(() => 0)
  process.hasGap = true
}

/** Marks those writers that are at work and whose lock is gone. */
function noticeLostLocks(m: Moment<World>): void {
  for (const writer of m.world.writers) {
    const isAtWork = writer.at === 'commit' || writer.at === 'renew' || writer.at === 'release'
    if (isAtWork && writer.intent === 'held' && !hasLocks(m.world, writer)) loseLock(m, writer.bit)
  }
}

/** Forgets everything, as one must who has missed messages. */
export function noticeGap(m: Moment<World>, index: number): void {
  const { world } = m
  m.say?.(`process ${nameProcess(index)} notices that it has missed messages`)
  m.note('gap noticed')
  world.processes[index]!.hasGap = false
  if (world.scenario.protocol.gapInMessages === 'ignored') return
  forgetHere(world, index, [...world.rows.keys()])
}

export function nameProcess(index: number): string {
  return String.fromCharCode(65 + index)
}
