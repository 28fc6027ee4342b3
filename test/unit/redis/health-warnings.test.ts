import type { ServerHealth } from '@tidemark/core'
import { describe, expect, it } from 'vitest'
import { advice, warningsOf } from '../../../packages/redis/src/health-warnings.ts'

const fine: ServerHealth = {
  address: 'redis:6379',
  up: true,
  latencyMs: 0.2,
  version: '8.0.0',
  role: 'master',
  usedBytes: 10,
  maxBytes: 100,
  evictionPolicy: 'noeviction',
  evictedKeys: 0,
  replicas: 1,
  waitsForReplicas: true,
}
const eviction = (policy: string, evictedKeys = 0) =>
  warningsOf({ ...fine, evictionPolicy: policy, evictedKeys })

describe('health warns of', () => {
  it('nothing where all is well', () => {
    expect(warningsOf(fine)).toEqual([])
  })

  it.each([
    ['volatile-ttl', 'takes the locks of writes first'],
    ['allkeys-lru', 'takes the locks of writes only by a rare chance'],
    ['volatile-lru', 'takes the locks of writes only by a rare chance'],
    ['allkeys-lfu', 'may take the locks of writes'],
    ['allkeys-random', 'may take the locks of writes'],
    ['volatile-random', 'may take the locks of writes'],
  ])('the eviction policy %s', (policy, what) => {
    const [warning, ...others] = eviction(policy)
    expect(warning).toContain(`redis:6379: maxmemory-policy is ${policy}, which ${what}`)
    expect(warning).toContain('Set maxmemory-policy noeviction')
    expect(others).toEqual([])
  })

  it('keys that never end, where memory does', () => {
    expect(warningsOf({ ...fine, endlessKeys: 3 })).toEqual([
      expect.stringContaining('3 of its keys have no time to live'),
    ])
    expect(warningsOf({ ...fine, endlessKeys: 3, maxBytes: Infinity })[0]).not.toContain('3 of')
  })

  it('evictions that there were', () => {
    expect(eviction('allkeys-lru', 7)[0]).toContain('(7 keys were evicted so far)')
    expect(eviction('allkeys-lru')[0]).not.toContain('so far')
  })

  it('no bound, and only of that: without one nothing is evicted', () => {
    const warnings = warningsOf({ ...fine, maxBytes: Infinity, evictionPolicy: 'allkeys-lru' })
    expect(warnings).toEqual([expect.stringContaining('it has no maxmemory')])
  })

  it('a memory that is nearly full', () => {
    expect(warningsOf({ ...fine, usedBytes: 89 })).toEqual([])
    expect(warningsOf({ ...fine, usedBytes: 91 })).toEqual([
      expect.stringContaining('91 % of its maxmemory is used'),
    ])
  })

  it('replicas that a write does not wait for', () => {
    expect(warningsOf({ ...fine, waitsForReplicas: false })).toEqual([
      expect.stringContaining('min-replicas-to-write 1'),
    ])
    expect(warningsOf({ ...fine, replicas: 0, waitsForReplicas: false })).toEqual([])
  })

  it('a server that does not tell its policy', () => {
    expect(warningsOf({ ...fine, evictionPolicy: undefined, maxBytes: undefined })).toEqual([
      expect.stringContaining('it does not tell its maxmemory-policy'),
    ])
  })

  it('a server that is down, and of nothing else', () => {
    expect(
      warningsOf({ ...fine, up: false, reason: 'no answer within 250 ms', maxBytes: Infinity }),
    ).toEqual(['redis:6379 is down: no answer within 250 ms'])
  })
})

it.each([
  ["NOPERM this user has no permissions to run the 'info' command", 'docs/redis.md'],
  ["ERR The user executing the script can't run this command or subcommand", 'docs/redis.md'],
  ['ERR ACL failure in script: No permissions to access a channel', 'docs/redis.md'],
  ['OOM command not allowed when used memory', 'raise maxmemory'],
  ['NOAUTH Authentication required.', 'password'],
  ['WRONGPASS invalid username-password pair', 'password'],
])('what to do about %s', (reason, what) => {
  expect(advice(reason)).toContain(what)
})

it('no advice where there is none', () => {
  expect(advice('there is no connection (end)')).toBe('')
})
