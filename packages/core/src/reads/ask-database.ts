import type { EncodingRefusal } from '../tiers/codec.ts'
import type { Engine } from '../engine.ts'
import { loadOnce } from './load-once.ts'
import { NestedLoad } from './nested-load.ts'
import { type Loaded, loadResult } from './load-result.ts'
import type { Load, Lookup, ReadCall } from './lookup.ts'
import type { MarkToken } from '../marks/marks.ts'
import type { HitKind } from '../insight/outcomes.ts'
import { isFrozen, readOut } from './result.ts'
import { encodeResult } from './store-result.ts'
import { takeShared } from './take-shared.ts'

/** How a read ends that nothing stored could answer. */
export interface Answer {
  readonly value: unknown
  /** Set where somebody else's load has answered it, or what was stored after all. */
  readonly hit?: HitKind | undefined
  /** Why the answer is not stored, if so. */
  readonly refusal?: EncodingRefusal | undefined
}

/** Asks the database, or waits for somebody who does so already. */
export async function askDatabase(
  engine: Engine,
  lookup: Lookup,
  tokens: readonly MarkToken[],
  load: Load<unknown>,
): Promise<Answer> {
  const { call, key, policy, mode, startedAt } = lookup
  const flightKey = flightKeyOf(key, tokens)
  const nested = nestedLoadOf(call, flightKey)
  const within = <T>(run: () => Promise<T>) => (nested ? nested.run(run) : run())
  const loadOwn = async () =>
    answerOf(engine, lookup, await within(() => loadResult(engine, lookup, tokens, load)))
  if (call.cancellable) return loadOwn()
  // Who asks for it anew wants no answer to what was asked before.
  const ongoing = mode === 'refresh' ? undefined : engine.flights.get(flightKey)
  // Nothing is awaited where there is nothing to join: two callers of one tick would miss each other.
  if (!ongoing || startedAt - ongoing.startedAt >= Math.min(policy.ttlMs, JOIN_WINDOW_MS)) {
    const begin = () => within(() => loadForAll(engine, lookup, tokens, load))
    return answerOf(
      engine,
      lookup,
      await engine.flights.start(flightKey, engine.clock.now(), begin, nested),
    )
  }
  const joined = ongoing.nested ? ongoing.nested.wait(ongoing.result) : ongoing.result
  if (!joined) return loadOwn()
  try {
    const { encoding } = await joined
    if (encoding.state === 'encoded') {
      return { value: readOut(engine, lookup, encoding.stored), hit: 'joined' }
    }
  } catch {
    // A failed load is its caller's own error: whoever joined it asks for itself, as it would uncached.
  }
  return loadOwn()
}

/** What a load began under: who comes after a write has other tokens, and joins no load that began before it. */
export function flightKeyOf(key: string, tokens: readonly MarkToken[]): string {
  return `${key}\n${tokens.join()}`
}

/** Undefined for a load that asks for nothing in turn. */
export function nestedLoadOf({ nestsAs }: ReadCall, flightKey: string): NestedLoad | undefined {
  return nestsAs === undefined ? undefined : new NestedLoad(flightKey, nestsAs)
}

/** Whether this is asked for by its own load, which is not to be given what it is there to replace. */
export function isBeingLoaded({ call, key, mode }: Lookup, tokens: readonly MarkToken[]): boolean {
  if (call.nestsAs === undefined || mode === 'only-if-cached') return false
  return NestedLoad.isAround(() => flightKeyOf(key, tokens))
}

/** A load that takes longer than this is left to those who wait for it already: its connection may hang. */
const JOIN_WINDOW_MS = 10_000

function loadForAll(
  engine: Engine,
  lookup: Lookup,
  tokens: readonly MarkToken[],
  load: Load<unknown>,
): Promise<Loaded> {
  const loadUnder = (current: readonly MarkToken[]) => loadResult(engine, lookup, current, load)
  if (!lookup.isLoadedOnce) return loadUnder(tokens)
  return loadOnce({
    ...{ engine, lookup, tokens, load: loadUnder },
    take: (current, found) => {
      const taken = takeShared(engine, lookup, current, found)
      if (taken.state !== 'fresh') return undefined
      const { value } = taken
      return { value, encoding: encodeResult(engine, lookup.key, value), isOfOthers: true }
    },
  })
}

function answerOf(engine: Engine, lookup: Lookup, { value, encoding, isOfOthers }: Loaded): Answer {
  const hit = isOfOthers ? 'waited' : undefined
  if (encoding.state === 'refused') {
    return { value, hit, refusal: isOfOthers ? undefined : encoding.reason }
  }
  return { value: isFrozen(lookup) ? readOut(engine, lookup, encoding.stored) : value, hit }
}
