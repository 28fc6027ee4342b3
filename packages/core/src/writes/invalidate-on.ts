import type { Engine } from '../engine.ts'
import { invalidateFor, type InvalidateTarget } from './invalidation.ts'
import { invalidOption } from '../options/tidemark-error.ts'
import { warn } from '../insight/warn.ts'

/** What an event makes old: names as for the option `tags`, or whatever `invalidate` takes. Nothing: `undefined`. */
export type TargetOfEvent = InvalidateTarget | readonly string[] | undefined

/** Whatever tells of events by name, as Node's `EventEmitter` does. */
export interface Emitter<Name, Event extends readonly unknown[]> {
  readonly on: (name: Name, listener: (...event: Event) => void) => unknown
  readonly off: (name: Name, listener: (...event: Event) => void) => unknown
  /** Those of Node say more of their events, in a form of their own. */
  readonly setMaxListeners?: never
}

/** See `Administration.invalidateOn`. */
export function invalidateOn<Name extends string | symbol, Event extends readonly unknown[]>(
  engine: Engine,
  emitter: Emitter<Name, Event>,
  name: Name,
  targetOf: (...event: Event) => TargetOfEvent,
): () => void {
  for (const method of ['on', 'off'] as const) {
    if (typeof (emitter as Partial<Emitter<Name, Event>> | null)?.[method] !== 'function') {
      throw invalidOption('invalidateOn', 'an emitter with the methods on and off', emitter)
    }
  }
  if (typeof name !== 'symbol' && (typeof name !== 'string' || name === '')) {
    throw invalidOption('invalidateOn', "an event's name", name)
  }
  if (typeof targetOf !== 'function') {
    throw invalidOption('invalidateOn', 'a function that names what an event makes old', targetOf)
  }
  // An emitter waits for nobody, and an error of a listener would be its caller's.
  const listener = (...event: Event) => void handle(event).catch(warn)
  const handle = async (event: Event) => {
    if (engine.closed) return
    const target = targetOf(...event)
    if (target === undefined) return
    const given = Array.isArray(target) ? { tags: target as readonly string[] } : target
    if (Array.isArray(target) && target.length === 0) return
    await invalidateFor(engine, given as InvalidateTarget, 'event', String(name))
  }
  emitter.on(name, listener)
  return () => void emitter.off(name, listener)
}
