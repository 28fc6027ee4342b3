import { afterAll, describe, expect, it } from 'vitest'
import { describeViolation, Report } from './report.ts'
import type { Scenario } from './scenario.ts'
import {
  cluster,
  more,
  otherModes,
  releaseThatMints,
  sharedTier,
  writeThrough,
} from './scenarios.ts'

const report = new Report()
afterAll(() => console.log(String(report)))

describe('in every order of the steps of readers, writers and one fault, every property holds', () => {
  describe('with the shared tier alone', () => {
    checkEach(sharedTier)
  })
  describe('in the other modes', () => {
    checkEach(otherModes)
  })
  describe('with transactions, and with more than one mark', () => {
    checkEach(more)
  })
  describe('on a Cluster, in whatever order value and marks are read', () => {
    checkEach(cluster)
  })
  describe('with write-through', () => {
    checkEach(writeThrough)
  })
  describe('when RELEASE makes the next token', () => {
    checkEach(releaseThatMints)
  })
})

describe('what has been explored', () => {
  it.each([
    'shared hit',
    'join',
    'bypass of a locked mark',
    'init',
    'fill',
    'fill that is dead on arrival',
    'rollback',
    'lease ends',
    'request lost',
    'answer lost',
    'late intent arrives',
    'late release arrives',
    'late release',
    'write refused by strict',
    'acknowledged with no mark moved',
    'stale while a RELEASE is owed',
    'crash between COMMIT and RELEASE',
    'crash with a COMMIT under way',
    'commit applied, and not answered',
    'commit under way, and not answered',
    'orphan applied',
    'orphan dropped',
    'lock evicted',
    'entry evicted',
    'writer without its lock',
    'write-through',
    'renewal of a lost lock',
    'servable entry at the end',
  ])('has: %s', (event) => {
    expect(report.events.get(event) ?? 0).toBeGreaterThan(0)
  })

  it('has the stale reads that `available` allows, and `strict` none', () => {
    const available = otherModes.find(
      ({ name }) => name === 'available, 1 writer, 3 readers, outage',
    )
    const strict = sharedTier.find(({ name }) => name === '1 writer, 3 readers, outage')
    const staleReads = (scenario: Scenario) =>
      new Report().check(scenario).events.get('stale while a RELEASE is owed') ?? 0
    expect(staleReads(available!)).toBeGreaterThan(0)
    expect(staleReads(strict!)).toBe(0)
  })
})

function checkEach(scenarios: readonly Scenario[]): void {
  it.each(scenarios.map((scenario) => [scenario.name, scenario] as const))('%s', (_, scenario) => {
    const exploration = report.check(scenario)
    expect(describeViolation(exploration)).toBeUndefined()
    // An exploration in which the fault or the write never happens would show nothing.
    for (const fault of scenario.faults) {
      const event = fault === 'unknown outcome' ? 'commit under way, and not answered' : fault
      expect(exploration.events.get(event) ?? 0, fault).toBeGreaterThan(0)
    }
    expect(exploration.finalStates).toBeGreaterThan(0)
  })
}
