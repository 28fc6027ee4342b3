import {
  cacheKey,
  type CacheKey,
  customTag,
  EVERYTHING,
  type FoundEntry,
  type MarkToken,
  type SharedEntry,
  type SharedTier,
  systemClock,
  systemRandom,
  type Tag,
  tableTag,
  type WriterId,
} from '@tidemark/core'
import { afterEach, beforeEach } from 'vitest'

/** A place under test that several processes share. */
export interface SharedTierFixture {
  /**
   * One more process's way to it, not yet opened.
   *
   * @param leaseMs how long its locks last that nobody renews, in milliseconds
   */
  readonly connect: (leaseMs: number) => SharedTier
  /** The shortest lease that it keeps, in milliseconds; it is waited for. */
  readonly leaseMs: number
  /** Keeps this test apart from others that use the place. Default: `'contract'`. */
  readonly namespace?: string
  readonly end?: () => void | Promise<void>
}

/** What a test of the contract works with: two processes, and more where it asks for them. */
export type Processes = () => {
  readonly place: SharedTierFixture
  readonly one: Connected
  readonly other: Connected
  /** One more, closed after the test. */
  readonly connect: (leaseMs: number) => Connected
}

/** One process, as far as it has to do with the place. */
export interface Connected {
  readonly tier: SharedTier
  /** What it has heard of. */
  readonly moved: Tag[]
  readonly marksOf: (tags: readonly Tag[], key?: CacheKey) => readonly Tag[]
  readonly store: (
    key: CacheKey,
    tokens: readonly string[],
    value: unknown,
    times?: { readonly ttlMs: number; readonly ageMs: number; readonly keepMs?: number },
  ) => Promise<void>
}

/** Opens the place before each test, and closes all that is connected to it afterwards. */
export function openProcesses(
  makePlace: () => SharedTierFixture | Promise<SharedTierFixture>,
): Processes {
  let current: ReturnType<Processes>
  let connected: Connected[]

  beforeEach(async () => {
    const place = await makePlace()
    connected = []
    const connectTo = (leaseMs: number) => {
      const process = connect(place, leaseMs)
      connected.push(process)
      return process
    }
    const [one, other] = [connectTo(LONG_LEASE_MS), connectTo(LONG_LEASE_MS)]
    current = { place, one, other, connect: connectTo }
  })

  afterEach(async () => {
    for (const { tier } of connected) await tier.close()
    await current.place.end?.()
  })

  return () => current
}

/** However busy the machine, no test takes that long by chance. */
const LONG_LEASE_MS = 20_000

function connect(place: SharedTierFixture, leaseMs: number): Connected {
  const tier = place.connect(leaseMs)
  const moved: Tag[] = []
  tier.open({
    namespace: place.namespace ?? 'contract',
    clock: systemClock,
    random: systemRandom,
    valueTypes: [],
    leaseMs,
    onMoved: (tags) => moved.push(...tags),
    onLost: () => undefined,
    onReplaced: () => undefined,
  })
  return {
    tier,
    moved,
    marksOf: (tags, key) => tier.marksOf?.(tags, key) ?? tags,
    store: (storeKey, tokens, value, times = { ttlMs: 60_000, ageMs: 0 }) =>
      tier.store(storeKey, {
        ...{ tokens: tokens as MarkToken[], tags, loadMs: 2.5, value, keepMs: times.ttlMs },
        ...times,
      }),
  }
}

export const film = tableTag('film')
export const genre = tableTag('genre')
/** What every entry depends on. */
export const tags = [EVERYTHING, film, customTag('"vip", \ud83c')]
export const writer = (name: string) => name as WriterId
export const key = keyOf('select')

export function keyOf(operation: string): CacheKey {
  return cacheKey({
    adapter: 'contract',
    database: 'default',
    partition: '',
    operation,
    parameters: [],
  })
}

export function readable(entry: FoundEntry | undefined): SharedEntry {
  if (typeof entry !== 'object') throw new Error(`expected an entry, got ${entry ?? 'none'}`)
  return entry
}
