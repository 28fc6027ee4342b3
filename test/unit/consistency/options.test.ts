import { describe, expect, test } from 'vitest'
import { parseOptions } from '../../consistency/options.ts'

const parse = (...args: string[]) => parseOptions(args, ['kill a worker', 'evict marks'])

describe('parseOptions', () => {
  test('has defaults', () => {
    expect(parse()).toMatchObject({ seconds: 60, redis: 'server', memory: true, faults: undefined })
  })

  test('takes faults by name, or none', () => {
    expect(parse('--faults', 'evict marks, kill a worker').faults).toEqual([
      'evict marks',
      'kill a worker',
    ])
    expect(parse('--no-faults').faults).toEqual([])
  })

  test.each([
    [['--seconds', 'ten'], "--seconds: expected a whole number from 1 to 86400, got 'ten'"],
    [['--processes', '0'], "--processes: expected a whole number from 1 to 64, got '0'"],
    [['--seed', ''], "--seed: expected a whole number from 0 to 1000000000, got ''"],
    [['--redis', 'one'], "--redis: expected one of server, sentinels, cluster; got 'one'"],
    [['--stale', 'ten'], "--stale: expected a whole number from 0 to 3600000, got 'ten'"],
    [['--consistency', 'x'], "--consistency: expected one of strict, available, fresh; got 'x'"],
    [['--faults', 'rain'], "--faults: expected one of kill a worker, evict marks; got 'rain'"],
  ])('refuses %j', (args, message) => {
    expect(() => parse(...args)).toThrow(message)
  })

  test('refuses what it does not know', () => {
    expect(() => parse('--secs', '1')).toThrow('--secs')
  })
})
