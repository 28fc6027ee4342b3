/**
 * An explicit-state explorer: breadth first over every order in which the actions of a system can be
 * taken, and over every choice inside an action. It knows nothing of caches.
 *
 * Two states with one key are taken for one, so the first trace that is found to a violation is a
 * shortest one.
 */
export interface System<World> {
  readonly initial: readonly { readonly name: string; readonly world: World }[]
  readonly actions: readonly Action<World>[]
  /** Equal for two worlds exactly when nothing that can follow tells them apart. */
  readonly key: (world: World) => string
  readonly clone: (world: World) => World
  /** Called for each world in which nothing can happen any more. */
  readonly atEnd: (moment: Moment<World>) => void
}

export interface Action<World> {
  readonly name: string
  readonly enabled: (world: World) => boolean
  /** Changes `moment.world`. Runs again for each combination of answers of `moment.choose`. */
  readonly take: (moment: Moment<World>) => void
}

export interface Violation {
  readonly property: string
  readonly detail: string
}

export interface TraceLine<World> {
  readonly text: string
  /** As it is after what the text tells. */
  readonly world: World
}

export interface Exploration<World> {
  readonly states: number
  readonly transitions: number
  /** The number of steps of the longest shortest path. */
  readonly depth: number
  readonly finalStates: number
  /** How often each event was noted, in all transitions. */
  readonly events: ReadonlyMap<string, number>
  /** The first violation, with a shortest trace that leads to it. */
  readonly violation?: Violation & { readonly trace: readonly TraceLine<World>[] }
}

/** What is true while one action is taken: the world that it changes, and what it chooses and tells. */
export class Moment<World> {
  world!: World
  violation: Violation | undefined
  /** Undefined unless a trace is being written, so that `say?.(…)` does not even make the text. */
  say: ((text: string) => void) | undefined
  readonly #events: Map<string, number>
  readonly #path: number[] = []
  readonly #widths: number[] = []
  #at = 0

  constructor(events: Map<string, number>) {
    this.#events = events
  }

  /** One of `count` possibilities, as a number from 0. All of them are explored. */
  choose(count: number): number {
    if (this.#at === this.#path.length) {
      this.#path.push(0)
      this.#widths.push(count)
    }
    const choice = this.#path[this.#at]!
    this.#at += 1
    return choice
  }

  /** One of these, all of which are explored. */
  oneOf<T>(options: readonly T[]): T {
    return options[options.length === 1 ? 0 : this.choose(options.length)]!
  }

  /** Counts something that happened, to show that the exploration reaches it. */
  note(event: string): void {
    this.#events.set(event, (this.#events.get(event) ?? 0) + 1)
  }

  violate(property: string, detail: string): void {
    this.violation ??= { property, detail }
  }

  begin(world: World): void {
    this.world = world
    this.#at = 0
  }

  /** Moves to the next combination of choices. False when all have been taken. */
  advance(): boolean {
    while (this.#path.length > 0) {
      const next = this.#path.pop()! + 1
      const width = this.#widths.pop()!
      if (next < width) {
        this.#path.push(next)
        this.#widths.push(width)
        return true
      }
    }
    return false
  }
}

/**
 * Visits every state that can be reached, or stops at the first violation.
 *
 * @throws when there are more than `limit` states: what was cut short has shown nothing
 */
export function explore<World>(
  system: System<World>,
  { limit }: { readonly limit: number },
): Exploration<World> {
  const events = new Map<string, number>()
  const moment = new Moment<World>(events)
  const known = new Set<string>()
  // Of each state: from which one it was reached first, and as which of its successors.
  const parents: number[] = []
  const ordinals: number[] = []
  let frontier: { readonly id: number; readonly world: World }[] = []
  let transitions = 0
  let finalStates = 0
  let depth = 0

  const add = (world: World, parent: number, ordinal: number) => {
    const { size } = known
    known.add(system.key(world))
    if (known.size === size) return undefined
    if (size >= limit) throw new Error(`The model has more than ${limit} states: raise the limit`)
    parents.push(parent)
    ordinals.push(ordinal)
    return { id: size, world }
  }
  const result = (at?: { readonly id: number; readonly ordinal: number }) => ({
    states: known.size,
    transitions,
    depth,
    finalStates,
    events,
    ...(at && {
      violation: { ...moment.violation!, trace: traceOf(system, parents, ordinals, at) },
    }),
  })

  for (const [ordinal, { world }] of system.initial.entries()) {
    const state = add(world, -1, ordinal)
    if (state) frontier.push(state)
  }
  for (; frontier.length > 0; depth += 1) {
    const next: typeof frontier = []
    for (const { id, world } of frontier) {
      let key: string | undefined
      let ordinal = 0
      let isFinal = true
      for (const successor of successors(system, world, moment)) {
        transitions += 1
        if (moment.violation) return result({ id, ordinal })
        const state = add(successor, id, ordinal)
        if (state) next.push(state)
        // What changes nothing does not keep a state from being the last one.
        if (isFinal) isFinal = !state && system.key(successor) === (key ??= system.key(world))
        ordinal += 1
      }
      if (isFinal) {
        finalStates += 1
        moment.begin(system.clone(world))
        system.atEnd(moment)
        if (moment.violation) return result({ id, ordinal: -1 })
      }
    }
    frontier = next
  }
  return result()
}

function* successors<World>(
  system: System<World>,
  world: World,
  moment: Moment<World>,
): Generator<World, undefined> {
  for (const action of system.actions) {
    if (!action.enabled(world)) continue
    do {
      moment.begin(system.clone(world))
      action.take(moment)
      yield moment.world
    } while (moment.advance())
  }
}

/** Goes the way to a state once more, this time with words. */
function traceOf<World>(
  system: System<World>,
  parents: readonly number[],
  ordinals: readonly number[],
  at: { readonly id: number; readonly ordinal: number },
): readonly TraceLine<World>[] {
  const way = at.ordinal < 0 ? [] : [at.ordinal]
  let { id } = at
  for (; parents[id]! >= 0; id = parents[id]!) way.unshift(ordinals[id]!)
  const start = system.initial[ordinals[id]!]!
  const trace: TraceLine<World>[] = [{ text: start.name, world: start.world }]
  let { world } = start
  for (const ordinal of way) {
    const moment = new Moment<World>(new Map())
    let words: string[] = []
    moment.say = (text) => words.push(text)
    let index = 0
    for (const action of system.actions) {
      if (!action.enabled(world)) continue
      let isFound = false
      do {
        words = []
        moment.begin(system.clone(world))
        action.take(moment)
        isFound = index === ordinal
        index += 1
      } while (!isFound && moment.advance())
      if (isFound) break
    }
    ;({ world } = moment)
    trace.push({ text: words.join('; '), world })
  }
  return trace
}
