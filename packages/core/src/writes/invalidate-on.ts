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

/** What an event of an `EventTarget` makes old. A method, so that it may be one of what it knows to be a `CustomEvent`. */
export interface NamesOfEvent {
  of(event: Event): TargetOfEvent | PromiseLike<TargetOfEvent>
}

type Listener = (...event: unknown[]) => void

/**
 * See `Administration.invalidateOn`.
 *
 * It ends with the cache, which waits for what has begun: an emitter that lives longer must not keep it, nor what it has told
 * last be lost.
 */
export function invalidateOn(
  engine: Engine,
  emitter: unknown,
  name: string | symbol,
  targetOf: (...event: never[]) => TargetOfEvent | PromiseLike<TargetOfEvent>,
): () => void {
  const source = sourceOf(emitter)
  if (typeof name !== 'symbol' && (typeof name !== 'string' || name === '')) {
    throw invalidOption('invalidateOn', "an event's name", name)
  }
  if (typeof targetOf !== 'function') {
    throw invalidOption('invalidateOn', 'a function that names what an event makes old', targetOf)
  }
  if (engine.closed) return () => {}
  const ongoing = new Set<Promise<void>>()
  const handle = async (event: unknown[]) => {
    const named = targetOf(...(event as never[]))
    // Not awaited where it need not be: what this process serves in the next line is no older.
    const target = isThenable(named) ? await named : named
    if (target === undefined) return
    const given = Array.isArray(target) ? { tags: target as readonly string[] } : target
    if (Array.isArray(target) && target.length === 0) return
    await invalidateFor(engine, given as InvalidateTarget, 'event', String(name))
  }
  // An emitter waits for nobody, and an error of a listener would be its caller's.
  const listener: Listener = (...event) => {
    if (engine.closed) return
    const handling = handle(event)
      .catch(warn)
      .finally(() => ongoing.delete(handling))
    ongoing.add(handling)
  }
  source.listen(name, listener)
  return engine.endWith(() => {
    source.unlisten(name, listener)
    return Promise.all(ongoing)
  })
}

/** How to listen to it. One that has both ways gives more by the first. */
function sourceOf(emitter: unknown) {
  const is = emitter as Record<string, unknown> | null | undefined
  const pairs = [
    ['on', 'off'],
    ['addEventListener', 'removeEventListener'],
  ] as const
  for (const [on, off] of pairs) {
    const [listen, unlisten] = [is?.[on], is?.[off]]
    if (typeof listen !== 'function' || typeof unlisten !== 'function') continue
    return {
      listen: (name: unknown, listener: Listener) => void listen.call(emitter, name, listener),
      unlisten: (name: unknown, listener: Listener) => void unlisten.call(emitter, name, listener),
    }
  }
  throw invalidOption(
    'invalidateOn',
    'an emitter with the methods on and off, or an EventTarget',
    emitter,
  )
}

function isThenable<T>(value: T | PromiseLike<T>): value is PromiseLike<T> {
  return typeof (value as Partial<PromiseLike<T>> | undefined)?.then === 'function'
}
