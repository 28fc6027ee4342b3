import type { Engine } from '../engine.ts'
import { changeOf, type Lookup, type ReadCall } from '../reads/lookup.ts'
import type { MarkToken } from '../marks/marks.ts'
import { storeResult } from '../reads/store-result.ts'
import { TidemarkError } from '../options/tidemark-error.ts'

/** What `cache.get` answers. */
export type Found<T> =
  | { readonly isHit: true; readonly value: T }
  /** The slot is for `cache.set`, with what is loaded or computed *after* this was answered. */
  | { readonly isHit: false; readonly slot: Slot<T> }

declare const type: unique symbol

/**
 * The place of what was not there, with the marks that were current then. What is put into it was made afterwards, so a
 * write or an invalidation since has moved them, and what is put there is dead on arrival.
 */
export class Slot<T> {
  declare readonly [type]?: T
  readonly #engine: Engine
  readonly #taken: Taken | undefined

  /** @param taken undefined where nothing may be stored: a writer is at work, or the marks are out of reach */
  constructor(engine: Engine, taken: Taken | undefined) {
    this.#engine = engine
    this.#taken = taken
  }

  isOf(engine: Engine): boolean {
    return this.#engine === engine
  }

  /** Resolves when it is stored, or is not to be. */
  async fill(value: T): Promise<void> {
    if (!this.#taken) return
    const engine = this.#engine
    const { lookup, tokens } = this.#taken
    // It was made later.
    const { call, startedAt: readAt } = lookup
    const loadMs = engine.clock.now() - readAt
    call.plan.shape.loaded(loadMs)
    if (changeOf(engine, lookup)) return
    await storeResult(engine, lookup, { tokens, readAt, loadMs }, value)
  }
}

interface Taken {
  readonly lookup: Lookup
  readonly tokens: readonly MarkToken[]
}

/** What is stored under the key of a call, or a slot for it. */
export async function find<T>(engine: Engine, call: ReadCall): Promise<Found<T>> {
  let taken: Taken | undefined
  const onNothing: ReadCall['onNothing'] = (lookup, tokens) => {
    taken = { lookup, tokens }
  }
  try {
    const value = await engine.read<T>({ ...call, onNothing }, unreachable)
    return { isHit: true, value }
  } catch (error) {
    if (!(error instanceof TidemarkError && error.code === 'NOT_CACHED')) throw error
    return { isHit: false, slot: new Slot<T>(engine, taken) }
  }
}

/** With `'only-if-cached'` nothing is loaded. But for a comparison with the database, which then says nothing. */
function unreachable(): Promise<never> {
  return Promise.reject(new Error('there is no load: this is no query'))
}
