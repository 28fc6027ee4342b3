import type { Reader, Writer } from './actors.ts'
import { type Entry, EPOCHS, type Process, type Server, type Token, type World } from './world.ts'

/**
 * The key of a world. Two worlds have one key when they differ only in what nothing depends on:
 *
 * - which random tokens they are: only which of them are equal matters, so they are numbered anew in
 *   the order in which they are met;
 * - which of several readers of one kind is which: they are put in order first;
 * - what nobody will look at again, such as the memory of a process that has read all it will.
 */
export function encode(world: World): string {
  const { scenario } = world
  const isCounted = scenario.protocol.tokens === 'counted'
  length = 0
  met = 0
  names.fill(0, 0, world.nextToken)
  areTokensRenamed = !isCounted
  numbers(world.rows)
  server(world.server)
  flag(world.replica !== undefined)
  if (world.replica) server(world.replica)
  for (const [index, each] of world.processes.entries()) process(each, isReadIn(world, index))
  for (const each of inOrder(world.readers)) reader(each)
  for (const each of world.writers) writer(each)
  number(world.late.length)
  for (const { kind, writer, tags } of world.late) {
    number(kind === 'intent' ? 1 : 2)
    number(writer)
    numbers(tags)
  }
  number(world.orphans)
  let spent = 0
  for (const fault of world.spent) spent |= 1 << scenario.faults.indexOf(fault)
  number(spent)
  // History is for judging reads that have yet to begin.
  if (world.readers.some(({ at }) => at === 'start')) {
    numbers(world.acknowledged)
    if (scenario.memory === 'bounded') numbers(world.acknowledgedBefore)
    numbers(world.seen)
    for (const { acknowledged } of world.processes) numbers(acknowledged)
  }
  number(world.unlocked)
  number(world.untold)
  return String.fromCharCode.apply(undefined, buffer.slice(0, length))
}

const buffer: number[] = Array.from({ length: 1000 }, () => 0)
const names = new Uint16Array(1000)
let length = 0
let met = 0
let areTokensRenamed = true

/** What is encoded is small; from -9 on. */
function number(value: number): void {
  buffer[length++] = value + 9
}

function flag(value: boolean): void {
  buffer[length++] = value ? 1 : 0
}

/** The lengths of most lists are known from the scenario. */
function numbers(values: readonly number[]): void {
  for (const value of values) number(value)
}

function list(values: readonly number[]): void {
  number(values.length)
  numbers(values)
}

function token(value: Token): void {
  if (value <= 0 || !areTokensRenamed) return number(value)
  const id = Math.floor(value / EPOCHS)
  let name = names[id]!
  if (name === 0) {
    met += 1
    name = met
    names[id] = name
  }
  return number(name * EPOCHS + (value % EPOCHS))
}

function tokens(values: readonly Token[]): void {
  number(values.length)
  for (const value of values) token(value)
}

function entry(value: Entry | undefined): void {
  if (!value) return number(-9)
  tokens(value.tokens)
  return numbers(value.value)
}

function server({ epochs, marks, entries }: Server): void {
  numbers(epochs)
  for (const mark of marks) {
    number(mark.holders * 2 + (mark.shared ? 1 : 0))
    token(mark.token)
    token(mark.was)
  }
  for (const each of entries) entry(each)
}

/** Whether its memory matters still, be it at the end. */
function isReadIn({ readers, scenario }: World, index: number): boolean {
  if (scenario.memory !== 'bounded') return scenario.memory === 'validated'
  return readers.some(({ at, process }) => process === index && at !== 'done' && at !== 'crashed')
}

function process(value: Process, isRead: boolean): void {
  number((value.isDead ? 1 : 0) + (value.isCut ? 2 : 0))
  numbers(value.epochs)
  numbers(value.owed)
  flag(isRead)
  if (!isRead) return
  flag(value.hasGap)
  for (const kept of value.memory) {
    entry(kept)
    if (kept) flag(kept.young)
  }
  numbers(value.messages)
}

const readerPlaces = [
  'start',
  'lookup',
  'gather',
  'init',
  'deliver',
  'join',
  'load',
  'store',
  'done',
  'crashed',
] as const satisfies readonly Reader['at'][]

function reader(value: Reader): void {
  number(readerPlaces.indexOf(value.at))
  number(value.readsLeft)
  if (value.at === 'start' || value.at === 'done' || value.at === 'crashed') return
  list(value.mustSee)
  // To have been seen by somebody says no more than to have been acknowledged.
  for (const [index, version] of value.wasSeen.entries()) {
    number(version > value.mustSee[index]! ? version : 0)
  }
  tokens(value.tokens)
  entry(value.entry)
  if (value.value) numbers(value.value)
  else number(-8)
  number(value.got)
  number(value.isFenced ? 0 : value.isYoung ? 2 : 1)
}

const writerPlaces = [
  'begin',
  'write',
  'read inside',
  'savepoint',
  'rollback to savepoint',
  'rollback',
  'intent',
  'commit',
  'renew',
  'release',
  'write through',
  'abandon',
  'retry',
  'done',
  'crashed',
] as const satisfies readonly Writer['at'][]

function writer(value: Writer): void {
  number(writerPlaces.indexOf(value.at))
  if (value.at === 'done' || value.at === 'crashed') {
    // Of a writer that is gone only what the database has still to apply.
    return flag(value.isApplied)
  }
  number(value.step)
  list(value.tracked)
  list(value.sinceSavepoint)
  list(value.todo)
  number(value.intent === 'none' ? 0 : value.intent === 'held' ? 1 : 2)
  number(value.epochOfIntent)
  flag(value.isReleased)
  flag(value.isApplied)
  list(value.versions)
  list(value.snapshot ?? [])
  list(value.value ?? [])
  return tokens(value.tokens)
}

/** Readers of one kind in an order that does not depend on who they are, nor on the names of tokens. */
function inOrder(readers: readonly Reader[]): readonly Reader[] {
  for (let index = 1; index < readers.length; index += 1) {
    if (kind(readers[index]!) === kind(readers[index - 1]!)) {
      return readers
        .map((reader) => ({ reader, rank: rank(reader) }))
        .sort((a, b) => kind(a.reader) - kind(b.reader) || a.rank - b.rank)
        .map(({ reader }) => reader)
    }
  }
  return readers
}

function kind({ process, query }: Reader): number {
  return process * 4 + query
}

function rank(value: Reader): number {
  let rank = readerPlaces.indexOf(value.at)
  rank = rank * 8 + value.readsLeft
  rank = rank * 4 + (value.isFenced ? 1 : 0) + (value.isYoung ? 2 : 0)
  rank = rank * 16 + value.got
  for (const version of value.mustSee) rank = rank * 4 + version
  for (const version of value.wasSeen) rank = rank * 4 + version
  for (const version of value.value ?? []) rank = rank * 8 + version + 4
  return rank
}
