import type { LateRequest, Writer, WriterAt } from './actors.ts'
import { acknowledge, applyCommit, tell } from './commit.ts'
import type { Action, Moment } from './explore.ts'
import { forgetOwn, publish } from './process.ts'
import { loseLock } from './properties.ts'
import { hasLocks, initMark, lockMark, request, setEntry } from './redis.ts'
import { stepsOf } from './scripts.ts'
import type { World } from './world.ts'
import { epochOf, releaseMarks, storeThrough, takeOtherTokens } from './write-through.ts'

/** A write, step by step; see `reader.ts` for what a step is. */
type Step = (m: Moment<World>, writer: Writer) => void

const steps: Record<Exclude<WriterAt, 'done' | 'crashed'>, Step> = {
  begin(m, writer) {
    m.say?.(`${writer.name} begins a transaction`)
    writer.snapshot = m.world.rows
    advance(m, writer)
  },

  write(m, writer) {
    writer.tracked = writer.tags
    writer.sinceSavepoint = writer.tags
    if (writer.snapshot) m.say?.(`${writer.name} writes, and has not committed`)
    advance(m, writer)
  },

  savepoint(m, writer) {
    m.say?.(`${writer.name} sets a savepoint`)
    writer.sinceSavepoint = []
    advance(m, writer)
  },

  'rollback to savepoint'(m, writer) {
    m.say?.(`${writer.name} rolls back to the savepoint`)
    if (m.world.scenario.protocol.rollbackToSavepoint === 'drops the tags since') {
      writer.tracked = writer.tracked.filter((tag) => !writer.sinceSavepoint.includes(tag))
    }
    writer.sinceSavepoint = []
    advance(m, writer)
  },

  /** A read in the transaction: it sees its snapshot and what it wrote itself. */
  'read inside'(m, writer) {
    const { world } = m
    m.say?.(`${writer.name} reads in its transaction`)
    if (world.scenario.protocol.readsInTransaction === 'fill') {
      const tags = world.scenario.queries[0]!
      const tokens = tags.map((tag) => initMark(world, writer.process, tag))
      const value = tags.map((tag) =>
        writer.tags.includes(tag) ? -Math.log2(writer.bit) - 1 : writer.snapshot![tag]!,
      )
      if (!tokens.some((token) => token <= 0)) setEntry(world, 0, { tokens, value })
    }
    advance(m, writer)
  },

  rollback(m, writer) {
    m.say?.(`${writer.name} rolls back`)
    m.note('rollback')
    writer.at = 'done'
  },

  /** Before the statement, or before COMMIT. */
  intent(m, writer) {
    const { world } = m
    const { mode } = world.scenario.protocol
    forgetOwn(world, writer, 'before')
    const isAnswered = send(m, writer, 'intent', (tags) => {
      for (const tag of tags) lockMark(world, tag, writer.bit, false)
      takeOtherTokens(world, writer, 'with INTENT')
      writer.epochOfIntent = epochOf(world, writer)
    })
    if (!isAnswered && mode === 'strict') {
      m.note('write refused by strict')
      m.say?.(`${writer.name} gives up: nothing is written`)
      return end(m, writer)
    }
    if (!isAnswered) {
      writer.intent = 'failed'
      loseLock(m, writer.bit)
    }
    if (writer.todo.length > 0) return undefined
    if (writer.intent === 'none') writer.intent = 'held'
    return advance(m, writer)
  },

  /** The statement that commits by itself, or the COMMIT. */
  commit(m, writer) {
    const { world } = m
    const { faults, protocol } = world.scenario
    forgetOwn(world, writer, 'before')
    const isLocked = writer.intent === 'held' && hasLocks(world, writer)
    if (!isLocked && writer.tracked.length > 0) loseLock(m, writer.bit)
    const fault = faults.find((fault) => fault.startsWith('unknown outcome'))
    const outcomes = [
      'answered',
      'applied, and not answered',
      'under way, and not answered',
    ] as const
    const isSpent = fault === undefined || world.spent.includes(fault)
    const outcome = m.oneOf(isSpent ? ([outcomes[0]] as const) : outcomes)
    if (outcome !== 'answered') world.spent = [...world.spent, fault!]
    if (outcome === 'under way, and not answered') world.orphans |= writer.bit
    else applyCommit(world, writer)
    m.say?.(`${writer.name} commits${outcome === 'answered' ? '' : `: ${outcome}`}`)
    if (outcome === 'answered') return advance(m, writer)
    m.note(`commit ${outcome}`)
    writer.at = 'abandon'
    if (protocol.abandon === 'does nothing') end(m, writer)
    return undefined
  },

  renew(m, writer) {
    const isAnswered = send(m, writer, 'intent', (tags) => {
      m.note(hasLocks(m.world, writer) ? 'renewal' : 'renewal of a lost lock')
      for (const tag of tags) lockMark(m.world, tag, writer.bit, true)
    })
    if (!isAnswered) m.note('renewal failed')
    if (writer.todo.length === 0) advance(m, writer)
  },

  release(m, writer) {
    const isAnswered = release(m, writer)
    if (!isAnswered) return acknowledge(m, writer)
    if (writer.todo.length > 0) return undefined
    writer.isReleased = true
    m.world.unlocked &= ~writer.bit
    return advance(m, writer)
  },

  /** A SET of the written value, under the tokens that RELEASE has minted. */
  'write through'(m, writer) {
    storeThrough(m, writer)
    writer.at = 'done'
  },

  /** The outcome is unknown: the marks stay locked for a whole lease from now. */
  abandon(m, writer) {
    const { world } = m
    const isAnswered = send(m, writer, 'intent', (tags) => {
      for (const tag of tags) lockMark(world, tag, writer.bit, false)
    })
    if (isAnswered && writer.todo.length > 0) return undefined
    if (isAnswered) world.unlocked &= ~writer.bit
    return end(m, writer)
  },

  /** A RELEASE that failed, once more, when the write was acknowledged long ago. */
  retry(m, writer) {
    const { world } = m
    release(m, writer)
    if (writer.todo.length > 0) return
    m.note('late release')
    world.unlocked &= ~writer.bit
    const process = world.processes[writer.process]!
    process.owed = process.owed.map((owed) => owed & ~writer.bit)
    tell(world, writer)
    writer.at = 'done'
  },
}

