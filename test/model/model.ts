import { encode } from './encode.ts'
import { type Exploration, explore, type System } from './explore.ts'
import { faultActions } from './faults.ts'
import { judgeEnd } from './properties.ts'
import { readerAction } from './reader.ts'
import type { Scenario } from './scenario.ts'
import { timeActions } from './time.ts'
import { cloneWorld, startOf, type World } from './world.ts'
import { startWriter, writerAction } from './writer.ts'

/** A scenario as a system that the explorer understands. */
function systemOf(scenario: Scenario): System<World> {
  const temperatures = scenario.start === 'either' ? (['warm', 'cold'] as const) : [scenario.start]
  return {
    initial: temperatures.map((temperature) => {
      const world = startOf(scenario, temperature)
      for (const writer of world.writers) startWriter(world, writer)
      return { name: `the cache is ${temperature}`, world }
    }),
    actions: [
      ...scenario.readers.map((_, index) => readerAction(index)),
      ...scenario.writers.map((_, index) => writerAction(index)),
      ...timeActions(scenario),
      ...faultActions(scenario),
    ],
    key: encode,
    clone: cloneWorld,
    atEnd: judgeEnd,
  }
}

/** Explores all of a scenario. */
export function check(scenario: Scenario, limit = 5_000_000): Exploration<World> {
  return explore(systemOf(scenario), { limit })
}

/** The same where no two worlds are taken for one that differ in anything. Many more states. */
export function checkWithoutReductions(scenario: Scenario): Exploration<World> {
  const key = (world: World) => JSON.stringify({ ...world, scenario: undefined })
  return explore({ ...systemOf(scenario), key }, { limit: 5_000_000 })
}
