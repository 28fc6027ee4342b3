import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { check, checkWithoutReductions } from './model.ts'
import { properties } from './properties.ts'
import { describeViolation } from './report.ts'
import { type Residual, residuals, scenarioOf } from './residuals.ts'
import { safeWriteThrough, theProtocol } from './protocol.ts'
import { sharedTier } from './scenarios.ts'
import { scenario, shapes } from './shapes.ts'
import { render } from './trace.ts'
import { weaker } from './weaker.ts'

describe('each rule is needed: without it there is a counterexample', () => {
  it.each(weaker)('$name: not $breaks', ({ scenario, breaks }) => {
    expect(check(scenario).violation?.property).toBe(breaks)
  })

  it.each(weaker.filter(({ scenario }) => scenario.excuses === 'granted'))(
    'and where there is one without "$name", the whole protocol has none',
    ({ scenario }) => {
      const { mode, writeThrough } = scenario.protocol
      const whole = { ...theProtocol, mode }
      const protocol =
        writeThrough.when === 'never' ? whole : { ...whole, writeThrough: safeWriteThrough }
      expect(describeViolation(check({ ...scenario, protocol }))).toBeUndefined()
    },
  )
})

describe('taking worlds for one that differ in what nothing depends on', () => {
  it.each(weaker)('makes no way to a violation longer: $name', ({ scenario }) => {
    const whole = checkWithoutReductions(scenario)
    const reduced = check(scenario)
    expect(reduced.violation?.trace).toHaveLength(whole.violation!.trace.length)
    expect(reduced.states).toBeLessThanOrEqual(whole.states)
  })

  it.each([
    sharedTier.find(({ name }) => name === '1 writer, 3 readers, crash')!,
    scenario('memory', {
      ...shapes['1 writer, 2 readers'],
      memory: 'bounded',
      faults: ['lost messages'],
      start: 'warm',
    }),
  ])('hides no event: $name', (scenario) => {
    const whole = checkWithoutReductions(scenario)
    const reduced = check(scenario)
    expect(new Set(reduced.events.keys())).toEqual(new Set(whole.events.keys()))
    expect(describeViolation(whole)).toBeUndefined()
  })
})

describe('what is not promised', () => {
  it.each(residuals.single.map((residual) => [nameOf(residual), residual] as const))('%s', checkOne)
  it.each(residuals.double.map((residual) => [nameOf(residual), residual] as const))('%s', checkOne)

  function nameOf(residual: Residual): string {
    const { name } = scenarioOf(residual)
    return residual.isBroken ? `${name} is broken` : name
  }

  function checkOne(_: string, residual: Residual): void {
    const { violation } = check(scenarioOf(residual))
    expect(violation?.property).toBe(residual.isBroken ? residual.property : undefined)
  }
})

describe('what a rule is not for', () => {
  it('who ignores that it has missed messages is at most Δ behind all the same', () => {
    const { scenario } = weaker.find(({ name }) => name === 'memory ignoring bus gaps')!
    const { violation } = check({ ...scenario, judged: [properties.withinDelta] })
    expect(violation).toBeUndefined()
  })
})

describe('docs/protocol.md', () => {
  const page = readFileSync(new URL('../../docs/protocol.md', import.meta.url), 'utf8')
  const traces = [...page.matchAll(/<!-- trace: (.+) -->\n\n```text\n([^]*?)\n```/g)]

  it('has traces', () => expect(traces.length).toBeGreaterThan(3))

  it.each(traces.map(([, name, text]) => [name!, text!] as const))(
    'shows the shortest counterexample to "%s" as the model finds it',
    (name, text) => {
      const { scenario } = weaker.find((each) => each.name === name)!
      expect(text).toBe(render(check(scenario).violation!))
    },
  )
})
