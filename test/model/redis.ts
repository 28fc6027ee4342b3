import type { LateRequest, Writer } from './actors.ts'
import type { Moment } from './explore.ts'
import {
  absentMark,
  type Entry,
  EPOCHS,
  LOCKED,
  type Mark,
  type Token,
  type World,
} from './world.ts'

/**
 * What Redis does. Each function is one command or script: nothing comes between its lines.
 *
 * A Cluster does the same to one mark at a time; see `reader.ts` and `writer.ts` for who asks when.
 */

/** GET of a mark: its token, LOCKED, or 0 where there is none that may be compared. */
export function lookUpMark(world: World, process: number, tag: number): Token {
  const { protocol } = world.scenario
  const server = (protocol.marksReadFrom === 'replica' && world.replica) || world.server
  const mark = server.marks[tag]!
  if (mark.holders > 0) return protocol.lockedMark === 'served' && mark.was > 0 ? mark.was : LOCKED
  return isOfEpoch(world, process, tag, mark.token) ? mark.token : 0
}

/** INIT: mints a token where there is none of this epoch. */
export function initMark(world: World, process: number, tag: number): Token {
  const found = lookUpMark(world, process, tag)
  if (found !== 0) return found
  const token = mint(world, process, tag, 0)
  setMark(world, tag, { ...absentMark, token })
  return token
}

/** GET of a value. The full key is compared by the reader: a model has no collisions. */
export function lookUpEntry(world: World, query: number): Entry | undefined {
  return world.server.entries[query]
}

/** SET of a value. */
export function setEntry(world: World, query: number, entry: Entry): void {
  const { server } = world
  server.entries = server.entries.with(query, entry)
}

/** INTENT, and its renewal: takes the token away and holds the mark. */
export function lockMark(world: World, tag: number, bit: number, isRenewal: boolean): void {
  const { tokens, lockedMark, writeThrough } = world.scenario.protocol
  const { holders, shared, token, was } = world.server.marks[tag]!
  const hasLostLock = isRenewal && (holders & bit) === 0
  setMark(world, tag, {
    token: 0,
    holders: holders | bit,
    shared:
      writeThrough.when !== 'never' &&
      (shared || (holders & ~bit) > 0 || (hasLostLock && writeThrough.renewalTells)),
    was: tokens === 'counted' || lockedMark === 'served' ? Math.max(token, was) : 0,
  })
}

/** Whether nobody but this writer has held the mark since its INTENT. RELEASE asks it for its value. */
export function wasAlone(world: World, tag: number, bit: number): boolean {
  const { holders, shared } = world.server.marks[tag]!
  return world.scenario.protocol.writeThrough.when === 'always'
    ? (holders & bit) > 0
    : holders === bit && !shared
}

/**
 * RELEASE: takes the lock of this writer away, and the token as well where INTENT never took hold. A
 * mark that nobody else holds is then open: absent, or under a token that never was before.
 */
export function releaseMark(
  world: World,
  { process, bit }: Writer,
  tag: number,
  isMinting: boolean,
): Token {
  const { protocol } = world.scenario
  const mark = world.server.marks[tag]!
  const others = protocol.release === 'own lock' ? mark.holders & ~bit : 0
  if (others > 0) {
    const { when, leavingTellsOthers } = protocol.writeThrough
    const shared = mark.shared || (when !== 'never' && leavingTellsOthers)
    setMark(world, tag, { token: 0, holders: others, shared, was: mark.was })
    return LOCKED
  }
  const isNew =
    isMinting || protocol.releaseLeaves === 'a new token' || protocol.tokens === 'counted'
  const token = isNew ? mint(world, process, tag, Math.max(mark.was, mark.token)) : 0
  setMark(world, tag, { ...absentMark, token })
  return token
}

/** The end of one writer's lease. */
export function expireLock(world: World, tag: number, bit: number): void {
  const mark = world.server.marks[tag]!
  const holders = mark.holders & ~bit
  setMark(world, tag, holders > 0 ? { ...mark, holders } : absentMark)
}

/** A token that never was. A counter goes on from what it finds, which after an eviction is nothing. */
function mint(world: World, process: number, tag: number, after: Token): Token {
  const { protocol } = world.scenario
  if (protocol.tokens === 'counted') return (Math.floor(after / EPOCHS) + 1) * EPOCHS
  world.nextToken += 1
  return (world.nextToken - 1) * EPOCHS + world.processes[process]!.epochs[tag]!
}

function isOfEpoch(world: World, process: number, tag: number, token: Token): boolean {
  if (token === 0 || world.scenario.protocol.epoch === 'ignored') return true
  return token % EPOCHS === world.processes[process]!.epochs[tag]
}

function setMark({ server }: World, tag: number, mark: Mark): void {
  server.marks = server.marks.with(tag, mark)
}

/** Whether this writer holds the mark. */
export function isHeld(mark: Mark, bit: number): boolean {
  return (mark.holders & bit) > 0
}

/** Whether a request that changes nothing is answered. Where its answer is lost nothing has happened. */
export function ask(m: Moment<World>, process: number): boolean {
  const { isCut } = m.world.processes[process]!
  if (isCut) m.note('request lost')
  return !isCut
}

/**
 * Sends a request that changes something, and says whether its answer arrives. While Redis is out of
 * reach the request is lost, or its answer, or (`late`) it arrives when its sender has given up.
 */
export function request(
  m: Moment<World>,
  process: number,
  effect: () => void,
  late?: LateRequest,
): boolean {
  const { world } = m
  if (!world.processes[process]!.isCut) {
    effect()
    return true
  }
  switch (m.choose(late ? 3 : 2)) {
    case 0:
      m.note('request lost')
      m.say?.('the request is lost')
      break
    case 1:
      m.note('answer lost')
      m.say?.('it takes effect, and the answer is lost')
      effect()
      break
    default:
      m.note('request late')
      m.say?.('the request is on its way still')
      world.late = [...world.late, late!]
  }
  return false
}

/** The token comparison of every hit. */
export function isUnder(entry: Entry | undefined, tokens: readonly Token[]): entry is Entry {
  if (!entry) return false
  for (let index = 0; index < tokens.length; index += 1) {
    if (entry.tokens[index] !== tokens[index]) return false
  }
  return true
}

/** Whether the writer has the locks still that it took and has not let go of. */
export function hasLocks(world: World, { at, bit, tags, todo }: Writer): boolean {
  const held = at === 'release' && todo.length > 0 ? todo : tags
  return held.every((tag) => isHeld(world.server.marks[tag]!, bit))
}
