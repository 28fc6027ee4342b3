import { idleReader, type Reader } from './actors.ts'
import type { Action, Moment } from './explore.ts'
import { isOwedHere, keepInMemory } from './process.ts'
import { answer } from './properties.ts'
import { ask, initMark, isUnder, lookUpEntry, lookUpMark, request, setEntry } from './redis.ts'
import { nameToken } from './trace.ts'
import { LOCKED, type Token, type Version, type World } from './world.ts'

/**
 * A read, step by step. What happens between two steps of one reader is up to everyone else: each step
 * is one command of Redis, one statement of the database, or one turn of the process's event loop.
 */
type Step = (m: Moment<World>, reader: Reader) => void

const steps: Record<Exclude<Reader['at'], 'join' | 'done' | 'crashed'>, Step> = {
  /** Memory, and where it has no answer the lookup, whose request and execution count as one. */
  start(m, reader) {
    const { world } = m
    const { scenario } = world
    const process = world.processes[reader.process]!
    const tags = tagsOf(world, reader)
    reader.mustSee = tags.map((tag) =>
      Math.max(world.acknowledged[tag]!, process.acknowledged[tag]!),
    )
    reader.wasSeen = tags.map((tag) => (world.unlocked > 0 ? 0 : world.seen[tag]!))
    m.say?.(`${reader.name} begins to read`)
    if (isOwedHere(world, reader.process, reader.query)) {
      return bypass(m, reader, 'this process owes a RELEASE of its marks')
    }
    const kept = process.memory[reader.query]
    if (kept) {
      if (scenario.memory === 'validated') return validate(m, reader)
      if (kept.young) {
        m.note('memory hit')
        answer(m, reader, kept.value, 'memory')
        return finish(reader)
      }
    }
    if (scenario.protocol.lookups === 'joined under way') {
      const other = siblingsAt(world, reader, 'deliver')[0]
      if (other) {
        m.say?.(`${reader.name} shares the lookup that ${other.name} has sent`)
        answer(m, reader, other.entry!.value, 'the shared tier')
        return finish(reader)
      }
    }
    return scenario.servers === 'cluster' ? gather(m, reader) : lookUp(m, reader)
  },

  lookup: lookUp,

  gather,

  /** INIT of the marks that are missing; on a Cluster one after the other. */
  init(m, reader) {
    const { world } = m
    const tags = tagsOf(world, reader)
    const isCluster = world.scenario.servers === 'cluster'
    const all = [...tags.keys()]
    const now = isCluster ? [m.oneOf(all.filter((index) => reader.tokens[index] === 0))] : all
    m.say?.(`${reader.name}: INIT of ${now.map((index) => `mark ${tags[index]}`).join(' and ')}`)
    m.note('init')
    let tokens: readonly Token[] = []
    const isAnswered = request(m, reader.process, () => {
      tokens = reader.tokens.map((token, index) =>
        now.includes(index) ? initMark(world, reader.process, tags[index]!) : token,
      )
    })
    if (!isAnswered) return bypass(m, reader, 'Redis does not answer')
    reader.tokens = tokens
    if (!reader.tokens.includes(0)) decide(m, reader)
  },

  /** The answer to a lookup that was a hit has arrived in the process. */
  deliver(m, reader) {
    m.say?.(`${reader.name} keeps what it was given in memory, unless its marks have moved`)
    keepInMemory(m, reader, reader.entry!)
    finish(reader)
  },

  /** The database executes the query. Its answer is on the way, and others may join until it is there. */
  load(m, reader) {
    const value = queryDatabase(m.world, reader)
    answer(m, reader, value, 'the database')
    judged(reader)
    reader.value = value
    reader.at = 'store'
  },

  /** The answer is there, for all who joined; SET, under the tokens that were taken before the query. */
  store(m, reader) {
    const { world } = m
    const value = reader.value!
    for (const other of siblingsAt(world, reader, 'join')) {
      if (!isSameFlight(world, reader, other)) continue
      m.note('join')
      answer(m, other, value, 'a load that it joined')
      finish(other)
    }
    if (world.scenario.protocol.tokensTaken === 'when the answer is stored') {
      reader.tokens = tagsOf(world, reader).map((tag) => initMark(world, reader.process, tag))
      if (reader.tokens.includes(LOCKED)) return finish(reader)
    }
    const { tokens } = reader
    m.say?.(
      `${reader.name} stores version ${value.join('|')} under ${tokens.map(nameToken).join('+')}`,
    )
    const isLate = tagsOf(world, reader).some(
      (tag, index) => lookUpMark(world, reader.process, tag) !== tokens[index],
    )
    m.note(isLate ? 'fill that is dead on arrival' : 'fill')
    const entry = { tokens, value }
    request(m, reader.process, () => setEntry(world, reader.query, entry))
    keepInMemory(m, reader, entry)
    return finish(reader)
  },
}

/** MGET of the value and the marks: one round trip, and on one server one moment. */
function lookUp(m: Moment<World>, reader: Reader): void {
  const { world } = m
  m.say?.(`${reader.name} looks up value and marks`)
  if (!ask(m, reader.process)) return bypass(m, reader, 'Redis does not answer')
  reader.tokens = tagsOf(world, reader).map((tag) => lookUpMark(world, reader.process, tag))
  reader.entry = lookUpEntry(world, reader.query)
  return decide(m, reader)
}

