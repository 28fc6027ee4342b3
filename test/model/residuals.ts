import { properties, type Property } from './properties.ts'
import type { Fault, Scenario } from './scenario.ts'
import { scenario, shapes, weakened } from './shapes.ts'

/**
 * What is not promised, exactly: which faults break which property when nobody is excused. The tests
 * ask that these break it and that all others do not.
 */
export interface Residual {
  readonly mode: 'strict' | 'available' | 'fresh'
  readonly property: Property
  readonly faults: readonly Fault[]
  readonly isBroken: boolean
}

const faults = [
  'crash',
  'outage',
  'eviction',
  'FLUSHALL',
  'failover',
  'restart',
  'another epoch',
  'unknown outcome',
  'unknown outcome, applied late',
  'pause past the lease',
] as const satisfies readonly Fault[]

/** Each of these takes the lock of a writer away while it is at work. */
const takesLock = new Set<Fault>([
  'eviction',
  'FLUSHALL',
  'failover',
  'restart',
  'pause past the lease',
])

/** After each of these a RELEASE does not come, though its write may take effect. */
const takesRelease = new Set<Fault>(['crash', 'unknown outcome'])

const single: readonly Residual[] = (['strict', 'available', 'fresh'] as const).flatMap((mode) =>
  faults.flatMap((fault) => [
    { mode, property: properties.fresh, faults: [fault], isBroken: false },
    {
      mode,
      property: properties.linear,
      faults: [fault],
      isBroken: mode === 'fresh' || takesLock.has(fault) || needsLock(mode, fault),
    },
    {
      mode,
      property: properties.notStuck,
      faults: [fault],
      isBroken:
        fault === 'unknown outcome, applied late' || (mode === 'fresh' && fault === 'crash'),
    },
  ]),
)

/** Here a write goes on without a lock, or longer than its lock. */
function needsLock(mode: Residual['mode'], fault: Fault): boolean {
  return fault === 'unknown outcome, applied late' || (mode === 'available' && fault === 'outage')
}

const pairs: readonly (readonly [Fault, Fault])[] = faults.flatMap((one, index) =>
  faults.slice(index + 1).map((other) => [one, other] as const),
)

const double: readonly Residual[] = pairs.flatMap((pair): readonly Residual[] => [
  {
    mode: 'strict',
    property: properties.fresh,
    faults: pair,
    isBroken: pair.includes('outage') && pair.some((fault) => takesLock.has(fault)),
  },
  {
    mode: 'strict',
    property: properties.notStuck,
    faults: pair,
    isBroken:
      pair.includes('unknown outcome, applied late') ||
      (pair.some((fault) => takesRelease.has(fault)) && pair.some((fault) => takesLock.has(fault))),
  },
])

export const residuals = { single, double }

export function scenarioOf({ mode, property, faults }: Residual): Scenario {
  return scenario(`${mode}, ${faults.join(' and ')}: ${property}`, {
    // To go back takes three: one that keeps the old, one that sees the new, one that is given the old.
    ...shapes[property === properties.linear ? '1 writer, 3 readers' : '1 writer, 2 readers'],
    protocol: weakened({ mode }),
    faults,
    judged: [property],
    excuses: 'none',
  })
}
