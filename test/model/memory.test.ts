import { afterAll, describe, expect, it } from 'vitest'
import { describeViolation, Report } from './report.ts'
import { validatedMemory, withMemory } from './scenarios.ts'

const report = new Report()
afterAll(() => console.log(String(report)))

describe('with a memory tier in each process, every property holds', () => {
  it.each(
    [...withMemory, ...validatedMemory].map((scenario) => [scenario.name, scenario] as const),
  )('%s', { timeout: 300_000 }, (_, scenario) => {
    const exploration = report.check(scenario)
    expect(describeViolation(exploration)).toBeUndefined()
    const hit = scenario.memory === 'bounded' ? 'memory hit' : 'validated memory hit'
    expect(exploration.events.get(hit) ?? 0).toBeGreaterThan(0)
    expect(exploration.finalStates).toBeGreaterThan(0)
  })
})

describe('what has been explored', () => {
  it.each([
    'memory hit',
    'stale memory hit within Δ',
    'validated memory hit',
    'memory put',
    'memory put refused by the fence',
    'message',
    'gap noticed',
    'shared hit',
    'bypass of a locked mark',
  ])('has: %s', (event) => {
    expect(report.events.get(event) ?? 0).toBeGreaterThan(0)
  })
})