/** On a Cluster: the value and each mark by requests of their own, which are executed in any order. */
function gather(m: Moment<World>, reader: Reader): void {
  const { world } = m
  const tags = tagsOf(world, reader)
  const isMissing = (part: number) => (reader.got & (1 << part)) === 0
  const marks = [...tags.keys()].filter(isMissing)
  const value = tags.length
  let parts = isMissing(value) ? [...marks, value] : marks
  const { clusterOrder } = world.scenario.protocol
  if (clusterOrder === 'value first' && isMissing(value)) parts = [value]
  if (clusterOrder === 'marks first' && marks.length > 0) parts = marks
  const part = m.oneOf(parts)
  m.say?.(`${reader.name} looks up ${part === value ? 'the value' : `mark ${tags[part]}`}`)
  if (!ask(m, reader.process)) return bypass(m, reader, 'Redis does not answer')
  if (part === value) reader.entry = lookUpEntry(world, reader.query)
  else {
    const token = lookUpMark(world, reader.process, tags[part]!)
    reader.tokens = tags.map((_, index) => (index === part ? token : (reader.tokens[index] ?? 0)))
  }
  reader.got |= 1 << part
  reader.at = 'gather'
  if (reader.got === (2 << tags.length) - 1) decide(m, reader)
}

/** Δ = 0: a hit in memory is served once its marks were found to be the same still. */
function validate(m: Moment<World>, reader: Reader): void {
  const { world } = m
  const process = world.processes[reader.process]!
  const kept = process.memory[reader.query]!
  m.say?.(`${reader.name} looks up the marks of what it has in memory`)
  if (!ask(m, reader.process)) return bypass(m, reader, 'Redis does not answer')
  const tokens = tagsOf(world, reader).map((tag) => lookUpMark(world, reader.process, tag))
  if (isUnder(kept, tokens)) {
    m.note('validated memory hit')
    answer(m, reader, kept.value, 'the shared tier')
    return finish(reader)
  }
  process.memory = process.memory.with(reader.query, undefined)
  reader.at = 'lookup'
  return undefined
}

/** All marks are known: hit, bypass, INIT, or a flight. */
function decide(m: Moment<World>, reader: Reader): void {
  const { world } = m
  const { protocol, memory } = world.scenario
  const { tokens, entry } = reader
  if (tokens.includes(LOCKED)) {
    m.note('bypass of a locked mark')
    return bypass(m, reader, 'a mark is locked')
  }
  const isHit =
    protocol.missingMark === 'valid'
      ? entry?.tokens.every((token, index) => tokens[index] === token || tokens[index] === 0)
      : !tokens.includes(0) && isUnder(entry, tokens)
  if (isHit) {
    m.note('shared hit')
    // Counts as given when the server has executed the lookup: that is earlier, and so asks for more.
    answer(m, reader, entry!.value, 'the shared tier')
    if (memory === 'none' && protocol.lookups === 'each its own') return finish(reader)
    judged(reader)
    reader.tokens = []
    reader.at = 'deliver'
    return undefined
  }
  if (tokens.includes(0) && protocol.tokensTaken === 'before the database is read') {
    reader.at = 'init'
    return m.say?.('a mark is missing')
  }
  reader.entry = undefined
  const flights = [...siblingsAt(world, reader, 'load'), ...siblingsAt(world, reader, 'store')]
  const flight = flights.find((other) => isSameFlight(world, reader, other))
  reader.at = flight ? 'join' : 'load'
  return m.say?.(flight ? `it joins the load of ${flight.name}` : 'it is a miss')
}

/**
 * A read past the cache. It counts as one moment with what led to it: all that it could add by being
 * later is to have seen more, and then another that begins later can have seen that as well.
 */
function bypass(m: Moment<World>, reader: Reader, reason: string): void {
  m.say?.(reason)
  m.note('bypass')
  answer(m, reader, queryDatabase(m.world, reader), 'the database')
  finish(reader)
}

/** What it is compared with is needed no more. */
function judged(reader: Reader): void {
  reader.mustSee = []
  reader.wasSeen = []
}

function finish(reader: Reader): void {
  Object.assign(reader, idleReader)
  reader.readsLeft -= 1
  if (reader.readsLeft === 0) reader.at = 'done'
}

function queryDatabase(world: World, reader: Reader): readonly Version[] {
  return tagsOf(world, reader).map((tag) => world.rows[tag]!)
}

function tagsOf(world: World, reader: Reader): readonly number[] {
  return world.scenario.queries[reader.query]!
}

/** Others that read the same in the same process. */
function siblingsAt(world: World, reader: Reader, at: Reader['at']): readonly Reader[] {
  return world.readers.filter(
    (other) =>
      other !== reader &&
      other.at === at &&
      other.process === reader.process &&
      other.query === reader.query,
  )
}

function isSameFlight(world: World, a: Reader, b: Reader): boolean {
  return (
    world.scenario.protocol.flightsKeyedBy === 'query' ||
    a.tokens.every((token, index) => token === b.tokens[index])
  )
}

/** The next step of one reader. Who joined a flight waits for it. */
export function readerAction(index: number): Action<World> {
  return {
    name: `R${index + 1}`,
    enabled: (world) => {
      const { at } = world.readers[index]!
      return at !== 'join' && at !== 'done' && at !== 'crashed'
    },
    take: (m) => {
      const reader = m.world.readers[index]!
      if (reader.at === 'join' || reader.at === 'done' || reader.at === 'crashed') return
      steps[reader.at](m, reader)
    },
  }
}