/** Sends INTENT or RELEASE: to one server at once, on a Cluster to one after the other, in any order. */
function send(
  m: Moment<World>,
  writer: Writer,
  kind: LateRequest['kind'],
  effect: (tags: readonly number[]) => void,
): boolean {
  const { world } = m
  const isCluster = world.scenario.servers === 'cluster'
  if (writer.todo.length === 0) writer.todo = writer.tracked
  const now = isCluster ? [m.oneOf(writer.todo)] : writer.todo
  writer.todo = writer.todo.filter((tag) => !now.includes(tag))
  m.say?.(
    `${writer.name}: ${writer.at.toUpperCase()} of ${now.map((tag) => `mark ${tag}`).join(' and ')}`,
  )
  const perform = () => {
    effect(now)
    publish(world, writer.process, now)
  }
  const late = { kind, writer: Math.log2(writer.bit), tags: now }
  const isAnswered = request(m, writer.process, perform, late)
  // One that fails is not followed by others.
  if (!isAnswered) writer.todo = []
  return isAnswered
}

function release(m: Moment<World>, writer: Writer): boolean {
  return send(m, writer, 'release', (tags) => releaseMarks(m, writer, tags))
}

/** The end of a write that nobody is told to have been done. */
function end(m: Moment<World>, writer: Writer): void {
  forgetOwn(m.world, writer, 'after')
  writer.todo = []
  writer.at = 'done'
}

/** On to the next step of the script, and after the last one the client is told. */
function advance(m: Moment<World>, writer: Writer): void {
  const script = stepsOf(m.world.scenario.protocol, writer.script)
  do writer.step += 1
  while (writer.tracked.length === 0 && isAboutMarks(script[writer.step]))
  const next = script[writer.step]
  if (next) writer.at = next
  else acknowledge(m, writer)
}

function isAboutMarks(at: WriterAt | undefined): boolean {
  return at === 'intent' || at === 'release'
}

/** Puts a writer before its first step. */
export function startWriter(world: World, writer: Writer): void {
  writer.at = stepsOf(world.scenario.protocol, writer.script)[0]!
  if (writer.at !== 'begin') writer.tracked = writer.tags
}

export function writerAction(index: number): Action<World> {
  return {
    name: `W${index + 1}`,
    enabled: ({ writers, processes }) => {
      const { at, process } = writers[index]!
      return at !== 'done' && at !== 'crashed' && !(at === 'retry' && processes[process]!.isCut)
    },
    take: (m) => {
      const writer = m.world.writers[index]!
      if (writer.at !== 'done' && writer.at !== 'crashed') steps[writer.at](m, writer)
    },
  }
}
