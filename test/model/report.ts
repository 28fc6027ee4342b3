import type { Exploration } from './explore.ts'
import { check } from './model.ts'
import type { Scenario } from './scenario.ts'
import { render } from './trace.ts'
import type { World } from './world.ts'

/** Explores scenarios one by one and keeps what it found, to be printed as a table. */
export class Report {
  readonly #rows: string[] = []
  readonly #events = new Map<string, number>()
  #states = 0

  check(scenario: Scenario, limit?: number): Exploration<World> {
    const startedAt = performance.now()
    const exploration = check(scenario, limit)
    const { states, transitions, depth, events } = exploration
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(1)
    const numbers = [states, transitions, depth].map((n) => String(n).padStart(9)).join('')
    this.#rows.push(`${numbers}${seconds.padStart(7)} s  ${scenario.name}`)
    this.#states += states
    for (const [event, count] of events) {
      this.#events.set(event, (this.#events.get(event) ?? 0) + count)
    }
    return exploration
  }

  /** How often each event happened in all explorations so far. */
  get events(): ReadonlyMap<string, number> {
    return this.#events
  }

  toString(): string {
    const header = '   states    steps    depth     time'
    return [header, ...this.#rows, `${this.#states} states in all`].join('\n')
  }
}

/** What broke and how, or nothing. */
export function describeViolation({ violation }: Exploration<World>): string | undefined {
  return violation && `${violation.property}\n${render(violation)}`
}
