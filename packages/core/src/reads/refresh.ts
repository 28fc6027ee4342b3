import { flightKeyOf, nestedLoadOf } from './ask-database.ts'
import type { Engine } from '../engine.ts'
import { claimLoad } from './load-once.ts'
import { loadResult } from './load-result.ts'
import { changeOf, type Load, type Lookup } from './lookup.ts'
import type { MarkToken } from '../marks/marks.ts'
import { areSame } from '../same-texts.ts'
import { takeShared } from './take-shared.ts'

/** What a reader was just served, and is now to be loaded anew. */
export interface Served {
  readonly tokens: readonly MarkToken[]
  readonly readAt: number
}

/**
 * Loads anew, in the background, what a reader was just served: it is nearly or a little too old. Nobody waits for it.
 *
 * The load begins under marks that are read anew, like every load, and is stored under them; where a write has moved them
 * there is nothing to make new. Each entry is loaded by one at a time, and few of them at once. Whoever can cancel a query
 * cannot cancel this one, so for such a reader nothing is loaded.
 */
export function refresh(engine: Engine, lookup: Lookup, served: Served, load: Load<unknown>): void {
  const { call, key, mode } = lookup
  if (call.cancellable || mode === 'only-if-cached') return
  const { refreshes } = engine
  const id = flightKeyOf(key, served.tokens)
  if (refreshes.size >= MAX_REFRESHES || refreshes.has(id) || engine.flights.get(id)) return
  refreshes.add(id)
  void engine
    .runInBackground(() => reload(engine, lookup, served, id, load))
    .finally(() => refreshes.delete(id))
}

/** So that those who wait for a connection still get one. */
const MAX_REFRESHES = 8

async function reload(
  engine: Engine,
  lookup: Lookup,
  { tokens, readAt }: Served,
  flightKey: string,
  load: Load<unknown>,
): Promise<void> {
  const { call, tags, key } = lookup
  const { clock, flights, marks } = engine
  const reading = await marks.read(tags, key)
  if (reading.state === 'locked' || !areSame(reading.tokens, tokens)) return
  if (reading.entry) {
    const taken = takeShared(engine, lookup, tokens, reading.entry)
    // Another process has done so already.
    if (taken.state === 'fresh' && taken.age.ageMs < (clock.now() - readAt) / 2) return
  }
  const loadUnder = (current: readonly MarkToken[]) =>
    loadResult(engine, lookup, current, load, 'reload')
  const begin = lookup.isLoadedOnce
    ? await claimLoad(engine, lookup, tokens, loadUnder)
    : () => loadUnder(tokens)
  // The reader has gone on: on whose behalf it asked, and what, may be another by now.
  if (!begin || changeOf(engine, lookup) || call.origin?.mayReload === false) return
  const { shape } = call.plan
  shape.refreshed()
  try {
    const nested = nestedLoadOf(call, flightKey)
    const run = () => (nested ? nested.runUnawaited(begin) : begin())
    await flights.start(flightKey, clock.now(), run, nested)
  } catch {
    shape.refreshFailed()
  }
}
