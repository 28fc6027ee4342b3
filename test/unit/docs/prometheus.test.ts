import { describe, expect, it } from 'vitest'
import { prometheus } from '../../../examples/tenants-api/metrics.ts'
import { Harness, makeCache } from '../core/harness.ts'

const SAMPLE = /^([a-z_]+)(?:\{((?:[a-z]+="(?:[^"\\\n]|\\["\\n])*",?)*)\})? (-?[\d.e+-]+)$/

/** The text format of Prometheus: https://prometheus.io/docs/instrumenting/exposition_formats/ */
function parse(text: string) {
  const lines = text.split('\n').filter((line) => line !== '')
  const types = new Map<string, string>()
  const samples = lines.flatMap((line) => {
    const [, name = '', type = ''] = /^# TYPE (\S+) (\S+)$/.exec(line) ?? []
    if (type !== '') types.set(name, type)
    return line.startsWith('#') ? [] : [{ line, parts: SAMPLE.exec(line) }]
  })
  return {
    types,
    samples: samples.map(({ line, parts }) => {
      if (!parts) throw new Error(`expected a sample, got ${line}`)
      return { name: parts[1]!, labels: parts[2] ?? '', value: Number(parts[3]) }
    }),
  }
}

describe('the example of metrics for Prometheus', () => {
  it('says what the cache says, in base units and by names as they should be', async () => {
    const { cache, clock } = makeCache({ ttlJitter: 0, maxShapes: 3 })
    const harness = new Harness({ cache, clock })
    const operations = ['select "a\\b"\nfrom x', 'b', 'c', 'd', 'e']
    for (const operation of [...operations, ...operations]) {
      await harness.read(() => clock.advance(1500), { operation })
    }
    await harness.read(() => 1, { operation: 'b', hint: { mode: 'bypass' } })
    await harness.write(() => clock.advance(500))
    const { text, contentType } = await prometheus(cache)
    expect(contentType).toMatch(/^text\/plain; version=/)

    const { types, samples } = parse(text)
    expect([...types.keys()].every((name) => name.startsWith('tidemark_'))).toBe(true)
    for (const [name, type] of types) {
      expect([name, name.endsWith('_total')]).toEqual([name, type === 'counter'])
      expect(name).not.toMatch(/_ms(_|$)|milliseconds/)
    }
    // One series each, and those of one name together are the total.
    const series = samples.map(({ name, labels }) => `${name} ${labels}`)
    expect(new Set(series).size).toBe(series.length)
    const sum = (name: string, label = '') =>
      samples
        .filter((each) => each.name === `tidemark_${name}` && each.labels.includes(label))
        .reduce((total, { value }) => total + value, 0)
    const { totals } = cache.metrics()
    expect(sum('reads_total')).toBe(totals.reads.calls)
    expect(sum('reads_total', 'outcome="hit"')).toBe(totals.reads.hits)
    expect(sum('reads_total', 'outcome="miss"')).toBe(totals.reads.misses)
    expect(sum('reads_total', 'outcome="bypass"')).toBe(totals.reads.bypasses)
    expect(sum('writes_total')).toBe(1)
    expect(sum('load_seconds_total')).toBe(totals.load.totalMs / 1000)
    expect(sum('loads_total')).toBe(totals.load.count)
    expect(sum('saved_seconds')).toBe(totals.savedMs / 1000)
    expect(text).toContain(String.raw`query="select \"a\\b\"\nfrom x"`)
    expect(text).toContain('query="(other queries)"')
    // Nothing is counted twice by being asked for twice.
    expect((await prometheus(cache)).text).toBe(text)
  })
})
