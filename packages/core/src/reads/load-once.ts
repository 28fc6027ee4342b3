import type { Engine } from '../engine.ts'
import type { Loaded } from './load-result.ts'
import type { Lookup } from './lookup.ts'
import type { MarkToken } from '../marks/marks.ts'
import type { FoundEntry } from '../tiers/shared-tier.ts'

export interface LoadOnce {
  readonly engine: Engine
  readonly lookup: Lookup
  /** Those that were current when the entry was not there. */
  readonly tokens: readonly MarkToken[]
  /** Asks the database, and stores the answer under these tokens. */
  readonly load: (tokens: readonly MarkToken[]) => Promise<Loaded>
  /** Serves what another has stored, if it may still be served. */
  readonly take: (tokens: readonly MarkToken[], entry: FoundEntry) => Loaded | undefined
}

/**
 * Loads something, unless another process is doing so already: then it waits for what that one stores.
 *
 * The claim is about the key under its tokens. So nobody waits for an answer that a write has made old: whoever comes after
 * the write has other tokens, and claims for itself. What is waited for is served as any shared entry is, under marks that
 * were read together with it. The claim only spares work: where it is lost, or forgotten by the tier, there are two loads.
 */
export async function loadOnce(once: LoadOnce): Promise<Loaded> {
  const { engine, load, tokens } = once
  const who = engine.random.token()
  const until = engine.clock.now() + CLAIM_MS
  let turn: Turn = { state: 'taken', tokens }
  for (let pauseMs = FIRST_PAUSE_MS; turn.state === 'taken'; pauseMs *= 2) {
    turn = await takeTurn(once, turn.tokens, who, Math.min(pauseMs, PAUSE_MS))
    if (turn.state === 'taken' && engine.clock.now() >= until) break
  }
  if (turn.state === 'served') return turn.loaded
  return turn.state === 'yours' ? loadForAll(once, turn.tokens, who) : load(turn.tokens)
}

/** The same for what nobody waits for. Undefined: another process is loading it, or has just done so, or cannot be asked. */
export async function claimLoad(
  engine: Engine,
  lookup: Lookup,
  tokens: readonly MarkToken[],
  load: LoadOnce['load'],
): Promise<(() => Promise<Loaded>) | undefined> {
  const who = engine.random.token()
  const claim = await engine.shared!.claim!(lookup.key, tokens, who, CLAIM_MS)
  return claim === 'yours' ? () => loadForAll({ engine, lookup, load }, tokens, who) : undefined
}

type Turn =
  /** It is this process that loads it for all. */
  | { readonly state: 'yours'; readonly tokens: readonly MarkToken[] }
  /** Another does, and has not stored it yet. */
  | { readonly state: 'taken'; readonly tokens: readonly MarkToken[] }
  /** There is nobody to wait for. */
  | { readonly state: 'alone'; readonly tokens: readonly MarkToken[] }
  | { readonly state: 'served'; readonly loaded: Loaded }

async function takeTurn(
  { engine: { marks, shared }, lookup: { key, tags }, take }: LoadOnce,
  tokens: readonly MarkToken[],
  who: string,
  pauseMs: number,
): Promise<Turn> {
  try {
    const claim = await shared!.claim!(key, tokens, who, CLAIM_MS)
    if (claim === 'yours') return { state: 'yours', tokens }
    if (claim === 'taken') await pause(pauseMs)
    const reading = await marks.read(tags, key)
    // A writer is at work, so what is waited for will be old.
    if (reading.state === 'locked') return { state: 'alone', tokens }
    const loaded = reading.entry && take(reading.tokens, reading.entry)
    if (loaded) return { state: 'served', loaded }
    return { state: claim === 'over' ? 'alone' : 'taken', tokens: reading.tokens }
  } catch {
    // Nobody waits for a tier that is down.
    return { state: 'alone', tokens }
  }
}

async function loadForAll(
  { engine, lookup: { key }, load }: Pick<LoadOnce, 'engine' | 'lookup' | 'load'>,
  tokens: readonly MarkToken[],
  who: string,
): Promise<Loaded> {
  const end = (how: 'over' | 'free') => engine.shared!.unclaim!(key, tokens, who, how, OVER_MS)
  try {
    const loaded = await load(tokens)
    // Also where it was not stored, so that the others do not try one after the other.
    void engine.runInBackground(async () => {
      await loaded.storing
      await end('over')
    })
    return loaded
  } catch (error) {
    void engine.runInBackground(() => end('free'))
    throw error
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms)
  })
}

/** How long the others wait for a load, and how long one that has died keeps them waiting. */
const CLAIM_MS = 3000
/** Long enough for those who came together. */
const OVER_MS = 1000
const FIRST_PAUSE_MS = 4
const PAUSE_MS = 64
